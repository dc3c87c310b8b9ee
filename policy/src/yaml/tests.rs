use super::*;
use serde_json::json;

/// What the reader that the server uses makes of a text.
pub(super) fn read(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn policy() -> Value {
    json!({
        "kind": "GlobalNetworkPolicy",
        "spec": {
            "types": ["Ingress"],
            "ingress": [
                {"source": {"nets": ["50.60.0.0/16", "2001:db8::/32"]}, "protocol": "TCP", "action": "Allow",
                 "destination": {"ports": [80, "443:445"], "nets": ["10.20.30.40/32"]}},
                {"destination": {"nets": ["10.20.30.40/32"]}, "action": "Deny"},
            ],
            "preDNAT": true, "order": 100.5, "selector": "has(example.io/edge) && role != 'db'", "egress": [],
        },
        "apiVersion": "projectcalico.org/v3",
        "metadata": {"labels": {"a": "no"}, "namespace": "shop", "name": "portcullis-edge"},
    })
}

const HEAD: &str = "\
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata:
  name: portcullis-edge
  namespace: shop
  labels:
    a: \"no\"
spec:
  egress: []
  ingress:";
const ALLOW: &str = "  \
  - action: Allow
    destination:
      nets:
      - 10.20.30.40/32
      ports:
      - 80
      - \"443:445\"
    protocol: TCP
    source:
      nets:
      - 50.60.0.0/16
      - 2001:db8::/32";
const DENY: &str = "  \
  - action: Deny
    destination:
      nets:
      - 10.20.30.40/32";
const TAIL: &str = "  \
  order: 100.5
  preDNAT: true
  selector: has(example.io/edge) && role != 'db'
  types:
  - Ingress";

#[test]
fn writes_a_policy_as_kubectl_does_with_the_known_keys_first() {
    assert_eq!(to_yaml(&policy()), format!("{HEAD}\n{ALLOW}\n{DENY}\n{TAIL}\n"));
}

#[test]
fn each_rule_is_a_block() {
    let block = |path: &str, text: &str| Block { path: path.to_owned(), text: text.to_owned() };
    let expected = [block("", HEAD), block("/spec/ingress/0", ALLOW), block("/spec/ingress/1", DENY), block("", TAIL)];
    assert_eq!(blocks(&policy()), expected);
}

#[test]
fn rules_of_both_directions_are_blocks() {
    let value = json!({"spec": {"ingress": [{"action": "Allow"}], "egress": [{"action": "Deny"}, "odd"]}});
    let paths: Vec<_> = blocks(&value).into_iter().map(|block| block.path).collect();
    assert_eq!(paths, ["", "/spec/egress/0", "/spec/egress/1", "", "/spec/ingress/0"]);
}

#[test]
fn objects_of_a_list_are_in_order_too() {
    let list = json!({"items": [policy()], "kind": "List", "apiVersion": "v1"});
    let expected = format!("apiVersion: v1\nkind: List\nitems:\n- {}\n", to_yaml(&policy()).trim_end().replace('\n', "\n  "));
    assert_eq!(to_yaml(&list), expected);
    assert_eq!(blocks(&list).len(), 1);
}

#[test]
fn nests_lists_and_maps() {
    let value = json!({"b": [[1, [2]], [], {"x": [{}, {"v": null}], "a": 1}], "a": {"c": {"d": true}}});
    let text = "a:\n  c:\n    d: true\nb:\n- - 1\n  - - 2\n- []\n- a: 1\n  x:\n  - {}\n  - v: null\n";
    assert_eq!(to_yaml(&value), text);
    assert_eq!(read(text), value);
}

#[test]
fn addresses_and_selectors_stay_plain() {
    for text in ["10.20.30.40", "10.0.0.0/8", "2001:db8::/32", "fd00::1", "all()", "a == 'b c'", "projectcalico.org/v3", "x:y", "é", "a#b"]
    {
        assert_eq!(to_yaml(&text.into()), format!("{text}\n"));
    }
}

#[test]
fn escapes_what_deceives_the_eye() {
    for (text, written) in
        [("a\u{202e}b", r#""a\u202Eb""#), ("a\u{200b}", r#""a\u200B""#), ("a\u{a0}b", r#""a\xA0b""#), ("\u{e0041}", r#""\U000E0041""#)]
    {
        assert_eq!(to_yaml(&text.into()), format!("{written}\n"));
    }
}

#[test]
fn numbers_keep_their_kind() {
    for (value, written) in [
        (json!(1e300), "1.0e+300"),
        (json!(1.5e-9), "1.5e-9"),
        (json!(-0.0), "-0.0"),
        (json!(100.0), "100.0"),
        (json!(u64::MAX), "18446744073709551615"),
        (json!(i64::MIN), "-9223372036854775808"),
    ] {
        assert_eq!(to_yaml(&value), format!("{written}\n"));
        assert_eq!(read(written), value);
    }
}

#[test]
fn a_long_key_is_written_as_such() {
    for value in [json!(1), json!([1, [2]]), json!({"a": [1]}), json!([]), json!({})] {
        for key in ["k".repeat(2000), "é\n".repeat(400)] {
            let value = json!([{ key: value, "z": 1 }]);
            assert!(to_yaml(&value).contains("? "));
            assert_eq!(read(&to_yaml(&value)), value);
        }
    }
}

#[test]
fn a_key_like_the_end_of_a_document_is_quoted() {
    let value = json!({"... g": null, "...g": "... g"});
    assert_eq!(read(&to_yaml(&value)), value);
}
