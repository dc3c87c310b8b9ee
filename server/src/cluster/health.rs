//! How well the cluster is heard.

use crate::clock::Time;
use policy::object::Kind;
use policy::snapshot::Snapshot;
use policy::view::{Connection, KindView};
use std::collections::BTreeMap;

/// The cluster as it was heard last.
#[derive(Debug, Clone)]
pub struct ClusterState {
    /// Grows with each change of the snapshot or of how well the cluster is heard.
    pub version: u64,
    /// Grows with each change of the snapshot.
    pub snapshot_version: u64,
    /// The objects.
    pub snapshot: Snapshot,
    /// The watches.
    pub kinds: BTreeMap<Kind, KindHealth>,
    /// Since when the API server has not answered, and why.
    pub silent: Option<(Time, String)>,
}

/// How the watch of one kind stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KindHealth {
    /// The first list has not come.
    Waiting,
    /// It stands.
    Heard,
    /// It broke and is tried again.
    Lost {
        /// Since when.
        since: Time,
        /// Why.
        why: String,
    },
    /// The cluster has no such API. Asked for again now and then.
    Missing {
        /// In words.
        why: String,
    },
    /// The credentials may not read it. Asked for again now and then.
    Forbidden {
        /// What the API server says.
        why: String,
    },
}

impl KindHealth {
    /// Whether all is known that will be: a list, or that there will be none.
    const fn answered(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Forbidden { .. })
    }
}

/// Why a watch broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The API is not there.
    Missing(String),
    /// It may not be read.
    Forbidden(String),
    /// Anything else.
    Broken(String),
}

impl Default for ClusterState {
    fn default() -> Self {
        Self {
            version: 0,
            snapshot_version: 0,
            snapshot: Snapshot::default(),
            kinds: Kind::ALL.into_iter().map(|kind| (kind, KindHealth::Waiting)).collect(),
            silent: None,
        }
    }
}

impl ClusterState {
    /// In one value: trouble first, then what is still awaited, then what is missing or may not be read.
    #[must_use]
    pub fn connection(&self) -> Connection {
        let lost = self.kinds.iter().filter_map(|(kind, health)| match health {
            KindHealth::Lost { since, why } => Some((*since, format!("{kind}: {why}"))),
            _ => None,
        });
        // The pulse speaks for all kinds: where it fails, its reason says more than the first watch that broke.
        if let Some((since, why)) = self.silent.clone().or_else(|| lost.min()) {
            return Connection::Disconnected { since: since.moment(), why };
        }
        let named = |wanted: fn(&KindHealth) -> bool| -> Vec<String> {
            self.kinds.iter().filter(|(_, health)| wanted(health)).map(|(kind, _)| kind.title().to_owned()).collect()
        };
        let waiting_for = named(|health| *health == KindHealth::Waiting);
        if !waiting_for.is_empty() {
            return Connection::Connecting { waiting_for };
        }
        let kinds = named(|health| matches!(health, KindHealth::Missing { .. }));
        if !kinds.is_empty() {
            return Connection::MissingApi { kinds };
        }
        let said = self.kinds.values().find_map(|health| match health {
            KindHealth::Forbidden { why } => Some(why.clone()),
            _ => None,
        });
        match said {
            Some(why) => Connection::Forbidden { kinds: named(|health| matches!(health, KindHealth::Forbidden { .. })), why },
            None => Connection::Connected,
        }
    }

    /// Whether the first lists of all kinds have come, or it is known that they cannot.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.kinds.iter().all(|(kind, health)| self.snapshot.count(*kind).is_some() || health.answered())
    }

    /// Every kind for the page.
    #[must_use]
    pub fn kind_views(&self) -> Vec<KindView> {
        let unreadable = |kind: Kind| self.snapshot.unreadable().filter(|(key, _)| key.kind == kind).count();
        self.kinds
            .iter()
            .map(|(kind, health)| KindView {
                kind: kind.title().to_owned(),
                objects: self.snapshot.count(*kind),
                problem: match health {
                    KindHealth::Waiting => "its first list has not come".to_owned(),
                    KindHealth::Lost { why, .. } | KindHealth::Missing { why } | KindHealth::Forbidden { why } => why.clone(),
                    KindHealth::Heard => match unreadable(*kind) {
                        0 => String::new(),
                        1 => "1 object cannot be read".to_owned(),
                        n => format!("{n} objects cannot be read"),
                    },
                },
            })
            .collect()
    }
}
