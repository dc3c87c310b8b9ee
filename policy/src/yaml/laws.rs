//! The laws of the writer: what is read back is what was written.

use super::tests::read;
use super::*;
use proptest::prelude::*;
use serde_json::{Number, json};

/// Strings that one reader or the other takes for something else.
#[rustfmt::skip]
const TRAPS: &[&str] = &[
    "", " ", "~", "null", "Null", "NULL", "no", "No", "NO", "n", "y", "Y", "yes", "on", "off", "On", "true", "TRUE", "false", "1", "-1",
    "+1", "0", "00", "007", "0o17", "0x1F", "0b11", "1_000", "1_0:20", "1:20", "190:20:30", "1.5", ".5", "5.", "1e3", "1E3", "1.e+3",
    "1,000", ".inf", "-.INF", ".nan", "inf", "-inf", "NaN", "Infinity", "2026-11-23", "2026-11-23T05:20:00Z", "2026-11-23 05:20:00", "<<",
    "=", "-", "--", "---", "--- a", "...", "... g", "? a", "?", ": a", ":", "a:", "a: b", "a :b", "a #b", "#", "# a", "a#", "&a", "*a",
    "!a", "!!str", "|", ">", "|-", "'", "''", "'a'", "\"", "\"a\"", "a\"b", "\\", "a\\n", "%", "%YAML 1.2", "@a", "`a", "[", "[]", "[a",
    "]", "{", "{}", "{a: b}", "}", ",", "a,b", "a ", " a", "\ta", "a\t", "a\tb", "a\nb", "a\n", "\n", "\n\n", "a\r\nb", "\r", "\0",
    "\x07", "\x1b[31m", "\x7f", "\u{85}", "\u{a0}", "\u{ad}", "\u{2028}", "\u{2029}", "\u{feff}", "\u{feff}a", "\u{fffd}", "\u{fffe}",
    "\u{ffff}", "\u{10ffff}", "🦀", "日本", "e\u{301}", "10.0.0.1", "10.0.0.0/8", "::", "::1", "fd00::", "1::2", "12e4", "0e0", "1d", "1f",
    "+", "+a", ".", "..", ".a", "-a", "- a", "-\n", "<", "<a", "=a", "a: ", "a : b", "a  b", "key:\n  - x", "$(a)", "${a}", "&", "*", "!",
    "a\u{202e}b", "0x", "0o", "_1", "1_", "1__0", "08", "1:60",
];

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => proptest::sample::select(TRAPS).prop_map(str::to_owned),
        2 => "[ -~]{0,8}",
        2 => "[0-9a-fxo_.:+eE \\-#,'\"\\\\]{0,8}",
        2 => proptest::collection::vec(any::<char>(), 0..6).prop_map(String::from_iter),
        1 => proptest::collection::vec(proptest::sample::select(TRAPS), 0..4).prop_map(|parts| parts.concat()),
        1 => proptest::sample::select(&["apiVersion", "kind", "metadata", "spec", "name", "ingress", "egress", "action", "items"][..]).prop_map(str::to_owned),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(|float| Number::from_f64(float).map_or(Value::Null, Value::Number)),
        6 => any_text().prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((any_text(), inner), 0..5).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn comes_back_as_it_was(value in any_value()) {
        prop_assert_eq!(read(&to_yaml(&value)), value);
    }

    #[test]
    fn rules_come_back_as_they_were(ingress in any_value(), egress in any_value()) {
        let value = json!({"spec": {"ingress": ingress, "egress": egress}});
        let text = to_yaml(&value);
        let blocks = blocks(&value);
        let joined: Vec<_> = blocks.iter().map(|block| block.text.as_str()).collect();
        prop_assert_eq!(joined.join("\n") + "\n", text.as_str());
        prop_assert_eq!(blocks.iter().filter(|block| !block.path.is_empty()).count(), [&ingress, &egress].iter().filter_map(|list| list.as_array()).map(Vec::len).sum::<usize>());
        prop_assert_eq!(read(&text), value);
    }

    #[test]
    fn one_line_for_each_scalar(text in any_text()) {
        prop_assert_eq!(to_yaml(&json!({"a": text})).lines().count(), 1);
    }
}

#[test]
fn every_trap_comes_back_as_a_key_and_as_a_value() {
    for trap in TRAPS {
        let value = json!({"a": {*trap: [trap, {*trap: trap}]}});
        assert_eq!(read(&to_yaml(&value)), value);
        assert_eq!(read(&to_yaml(&(*trap).into())), Value::from(*trap));
    }
}
