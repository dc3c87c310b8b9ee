//! The rows of `end2end/tests/page.rs` and `end2end/tests/hardened`: what packets showed of the page and of the recipe.

use super::{Cluster, forward, host_endpoints, reached, recipe, set, told, yaml};
use crate::reach::verdict::Verdict;
use serde_json::{Value, json};

/// Who asks, and where the packet goes.
const CELLS: [(&str, &str); 16] = [
    ("authorised-same", "10.20.30.40:80"),
    ("outsider-same", "10.20.30.40:80"),
    ("authorised-other", "10.20.30.40:80"),
    ("outsider-other", "10.20.30.40:80"),
    // Two ports that are failsafe on hosts.
    ("outsider-same", "10.20.30.40:22"),
    ("outsider-other", "10.20.30.40:22"),
    ("outsider-same", "10.20.30.40:6443"),
    ("outsider-other", "10.20.30.40:6443"),
    // A NodePort, on the pod's node and on the other.
    ("outsider-same", "10.0.1.1:30080"),
    ("outsider-other", "10.0.2.1:30080"),
    // Pods, on the same node and on the other.
    ("shop/caller-a", "10.20.30.40:80"),
    ("ops/caller-b", "10.20.30.40:80"),
    // Into the host, by a port that is not failsafe and by one that is; out of it; and as the kubelet probes its pods.
    ("outsider-other", "10.0.1.1:10250"),
    ("outsider-other", "10.0.1.1:22"),
    ("node:node-a", "70.80.1.10:8080"),
    ("node:node-a", "192.168.10.11:80"),
];

#[derive(Clone, Copy)]
struct Hosts {
    interface: &'static str,
    addresses: bool,
    profile: bool,
}

const BARE: Hosts = Hosts { interface: "eth0", addresses: false, profile: false };
const WITH_ADDRESSES: Hosts = Hosts { addresses: true, ..BARE };
const HARMLESS: Hosts = Hosts { addresses: true, profile: true, ..BARE };

fn hosts(hosts: Hosts) -> Vec<Value> {
    let mut found = host_endpoints(hosts.interface);
    for host in &mut found {
        host["metadata"]["labels"] = json!({ "k8s-role": "node" });
        if !hosts.addresses {
            host["spec"]["expectedIPs"] = json!([]);
        }
        if !hosts.profile {
            host["spec"]["profiles"] = json!([]);
        }
    }
    found
}

/// What Calico's controller makes of the nodes.
fn automatic(label: &str) -> Vec<Value> {
    let mut found = host_endpoints("*");
    for host in &mut found {
        let node = host["spec"]["node"].as_str().unwrap().to_owned();
        host["metadata"]["name"] = format!("{node}-auto-hep").into();
        host["metadata"]["labels"] = json!({ label: "node", "edge": "true", "projectcalico.org/created-by": "calico-kube-controllers" });
    }
    found
}

#[test]
fn the_table_of_what_packets_showed() {
    let policies = yaml(include_str!("../../../../../end2end/tests/calico/page.yaml"));
    let page = |with: Hosts| [hosts(with), policies.clone()].concat();
    let mut pods_first = recipe();
    pods_first[1]["spec"]["ingress"]
        .as_array_mut()
        .unwrap()
        .insert(1, json!({ "action": "Allow", "source": { "nets": ["192.168.0.0/16"] }, "destination": { "nets": ["10.20.30.40/32"] } }));
    let deny_node_port = json!({
        "action": "Deny", "protocol": "TCP", "destination": { "selector": "edge == 'true'", "ports": [30080] },
    });
    let hardened = |mut policies: Vec<Value>| {
        policies[1]["spec"]["ingress"].as_array_mut().unwrap().push(deny_node_port.clone());
        policies
    };
    let gate_only = hardened(recipe()).into_iter().skip(1).collect::<Vec<_>>();
    let rows: Vec<(&str, Vec<Value>, &str)> = vec![
        ("no objects", Vec::new(), "yyyy yyyy yy yy yy yy"),
        ("bare HostEndpoints cut the host", hosts(BARE), "yyyy yyyy yy yy ny ny"),
        ("Step 2 alone blocks nobody", [hosts(HARMLESS), policies[..1].to_vec()].concat(), "yyyy yyyy yy yy yy yy"),
        ("the page to the letter blocks everyone", page(BARE), "nnnn nnnn nn nn ny ny"),
        ("the page with its labels resolved", page(WITH_ADDRESSES), "nnyy nyny ny nn yy ny"),
        ("the same with a profile", page(HARMLESS), "nnyy nyny ny nn yy yy"),
        ("hardened, named", [host_endpoints("eth0"), hardened(recipe())].concat(), "ynyn nyny nn yy yy yy"),
        ("hardened, `*`, pods allowed", [host_endpoints("*"), hardened(pods_first.clone())].concat(), "ynyn nyny nn yy yy yy"),
        ("hardened, `*`, pods not allowed", [host_endpoints("*"), hardened(recipe())].concat(), "ynyn nyny nn nn yy yy"),
        ("gate without pod policy", [host_endpoints("eth0"), gate_only].concat(), "ynyn yyyy nn yy yy yy"),
        ("automatic and the page", [automatic("k8s-role"), policies.clone()].concat(), "nnyy nyny ny nn yy yy"),
        ("automatic and hardened", [automatic("k8s-role"), hardened(pods_first)].concat(), "ynyn nyny nn yy yy yy"),
    ];
    for (name, objects, expected) in rows {
        let cluster = Cluster::page().with(objects);
        let letters = expected.chars().filter(|letter| !letter.is_whitespace());
        for ((from, to), letter) in CELLS.iter().zip(letters) {
            let answer = cluster.tcp(from, to);
            assert_eq!(reached(&answer, name), letter == 'y', "{name}: {from} to {to}\n{}", told(&answer));
        }
        for ((from, _), letter) in CELLS.iter().zip(expected.chars()).take(4) {
            let answer = cluster.sends("UDP", from, "10.20.30.40:443");
            assert_eq!(reached(&answer, name), letter == 'y', "{name}: UDP from {from}\n{}", told(&answer));
        }
    }
}

#[test]
fn a_forward_policy_shuts_failsafe_ports_of_a_service_to_outsiders() {
    let rules = "
        - {action: Allow, source: {nets: [50.60.0.0/16]}, destination: {selector: app == 'svc-a'}}
        - {action: Allow, source: {selector: edge == 'true'}, destination: {selector: app == 'svc-a'}}
        - {action: Allow, source: {selector: projectcalico.org/orchestrator == 'k8s'}, destination: {selector: app == 'svc-a'}}
        - {action: Deny, destination: {selector: app == 'svc-a'}}
        - {action: Pass}";
    let hardened = Cluster::page().with(host_endpoints("eth0")).with(recipe());
    for (cluster, other) in [(hardened.clone(), true), (hardened.with([forward("forward", Some(100), rules)]), false)] {
        let authorised = ["authorised-same", "authorised-other"];
        cluster.assert("authorised", "10.20.30.40:80", &authorised, &["outsider-same", "outsider-other"]);
        cluster.assert("failsafe", "10.20.30.40:22", &authorised, &["outsider-same"]);
        assert_eq!(cluster.reaches("outsider-other", "10.20.30.40:22"), other);
        assert_eq!(cluster.reaches("outsider-other", "10.20.30.40:6443"), other);
        cluster.assert("pods", "10.20.30.40:80", &["shop/caller-a", "ops/caller-b"], &[]);
        cluster.assert("the host", "10.0.1.1:22", &["outsider-other"], &[]);
        cluster.assert("the host", "10.0.1.1:10250", &["outsider-other"], &[]);
        cluster.assert("out of the host", "70.80.1.10:8080", &["node:node-a"], &[]);
    }
}

#[test]
fn failsafe_ports_with_nets_are_open_to_those_nets_alone() {
    let nets = "
apiVersion: projectcalico.org/v3
kind: FelixConfiguration
metadata: {name: default}
spec:
  failsafeInboundHostPorts:
    - {protocol: tcp, port: 22, net: 50.60.1.0/24}
    - {protocol: tcp, port: 6443, net: 10.0.0.0/8}
";
    let page = Cluster::page().and(nets);
    let hardened = page.with(host_endpoints("eth0")).with(recipe());
    let (authorised, outsiders) = (["authorised-same", "authorised-other"], ["outsider-same", "outsider-other"]);
    hardened.assert("the Service", "10.20.30.40:80", &authorised, &outsiders);
    hardened.assert("its port 22", "10.20.30.40:22", &authorised, &outsiders);
    hardened.assert("its port 6443", "10.20.30.40:6443", &[], &outsiders);
    let bare = page.with(host_endpoints("eth0").into_iter().map(|host| set(host, "profiles", json!([]))));
    bare.assert("the host", "10.0.1.1:22", &["authorised-same"], &["outsider-same", "authorised-other"]);
}

#[test]
fn a_hop_names_the_stage_the_rule_the_field_and_the_reason() {
    let answer = Cluster::page().with(host_endpoints("eth0")).with(recipe()).tcp("authorised-other", "10.20.30.40:80");
    let [journey] = answer.paths.as_slice() else { panic!("{}", told(&answer)) };
    assert_eq!(journey.verdict, Verdict::Allowed);
    assert_eq!(journey.source_seen_by_pod, Some("10.0.2.1".parse().unwrap()));
    let hops: Vec<String> = journey
        .hops
        .iter()
        .map(|hop| {
            let object = hop.object.as_ref().map(ToString::to_string).unwrap_or_default();
            let rule = hop.rule.map(|rule| format!(" {rule}")).unwrap_or_default();
            format!("{:?} {} {:?} {object}{rule} {}: {}", hop.stage, hop.node, hop.action, hop.field, hop.why)
        })
        .collect();
    assert_eq!(
        hops,
        [
            "PreDnat node-b Allow GlobalNetworkPolicy gate 0 source.nets[0]: Rule 1 allows it: `50.60.2.10` is in `50.60.0.0/16`, and \
             `10.20.30.40` is in `10.20.30.40/32`.",
            "Translation node-b Translate Service shop/svc-a : kube-proxy sends what comes for `shop/svc-a` at `10.20.30.40` on to \
             `192.168.10.11` port 80, and marks it for the translation of its source.",
            "ForwardIn node-b Continue HostEndpoint node-b-eth0 : A policy before translation allowed it: forward policy of HostEndpoint \
             `node-b-eth0` is left out.",
            "SourceTranslation node-b Translate  : The source `50.60.2.10` becomes `10.0.2.1`, the main address of `node-b`.",
            "BetweenNodes node-a Continue  : It goes from `node-b` to `node-a` as it is, and comes in by interface `eth0`.",
            "PreDnat node-a Continue  : No rule of 1 policy on HostEndpoint `node-a-eth0` in the tier `default` matches TCP port 80 from \
             `10.0.2.1` to `192.168.10.11`: it goes on.",
            "Pod node-a Allow Calico NetworkPolicy shop/pods 1 source.selector: Rule 2 allows it: `10.0.2.1` is an address of HostEndpoint \
             `node-b-eth0`, which `(!has(projectcalico.org/namespace) && edge == \"true\")` selects.",
            "Delivery node-a Allow  : It gets to `192.168.10.11`, which sees it come from `10.0.2.1`.",
        ],
        "{}",
        hops.join("\n")
    );
}
