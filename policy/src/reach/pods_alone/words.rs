//! What is said of an address at which a guard at the pods alone does not hold.

use super::Blind;
use crate::object::ServiceRef;
use crate::reach::sets::{AddressKind, AddressReach};

/// The address, as `10.20.30.40`, `the NodePort TCP/30080`.
pub(in crate::reach) fn place(at: &AddressReach) -> String {
    match at.address {
        Some(address) => address.to_string(),
        None => format!("the NodePort {}", at.port),
    }
}

/// What an address is.
pub(super) const fn kind(kind: AddressKind) -> &'static str {
    match kind {
        AddressKind::ClusterIp => "cluster IP",
        AddressKind::ExternalIp => "external IP",
        AddressKind::LoadBalancerIp => "load balancer's IP",
        AddressKind::NodePort => "at the nodes' own addresses",
    }
}

/// What is the case at these addresses.
pub(super) fn what(blind: Blind, at: &str, kind_of: AddressKind, service: &ServiceRef) -> String {
    let at = format!("{at} ({})", kind(kind_of));
    match blind {
        Blind::NodesAddress => {
            format!(
                "At {at} a client of `{service}` that enters by another node than the pod's comes to the pod with that node's address, not its own."
            )
        }
        Blind::OnHost => format!("Behind {at} are endpoints of `{service}` on their node's own network, where no pod policy holds."),
        Blind::Elsewhere => format!("Behind {at} are endpoints of `{service}` that are no pods of the cluster, where no pod policy holds."),
        Blind::NotSelected => {
            format!("Behind {at} are pods that the selector of `{service}` does not select, so that its pod policy does not hold there.")
        }
    }
}

/// What to do.
pub(super) fn action(blind: Blind, kind: AddressKind) -> &'static str {
    match (blind, kind) {
        (Blind::NodesAddress, AddressKind::ClusterIp) => {
            "Guard it at the nodes and at the pods; or set `internalTrafficPolicy: Local`: then a node sends only to its own pods, and one without \
             a ready pod drops the clients of the cluster IP, those inside the cluster too."
        }
        (Blind::NodesAddress, _) => {
            "Guard it at the nodes and at the pods; or set `externalTrafficPolicy: Local`: then a node sends only to its own pods, and leaves the \
             clients their addresses."
        }
        (Blind::OnHost | Blind::Elsewhere | Blind::NotSelected, _) => "Guard it at the nodes and at the pods.",
    }
}
