//! The laws of differences, over objects small enough that many of their parts are the same.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, json};

/// A map with some of these keys.
fn some_of(fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> impl Strategy<Value = Value> {
    let fields = fields.into_iter().map(|(key, value)| proptest::option::of(value.prop_map(move |value| (key.to_owned(), value))));
    fields.collect::<Vec<_>>().prop_map(|fields| fields.into_iter().flatten().collect::<Map<_, _>>().into())
}

fn one_of(values: &[Value]) -> BoxedStrategy<Value> {
    select(values.to_vec()).boxed()
}

fn texts(texts: &'static [&'static str]) -> BoxedStrategy<Value> {
    prop_oneof![8 => vec(select(texts), 0..4).prop_map(Value::from), 1 => one_of(&[json!(null), json!([null, "a"]), json!("a")])].boxed()
}

fn any_json() -> BoxedStrategy<Value> {
    let scalar =
        one_of(&[json!(null), json!(true), json!(false), json!(0), json!(1), json!(1.0), json!(1.5), json!(""), json!("a"), json!("0")]);
    scalar
        .prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(select(&["a", "0", "-", "", "a/b", "~1", "spec"][..]).prop_map(str::to_owned), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
        .boxed()
}

const NETS: &[&str] = &["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32", "::/0"];
const TYPES: &[&str] = &["Ingress", "Egress"];

fn rules() -> BoxedStrategy<Value> {
    let entity =
        some_of(vec![("nets", texts(NETS)), ("ports", texts(&["80", "http"])), ("selector", one_of(&[json!(""), json!("all()")]))]);
    let entity = prop_oneof![6 => entity, 1 => Just(Value::Null)].boxed();
    let rule = some_of(vec![
        ("action", one_of(&[json!("Allow"), json!("Deny")])),
        ("source", entity.clone()),
        ("destination", entity),
        ("http", any_json()),
    ]);
    prop_oneof![6 => vec(rule, 0..4).prop_map(Value::from), 1 => any_json()].boxed()
}

fn any_object() -> BoxedStrategy<Value> {
    let labels = some_of(vec![
        ("projectcalico.org/tier", one_of(&[json!("default"), json!("net")])),
        ("kubectl.kubernetes.io/last-applied-configuration", one_of(&[json!("{}")])),
        ("a", one_of(&[json!("1"), json!(null)])),
    ])
    .boxed();
    let metadata = some_of(vec![
        ("name", one_of(&[json!("x")])),
        ("uid", one_of(&[json!("u1"), json!("u2")])),
        ("labels", labels.clone()),
        ("annotations", labels),
        ("finalizers", texts(&["f"])),
    ]);
    let spec = some_of(vec![
        ("tier", one_of(&[json!(""), json!("default"), json!("net")])),
        ("types", prop_oneof![subsequence(TYPES.to_vec(), 0..=2).prop_map(Value::from), texts(TYPES)].boxed()),
        ("ingress", rules()),
        ("egress", rules()),
        ("preDNAT", one_of(&[json!(true), json!(false)])),
        ("order", one_of(&[json!(1), json!(1.0), json!(2.5)])),
        ("nets", texts(NETS)),
        ("expectedIPs", texts(&["10.0.0.1", "::1"])),
        ("profiles", texts(&["p", "q"])),
        ("other", any_json()),
    ]);
    let object = some_of(vec![
        ("apiVersion", one_of(&[json!("projectcalico.org/v3")])),
        (
            "kind",
            prop_oneof![3 => Just(json!("GlobalNetworkPolicy")), 1 => one_of(&[json!("HostEndpoint"), json!("GlobalNetworkSet")])].boxed(),
        ),
        ("metadata", metadata.boxed()),
        ("spec", prop_oneof![9 => spec, 1 => any_json()].boxed()),
        ("status", any_json()),
    ])
    .prop_map(|mut object| {
        // Mostly objects whose kind is known.
        let map = object.as_object_mut().unwrap();
        map.entry("apiVersion").or_insert(json!("projectcalico.org/v3"));
        map.entry("kind").or_insert(json!("GlobalNetworkPolicy"));
        object
    });
    prop_oneof![9 => object, 1 => any_json()].boxed()
}

/// Another way to write the same object, as the API server might: server-set fields, nothing as `null`, sets in another order.
fn rewritten(object: &Value) -> Value {
    let mut object = object.clone();
    let class = shape::Class::of(&object);
    let Some(map) = object.as_object_mut() else { return object };
    map.insert("status".to_owned(), json!({"ready": true}));
    map.entry("another").or_insert(Value::Null);
    if let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.extend(Map::from_iter([("uid".to_owned(), json!("u3")), ("resourceVersion".to_owned(), json!("7"))]));
        metadata.entry("labels").or_insert(json!({}));
    }
    if let (shape::Class::Policy, Some(spec)) = (class, map.get_mut("spec").and_then(Value::as_object_mut)) {
        spec.entry("tier").or_insert(json!("default"));
        spec.entry("preDNAT").or_insert(json!(false));
        spec.entry("selector").or_insert(json!(""));
        if let Some(types) = spec.get_mut("types").and_then(Value::as_array_mut) {
            types.reverse();
        }
    }
    object
}

/// The lines of one side.
fn side(diff: &ObjectDiff, side: Side) -> String {
    diff.lines.iter().filter(|line| line.side == side || line.side == Side::Same).map(|line| format!("{}\n", line.text)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn making_the_changes_leaves_no_difference(before in any_object(), after in any_object()) {
        let diff = object_diff(Some(&before), Some(&after));
        let made = apply(&before, &diff.fields);
        prop_assert!(!differs(&made, &after), "{:#?}\n{:#}", diff.fields, made);
        prop_assert_eq!(object_diff(Some(&made), Some(&after)).fields, vec![]);
        prop_assert_eq!(differs(&before, &after), !diff.fields.is_empty());
        prop_assert_eq!(differs(&before, &after), differs(&after, &before));
    }

    #[test]
    fn a_small_change_is_found_alone(before in any_object(), order in 7..9_i64) {
        let mut before = before;
        if !before.pointer("/spec").is_some_and(Value::is_object) {
            before = json!({"spec": {"order": before}});
        }
        let mut after = before.clone();
        after["spec"]["order"] = order.into();
        let old = before["spec"].get("order").filter(|order| !order.is_null()).cloned();
        let change = FieldChange { path: "/spec/order".to_owned(), before: old, after: Some(order.into()) };
        prop_assert_eq!(object_diff(Some(&before), Some(&after)).fields, vec![change]);
    }

    #[test]
    fn an_object_does_not_differ_from_itself(object in any_object()) {
        for other in [&object, &rewritten(&object)] {
            let diff = object_diff(Some(&object), Some(other));
            prop_assert_eq!(&diff.fields, &vec![]);
            prop_assert!(diff.lines.iter().all(|line| line.side == Side::Same));
        }
    }

    #[test]
    fn lines_are_the_yaml_of_both_sides(before in any_object(), after in any_object()) {
        let diff = object_diff(Some(&before), Some(&after));
        let left = server_set::leave_out(Some(&before), Some(&after)).before.unwrap();
        prop_assert_eq!(side(&diff, Side::Removed), crate::yaml::to_yaml(&left));
        prop_assert_eq!(side(&diff, Side::Added), crate::yaml::to_yaml(&apply(&left, &diff.fields)));
        prop_assert_eq!(diff.lines.iter().all(|line| line.side == Side::Same), diff.fields.is_empty());
    }

    #[test]
    fn comes_back_from_json(before in any_object(), after in any_object()) {
        let diff = object_diff(Some(&before), Some(&after));
        let back: ObjectDiff = serde_json::from_str(&serde_json::to_string(&diff).unwrap()).unwrap();
        prop_assert_eq!(back, diff);
    }

    #[test]
    fn changes_of_another_object_do_no_harm(before in any_object(), after in any_object(), other in any_object()) {
        let fields = object_diff(Some(&before), Some(&after)).fields;
        let made = apply(&other, &fields);
        if let Value::Object(map) = &other {
            for (key, value) in map {
                let touched = fields.iter().any(|change| change.path.is_empty() || change.path.starts_with(&format!("/{}", fields::escaped(key))));
                prop_assert!(touched || made.get(key) == Some(value), "{}", key);
            }
        }
    }
}
