//! Rules and policies: whom a selector means, in which order policies are looked at, and how they end.

use anyhow::Result;
use end2end::proof::{Fact, objects};
use serde_json::Value;

use super::objects::{gate, global, host_endpoints, of_egress, pod_policy};
use super::{POD, VIP};

const AUTHORISED: [&str; 2] = ["authorised-same", "authorised-other"];
const OUTSIDERS: [&str; 2] = ["outsider-same", "outsider-other"];

/// The clients' set, and one with the same label that a tenant made.
const CLIENTS: &str = "
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: clients, labels: {clients: svc-a}}
spec: {nets: [50.60.0.0/16]}
";
const TENANTS_SET: &str = "
apiVersion: projectcalico.org/v3
kind: NetworkSet
metadata: {name: mine, namespace: ops, labels: {clients: svc-a}}
spec: {nets: [70.80.0.0/16]}
";
/// The addresses of the Service, and one of nobody.
const ADDRESSES: &str = "
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: guarded, labels: {addresses: guarded}}
spec: {nets: [10.20.30.40/32]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: other, labels: {addresses: other}}
spec: {nets: [10.20.30.99/32]}
";
/// The service accounts of the pods that call, one in each namespace.
const ACCOUNTS: &str = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: caller, namespace: shop, labels: {role: api}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: caller, namespace: ops, labels: {role: web}}
";
/// A policy of Kubernetes that isolates the Service's pods.
const ISOLATED: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: isolated, namespace: shop}
spec: {podSelector: {matchLabels: {app: svc-a}}, policyTypes: [Ingress]}
";

pub(crate) fn facts() -> Result<Vec<Fact>> {
    Ok([selectors()?, accounts()?, services()?, order()?, ends()?].concat())
}

fn gated(policies: impl IntoIterator<Item = Value>) -> Vec<Value> {
    host_endpoints("eth0").into_iter().chain(policies).collect()
}

/// What stands behind a Service of one of the callers.
const CALLERS: &str = "
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: callers-0, namespace: shop, labels: {kubernetes.io/service-name: callers}}
addressType: IPv4
endpoints: [{addresses: [192.168.10.12], nodeName: node-a, conditions: {ready: true}}]
ports: [{name: http, port: 8080, protocol: TCP}]
";

/// Whom `services` in a rule means.
fn services() -> Result<Vec<Fact>> {
    let from = |services: &str| -> Result<Vec<Value>> {
        let rules = format!("[{{action: Allow, source: {{services: {{{services}}}}}}}]");
        Ok([objects(CALLERS)?, vec![pod_policy("pods", None, &rules)?]].concat())
    };
    let to = |services: &str| -> Result<Vec<Value>> {
        let rules = format!("[{{action: Allow, destination: {{services: {{{services}}}}}}}]");
        let mut policy = of_egress(pod_policy("callers", None, &rules)?);
        policy["spec"]["selector"] = "app == 'caller'".into();
        Ok(vec![policy])
    };
    Ok(vec![
        Fact::new("`services` means the endpoints of the Service of that name and namespace", from("name: callers, namespace: shop")?)
            .reached(["shop/caller-a"], POD)
            .cut(["ops/caller-b"], POD),
        Fact::new("without a namespace it means nobody, not those of the policy's own namespace", from("name: callers")?)
            .cut(["shop/caller-a", "ops/caller-b"], POD),
        Fact::new("as a destination it means them with their ports", to("name: svc-node, namespace: shop")?)
            .reached(["shop/caller-a"], VIP)
            .cut(["shop/caller-a"], "10.20.30.40:443"),
        Fact::new("and without a namespace nothing", to("name: svc-node")?).cut(["shop/caller-a"], VIP),
    ])
}

/// Whom a selector in a rule means.
fn selectors() -> Result<Vec<Fact>> {
    let sets = || objects(&format!("{CLIENTS}---{TENANTS_SET}"));
    let lets = |source: &str| {
        let rules = format!(
            "[{{action: Allow, source: {source}, destination: {{nets: [10.20.30.40/32]}}}}, {{action: Deny, destination: {{nets: [10.20.30.40/32]}}}}]"
        );
        gate("gate", None, &rules)
    };
    let denies = |net: &str, name: &str| {
        let to = format!("{{nets: [{net}], selector: \"addresses == '{name}'\", namespaceSelector: global()}}");
        gate(&format!("gate-{name}"), None, &format!("[{{action: Deny, destination: {to}}}]"))
    };
    let plain = "{selector: \"clients == 'svc-a'\"}";
    let global = "{selector: \"clients == 'svc-a'\", namespaceSelector: global()}";
    let at_pods = |source: &str| pod_policy("pods", None, &format!("[{{action: Allow, source: {source}}}]"));
    Ok(vec![
        Fact::new("a tenant's NetworkSet with our label widens a selector of a global policy", [sets()?, gated([lets(plain)?])].concat())
            .reached(AUTHORISED, VIP)
            .reached(OUTSIDERS, VIP),
        Fact::new("beside `namespaceSelector: global()` it does not", [sets()?, gated([lets(global)?])].concat())
            .reached(AUTHORISED, VIP)
            .cut(OUTSIDERS, VIP),
        Fact::new(
            "nets beside a selector deny what both mean",
            [objects(ADDRESSES)?, gated([denies("10.20.30.40/32", "guarded")?])].concat(),
        )
        .cut(AUTHORISED, VIP)
        .cut(OUTSIDERS, VIP),
        Fact::new(
            "and nothing that one of them leaves out",
            [objects(ADDRESSES)?, gated([denies("10.20.30.41/32", "guarded")?, denies("10.20.30.40/32", "other")?])].concat(),
        )
        .reached(AUTHORISED, VIP)
        .reached(OUTSIDERS, VIP),
        Fact::new("a selector alone in a NetworkPolicy means its own namespace", [objects(CLIENTS)?, vec![at_pods(plain)?]].concat())
            .cut(["authorised-same"], VIP),
        Fact::new(
            "`namespaceSelector: global()` in a NetworkPolicy means global sets",
            [objects(CLIENTS)?, vec![at_pods(global)?]].concat(),
        )
        .reached(["authorised-same"], VIP)
        .cut(["outsider-same"], VIP),
        Fact::new(
            "`namespaceSelector: global()` in a NetworkPolicy means HostEndpoints, by their expected addresses",
            gated([at_pods("{selector: rig.portcullis.dev/edge == 'true', namespaceSelector: global()}")?]),
        )
        .cut(["authorised-same"], VIP)
        .reached(["authorised-other"], VIP),
    ])
}

/// Which pods service accounts mean.
fn accounts() -> Result<Vec<Fact>> {
    let at_pods = |accounts: &str| {
        let source = format!("{{serviceAccounts: {accounts}, namespaceSelector: all()}}");
        anyhow::Ok([objects(ACCOUNTS)?, vec![pod_policy("pods", None, &format!("[{{action: Allow, source: {source}}}]"))?]].concat())
    };
    let applied = |selector: &str| {
        let mut policy = pod_policy("pods", None, "[{action: Deny}]")?;
        policy["spec"]["serviceAccountSelector"] = selector.into();
        anyhow::Ok([objects(ACCOUNTS)?, vec![policy]].concat())
    };
    Ok(vec![
        Fact::new("`serviceAccounts` by name means those of every namespace that the selector means", at_pods("{names: [caller]}")?)
            .reached(["shop/caller-a", "ops/caller-b"], POD)
            .cut(["outsider-same"], VIP),
        Fact::new("`serviceAccounts` by label goes by the labels of the ServiceAccount", at_pods("{selector: role == 'api'}")?)
            .reached(["shop/caller-a"], POD)
            .cut(["ops/caller-b"], POD),
        Fact::new("a policy for service accounts is on no pod that has none", applied("has(role)")?).reached(["shop/caller-a"], POD),
    ])
}

/// In which order policies are looked at.
fn order() -> Result<Vec<Fact>> {
    let allow = "[{action: Allow, source: {nets: [50.60.0.0/16]}, destination: {nets: [10.20.30.40/32]}}]";
    let deny = "[{action: Deny, destination: {nets: [10.20.30.40/32]}}]";
    let pods = "[{action: Allow, source: {selector: app == 'caller', namespaceSelector: all()}}]";
    Ok(vec![
        Fact::new("without `order` policies go by their names", gated([gate("a-allow", None, allow)?, gate("b-deny", None, deny)?]))
            .reached(AUTHORISED, VIP)
            .cut(OUTSIDERS, VIP),
        Fact::new("and a deny that comes first by its name stands", gated([gate("b-allow", None, allow)?, gate("a-deny", None, deny)?]))
            .cut(AUTHORISED, VIP)
            .cut(OUTSIDERS, VIP),
        Fact::new("a lower `order` comes first, none comes last", gated([gate("a-deny", None, deny)?, gate("b-allow", Some(10), allow)?]))
            .reached(AUTHORISED, VIP)
            .cut(OUTSIDERS, VIP),
        Fact::new(
            "policies of Kubernetes have order 1000: what one of order 500 allows, they do not deny",
            [objects(ISOLATED)?, vec![pod_policy("pods", Some(500), pods)?]].concat(),
        )
        .reached(["shop/caller-a", "ops/caller-b"], POD)
        .cut(["outsider-same"], VIP),
        Fact::new(
            "and what one of order 500 does not mention, they decide",
            [objects(ISOLATED)?, vec![pod_policy("pods", Some(500), "[{action: Allow, source: {nets: [192.168.10.12/32]}}]")?]].concat(),
        )
        .reached(["shop/caller-a"], POD)
        .cut(["ops/caller-b"], POD),
    ])
}

/// How a policy ends: by its last rule, by Pass, or with nothing said.
fn ends() -> Result<Vec<Fact>> {
    let pass = "[{action: Pass, source: {nets: [50.60.0.0/16]}}]";
    let deny = "[{action: Deny, destination: {nets: [10.20.30.40/32]}}]";
    let pods = "[{action: Pass, source: {selector: app == 'caller'}}, {action: Deny}]";
    let forward = |rules: &str| {
        let mut policy = global("forward", "rig.portcullis.dev/edge == 'true'", None, rules)?;
        policy["spec"]["applyOnForward"] = true.into();
        anyhow::Ok(policy)
    };
    let allow = gate("gate", None, "[{action: Allow, source: {nets: [50.60.0.0/16]}, destination: {nets: [10.20.30.40/32]}}]")?;
    Ok(vec![
        Fact::new(
            "Pass before translation skips the policies behind it",
            gated([gate("a-pass", None, pass)?, gate("b-deny", None, deny)?]),
        )
        .reached(AUTHORISED, VIP)
        .cut(OUTSIDERS, VIP),
        Fact::new("Pass at a pod goes on to its profile", [pod_policy("pods", None, pods)?])
            .reached(["shop/caller-a"], POD)
            .cut(["ops/caller-b"], POD),
        Fact::new("a pod that any policy selects is shut to what none allows", [pod_policy("pods", None, "[]")?])
            .cut(["shop/caller-a", "ops/caller-b"], POD)
            .cut(["outsider-same"], VIP)
            .reached(["node:node-a"], POD),
        Fact::new(
            "an allow before translation skips the forward policy of the HostEndpoint where it comes in",
            gated([allow, forward("[{action: Deny, destination: {nets: [192.168.10.11/32]}}, {action: Allow}]")?]),
        )
        .reached(["authorised-same"], VIP)
        .cut(["outsider-same", "outsider-other"], VIP),
    ])
}
