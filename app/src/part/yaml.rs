//! YAML with its keys set apart. The pieces joined are the line, whatever the line is.

use leptos::prelude::*;

/// The way to a file of YAML. It is fetched by the browser: the router leaves links to downloads alone.
pub(crate) fn yaml_link(href: String) -> AnyView {
    view! { <p class="acts"><a class="button quiet" href=href download="">"Download as YAML"</a></p> }.into_any()
}

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

/// Lines of YAML, put together into what is written at once: those without a key that follow each other, as the nets of a set, are one piece. A
/// thousand of them are one text.
pub(crate) fn yaml_pieces(lines: &[&str]) -> Vec<String> {
    runs(lines).map(|run| run.join("\n")).collect()
}

/// Pieces that change as somebody types: only those that differ are written anew.
pub(crate) fn live_yaml(pieces: impl Fn() -> Vec<String> + Send + Sync + 'static) -> AnyView {
    let pieces = Memo::new(move |_| pieces());
    let count = Memo::new(move |_| pieces.with(Vec::len));
    let piece = move |at: usize| {
        let text = Memo::new(move |_| pieces.with(|pieces| pieces.get(at).cloned().unwrap_or_default()));
        let shown = move || text.with(|text| if text.contains('\n') { text.clone().into_any() } else { yaml_line(text) });
        view! { <span class="yaml-line">{shown}</span> }
    };
    (move || (0..count.get()).map(piece).collect_view()).into_any()
}

/// Lines that stand together.
fn runs<'a>(lines: &'a [&'a str]) -> impl Iterator<Item = &'a [&'a str]> {
    let keyless = |line: &str| split(line).1.is_empty();
    lines.chunk_by(move |one, next| keyless(one) && keyless(next))
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
    use super::{runs, split};

    #[test]
    fn keys_are_set_apart_and_nothing_is_lost() {
        assert_eq!(split("  - action: Allow"), ("  - ", "action", ": Allow"));
        assert_eq!(split("spec:"), ("", "spec", ":"));
        assert_eq!(split("  - 50.60.0.0/16"), ("  - ", "", "50.60.0.0/16"));
        assert_eq!(split("\"a: b\""), ("", "", "\"a: b\""));
        assert_eq!(split(""), ("", "", ""));
    }

    #[test]
    fn lines_without_a_key_stand_together() {
        let lines = ["spec:", "  nets:", "  - 10.0.0.0/8", "  - 50.60.0.0/16", "  order: 1", "- a"];
        assert_eq!(runs(&lines).collect::<Vec<_>>(), [&lines[..1], &lines[1..2], &lines[2..4], &lines[4..5], &lines[5..]]);
    }
}
