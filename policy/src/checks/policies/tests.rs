use super::about_nobody;
use crate::checks;
use crate::finding::Severity;
use crate::reach::sets::testing::{Cluster, policy};
use serde_json::{Value, json};

fn namespaced(name: &str, spec: Value) -> Value {
    json!({"kind": "NetworkPolicy", "metadata": {"name": name, "namespace": "shop"}, "spec": spec})
}

/// A rule that names a Service as who sends, or as who receives.
fn rule(action: &str, side: &str, services: Value) -> Value {
    json!({"action": action, side: {"services": services}})
}

/// Fields and what to do, of every rule that is about nobody.
fn found(cluster: &Cluster) -> Vec<(String, String)> {
    about_nobody(&cluster.snapshot()).into_iter().map(|finding| (finding.field, finding.action)).collect()
}

#[test]
fn a_rule_that_names_a_service_and_no_namespace_is_a_warning_with_what_to_write() {
    let ingress = json!([{"action": "Allow"}, rule("Allow", "source", json!({"name": "svc-a"}))]);
    let egress = json!([rule("Deny", "destination", json!({"name": "elsewhere"}))]);
    let cluster = Cluster::page().with(namespaced("theirs", json!({"selector": "all()", "ingress": ingress, "egress": egress})));
    let all = checks::cluster(&cluster.snapshot());
    let about: Vec<_> = all.iter().filter(|finding| finding.id == "service-without-namespace").collect();
    let [outward, inward] = about.as_slice() else { panic!("{all:#?}") };
    let objects = |finding: &&crate::finding::Finding| finding.objects.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!((inward.severity, objects(inward)), (Severity::Warning, vec!["Calico NetworkPolicy shop/theirs".to_owned()]));
    assert_eq!(inward.what, "Calico NetworkPolicy shop/theirs names the Service `svc-a` in a rule without its namespace.");
    assert_eq!((inward.field.as_str(), outward.field.as_str()), ("spec.ingress[1].source.services", "spec.egress[0].destination.services"));
    assert!(inward.why.ends_with("and allows nothing.") && outward.why.ends_with("and denies nothing."), "{inward:?} {outward:?}");
    // The policy's own namespace has the one, and not the other.
    assert_eq!(inward.action, "Write `namespace: shop` beside `name: svc-a`.");
    assert_eq!(outward.action, "Write the namespace of that Service beside `name: elsewhere`, as `namespace: NAMESPACE`.");
}

#[test]
fn global_policies_too_and_nothing_that_names_a_namespace_or_no_service() {
    let with = |services: Value| {
        let ingress = json!([rule("Pass", "source", services)]);
        Cluster::page().with(policy("theirs", json!({"selector": "all()", "ingress": ingress})))
    };
    assert_eq!(found(&with(json!({"name": "svc-a"}))).len(), 1);
    assert_eq!(found(&with(json!({"name": "svc-a", "namespace": "shop"}))), []);
    assert_eq!(found(&with(json!({}))), [], "no condition: the API's own rule names it");
}
