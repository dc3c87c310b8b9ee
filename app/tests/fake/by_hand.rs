//! What somebody made by hand for the example.

use policy::access::{Access, HostEndpoints};
use policy::adopt::{HandMade, Part, Piece};
use policy::finding::{Finding, Severity};
use policy::object::{Kind, ObjectKey, ServiceRef};
use policy::reach::safety::ByHand;
use std::collections::BTreeSet;

/// One policy that can be taken over, and one that stays.
pub(crate) fn found(service: &ServiceRef) -> ByHand {
    let piece = |name: &str, part, stays: Option<&str>| Piece {
        key: ObjectKey::new(Kind::GlobalNetworkPolicy, "", name),
        part,
        stays: stays.map(str::to_owned),
        open: BTreeSet::new(),
    };
    let hand_made = HandMade {
        pieces: vec![
            piece("allow-cluster-ips", Part::Edge, None),
            piece("allow-traffic-hostendpoints", Part::Hosts, Some("it is about the nodes' own traffic, and about no Service")),
        ],
        access: Access::default(),
    };
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
