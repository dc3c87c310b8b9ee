//! Laws of selectors, over any tree and any text.

use super::node::{Compare, Node};
use super::{MAX_DEPTH, Selector};
use crate::object::Labels;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("a"),
        Just("b"),
        Just("projectcalico.org/namespace"),
        Just("in"),
        Just("not"),
        Just("has"),
        Just("all"),
        Just("contains")
    ]
    .prop_map(str::to_owned)
}

/// Values that meet often, and any text that can be quoted.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab]{0,2}", 1 => "[^\"]{0,6}", 1 => "[^']{0,6}"]
}

fn leaf() -> impl Strategy<Value = Node> {
    let compare = prop_oneof![
        Just(Compare::Equal),
        Just(Compare::NotEqual),
        Just(Compare::Contains),
        Just(Compare::StartsWith),
        Just(Compare::EndsWith)
    ];
    let values = || vec(value().prop_map(Box::from), 0..4).prop_map(Node::set);
    prop_oneof![
        Just(Node::All),
        Just(Node::Global),
        key().prop_map(|key| Node::Has(key.into())),
        (key(), compare, value()).prop_map(|(key, by, value)| Node::Compare { key: key.into(), by, value: value.into() }),
        (key(), values()).prop_map(|(key, values)| Node::In { key: key.into(), values }),
        (key(), values()).prop_map(|(key, values)| Node::NotIn { key: key.into(), values }),
    ]
}

fn node() -> impl Strategy<Value = Node> {
    leaf().prop_recursive(6, 40, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Node::negated),
            vec(inner.clone(), 2..4).prop_map(Node::And),
            vec(inner, 2..4).prop_map(Node::Or),
        ]
    })
}

fn labels() -> impl Strategy<Value = Labels> {
    btree_map(key(), value(), 0..4).prop_map(Labels::from)
}

/// The definition of evaluation once more, by the sets of labels that each part leaves: slow and plain.
fn model(node: &Node, labels: &Labels) -> bool {
    let of = |key: &str| labels.get(key).cloned();
    match node {
        Node::All | Node::Global => true,
        Node::Has(key) => of(key).is_some(),
        Node::Compare { key, by: Compare::Equal, value } => of(key).as_deref() == Some(value),
        Node::Compare { key, by: Compare::NotEqual, value } => of(key).as_deref() != Some(value),
        Node::Compare { key, by: Compare::Contains, value } => of(key).is_some_and(|v| v.match_indices(&**value).next().is_some()),
        Node::Compare { key, by: Compare::StartsWith, value } => of(key).is_some_and(|v| v.strip_prefix(&**value).is_some()),
        Node::Compare { key, by: Compare::EndsWith, value } => of(key).is_some_and(|v| v.strip_suffix(&**value).is_some()),
        Node::In { key, values } => of(key).is_some_and(|v| values.contains(&v.into())),
        Node::NotIn { key, values } => of(key).is_none_or(|v| !values.contains(&v.into())),
        Node::Not(inner) => !model(inner, labels),
        Node::And(operands) => operands.iter().fold(true, |so_far, node| so_far & model(node, labels)),
        Node::Or(operands) => operands.iter().fold(false, |so_far, node| so_far | model(node, labels)),
    }
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_equal(node in node()) {
        let selector = Selector::new(node).unwrap();
        let again = Selector::parse(selector.as_str()).unwrap();
        prop_assert_eq!(&again.root, &selector.root);
        prop_assert_eq!(again, selector);
    }

    #[test]
    fn evaluation_follows_the_definition(node in node(), labels in labels()) {
        let expected = model(&node, &labels);
        prop_assert_eq!(Selector::new(node).unwrap().matches(&labels), expected);
    }

    #[test]
    fn what_is_selected_carries_an_anchor(node in node(), labels in labels()) {
        let selector = Selector::new(node).unwrap();
        if let Some(anchors) = selector.anchors().filter(|_| selector.matches(&labels)) {
            let carried = anchors.iter().any(|a| labels.get(&*a.key).is_some_and(|found| a.value.as_ref().is_none_or(|v| **v == **found)));
            prop_assert!(carried, "{} selects {:?}", selector, labels);
        }
    }

    #[test]
    fn serde_is_the_text(node in node()) {
        let selector = Selector::new(node).unwrap();
        let json = serde_json::to_value(&selector).unwrap();
        prop_assert_eq!(json.as_str(), Some(selector.as_str()));
        prop_assert_eq!(serde_json::from_value::<Selector>(json).unwrap(), selector);
    }

    #[test]
    fn labels_equal_matches_exactly_what_has_them(wanted in labels(), labels in labels()) {
        let expected = wanted.iter().all(|(key, value)| labels.get(key) == Some(value));
        match Selector::labels_equal(&wanted) {
            Ok(selector) => prop_assert_eq!(selector.matches(&labels), expected),
            Err(_) => prop_assert!(wanted.values().any(|value| value.contains('"') && value.contains('\''))),
        }
    }

    #[test]
    fn any_text_parses_or_errs(text in "\\PC{0,60}") {
        if let Ok(selector) = Selector::parse(&text) {
            prop_assert_eq!(Selector::parse(selector.as_str()).unwrap(), selector);
        }
    }

    #[test]
    fn any_words_parse_or_err(words in vec(prop_oneof![
        Just("a"), Just("=="), Just("!="), Just("'b'"), Just("\"c\""), Just("("), Just(")"), Just("!"), Just("&&"), Just("||"), Just("in"),
        Just("not in"), Just("{"), Just("}"), Just(","), Just("has(a)"), Just("all()"), Just("global()"), Just("contains"), Just("\n"), Just("'")
    ], 0..14)) {
        let text = words.join(" ");
        if let Ok(selector) = Selector::parse(&text) {
            prop_assert_eq!(Selector::parse(selector.as_str()).unwrap(), selector);
        }
    }

    #[test]
    fn the_deepest_trees_are_bounded(levels in 0..3 * MAX_DEPTH, labels in labels()) {
        let tree = (0..levels).fold(Node::All, |inner, _| Node::And(vec![Node::Has("a".into()), inner]));
        match Selector::new(tree) {
            Ok(selector) => {
                prop_assert!(levels <= MAX_DEPTH);
                prop_assert_eq!(selector.matches(&labels), levels == 0 || labels.contains_key("a"));
            }
            Err(_) => prop_assert!(levels > MAX_DEPTH),
        }
    }
}
