use crate::object::{AnyObject, Kind, Service};
use crate::snapshot::Snapshot;
use crate::view::advertised;
use serde_json::{Value, json};

/// Two nodes with IPv4 for BGP, a Service on 10.20.30.40 and fd00::40, both advertised as part of a range.
struct World {
    nodes: Vec<Value>,
    peers: Vec<Value>,
    configuration: Value,
    pools: Vec<Value>,
}

impl World {
    fn of(peers: Vec<Value>) -> Self {
        let configuration =
            json!({"serviceClusterIPs": [{"cidr": "10.20.30.0/24"}, {"cidr": "fd00::/112"}], "nodeToNodeMeshEnabled": false});
        Self { nodes: vec![node("a", json!({"rack": "1"})), node("b", json!({"rack": "2"}))], peers, configuration, pools: Vec::new() }
    }

    fn snapshot(&self) -> Snapshot {
        let service =
            json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"clusterIPs": ["10.20.30.40", "fd00::40"], "ports": []}});
        let configuration = json!({"metadata": {"name": "default"}, "spec": self.configuration});
        let mut snapshot = Snapshot::default();
        for (kind, objects) in [
            (Kind::Node, &self.nodes),
            (Kind::BgpPeer, &self.peers),
            (Kind::IpPool, &self.pools),
            (Kind::BgpConfiguration, &vec![configuration]),
            (Kind::Service, &vec![service]),
            (Kind::EndpointSlice, &Vec::new()),
        ] {
            snapshot.set_all(kind, objects.iter().map(|object| AnyObject::decode(kind, object).unwrap()).collect());
        }
        snapshot
    }

    /// What is said of each address.
    fn told(&self) -> [String; 2] {
        told(&self.snapshot())
    }
}

fn told(snapshot: &Snapshot) -> [String; 2] {
    let service = snapshot.get::<Service>("shop", "web").unwrap();
    let said: Vec<String> = advertised(snapshot, service).into_iter().map(|one| one.to.join(" ")).collect();
    said.try_into().unwrap()
}

fn node(name: &str, labels: Value) -> Value {
    let address = if name == "a" { "10.0.1.1" } else { "10.0.2.1" };
    json!({"metadata": {"name": name, "labels": labels, "annotations": {"projectcalico.org/IPv4Address": format!("{address}/24")}},
        "status": {"addresses": [{"type": "InternalIP", "address": address}]}})
}

fn peer(name: &str, spec: Value) -> Value {
    json!({"metadata": {"name": name}, "spec": spec})
}

const NOBODY: &str = "No BGPPeer of these nodes is a router outside: nobody outside learns it from Calico.";

#[test]
fn each_peer_outside_is_named_with_the_nodes_that_tell_it() {
    let cases = [
        ("none", vec![], NOBODY),
        (
            "of all",
            vec![peer("tor", json!({"peerIP": "10.0.0.254", "asNumber": 64512}))],
            "They all tell 10.0.0.254, AS 64512, by BGPPeer `tor`.",
        ),
        (
            "by labels, at a port",
            vec![peer("tor", json!({"peerIP": "10.0.0.254:1790", "nodeSelector": "rack == '1'"}))],
            "a tells 10.0.0.254 at port 1790, by BGPPeer `tor`. b has no BGPPeer outside.",
        ),
        (
            "by name",
            vec![
                peer("of-a", json!({"peerIP": "10.0.0.254", "asNumber": "64512.1", "node": "a"})),
                peer("of-b", json!({"peerIP": "10.0.0.253", "node": "b"})),
            ],
            "a tells 10.0.0.254, AS 64512.1, by BGPPeer `of-a`. b tells 10.0.0.253, by BGPPeer `of-b`.",
        ),
        (
            "of all before of one",
            vec![
                peer("a-first", json!({"peerIP": "10.0.0.254", "asNumber": 1, "node": "a"})),
                peer("tor", json!({"peerIP": "10.0.0.254", "asNumber": 64512})),
            ],
            "They all tell 10.0.0.254, AS 64512, by BGPPeer `tor`.",
        ),
        (
            "filters",
            vec![peer("tor", json!({"peerIP": "10.0.0.254", "filters": ["no-services", "more"]}))],
            "They all tell 10.0.0.254, by BGPPeer `tor`, unless BGPFilter `no-services` and `more` keeps it back, which Portcullis does not read.",
        ),
        ("a node", vec![peer("rr", json!({"peerIP": "10.0.2.1"}))], NOBODY),
        ("for no node", vec![peer("tor", json!({"peerIP": "10.0.0.254", "nodeSelector": "rack == '9'"}))], NOBODY),
        ("of the other family", vec![peer("tor", json!({"peerIP": "fd00:1::1"}))], NOBODY),
    ];
    for (case, peers, expected) in cases {
        assert_eq!(World::of(peers).told()[0], expected, "{case}");
    }
}

#[test]
fn nodes_tell_each_other_too() {
    let mut world = World::of(vec![
        peer("rr", json!({"peerSelector": "has(reflector)"})),
        peer("vm", json!({"localWorkloadSelector": "app == 'router'", "node": "a"})),
    ]);
    let by_peers = "By BGPPeer `rr` they tell other nodes, which pass it on to peers of their own. By BGPPeer `vm` they tell pods on them; to whom \
                    those pass it on is not known.";
    assert_eq!(world.told()[0], format!("{NOBODY} {by_peers}"));
    world.peers.clear();
    world.configuration["nodeToNodeMeshEnabled"] = true.into();
    let mesh = "Nodes tell each other, by the node-to-node mesh.";
    assert_eq!(world.told()[0], format!("{NOBODY} {mesh}"));
    for node in &mut world.nodes {
        node["metadata"]["annotations"]["projectcalico.org/RouteReflectorClusterID"] = "1.0.0.1".into();
    }
    assert_eq!(world.told()[0], NOBODY, "route reflectors have no part in it");
}

#[test]
fn what_keeps_it_back_is_said() {
    let tor = || vec![peer("tor", json!({"peerIP": "10.0.0.254"}))];
    // No node has IPv6 for BGP.
    assert_eq!(World::of(tor()).told()[1], "a and b have no IPv6 address for BGP, as far as Calico has written, and would tell nobody.");
    let mut world = World::of(tor());
    world.nodes[1]["metadata"]["annotations"] = json!({});
    let one = "b has no IPv4 address for BGP, as far as Calico has written, and would tell nobody. a tells 10.0.0.254, by BGPPeer `tor`.";
    assert_eq!(world.told()[0], one);
    let mut world = World::of(tor());
    world.pools = vec![json!({"metadata": {"name": "all"}, "spec": {"cidr": "10.0.0.0/8", "disableBGPExport": true}})];
    assert_eq!(world.told()[0], "No peer is told: IPPool `all` holds it and has `disableBGPExport`.");
    world.pools[0]["spec"]["cidr"] = "10.20.30.0/25".into();
    assert_eq!(world.told()[0], "They all tell 10.0.0.254, by BGPPeer `tor`.", "the range is not all in it");
    let mut snapshot = World::of(tor()).snapshot();
    snapshot.set_unknown(Kind::BgpPeer, "not in the files");
    assert_eq!(told(&snapshot)[0], "To whom is not known: not in the files.");
    let mut world = World::of(tor());
    world.configuration = json!({});
    assert_eq!(world.told()[0], "", "nobody advertises it");
}

#[test]
fn many_peers_are_counted() {
    let peers = (1..=10).map(|n| peer(&format!("p{n:02}"), json!({"peerIP": format!("10.0.0.{n}")}))).collect();
    let said = &World::of(peers).told()[0];
    assert!(said.contains("`p08`") && !said.contains("`p09`") && said.ends_with("So do 2 more BGPPeers, each for its nodes."), "{said}");
}
