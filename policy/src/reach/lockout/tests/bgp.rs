use super::{cluster, cut, gate, names, told};
use crate::finding::Severity;
use crate::reach::lockout::Ways;
use crate::reach::sets::testing::{Cluster, policy};
use serde_json::{Value, json};

#[test]
fn bgp_is_that_of_the_routers_and_ports_that_the_cluster_names() {
    let peer = |name: &str, spec: Value| json!({"kind": "BGPPeer", "metadata": {"name": name}, "spec": spec});
    let bgp = |name: &str, spec: Value| json!({"kind": "BGPConfiguration", "metadata": {"name": name}, "spec": spec});
    let shut = |rules: Value| gate("shut", rules);
    let from = |nets: &str, port: u16| json!([{"action": "Deny", "protocol": "TCP", "source": {"nets": [nets]}, "destination": {"ports": [port]}}]);
    let no_failsafes = json!({"kind": "FelixConfiguration", "metadata": {"name": "default"},
        "spec": {"failsafeInboundHostPorts": [], "failsafeOutboundHostPorts": []}});
    let open = cluster().with(no_failsafes);
    let after = |cluster: &Cluster, rules: Value| cluster.clone().endpoints("eth0", true, true).with(shut(rules));
    let flows = |cluster: &Cluster, rules: Value| -> Vec<String> {
        let found = cut(cluster, &after(cluster, rules), &Ways::default());
        found.into_iter().map(|(flow, _, _)| flow).filter(|flow| flow.starts_with("BGP")).collect()
    };
    const OUTSIDE: &str = "BGP, from routers outside";
    // Nobody is named: whoever is outside may be a peer.
    assert_eq!(flows(&open, from("192.0.2.0/24", 179)), [OUTSIDE]);
    assert_eq!(flows(&open, from("10.0.9.254/32", 179)), [] as [&str; 0]);
    let named = open.clone().with(peer("tor", json!({"peerIP": "10.0.9.254", "asNumber": 64512, "nodeSelector": "has(rack)"})));
    assert_eq!(flows(&named, from("10.0.9.254/32", 179)), [] as [&str; 0], "no node has the label");
    let mut racked = named.clone();
    for node in racked.0.iter_mut().filter(|object| object["metadata"]["name"] == "b") {
        node["metadata"]["labels"]["rack"] = "r1".into();
    }
    assert_eq!(flows(&racked, from("192.0.2.0/24", 179)), [] as [&str; 0], "no stranger is a peer then");
    let found = told(&racked, &after(&racked, from("10.0.9.254/32", 179)), &Ways::default());
    let [finding] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!((finding.severity, finding.packet.as_ref().unwrap().client.as_str()), (Severity::Blocker, "10.0.9.254"));
    assert!(finding.what.contains("to `10.0.2.1` on TCP 179 is let through now, and would be dropped on `b`"), "{}", finding.what);
    // `listenPort`, of the node before that of all.
    let moved = racked.clone().with(bgp("default", json!({"listenPort": 1790})));
    assert_eq!(flows(&moved, from("10.0.9.254/32", 179)), [] as [&str; 0]);
    assert_eq!(flows(&moved, from("10.0.9.254/32", 1790)), [OUTSIDE]);
    assert_eq!(flows(&moved.with(bgp("node.b", json!({"listenPort": 1791}))), from("10.0.9.254/32", 1791)), [OUTSIDE]);
    // What a node sends to its router, at the port of that.
    let outwards = |port: u16| {
        let rules = json!([{"action": "Deny", "protocol": "TCP", "destination": {"nets": ["10.0.9.254/32"], "ports": [port]}}, {"action": "Allow"}]);
        policy("out", json!({"selector": "k8s-role == 'node'", "types": ["Egress"], "egress": rules}))
    };
    let far = open.clone().with(peer("tor", json!({"peerIP": "10.0.9.254:1790"})));
    let sent = |port: u16| cut(&far, &far.clone().endpoints("eth0", true, true).with(outwards(port)), &Ways::default());
    assert_eq!((names(&sent(1790)), names(&sent(179))), (vec!["BGP, to routers outside"], vec![]));
    // Between nodes: in a mesh, or where a peer means the other.
    let between = from("10.0.1.1/32", 179);
    assert_eq!(flows(&open, between.clone()), ["BGP, between nodes"]);
    let no_mesh = open.with(bgp("default", json!({"nodeToNodeMeshEnabled": false})));
    assert_eq!(flows(&no_mesh, between.clone()), [] as [&str; 0]);
    for spec in [json!({"node": "b", "peerIP": "10.0.1.1"}), json!({"peerSelector": "has(node-role.kubernetes.io/control-plane)"})] {
        assert_eq!(flows(&no_mesh.clone().with(peer("other", spec)), between.clone()), ["BGP, between nodes"]);
    }
}
