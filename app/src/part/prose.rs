//! Sentences in which `names` stand in backticks.

use leptos::prelude::*;

/// A sentence with the names in it set in monospace. A backtick without its other stays as it is.
pub(crate) fn prose(text: &str) -> AnyView {
    pieces(text)
        .into_iter()
        .map(|(is_name, piece)| {
            let piece = piece.to_owned();
            if is_name { view! { <code>{piece}</code> }.into_any() } else { piece.into_any() }
        })
        .collect_view()
        .into_any()
}

/// The pieces of a sentence, each with whether it is a name; none is empty.
fn pieces(text: &str) -> Vec<(bool, &str)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, name, after)) = name(rest) {
        pieces.push((false, before));
        pieces.push((true, name));
        rest = after;
    }
    pieces.push((false, rest));
    pieces.retain(|(_, piece)| !piece.is_empty());
    pieces
}

/// The first name, what stands before it, and what stands behind it.
fn name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (name, after) = rest.split_once('`')?;
    Some((before, name, after))
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn names_are_what_stands_between_backticks() {
        assert_eq!(pieces("`svc-a` of `web`."), [(true, "svc-a"), (false, " of "), (true, "web"), (false, ".")]);
        assert_eq!(pieces("one ` alone"), [(false, "one ` alone")]);
        assert_eq!(pieces(""), []);
    }
}
