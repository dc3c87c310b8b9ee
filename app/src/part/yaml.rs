//! YAML with its keys set apart. The pieces joined are the line, whatever the line is.

use leptos::prelude::*;

/// One line of YAML. No piece is empty: an empty text would be rendered as a space, for hydration to find it.
pub(crate) fn yaml_line(line: &str) -> AnyView {
    let (lead, key, rest) = split(line);
    if key.is_empty() {
        return line.to_owned().into_any();
    }
    let lead = (!lead.is_empty()).then(|| lead.to_owned());
    let (key, rest) = (key.to_owned(), rest.to_owned());
    view! {
        {lead}
        <span class="yaml-key">{key}</span>
        {rest}
    }
    .into_any()
}

/// Indentation with dashes, the key, and what follows it; the key is empty where the line has none.
fn split(line: &str) -> (&str, &str, &str) {
    let start = line.len() - line.trim_start_matches([' ', '-']).len();
    let (lead, body) = line.split_at(start);
    let end = body.find(": ").or_else(|| body.strip_suffix(':').map(str::len));
    match end {
        Some(end) if !body.starts_with(['"', '\'', '#']) => {
            let (key, rest) = body.split_at(end);
            (lead, key, rest)
        }
        _ => (lead, "", body),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn keys_are_set_apart_and_nothing_is_lost() {
        assert_eq!(split("  - action: Allow"), ("  - ", "action", ": Allow"));
        assert_eq!(split("spec:"), ("", "spec", ":"));
        assert_eq!(split("  - 50.60.0.0/16"), ("  - ", "", "50.60.0.0/16"));
        assert_eq!(split("\"a: b\""), ("", "", "\"a: b\""));
        assert_eq!(split(""), ("", "", ""));
    }
}
