//! The cases of Calico's own selector tests (`libcalico-go/lib/selector/{parser/parser_test,tokenizer/tokenizer_test}.go`), rewritten as
//! tables, and those at the edges of the grammar.

use super::{EndpointLabels, Inherited, LabelLookup, MAX_DEPTH, MAX_LENGTH, Selector, SelectorError};
use crate::object::{EntityRule, LabelRequirement, LabelSelector, Labels, Meta, NetworkSet, Pod, PodSpec, PolicySpec, ServiceAccounts};

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// `a=b,c=d` as labels; a value may hold anything but `,`.
fn mk_labels(text: &str) -> Labels {
    text.split(',').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap()).map(|(k, v)| (k.into(), v.into())).collect()
}

#[test]
fn matches_as_calico_does() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        (r#"a == "b""#, &["a=b", "a=b,c=d"], &["", "a=c", "c=d"]),
        (r#"a == "b" && c == "d""#, &["a=b,c=d"], &["", "a=b,c=e", "a=c,c=d", "c=d", "a=b"]),
        (r#"a == "b" || c == "d""#, &["a=b,c=d", "a=b", "c=d"], &["", "a=e,c=e", "c=e", "a=e"]),
        (r#"a in {"'", '"', "c"}"#, &["a=c", "a=\"", "a='"], &["", "a=e"]),
        (r#"a not in {"'", '"', "c"}"#, &["", "a=e"], &["a=c", "a=\"", "a='"]),
        ("a == 'a'", &["a=a"], &["a=b", ""]),
        (r#"a != "b""#, &["a=a", ""], &["a=b"]),
        (r#"a contains "a""#, &["a=a", "a=bab", "a=aaa,b=c"], &["", "a=b", "b=aaa"]),
        (r#"a starts with "a""#, &["a=a", "a=abb", "a=aaa,b=c"], &["", "a=b", "a=baa", "b=aaa"]),
        (r#"a ends with "a""#, &["a=a", "a=bba", "a=aaa,b=c"], &["", "a=b", "a=aab", "b=aaa"]),
        (r#"a contains """#, &["a=", "a=x"], &["", "b=x"]),
        (r#"!a in {"a"}"#, &["a=b", ""], &["a=a"]),
        (r#"a in {"a", "b"}"#, &["a=a", "a=b"], &["a=c"]),
        (r#"a not in {"d", "e"}"#, &["a=a", ""], &["a=d"]),
        ("a in {}", &[], &["", "a=", "a=a"]),
        ("a not in {}", &["", "a=", "a=a"], &[]),
        ("has(a)", &["a=b", "a="], &["", "b=b"]),
        ("!has(a)", &["b=b"], &["a=b"]),
        ("!!has(b)", &["b=b"], &["a=b"]),
        ("!!! has(a)", &[""], &["a=b"]),
        ("! !!has(a)", &[""], &["a=b"]),
        ("", &["", "a=b"], &[]),
        (" \t", &["", "a=b"], &[]),
        (" all()", &["", "a=b"], &[]),
        (" global()", &["", "a=b"], &[]),
        ("!all()", &[], &["", "a=b"]),
        ("a != 'a1' && !b == 'b1'", &["a=x,b=y"], &["a=a1,b=b1", "a=x,b=b1"]),
        ("!a == 'a1' && b == 'b1'", &["b=b1"], &["a=a1,b=b1"]),
        ("!(!has(a) || has(b))", &["a=a"], &["", "a=a,b=b"]),
        ("!(has(b) || !has(a))", &["a=a"], &["", "b=b"]),
        ("a == 'a1' || b != 'b1'", &["a=a1,b=b1", ""], &["b=b1"]),
        ("! a == 'a1' || ! b == 'b1'", &["", "a=a1"], &["a=a1,b=b1"]),
        // && binds tighter than ||.
        ("has(a) || has(b) && has(c)", &["a=1", "b=1,c=1"], &["b=1", "c=1"]),
        ("has(a) && has(b) || has(c)", &["c=1", "a=1,b=1"], &["a=1"]),
        ("(has(a) || has(b)) && has(c)", &["a=1,c=1"], &["a=1", "c=1"]),
    ];
    for (text, matching, others) in cases {
        let selector = Selector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let again = Selector::parse(selector.as_str()).unwrap();
        for (expected, sets) in [(true, matching), (false, others)] {
            for set in *sets {
                assert_eq!(selector.matches(&mk_labels(set)), expected, "{text} on {set:?}");
                assert_eq!(again.matches(&mk_labels(set)), expected, "{again} on {set:?}");
            }
        }
    }
}

#[test]
fn prints_as_calico_does() {
    for (text, canonical) in [
        ("", "all()"),
        (" all() ", "all()"),
        (" (all() )", "all()"),
        ("all( \n)", "all()"),
        ("! (has( b)||! has(a ))", "!(has(b) || !has(a))"),
        (r#"! (a == "b"&&! c != "d")"#, r#"!(a == "b" && !c != "d")"#),
        (r#"a == "'""#, r#"a == "'""#),
        (r#"a == '"'"#, r#"a == '"'"#),
        (r#"a contains '"'"#, r#"a contains '"'"#),
        (r#"a startswith '"'"#, r#"a starts with '"'"#),
        (r#"a endswith "'""#, r#"a ends with "'""#),
        (r#"a starts  with 'x'"#, r#"a starts with "x""#),
        (r#"a!='"'"#, r#"a != '"'"#),
        (r#"a notin{'d'}"#, r#"a not in {"d"}"#),
        (r#"a in {"z", "z", "x", "y", "x", "a"}"#, r#"a in {"a", "x", "y", "z"}"#),
        ("a in {}", "a in {}"),
        ("a in {'b',}", r#"a in {"b"}"#),
        ("a in {'b' , 'a'}", r#"a in {"a", "b"}"#),
        ("contains contains 'contains'", r#"contains contains "contains""#),
        ("in in {'in'}", r#"in in {"in"}"#),
        ("not not in {'in'}", r#"not not in {"in"}"#),
        ("all == 'has'", r#"all == "has""#),
        ("a contains'b'", r#"a contains "b""#),
        ("has(calico/k8s_NS-.1/role)", "has(calico/k8s_NS-.1/role)"),
        ("(a == 'b' && c == 'd') && e == 'f'", r#"((a == "b" && c == "d") && e == "f")"#),
        ("k == 'v' || has(x) && has(y)", r#"(k == "v" || (has(x) && has(y)))"#),
        // Calico prints `!!has(a)`, which it reads back as this.
        ("!(!has(a))", "has(a)"),
    ] {
        let selector = Selector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(selector.as_str(), canonical, "{text}");
        assert_eq!(Selector::parse(canonical).unwrap(), selector);
    }
}

#[test]
fn refuses_what_calico_refuses() {
    for text in [
        "b == b",
        "b contains b",
        "b starts with b",
        "b ends with b",
        "'b1' == b",
        "b",
        "a b",
        "!",
        r#"foo == "bar" &"#,
        r#"foo == "bar" |"#,
        "foo != ||",
        r#"foo in {"", ||"#,
        r#"foo in """#,
        "\"FOO",
        "\"FOO'",
        "'FOO",
        "(",
        r#"(a == "foo""#,
        ")",
        "()",
        "%",
        r#"a == "b" && %"#,
        r#"a == "b" || %"#,
        "a ",
        "has(foo) &&",
        r#"label starts foo "value""#,
        r#"label ends foo "value""#,
        r#"label squiggles "value""#,
        // The edges of the tokenizer.
        "a = 'b'",
        "has (a)",
        "has()",
        "has(a",
        "has(a b)",
        "all ()",
        "all(a)",
        "a in {,}",
        "a in {'b' 'c'}",
        "a in {'b'",
        "a inx {'b'}",
        "a notinx {'b'}",
        "a in_ {'b'}",
        "has(a) has(b)",
        "has(a)) || has(b)",
        "a == 'b' c",
        "a == 'b'\n&& c == 'd'",
        "a ==\n'b'",
        "ä == 'b'",
        "a == 'b' and c == 'd'",
        "a == 1",
        "a === 'b'",
        "!!",
        "a == 'it''s'",
        r"a == 'it\'s'",
        "a matches 'b'",
        "(all()",
        "a in ('b')",
    ] {
        assert!(Selector::parse(text).is_err(), "{text}");
    }
}

#[test]
fn names_position_what_was_found_and_what_may_stand_there() {
    for (text, message) in [
        (
            "a b",
            "at character 3 of the selector, `b` was found where only `==`, `!=`, `in`, `not in`, `contains`, `starts with` or `ends with` may stand",
        ),
        ("a == b", "at character 6 of the selector, `b` was found where only a text in single or double quotes may stand"),
        ("ä", "at character 1 of the selector, `ä` was found where only a label, `has(LABEL)`, `all()`, `global()`, `!` or `(` may stand"),
        (
            "has(a) &&",
            "at character 10 of the selector, the end was found where only a label, `has(LABEL)`, `all()`, `global()`, `!` or `(` may stand",
        ),
        ("has(a) & has(b)", "at character 8 of the selector, `&` was found where only `&&` may stand"),
        (
            "has(a)\n",
            "at character 7 of the selector, a line break (only spaces and tabs may separate words) was found where only `&&`, `||` or the end may stand",
        ),
        ("(has(a)", "at character 8 of the selector, the end was found where only `&&`, `||` or `)` may stand"),
        (
            "has(ä) 'x",
            "at character 4 of the selector, `(` was found where only `==`, `!=`, `in`, `not in`, `contains`, `starts with` or `ends with` may stand",
        ),
        ("a == 'x", "the text that opens with ' at character 6 of the selector has no closing '"),
        ("a in {'x' 'y'}", "at character 11 of the selector, `'y'` was found where only `,` or `}` may stand"),
    ] {
        assert_eq!(Selector::parse(text).unwrap_err().to_string(), message, "{text}");
    }
}

#[test]
fn cuts_labels_at_512_characters() {
    let longest = "a".repeat(512);
    assert!(Selector::parse(&format!("has({longest})")).is_ok());
    assert!(Selector::parse(&format!("{longest} == 'b'")).is_ok());
    assert!(Selector::parse(&format!("has({longest}a)")).is_err());
    assert!(Selector::parse(&format!("{longest}a == 'b'")).is_err());
    // Calico's tokenizer takes the first 512 for the label and goes on right behind them.
    assert!(Selector::parse(&format!("{longest}in {{'b'}}")).is_ok());
}

#[test]
fn bounds_depth_and_length() {
    let nested = |levels: usize| format!("{}has(a){}", "(".repeat(levels), ")".repeat(levels));
    assert!(Selector::parse(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(Selector::parse(&nested(MAX_DEPTH + 1)), Err(SelectorError::TooDeep));
    assert_eq!(Selector::parse(&"(".repeat(MAX_LENGTH)), Err(SelectorError::TooDeep));
    let deep = |levels: usize| format!("{}has(a){}", "(has(b)||".repeat(levels), ")".repeat(levels));
    assert!(Selector::parse(&deep(MAX_DEPTH)).is_ok());
    let deeper = (0..=MAX_DEPTH).fold("has(a)".to_owned(), |inner, _| format!("has(b) && ({inner})"));
    assert_eq!(Selector::parse(&deeper), Err(SelectorError::TooDeep));
    assert_eq!(Selector::parse(&format!("{}has(a)", "!".repeat(MAX_LENGTH - 6))).unwrap().as_str(), "has(a)");
    assert_eq!(Selector::parse(&" ".repeat(MAX_LENGTH + 1)), Err(SelectorError::TooLong { length: MAX_LENGTH + 1 }));
    // The canonical form counts too, so that what is printed can be read.
    let tight = vec!["has(a)"; MAX_LENGTH / 8].join("||");
    assert!(matches!(Selector::parse(&tight), Err(SelectorError::TooLong { .. })));
}

#[test]
fn makes_selectors_from_labels() {
    assert_eq!(Selector::labels_equal(&Labels::new()).unwrap().as_str(), "all()");
    assert_eq!(Selector::labels_equal(&labels(&[("b", "2"), ("a", "x\"y")])).unwrap().as_str(), r#"(a == 'x"y' && b == "2")"#);
    assert!(matches!(Selector::labels_equal(&labels(&[("a", "'\"")])), Err(SelectorError::Value { .. })));
    assert!(matches!(Selector::labels_equal(&labels(&[("a b", "c")])), Err(SelectorError::Label { .. })));
    assert!(matches!(Selector::has(""), Err(SelectorError::Label { .. })));
    assert_eq!(Selector::has("a").unwrap().and(&Selector::equal("b", "c").unwrap()).unwrap().as_str(), r#"(has(a) && b == "c")"#);
}

fn mk_requirement(key: &str, operator: &str, values: &[&str]) -> LabelRequirement {
    LabelRequirement { key: key.into(), operator: operator.into(), values: values.iter().map(|value| (*value).to_owned()).collect() }
}

#[test]
fn makes_selectors_from_kubernetes_label_selectors() {
    let selector = LabelSelector {
        match_labels: labels(&[("role", "db"), ("app", "x")]),
        match_expressions: vec![
            mk_requirement("env", "In", &["prod", "dev"]),
            mk_requirement("old", "NotIn", &["yes"]),
            mk_requirement("a", "Exists", &[]),
            mk_requirement("b", "DoesNotExist", &[]),
        ],
    };
    let all = r#"app == "x" && role == "db" && env in {"dev", "prod"} && old not in {"yes"} && has(a) && !has(b)"#;
    assert_eq!(Selector::of_labels(&selector).unwrap().as_str(), format!("({all})"));
    assert_eq!(
        Selector::of_kubernetes_policy(&selector, "shop").unwrap().as_str(),
        format!(r#"((projectcalico.org/orchestrator == "k8s" && {all}) && projectcalico.org/namespace == "shop")"#)
    );
    assert_eq!(Selector::of_labels(&LabelSelector::default()).unwrap(), Selector::all());
    let wrong = LabelSelector { match_expressions: vec![mk_requirement("a", "Gt", &["1"])], ..LabelSelector::default() };
    assert!(matches!(Selector::of_labels(&wrong), Err(SelectorError::Operator { .. })));
}

#[test]
fn puts_the_selectors_of_a_policy_together() {
    let cases: &[(&str, &str, &str, &str, &str)] = &[
        // namespace, selector, namespaceSelector, serviceAccountSelector, effective
        ("", "", "", "", "all()"),
        ("", "a == 'b'", "", "", r#"a == "b""#),
        ("", "all()", "k == 'v'", "", r#"(has(projectcalico.org/namespace) && pcns.k == "v")"#),
        ("", "", "all()", "", "has(projectcalico.org/namespace)"),
        ("", "has(a)", "", "all()", "(has(a) && has(projectcalico.org/serviceaccount))"),
        ("", "", "has(n)", "s == 't'", r#"(has(pcns.n) && pcsa.s == "t")"#),
        ("shop", "", "", "", r#"projectcalico.org/namespace == "shop""#),
        ("shop", "a == 'b' || has(c)", "", "", r#"((a == "b" || has(c)) && projectcalico.org/namespace == "shop")"#),
        ("shop", "has(a)", "", "s == 't'", r#"((has(a) && projectcalico.org/namespace == "shop") && pcsa.s == "t")"#),
    ];
    for (namespace, selector, namespaces, accounts, effective) in cases {
        let spec = PolicySpec {
            selector: (*selector).into(),
            namespace_selector: (*namespaces).into(),
            service_account_selector: (*accounts).into(),
            ..PolicySpec::default()
        };
        assert_eq!(Selector::of_policy(&spec, namespace).unwrap().as_str(), *effective);
    }
    let long = PolicySpec { namespace_selector: format!("has({})", "a".repeat(510)), ..PolicySpec::default() };
    assert!(matches!(Selector::of_policy(&long, ""), Err(SelectorError::Label { .. })));
}

#[test]
fn puts_the_selectors_of_a_side_together() {
    let cases: &[(&str, &str, &str, &str, Option<&str>)] = &[
        // namespace, selector, namespaceSelector, notSelector, effective
        ("", "", "", "", None),
        ("", "", "", "has(a)", None),
        ("", "has(a)", "", "", Some("has(a)")),
        ("shop", "", "", "", None),
        ("shop", "", "", "has(a)", Some(r#"projectcalico.org/namespace == "shop""#)),
        ("shop", "has(a)", "", "", Some(r#"(projectcalico.org/namespace == "shop" && has(a))"#)),
        ("shop", "has(a)", "global()", "", Some("(!has(projectcalico.org/namespace) && has(a))")),
        ("", "has(a)", "global()", "", Some("(!has(projectcalico.org/namespace) && has(a))")),
        ("shop", "", "all()", "", Some("has(projectcalico.org/namespace)")),
        ("", "", "k == 'v' || !all()", "", Some(r#"(pcns.k == "v" || !has(projectcalico.org/namespace))"#)),
        ("", "", "!global()", "", Some("has(projectcalico.org/namespace)")),
    ];
    for (namespace, selector, namespaces, not, effective) in cases {
        let side = EntityRule {
            selector: (*selector).into(),
            namespace_selector: (*namespaces).into(),
            not_selector: (*not).into(),
            ..EntityRule::default()
        };
        let found = Selector::of_side(&side, namespace).unwrap();
        assert_eq!(found.as_ref().map(Selector::as_str), *effective);
    }
    let accounts = ServiceAccounts { names: vec!["b".into(), "a".into()], selector: "k == 'v'".into() };
    let side = EntityRule { service_accounts: Some(accounts), selector: "has(x)".into(), ..EntityRule::default() };
    assert_eq!(
        Selector::of_side(&side, "shop").unwrap().unwrap().as_str(),
        r#"(projectcalico.org/namespace == "shop" && ((pcsa.k == "v" && projectcalico.org/serviceaccount in {"a", "b"}) && has(x)))"#
    );
}

#[test]
fn sees_the_labels_that_calico_gives() {
    let pod = Pod {
        metadata: Meta {
            namespace: "shop".into(),
            labels: labels(&[("app", "a"), ("projectcalico.org/namespace", "forged"), ("pcns.team", "forged"), ("pcns.own", "own")]),
            ..Meta::default()
        },
        spec: PodSpec { service_account_name: "robot".into(), ..PodSpec::default() },
        ..Pod::default()
    };
    let namespace = labels(&[("team", "red"), ("env", "prod"), ("projectcalico.org/name", "forged")]);
    let account = labels(&[("role", "api"), ("projectcalico.org/name", "forged")]);
    let seen = EndpointLabels::of_pod(&pod, Inherited { namespace: Some(&namespace), service_account: Some(&account) });
    for (key, value) in [
        ("app", Some("a")),
        ("projectcalico.org/namespace", Some("shop")),
        ("projectcalico.org/orchestrator", Some("k8s")),
        ("projectcalico.org/serviceaccount", Some("robot")),
        ("pcns.projectcalico.org/name", Some("shop")),
        ("pcsa.projectcalico.org/name", Some("robot")),
        ("pcsa.role", Some("api")),
        ("role", None),
        ("pcns.env", Some("prod")),
        ("pcns.team", Some("forged")),
        ("pcns.own", Some("own")),
        ("env", None),
        ("pcns.none", None),
    ] {
        assert_eq!(seen.label(key), value, "{key}");
    }
    assert_eq!(EndpointLabels::of_pod(&pod, Inherited::default()).label("pcns.env"), None);
    let set = NetworkSet { metadata: Meta { namespace: "shop".into(), ..Meta::default() }, ..NetworkSet::default() };
    let seen = EndpointLabels::of_network_set(&set, Some(&namespace));
    assert_eq!(seen.label("projectcalico.org/namespace"), Some("shop"));
    assert_eq!(seen.label("projectcalico.org/orchestrator"), None);
    assert_eq!(seen.label("pcns.env"), Some("prod"));
}
