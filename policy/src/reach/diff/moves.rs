//! A difference in brief: who comes to what, by port.

use super::clients::State;
use super::service::ServiceDiff;
use crate::access::Port;
use crate::cidr::CidrSet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// For whom it changes at a port, at some address and on some path. `S` is a set of clients, or what stands for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moves<S = CidrSet> {
    /// The port and protocol.
    pub port: Port,
    /// Those who get there and did not.
    pub allowed: S,
    /// Those who do not get there any more.
    pub denied: S,
    /// Those of whom it cannot be told any more.
    pub unknown: S,
}

impl<S> Moves<S> {
    /// The same with other things in place of its sets.
    #[must_use]
    pub fn map<T>(&self, mut to: impl FnMut(&S) -> T) -> Moves<T> {
        Moves { port: self.port, allowed: to(&self.allowed), denied: to(&self.denied), unknown: to(&self.unknown) }
    }
}

/// A difference in brief, by port.
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
