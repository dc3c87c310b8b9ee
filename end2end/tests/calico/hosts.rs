//! HostEndpoints: which interface they stand for, and whom their label means.

use anyhow::Result;
use end2end::proof::Fact;
use serde_json::Value;

use super::objects::{gate, global, host_endpoint, host_endpoints, labelled};
use super::{POD, VIP};

const PODS: [&str; 2] = ["shop/caller-a", "ops/caller-b"];
const OUTSIDERS: [&str; 2] = ["outsider-same", "outsider-other"];

/// Nobody may send to the Service.
const DENY: &str = "[{action: Deny, destination: {nets: [10.20.30.40/32]}}]";

pub(crate) fn facts() -> Result<Vec<Fact>> {
    let with = |hosts: Vec<Value>, rest: Vec<Value>| hosts.into_iter().chain(rest);
    let pods_first = "
        - {action: Allow, source: {nets: [192.168.0.0/16]}, destination: {nets: [10.20.30.40/32]}}
        - {action: Deny, destination: {nets: [10.20.30.40/32]}}";
    // A second HostEndpoint on node A, for one interface, which our gate does not select.
    let named = labelled(host_endpoint("node-a", "eth0", &["10.0.1.1"]), "other", "true");
    let mut elsewhere = gate("elsewhere", None, "[{action: Deny, destination: {nets: [10.99.0.0/16]}}]")?;
    elsewhere["spec"]["selector"] = "other == 'true'".into();
    // Two on one interface of node A: `node-a-eth0`, which the gate selects, and one before or after it by name.
    let second = |name: &str| {
        let mut second = labelled(host_endpoint("node-a", "eth0", &["10.0.1.1"]), "other", "true");
        second["metadata"]["name"] = name.into();
        second
    };
    let shared_label = host_endpoints("eth0").into_iter().map(|object| labelled(object, "k8s-svc", "svc-a")).collect();
    Ok(vec![
        Fact::new("a HostEndpoint for `eth0` does not meet pods", with(host_endpoints("eth0"), vec![gate("gate", None, DENY)?]))
            .cut(OUTSIDERS, VIP)
            .reached(PODS, VIP),
        Fact::new("a HostEndpoint for `*` meets pods of its node", with(host_endpoints("*"), vec![gate("gate", None, DENY)?]))
            .cut(OUTSIDERS, VIP)
            .cut(PODS, VIP)
            .reached(PODS, POD)
            .reached(["node:node-a"], POD),
        Fact::new(
            "with `*`, an allow for the range of pods before the deny lets pods in and nobody else",
            with(host_endpoints("*"), vec![gate("gate", None, pods_first)?]),
        )
        .cut(OUTSIDERS, VIP)
        .reached(PODS, VIP),
        Fact::new(
            "a named HostEndpoint without pre-DNAT policy of its own leaves its interface to `*`",
            with(host_endpoints("*"), vec![named.clone(), gate("gate", None, DENY)?]),
        )
        .cut(OUTSIDERS, VIP)
        .cut(PODS, VIP),
        Fact::new(
            "any pre-DNAT policy on a named HostEndpoint takes its interface away from `*`",
            with(host_endpoints("*"), vec![named, elsewhere, gate("gate", None, DENY)?]),
        )
        .reached(["outsider-same"], VIP)
        .cut(["outsider-other"], VIP)
        .cut(PODS, VIP),
        Fact::new(
            "of two HostEndpoints on one interface the one whose name comes first counts",
            with(host_endpoints("eth0"), vec![second("a-second"), gate("gate", None, DENY)?]),
        )
        .reached(["outsider-same"], VIP)
        .cut(["outsider-other"], VIP),
        Fact::new("and the other is without effect", with(host_endpoints("eth0"), vec![second("z-second"), gate("gate", None, DENY)?]))
            .cut(OUTSIDERS, VIP),
        Fact::new(
            "a global policy for the label of HostEndpoints isolates pods that carry it",
            with(
                shared_label,
                vec![global("for-hosts", "k8s-svc == 'svc-a'", None, "[{action: Allow, protocol: TCP, destination: {ports: [10250]}}]")?],
            ),
        )
        .cut(PODS, POD)
        .cut(["authorised-same"], VIP)
        .reached(["outsider-other"], "10.0.1.1:10250"),
    ])
}
