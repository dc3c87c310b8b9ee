//! What is said of a rule of somebody else's.

use crate::object::{ObjectKey, ServiceRef};

/// Where a rule decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// Before translation, beside the edge policy.
    Edge,
    /// At pods that an edge policy stands before.
    PodsBehindEdge,
    /// At pods that guard alone, or before these.
    PodsAlone,
}

/// A rule, and whom it is about.
pub(super) struct Said<'a> {
    pub(super) policy: &'a ObjectKey,
    pub(super) field: &'a str,
    pub(super) service: &'a ServiceRef,
    /// How many addresses.
    pub(super) count: String,
    /// At which address and port.
    pub(super) at: String,
}

impl Said<'_> {
    /// What is the case, why it matters, and what to do.
    pub(super) fn words(&self, id: &str, place: At) -> (String, &'static str, String) {
        let Self { policy, field, service, count, at } = self;
        let own_addresses =
            "Whoever can send to the pods' own addresses does not meet the edge policy; by the addresses of the Service they are shut out.";
        match (id, place) {
            ("foreign-allow-widens", At::PodsBehindEdge) => (
                format!("{policy} lets {count} that the access of `{service}` does not name in at its pods' own addresses."),
                own_addresses,
                format!("Narrow `{field}` of {policy}, or see that the pods' addresses are not routed outside the cluster."),
            ),
            ("foreign-pass-bypasses", At::PodsBehindEdge) => (
                format!("{policy} passes {count} by the pod policy of `{service}` at its pods' own addresses."),
                own_addresses,
                format!("Take the Pass of `{field}` out of {policy}, or see that the pods' addresses are not routed outside the cluster."),
            ),
            ("foreign-allow-widens", _) => (
                format!("{policy} lets {count} in at {at} that the access of `{service}` does not."),
                "The first rule that matches decides, whatever policy it is in.",
                if place == At::PodsAlone {
                    format!("Narrow `{field}` of {policy} to clients that are meant, or guard the Service at the nodes too.")
                } else {
                    format!("Narrow `{field}` of {policy}, or give that policy a higher `order` than Portcullis' own.")
                },
            ),
            ("foreign-pass-bypasses", _) => (
                format!("{policy} passes {count} by the policy of `{service}` at {at}."),
                "Pass leaves out every policy behind it in its tier, the one of Portcullis too.",
                format!("Take the Pass of `{field}` out of {policy}, or give that policy a higher `order` than Portcullis' own."),
            ),
            _ => (
                format!("{policy} shuts out {count} at {at} that the access of `{service}` allows."),
                "The first rule that matches decides: what it denies never comes to the policy of Portcullis.",
                format!("Leave these clients out of `{field}` of {policy}, or give that policy a higher `order` than Portcullis' own."),
            ),
        }
    }
}
