//! What is exported reads back as what is written.

use super::*;
use crate::object::Kind;
use proptest::prelude::*;
use serde_json::json;

fn read(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn set(name: &str, nets: &[&str]) -> (ObjectKey, Value) {
    let object =
        json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "metadata": {"name": name}, "spec": {"nets": nets}});
    (ObjectKey::new(Kind::GlobalNetworkSet, "", name), object)
}

#[test]
fn objects_come_in_order_without_what_the_server_sets_and_what_is_deleted_stands_at_the_head() {
    let (first, mut one) = set("one", &["10.0.0.0/8"]);
    let (second, two) = set("two", &["11.0.0.0/8"]);
    let plain = one.clone();
    one["metadata"]["uid"] = json!("1-2-3");
    one["metadata"]["resourceVersion"] = json!("7");
    let gone = [ObjectKey::new(Kind::NetworkPolicy, "shop", "pods"), ObjectKey::new(Kind::GlobalNetworkPolicy, "", "-it's; reboot")];
    let objects = [(&second, Some(&two)), (&first, Some(&one)), (&gone[0], None), (&gone[1], None)];
    let text = manifests(&["Portcullis: a test".to_owned()], objects.into_iter());
    assert_eq!(read(&text), [two, plain]);
    let head: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
    assert_eq!(head[0], "# Portcullis: a test");
    assert!(head[1].starts_with("# Writes 2 objects, in this order: kubectl apply --filename"), "{text}");
    assert!(head[2].starts_with("# Deletes 2 objects"), "{text}");
    assert_eq!(
        head[3..],
        [
            "# kubectl delete networkpolicies.projectcalico.org --namespace shop pods",
            "# kubectl delete globalnetworkpolicies.projectcalico.org '-it'\\''s; reboot'"
        ]
    );
}

#[test]
fn what_has_to_be_gone_before_something_is_written_stands_between_the_documents() {
    let ((first, one), (second, two)) = (set("one", &["10.0.0.0/8"]), set("two", &["11.0.0.0/8"]));
    let gone = ObjectKey::new(Kind::GlobalNetworkPolicy, "", "theirs");
    let text = manifests(&[], [(&first, Some(&one)), (&gone, None), (&second, Some(&two))].into_iter());
    assert_eq!(read(&text), [one, two]);
    let line = text.find("# kubectl delete globalnetworkpolicies.projectcalico.org theirs").unwrap();
    assert!(text.find("name: one").unwrap() < line && line < text.find("name: two").unwrap(), "{text}");
    assert!(text.contains("in parts, as said below") && !text.contains("once all below is applied"), "{text}");
}

#[test]
fn where_nothing_is_written_there_is_no_document() {
    let text = manifests(&[], [(&ObjectKey::new(Kind::HostEndpoint, "", "a"), None)].into_iter());
    assert_eq!(text.lines().next(), Some("# Writes no object."));
    assert!(read(&text).iter().all(Value::is_null), "{text}");
}

proptest! {
    #[test]
    fn no_text_breaks_out_of_its_comment(head in any::<String>(), name in any::<String>(), traps in "[\\r\\n\\u{85}\\u{2028}\\u{2029}\\u{feff}#\\-: a]{0,12}") {
        let (key, object) = set("one", &["10.0.0.0/8"]);
        let gone = ObjectKey::new(Kind::NetworkPolicy, &traps, &name);
        let text = manifests(&[head, traps], [(&key, Some(&object)), (&gone, None)].into_iter());
        prop_assert_eq!(read(&text), [object]);
        prop_assert_eq!(text.lines().take_while(|line| line.starts_with("# ")).count(), 5);
    }
}
