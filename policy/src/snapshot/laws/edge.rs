//! What plans read of nodes, HostEndpoints and the policies there is kept between events: it is what a fresh look would find.

use super::super::Snapshot;
use crate::object::{AnyObject, Kind, ObjectKey, ServiceRef};
use crate::scope::Scope;
use proptest::prelude::*;
use serde_json::{Value, json};

const KINDS: [Kind; 7] = [
    Kind::Node,
    Kind::HostEndpoint,
    Kind::GlobalNetworkSet,
    Kind::GlobalNetworkPolicy,
    Kind::Tier,
    Kind::IpPool,
    Kind::KubeControllersConfiguration,
];

/// Services of each family, and of both.
const SERVICES: [(&str, &[&str]); 3] = [("four", &["10.20.0.1"]), ("six", &["fd00::1"]), ("both", &["10.20.0.2", "fd00::2"])];

fn object(kind: Kind) -> impl Strategy<Value = AnyObject> {
    let name = prop::sample::select(match kind {
        Kind::Tier => vec!["late"],
        Kind::KubeControllersConfiguration => vec!["default"],
        _ => vec!["a", "b", "portcullis-c"],
    });
    let label =
        prop::sample::select(vec!["edge", "other", "node.kubernetes.io/exclude-from-external-load-balancers", "portcullis.dev/edge"]);
    let address = prop::sample::select(vec!["10.0.0.1", "10.0.0.2", "fd00::a", "fd00::b"]);
    (name, label, address.clone(), address, 0_u8..4).prop_map(move |(name, label, one, two, way)| {
        let mut object = json!({"metadata": {"name": name, "labels": {label: "true"}, "annotations": {"portcullis.dev/shape": "2"}}});
        for (field, value) in rest(kind, one, two, way) {
            object[field] = value;
        }
        if kind == Kind::Node && way == 3 {
            object["metadata"]["annotations"] = json!({"projectcalico.org/IPv4VXLANTunnelAddr": two, "projectcalico.org/IPv4Address": one});
        }
        AnyObject::decode(kind, &object).unwrap()
    })
}

fn rest(kind: Kind, one: &str, two: &str, way: u8) -> Vec<(&'static str, Value)> {
    let both = if way.is_multiple_of(2) { json!([one, two]) } else { json!([one]) };
    match kind {
        Kind::Node => vec![("status", json!({"addresses": [{"type": "InternalIP", "address": one}]}))],
        Kind::HostEndpoint => {
            let interface = ["eth0", "*", "", "eth1"][usize::from(way)];
            vec![("spec", json!({"node": if way < 2 { "a" } else { "b" }, "interfaceName": interface, "expectedIPs": both}))]
        }
        Kind::GlobalNetworkSet => vec![("spec", json!({"nets": both}))],
        Kind::GlobalNetworkPolicy => {
            let nets = ["10.20.0.0/31", "fd00::/64"];
            let to = if way == 0 { json!({}) } else { json!({"nets": nets[usize::from(way % 2)..]}) };
            let action = if way == 3 { "Log" } else { "Deny" };
            let selector = if way < 2 { "has(edge)" } else { "portcullis.dev/edge == 'true'" };
            let tier = if way == 2 { "late" } else { "" };
            let rules = json!([{"action": action, "destination": to}]);
            vec![(
                "spec",
                json!({"selector": selector, "tier": tier, "preDNAT": true, "applyOnForward": true, "types": ["Ingress"], "ingress": rules}),
            )]
        }
        Kind::IpPool => vec![("spec", json!({"cidr": "192.168.0.0/16", "vxlanMode": if way < 2 { "Always" } else { "Never" }}))],
        Kind::KubeControllersConfiguration => {
            let made = if way < 2 { "Enabled" } else { "Disabled" };
            vec![("spec", json!({"controllers": {"node": {"hostEndpoint": {"autoCreate": made}}}}))]
        }
        _ => Vec::new(),
    }
}

/// What becomes of one name, or of all objects of a kind.
#[derive(Debug, Clone)]
enum Event {
    Insert(AnyObject),
    Remove(ObjectKey),
    SetAll(Kind, Vec<AnyObject>),
    SetUnknown(Kind),
}

fn event() -> impl Strategy<Value = Event> {
    prop::sample::select(KINDS.to_vec()).prop_flat_map(|kind| {
        prop_oneof![
            8 => object(kind).prop_map(Event::Insert),
            2 => object(kind).prop_map(|object| Event::Remove(object.key())),
            2 => prop::collection::vec(object(kind), 0..3).prop_map(move |objects| Event::SetAll(kind, objects)),
            1 => Just(Event::SetUnknown(kind)),
        ]
    })
}

fn begin() -> Snapshot {
    let mut snapshot = Snapshot::default();
    let service = |(name, addresses): &(&str, &[&str])| {
        let spec = json!({"clusterIP": addresses[0], "clusterIPs": addresses, "ports": [{"port": 80}]});
        AnyObject::decode(Kind::Service, &json!({"metadata": {"name": name, "namespace": "shop"}, "spec": spec})).unwrap()
    };
    for kind in Kind::ALL {
        snapshot.set_all(kind, if kind == Kind::Service { SERVICES.iter().map(service).collect() } else { Vec::new() });
    }
    snapshot
}

/// The same objects, of which nothing was asked before.
fn anew(snapshot: &Snapshot) -> Snapshot {
    let mut fresh = Snapshot::default();
    for kind in Kind::ALL {
        match snapshot.unknown(kind) {
            // A watch may tell of objects of a kind that was not listed.
            Some(why) => {
                fresh.set_unknown(kind, why);
                snapshot.all(kind).into_iter().for_each(|object| fresh.insert(object));
            }
            None => fresh.set_all(kind, snapshot.all(kind)),
        }
    }
    fresh
}

fn scopes(snapshot: &Snapshot) -> Vec<Option<Scope>> {
    SERVICES.iter().map(|(name, _)| Scope::of(snapshot, &ServiceRef::new("shop", name).unwrap())).collect()
}

proptest! {
    #[test]
    fn kept_facts_are_those_of_a_fresh_look(events in prop::collection::vec(event(), 1..30)) {
        let mut snapshot = begin();
        for event in events {
            let (before, then) = (snapshot.clone(), scopes(&snapshot));
            match event {
                Event::Insert(object) => snapshot.insert(object),
                Event::Remove(key) => snapshot.remove(&key),
                Event::SetAll(kind, objects) => snapshot.set_all(kind, objects),
                Event::SetUnknown(kind) => snapshot.set_unknown(kind, "not allowed"),
            }
            prop_assert_eq!(scopes(&snapshot), scopes(&anew(&snapshot)));
            prop_assert_eq!(scopes(&before), then, "what one holder inserts another does not see");
        }
    }
}
