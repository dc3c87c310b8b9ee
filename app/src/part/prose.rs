//! Sentences in which `names` stand in backticks.

use leptos::prelude::*;

/// A sentence with the names in it set in monospace, and pages, which stand in `*`, in bold. A mark without its other stays as it is.
pub(crate) fn prose(text: &str) -> AnyView {
    pieces(text)
        .into_iter()
        .map(|(kind, piece)| {
            let piece = piece.to_owned();
            match kind {
                Kind::Name => view! { <code>{piece}</code> }.into_any(),
                Kind::Page => view! { <b>{piece}</b> }.into_any(),
                Kind::Text => piece.into_any(),
            }
        })
        .collect_view()
        .into_any()
}

/// What a piece of a sentence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Name,
    /// The name of a page of Portcullis.
    Page,
}

/// The pieces of a sentence, none of them empty.
fn pieces(text: &str) -> Vec<(Kind, &str)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, name, after)) = name(rest) {
        pages(before, &mut pieces);
        pieces.push((Kind::Name, name));
        rest = after;
    }
    pages(rest, &mut pieces);
    pieces.retain(|(_, piece)| !piece.is_empty());
    pieces
}

/// The pieces of a text without names. What stands between two `*` is a page if it is one word.
fn pages<'a>(text: &'a str, pieces: &mut Vec<(Kind, &'a str)>) {
    let mut rest = text;
    while let Some((before, page, after)) = page(rest) {
        pieces.extend([(Kind::Text, before), (Kind::Page, page)]);
        rest = after;
    }
    pieces.push((Kind::Text, rest));
}

fn page(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('*')?;
    let (page, after) = rest.split_once('*')?;
    (!page.is_empty() && page.chars().all(char::is_alphabetic)).then_some((before, page, after))
}

/// The first name, what stands before it, and what stands behind it.
fn name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (name, after) = rest.split_once('`')?;
    Some((before, name, after))
}

#[cfg(test)]
mod tests {
    use super::{Kind, pieces};

    #[test]
    fn names_are_what_stands_between_backticks() {
        use Kind::{Name, Text};
        assert_eq!(pieces("`svc-a` of `web`."), [(Name, "svc-a"), (Text, " of "), (Name, "web"), (Text, ".")]);
        assert_eq!(pieces("one ` alone"), [(Text, "one ` alone")]);
        assert_eq!(pieces(""), []);
    }

    #[test]
    fn a_page_is_a_word_between_two_asterisks() {
        use Kind::{Name, Page, Text};
        assert_eq!(
            pieces("Follow it on *Ask*, at `*`."),
            [(Text, "Follow it on "), (Page, "Ask"), (Text, ", at "), (Name, "*"), (Text, ".")]
        );
        assert_eq!(pieces("on all (*), or (*)"), [(Text, "on all (*), or (*)")]);
    }
}
