//! What somebody made by hand for the example.

use policy::access::{Access, ClientRange, HostEndpoints};
use policy::adopt::{HandMade, Part, Piece};
use policy::finding::{Finding, Severity};
use policy::object::{Kind, ObjectKey, ServiceRef};
use policy::reach::safety::ByHand;
use std::collections::BTreeSet;

/// The Service whose policies made by hand all stay.
const STAYS: &str = "team-7/service-7";

fn piece(name: &str, part: Part, stays: Option<&str>) -> Piece {
    let key = ObjectKey::new(Kind::GlobalNetworkPolicy, "", name);
    Piece { key, part, stays: stays.map(str::to_owned), open: BTreeSet::new() }
}

/// One policy that can be taken over, and one that stays.
fn taken() -> HandMade {
    HandMade {
        pieces: vec![
            piece("allow-cluster-ips", Part::Edge, None),
            piece("allow-traffic-hostendpoints", Part::Hosts, Some("it is about the nodes' own traffic, and about no Service")),
        ],
        access: Access::default(),
    }
}

/// A policy that stays, and the clients that it names.
fn stays() -> HandMade {
    let client =
        ClientRange { cidr: "50.60.0.0/16".parse().expect("a range"), ports: Vec::new(), note: "allow-cluster-ips, rule 1".to_owned() };
    HandMade {
        pieces: vec![piece("allow-cluster-ips", Part::Edge, Some("it is about other addresses too"))],
        access: Access { clients: vec![client], ..Access::default() },
    }
}

/// What there is for the Service.
pub(crate) fn found(service: &ServiceRef) -> ByHand {
    let hand_made = if service.to_string() == STAYS { stays() } else { taken() };
    let finding = Finding {
        severity: Severity::Warning,
        id: "hand-made".to_owned(),
        what: format!("`{service}` is guarded by hand: by `allow-cluster-ips`."),
        objects: vec![service.key()],
        field: String::new(),
        why: "256 addresses that it does not name get in where the pod is on another node than they enter by.".to_owned(),
        action: "Take over 1 policy on the page of the Service.".to_owned(),
        packet: None,
    };
    let change = hand_made.change(service, HostEndpoints::Existing);
    ByHand { hand_made, finding, change }
}
