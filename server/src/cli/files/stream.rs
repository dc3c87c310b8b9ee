//! The documents of a stream of YAML.

use super::json;
use serde_json::Value;
use serde_saphyr::{Options, budget, options};

/// The documents of a stream, each with the marker before it: what does not reach beyond one document can be read by itself. A stream where
/// something does (a directive, or the marker of an end) is one piece.
pub(super) fn pieces(text: &str) -> Vec<&str> {
    let begins = |mark: &str| text.starts_with(mark) || text.contains(&format!("\n{mark}"));
    if begins("%") || begins("...") {
        return vec![text];
    }
    let mut found = Vec::new();
    let mut begin = 0;
    for (at, _) in text.match_indices("\n---") {
        let at = at + 1;
        if text[at + 3..].starts_with([' ', '\t', '\r', '\n']) {
            found.push(&text[begin..at]);
            begin = at;
        }
    }
    found.push(&text[begin..]);
    found
}

/// Every document that is not empty.
pub(super) fn documents(text: &str) -> Result<Vec<Value>, Box<serde_saphyr::Error>> {
    match json::document(text) {
        Some(document) => Ok(vec![document]),
        None => serde_saphyr::from_multiple_with_options(text, bounds(text.len())).map_err(Box::new),
    }
}

/// What a text of so many bytes may cost. As many documents and nodes as it has room for: the bytes are bounded. What repeats what was said
/// (aliases, merges) and what nests keeps the library's bounds.
fn bounds(bytes: usize) -> Options {
    let room = bytes.saturating_mul(2).max(1_000_000);
    options! {
        budget: budget! {
            max_documents: room,
            max_events: room.saturating_mul(2),
            max_nodes: room,
            max_total_scalar_bytes: room.max(64 * 1024 * 1024),
        },
        // Nobody reads them.
        emit_comments: false,
    }
}
