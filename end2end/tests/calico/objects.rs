//! Objects that many facts have.

use anyhow::Result;
use serde_json::{Value, json};

/// The label of HostEndpoints.
pub(crate) const EDGE: &str = "rig.portcullis.dev/edge";

/// A HostEndpoint that changes nothing by itself, with our label.
pub(crate) fn host_endpoint(node: &str, interface: &str, addresses: &[&str]) -> Value {
    let name = format!("{node}-{}", if interface == "*" { "all" } else { interface });
    json!({
        "apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint",
        "metadata": { "name": name, "labels": { EDGE: "true" } },
        "spec": { "node": node, "interfaceName": interface, "expectedIPs": addresses, "profiles": ["projectcalico-default-allow"] },
    })
}

/// The same with another label in the place of ours.
pub(crate) fn labelled(mut object: Value, label: &str, value: &str) -> Value {
    object["metadata"]["labels"] = json!({ label: value });
    object
}

/// The same without its profile: what no policy allows is cut.
pub(crate) fn without_profile(mut host_endpoint: Value) -> Value {
    host_endpoint["spec"]["profiles"] = json!([]);
    host_endpoint
}

/// One HostEndpoint on each of the page's nodes.
pub(crate) fn host_endpoints(interface: &str) -> Vec<Value> {
    vec![host_endpoint("node-a", interface, &["10.0.1.1"]), host_endpoint("node-b", interface, &["10.0.2.1"])]
}

/// A policy at the HostEndpoints with our label, before translation. `rules` is the list of them, in YAML.
pub(crate) fn gate(name: &str, order: Option<u32>, rules: &str) -> Result<Value> {
    let mut policy = global(name, &format!("{EDGE} == 'true'"), order, rules)?;
    policy["spec"]["preDNAT"] = true.into();
    policy["spec"]["applyOnForward"] = true.into();
    Ok(policy)
}

/// A GlobalNetworkPolicy for what comes in.
pub(crate) fn global(name: &str, selector: &str, order: Option<u32>, rules: &str) -> Result<Value> {
    let mut policy = json!({
        "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": { "name": name },
        "spec": { "selector": selector, "types": ["Ingress"], "ingress": serde_saphyr::from_str::<Value>(rules)? },
    });
    if let Some(order) = order {
        policy["spec"]["order"] = order.into();
    }
    Ok(policy)
}

/// The same rules for what goes out.
pub(crate) fn of_egress(mut policy: Value) -> Value {
    policy["spec"]["types"] = json!(["Egress"]);
    policy["spec"]["egress"] = std::mem::take(&mut policy["spec"]["ingress"]);
    policy["spec"]["ingress"] = json!([]);
    policy
}

/// A NetworkPolicy at the pods of the page's Service, for what comes in.
pub(crate) fn pod_policy(name: &str, order: Option<u32>, rules: &str) -> Result<Value> {
    let mut policy = global(name, "app == 'svc-a'", order, rules)?;
    policy["kind"] = "NetworkPolicy".into();
    policy["metadata"]["namespace"] = "shop".into();
    Ok(policy)
}

/// The policies that Portcullis' own recipe comes down to: one at the pods, one at the HostEndpoints.
pub(crate) fn recipe() -> Result<Vec<Value>> {
    let edge = "
        - {action: Allow, source: {nets: [50.60.0.0/16]}, destination: {nets: [10.20.30.40/32]}}
        - {action: Deny, destination: {nets: [10.20.30.40/32]}}";
    let pods = "
        - {action: Allow, source: {nets: [50.60.0.0/16]}}
        - {action: Allow, source: {selector: rig.portcullis.dev/edge == 'true', namespaceSelector: global()}}
        - {action: Allow, source: {selector: projectcalico.org/orchestrator == 'k8s', namespaceSelector: all()}}";
    Ok(vec![pod_policy("pods", Some(500), pods)?, gate("gate", Some(100), edge)?])
}
