//! Documents that are read by themselves are those of the whole stream, and JSON is what YAML makes of it.

use super::{json, stream};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The documents of a stream as it reads in one.
fn in_one(text: &str) -> Result<Vec<Value>, String> {
    serde_saphyr::from_multiple(text).map_err(|error| error.to_string())
}

/// The documents of each piece by itself; none where one does not read.
fn by_piece(text: &str) -> Option<Vec<Value>> {
    let mut all = Vec::new();
    for piece in stream::pieces(text) {
        all.extend(stream::documents(piece).ok()?);
    }
    Some(all)
}

/// Lines that streams of YAML are made of, those among them that reach beyond a document.
const LINES: &[&str] = &[
    "---",
    "--- ",
    "--- {a: 1}",
    "---\r",
    "----",
    "...",
    "%YAML 1.2",
    "# a comment",
    "",
    "a: 1",
    "b: |",
    "c: >-",
    "  text",
    "  --- text",
    "  ---",
    "d: 'quoted",
    "it ends'",
    "e: \"quoted",
    "it ends\"",
    "f: [1,",
    "2]",
    "{\"g\": [true, null]}",
    "{\"h\": {}",
    "}",
    "- item",
    "i: &one x",
    "j: *one",
    "\u{feff}a: 2",
    "null",
    "~",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        prop::sample::select(&["<<", "yes", "0x1f", "1e3", "~", "---", "\n---\n", "# no comment", "*a", "&a", "a: b"][..])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop_oneof!["[a-z]{1,3}", Just("<<".to_owned()), ".{0,4}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

proptest! {
    #[test]
    fn what_reads_by_piece_is_the_whole(lines in prop::collection::vec(prop::sample::select(LINES), 0..9)) {
        let text = lines.join("\n");
        prop_assert_eq!(stream::pieces(&text).concat(), &*text);
        if let Some(documents) = by_piece(&text) {
            prop_assert_eq!(Ok(documents), in_one(&text), "{:?}", text);
        }
    }

    #[test]
    fn json_is_what_yaml_makes_of_it(value in value(), pretty in any::<bool>()) {
        let value = json!({"of": value});
        let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
        let text = format!("---\n{text}\n");
        if let Some(read) = json::document(&text) {
            prop_assert_eq!(&read, &value);
            // It refuses a few strings that JSON has, as control characters that are not written as escapes.
            if let Ok(documents) = in_one(&text) {
                prop_assert_eq!(documents, [read]);
            }
        }
    }
}

#[test]
fn yaml_has_the_say_where_json_is_lax() {
    for text in [
        "{\"a\": 1, \"a\": 2}",
        "{\"a\": {\"b\": 1, \"b\": 1}}",
        "{\"<<\": {}}",
        "{\"a\": 1.5}",
        "{\"a\": 1} # one",
        "[1]",
        "a: 1",
        "{\"a\": 1} {\"b\": 2}",
    ] {
        assert_eq!(json::document(text), None, "{text}");
    }
    assert_eq!(json::document("--- {\"a\": [1, \"\\u00e9\"]}\n"), Some(json!({"a": [1, "\u{e9}"]})));
}

#[test]
fn a_file_may_hold_more_documents_than_the_library_takes_of_itself() {
    let text = "---\na: 1\n".repeat(1_100);
    assert!(in_one(&text).is_err());
    assert_eq!(stream::documents(&text).unwrap().len(), 1_100);
}
