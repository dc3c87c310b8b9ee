//! What becomes of clients, before and after.

use crate::cidr::{AddressCount, CidrSet};
use crate::reach::sets::Clients;
use serde::{Deserialize, Serialize};

/// What becomes of a client's packets, whatever the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// They get there.
    Allowed,
    /// They do not.
    Denied,
    /// It cannot be told.
    Unknown,
}

const STATES: [State; 3] = [State::Allowed, State::Denied, State::Unknown];

/// Clients for whom the same changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What became of their packets.
    pub was: State,
    /// What becomes of them.
    pub is: State,
    /// Who.
    pub clients: CidrSet,
    /// How many they are.
    pub count: AddressCount,
}

impl Change {
    /// The same the other way round.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        Self { was: self.is, is: self.was, ..self.clone() }
    }
}

/// For whom it changes, by what was and what is; nothing where it changes for nobody.
pub(super) fn changes(before: &Clients, after: &Clients) -> Vec<Change> {
    let mut found = Vec::new();
    if before == after {
        return found;
    }
    let (was, is) = (STATES.map(|state| of(before, state)), STATES.map(|state| of(after, state)));
    for (from, were) in STATES.into_iter().zip(&was) {
        for (to, are) in STATES.into_iter().zip(&is).filter(|(to, _)| *to != from) {
            let clients = were.intersection(are);
            if !clients.is_empty() {
                found.push(Change { was: from, is: to, count: clients.count(), clients });
            }
        }
    }
    found
}

fn of(clients: &Clients, state: State) -> CidrSet {
    match state {
        State::Allowed => clients.allowed.clone(),
        State::Denied => clients.denied.clone(),
        State::Unknown => clients.unknown_clients(),
    }
}
