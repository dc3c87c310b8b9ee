use super::*;
use serde_json::json;

fn policy() -> Value {
    json!({
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "edge", "labels": {"app": "x"}},
        "spec": {
            "order": 100,
            "selector": "has(edge)",
            "preDNAT": true,
            "ingress": [
                {"action": "Allow", "protocol": "TCP", "source": {"nets": ["50.60.0.0/16"]}, "destination": {"nets": ["10.20.30.40/32"], "ports": [80]}},
                {"action": "Deny", "destination": {"nets": ["10.20.30.40/32"]}},
            ],
        },
    })
}

/// As Calico's API server 3.29 hands it back.
fn live() -> Value {
    let mut live = policy();
    live["metadata"] = json!({
        "name": "edge", "uid": "1-2", "resourceVersion": "77", "creationTimestamp": "2026-11-23T05:00:00Z", "generation": 1,
        "managedFields": [{"manager": "portcullis"}], "selfLink": "/x",
        "labels": {"app": "x", "projectcalico.org/tier": "default"},
        "annotations": {"projectcalico.org/metadata": "{}", "kubectl.kubernetes.io/last-applied-configuration": "{}"},
    });
    live["spec"]["order"] = json!(100.0);
    live["spec"]["tier"] = json!("default");
    live["spec"]["types"] = json!(["Ingress"]);
    live["status"] = json!({});
    live
}

fn changes(before: &Value, after: &Value) -> Vec<(String, Option<Value>, Option<Value>)> {
    let fields = object_diff(Some(before), Some(after)).fields;
    fields.into_iter().map(|change| (change.path, change.before, change.after)).collect()
}

fn change(path: &str, before: Value, after: Value) -> (String, Option<Value>, Option<Value>) {
    let some = |value: Value| Some(value).filter(|value| !value.is_null());
    (path.to_owned(), some(before), some(after))
}

#[test]
fn what_the_api_server_sets_is_left_out_and_counted() {
    for (before, after) in [(policy(), live()), (live(), policy())] {
        let diff = object_diff(Some(&before), Some(&after));
        assert_eq!(diff.fields, []);
        // 6 of metadata, 2 annotations, the label, tier, types and status.
        assert_eq!(diff.server_set, 12);
        assert!(diff.lines.iter().all(|line| line.side == Side::Same && !line.text.contains("managedFields")));
        assert!(!differs(&before, &after));
    }
    assert_eq!(object_diff(Some(&policy()), Some(&policy())).server_set, 0);
}

#[test]
fn defaults_that_are_not_the_servers_differ() {
    let with = |pointer: &str, value: Value| {
        let mut live = live();
        *live.pointer_mut(pointer).unwrap() = value;
        live
    };
    let gone = |path: &str| change(path, json!("net"), Value::Null);
    let label = with("/metadata/labels/projectcalico.org~1tier", json!("net"));
    assert_eq!(changes(&label, &policy()), [gone("/metadata/labels/projectcalico.org~1tier")]);
    let mut tier = label;
    tier["spec"]["tier"] = json!("net");
    assert_eq!(changes(&tier, &policy()), [gone("/metadata/labels/projectcalico.org~1tier"), gone("/spec/tier")]);
    for types in [json!(["Egress"]), json!(["Ingress", "Egress"]), json!(["Ingress", "Odd"])] {
        assert_eq!(changes(&with("/spec/types", types.clone()), &policy()), [change("/spec/types", types, Value::Null)]);
    }
    let mut host_endpoint = json!({"apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint", "spec": {}});
    host_endpoint["spec"]["tier"] = json!("default");
    let mut without = host_endpoint.clone();
    without["spec"] = json!({});
    assert!(differs(&host_endpoint, &without), "only policies have tiers");
}

#[test]
fn types_are_defaulted_by_the_rules() {
    let rules = json!([{"action": "Allow"}]);
    for (ingress, egress, types) in [
        (json!([]), json!([]), json!(["Ingress"])),
        (rules.clone(), json!(null), json!(["Ingress"])),
        (json!([]), rules.clone(), json!(["Egress"])),
        (rules.clone(), rules.clone(), json!(["Egress", "Ingress"])),
    ] {
        let mut planned = policy();
        planned["spec"]["ingress"] = ingress;
        planned["spec"]["egress"] = egress;
        let mut live = planned.clone();
        live["spec"]["types"] = types;
        assert_eq!(object_diff(Some(&live), Some(&planned)).server_set, 1);
        assert!(!differs(&live, &planned));
        // Where the plan changes the rules, it changes the types that the server sets.
        planned["spec"]["egress"] = if planned["spec"]["egress"] == rules { json!([]) } else { rules.clone() };
        let touched = changes(&live, &planned).into_iter().any(|(path, ..)| path == "/spec/types");
        assert!(touched, "{live:#}");
    }
}

#[test]
fn nothing_null_and_empty_are_one_where_kubernetes_makes_them_so() {
    let mut other = policy();
    other["metadata"]["annotations"] = json!({});
    other["metadata"]["finalizers"] = json!(null);
    other["spec"]["egress"] = json!([]);
    other["spec"]["doNotTrack"] = json!(false);
    other["spec"]["namespaceSelector"] = json!("");
    other["spec"]["ingress"][1]["source"] = json!({"nets": [], "selector": "", "ports": null});
    assert_eq!(changes(&policy(), &other), []);
    // An empty list of failsafe ports means none, an absent one Felix's defaults.
    let felix = |spec: Value| json!({"apiVersion": "projectcalico.org/v3", "kind": "FelixConfiguration", "spec": spec});
    assert!(differs(&felix(json!({"failsafeInboundHostPorts": []})), &felix(json!({}))));
    assert!(!differs(&felix(json!({"failsafeInboundHostPorts": null})), &felix(json!({}))));
    // `order` is a pointer: 0 is first, absent is last.
    let mut first = policy();
    first["spec"]["order"] = json!(0);
    let mut last = policy();
    last["spec"]["order"] = json!(null);
    assert_eq!(changes(&first, &last), [change("/spec/order", json!(0), Value::Null)]);
}

#[test]
fn sets_say_what_went_and_what_came() {
    let set = |nets: Value| json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "spec": {"nets": nets}});
    let before = set(json!(["10.0.0.0/8", "50.60.0.0/16", "2001:db8::/32", "10.0.0.0/8"]));
    assert!(!differs(&before, &set(json!(["2001:db8::/32", "50.60.0.0/16", "10.0.0.0/8"]))));
    let after = set(json!(["70.0.0.0/8", "2001:db8::/32", "50.60.0.0/16", "80.0.0.0/8"]));
    let expected = [
        change("/spec/nets/0", json!("10.0.0.0/8"), Value::Null),
        change("/spec/nets/3", json!("10.0.0.0/8"), Value::Null),
        change("/spec/nets/-", Value::Null, json!("70.0.0.0/8")),
        change("/spec/nets/-", Value::Null, json!("80.0.0.0/8")),
    ];
    assert_eq!(changes(&before, &after), expected);
    let fields = object_diff(Some(&before), Some(&after)).fields;
    assert_eq!(apply(&before, &fields), set(json!(["50.60.0.0/16", "2001:db8::/32", "70.0.0.0/8", "80.0.0.0/8"])));
}

#[test]
fn rules_and_profiles_keep_their_order() {
    let mut other = policy();
    other["spec"]["ingress"].as_array_mut().unwrap().reverse();
    assert!(differs(&policy(), &other));
    let endpoint = |profiles: Value| json!({"apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint", "spec": {"profiles": profiles}});
    assert!(differs(&endpoint(json!(["a", "b"])), &endpoint(json!(["b", "a"]))));
}

#[test]
fn a_rule_that_moves_down_is_the_same_rule() {
    let mut after = policy();
    let log = json!({"action": "Log"});
    after["spec"]["ingress"].as_array_mut().unwrap().insert(0, log.clone());
    after["spec"]["ingress"][1]["source"]["nets"] = json!(["50.60.0.0/16", "70.0.0.0/8"]);
    after["spec"]["ingress"][2]["protocol"] = json!("TCP");
    let fields = object_diff(Some(&policy()), Some(&after)).fields;
    assert_eq!(apply(&policy(), &fields), after);

    let mut after = policy();
    after["spec"]["ingress"].as_array_mut().unwrap().insert(1, log.clone());
    assert_eq!(changes(&policy(), &after), [change("/spec/ingress/1", Value::Null, log.clone())]);
    assert_eq!(changes(&after, &policy()), [change("/spec/ingress/1", log, Value::Null)]);

    let mut after = policy();
    after["spec"]["ingress"][0]["source"]["nets"] = json!(["70.0.0.0/8", "50.60.0.0/16"]);
    assert_eq!(changes(&policy(), &after), [change("/spec/ingress/0/source/nets/-", Value::Null, json!("70.0.0.0/8"))]);
}

#[test]
fn labels_are_compared_one_by_one() {
    let mut bare = policy();
    bare["metadata"].as_object_mut().unwrap().remove("labels");
    assert_eq!(changes(&bare, &policy()), [change("/metadata/labels/app", Value::Null, json!("x"))]);
    assert_eq!(apply(&bare, &object_diff(Some(&bare), Some(&policy())).fields), policy());
    // The annotations of others stay.
    let mut noted = live();
    noted["metadata"]["annotations"]["a/b~c"] = json!("1");
    let fields = object_diff(Some(&noted), Some(&policy())).fields;
    assert_eq!(fields[0].path, "/metadata/annotations/a~1b~0c");
    assert_eq!(apply(&noted, &fields)["metadata"], live()["metadata"]);
}

#[test]
fn a_new_and_a_deleted_object_are_one_change() {
    let created = object_diff(None, Some(&policy()));
    assert_eq!(created.fields, [FieldChange { path: String::new(), before: None, after: Some(policy()) }]);
    assert!(created.lines.iter().all(|line| line.side == Side::Added));
    assert_eq!(apply(&Value::Null, &created.fields), policy());
    let deleted = object_diff(Some(&live()), None);
    assert_eq!(deleted.fields.len(), 1);
    assert!(deleted.lines.iter().all(|line| line.side == Side::Removed));
    // `tier` and `types` stay in view.
    assert_eq!(deleted.server_set, 9);
    assert_eq!(object_diff(None, None), ObjectDiff::default());
}

#[test]
fn marks_the_lines_of_the_changed_fields_alone() {
    let mut before = live();
    before["spec"]["egress"] = json!([]);
    let mut after = policy();
    after["spec"]["ingress"][0]["source"]["nets"] = json!(["70.0.0.0/8"]);
    let diff = object_diff(Some(&before), Some(&after));
    let marked: Vec<_> = diff.lines.iter().filter(|line| line.side != Side::Same).map(|line| (line.side, line.text.as_str())).collect();
    assert_eq!(marked, [(Side::Removed, "      - 50.60.0.0/16"), (Side::Added, "      - 70.0.0.0/8")]);
    assert_eq!(diff.lines.iter().filter(|line| line.text == "  egress: []").count(), 1);
}

#[test]
fn long_lists_are_replaced_whole() {
    let set = |prefix: &str, n: usize| {
        let nets: Vec<String> = (0..n).map(|i| format!("{prefix}{i:x}::/64")).collect();
        json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "spec": {"nets": nets}})
    };
    let n = align::ITEMS_MAX;
    let (before, after) = (set("2001:", n), set("2002:", n));
    let diff = object_diff(Some(&before), Some(&after));
    assert_eq!(diff.fields.len(), 2 * n);
    assert!(!differs(&apply(&before, &diff.fields), &after));
    let sides: Vec<Side> = diff.lines.iter().map(|line| line.side).collect();
    let blocks: Vec<(Side, usize)> = sides.chunk_by(|a, b| a == b).map(|chunk| (chunk[0], chunk.len())).collect();
    assert_eq!(blocks, [(Side::Same, 4), (Side::Removed, n), (Side::Added, n)]);
}

#[test]
fn lists_are_aligned_up_to_their_limit() {
    let ids = |from: usize| (from..from + align::ITEMS_MAX / 2).collect::<Vec<_>>();
    let steps = align::steps(&ids(0), &ids(1));
    assert!(matches!(steps.as_slice(), [_, similar::DiffOp::Equal { .. }, _]), "{steps:?}");
    let longer = [&[0][..], &ids(0)].concat();
    let steps = align::steps(&longer, &ids(1));
    assert!(matches!(steps.as_slice(), [similar::DiffOp::Replace { .. }]), "{steps:?}");
}

#[test]
fn a_change_that_does_not_fit_is_left_out() {
    let value = json!({"a": [1], "b": "x"});
    let deep = "/a".repeat(100_000);
    for path in ["a", "/x/y/z", "/b/c", "/a/5/x", "/a/-1", "/a/x", "/a/-/x", deep.as_str()] {
        let change = FieldChange { path: path.to_owned(), before: Some(json!(1)), after: Some(json!(2)) };
        assert_eq!(apply(&value, &[change]), value, "{path}");
    }
}
