//! A difference in brief: who comes to what, by port.

use super::clients::State;
use super::service::ServiceDiff;
use crate::access::Port;
use crate::cidr::CidrSet;
use std::collections::BTreeMap;

/// For whom it changes at a port, at some address and on some path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moves {
    /// The port and protocol.
    pub port: Port,
    /// Those who get there and did not.
    pub allowed: CidrSet,
    /// Those who do not get there any more.
    pub denied: CidrSet,
    /// Those of whom it cannot be told any more.
    pub unknown: CidrSet,
}

/// A difference in brief, by port, in order.
#[must_use]
pub fn moves(diff: &ServiceDiff) -> Vec<Moves> {
    let mut found: BTreeMap<Port, Moves> = BTreeMap::new();
    for address in &diff.addresses {
        let at = found.entry(address.port).or_insert_with(|| Moves {
            port: address.port,
            allowed: CidrSet::new(),
            denied: CidrSet::new(),
            unknown: CidrSet::new(),
        });
        for change in address.paths.iter().flat_map(|path| &path.changes) {
            let all = match change.is {
                State::Allowed => &mut at.allowed,
                State::Denied => &mut at.denied,
                State::Unknown => &mut at.unknown,
            };
            *all = all.union(&change.clients);
        }
    }
    found.into_values().collect()
}
