//! Clients inside the cluster that a policy of others lets in, and the access does not.

use crate::access::{Access, Adoption, Change, ClientRange, HostEndpoints, InCluster, Intent};
use crate::finding::{Finding, Severity};
use crate::reach::diff::Side;
use crate::reach::safety::{Safeguards, check};
use crate::reach::sets::testing::{Cluster, pod, policy, svc_a};
use serde_json::{Value, json};

/// The page's cluster with a pod of another namespace.
fn cluster() -> Cluster {
    let mut caller = pod("caller", "b", "192.168.2.9", json!({"app": "caller"}));
    caller["metadata"]["namespace"] = json!("ops");
    Cluster::page().endpoints("eth0", true, true).with(caller)
}

/// A policy of others on the pods.
fn opens(order: u32, source: Value) -> Value {
    policy(
        "opens",
        json!({"order": order, "selector": "app == 'svc-a'", "types": ["Ingress"], "ingress": [{"action": "Allow", "source": source}]}),
    )
}

fn guarding(cluster: &Cluster, in_cluster: InCluster) -> Vec<Finding> {
    let clients = vec![ClientRange { cidr: "50.60.0.0/16".parse().unwrap(), ports: Vec::new(), note: String::new() }];
    let access = Access { clients, in_cluster, ..Access::default() };
    let change =
        Change { service: svc_a(), intent: Intent::Guard(access), host_endpoints: HostEndpoints::Existing, adoption: Adoption::default() };
    let (now, settings) = (cluster.snapshot(), cluster.settings());
    let plan = crate::plan::plan(&now, &change).unwrap();
    let held = plan.held_to(&now, &settings, &Safeguards::default());
    let let_in: Vec<Finding> = held.findings.into_iter().filter(|finding| finding.id == "in-cluster-let-in").collect();
    // What a plan says of it, the cluster says once it is carried out.
    let then = crate::plan::carried_out(&now, &held.steps);
    let mut checked = crate::checks::cluster(&then);
    check(Side { snapshot: &then, settings: &settings }, &[], &mut checked);
    assert_eq!(checked.into_iter().filter(|finding| finding.id == "in-cluster-let-in").collect::<Vec<_>>(), let_in);
    let_in
}

#[test]
fn whom_a_policy_before_ours_lets_in_blocks() {
    let found = guarding(&cluster().with(opens(1, json!({}))), InCluster::Nobody);
    let [finding] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!((finding.severity, finding.objects[1].name.as_str()), (Severity::Blocker, "opens"));
    assert!(finding.what.ends_with("`ops/caller` for one."), "{}", finding.what);
    let packet = finding.packet.as_ref().unwrap();
    assert_eq!((packet.client.as_str(), packet.port.as_str()), ("pod:ops/caller", "80"));
}

#[test]
fn whom_the_access_chooses_and_whom_nobody_lets_in_is_no_matter() {
    let chosen = InCluster::Namespaces(vec!["ops".to_owned()]);
    let of_ops = opens(1, json!({"namespaceSelector": "projectcalico.org/name == 'ops'"}));
    let clients = opens(1, json!({"nets": ["50.60.0.0/16"]}));
    for (theirs, in_cluster) in [
        (of_ops.clone(), chosen),
        (of_ops, InCluster::Unchanged),
        (opens(9000, json!({})), InCluster::Nobody),
        (clients, InCluster::Nobody),
    ] {
        assert_eq!(guarding(&cluster().with(theirs), in_cluster), []);
    }
}
