//! What one question looks at, and what it has found out so far.

use super::budget::{Budget, TooMuch};
use super::hosts::Hosts;
use super::kept::Kept;
use super::policies::{Direction, Selected, Split, Stage};
use crate::cidr::{Cidr, CidrSet, Family};
use crate::object::{Kind, ObjectKey};
use crate::reach::settings::Settings;
use crate::reach::verdict::Unknown;
use crate::selector::Selector;
use crate::snapshot::{PolicyList, Snapshot};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// What one question looks at. What was found out is kept by identity, so that it is found out once.
pub(super) struct World<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) settings: &'a Settings,
    pub(super) hosts: Arc<Hosts>,
    pub(super) budget: Budget,
    pub(super) memo: RefCell<Memo>,
    blind: RefCell<BTreeMap<Vec<Kind>, Option<Unknown>>>,
    /// What outlives the question.
    pub(super) kept: RefCell<Kept>,
}

/// What was found out.
#[derive(Default)]
pub(super) struct Memo {
    universes: BTreeMap<(Family, Arc<CidrSet>), u32>,
    pub(super) selectors: BTreeMap<(Selector, u32), Arc<CidrSet>>,
    pub(super) held: BTreeMap<(Selector, IpAddr), bool>,
    /// Nets of sets by the identity of the set, which is kept alive beside them.
    pub(super) nets: BTreeMap<usize, (crate::object::AnyObject, Arc<CidrSet>)>,
    pub(super) selected: BTreeMap<(usize, Stage, Direction), Chosen>,
    pub(super) sources: BTreeMap<(ObjectKey, Direction, bool, u32, u32), Arc<CidrSet>>,
    pub(super) splits: BTreeMap<SplitKey, Arc<Split>>,
    pub(super) node_ports: Option<Arc<BTreeSet<(u8, u16, Family)>>>,
}

/// A list of policies, kept alive for its identity, and those of it that act at a stage.
type Chosen = (PolicyList, Arc<Vec<Selected>>);

/// A list of policies, the rules of it that are about a destination, and the sources that are asked about.
pub(super) type SplitKey = (usize, Stage, Direction, u32, Vec<(u32, u32)>);

/// Addresses of senders, each set known by a number.
#[derive(Debug, Clone)]
pub(super) struct Universe {
    pub(super) id: u32,
    pub(super) family: Family,
    pub(super) addresses: Arc<CidrSet>,
}

/// Where a packet is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Dest {
    pub(super) address: IpAddr,
    /// The number of the protocol.
    pub(super) protocol: u8,
    pub(super) port: u16,
}

impl Dest {
    pub(super) const fn family(&self) -> Family {
        Family::of(self.address)
    }
}

impl<'a> World<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, settings: &'a Settings, limit: u64, mut kept: Kept) -> Self {
        kept.follow(snapshot);
        Self {
            snapshot,
            settings,
            hosts: Hosts::of(snapshot, settings),
            budget: Budget::of(limit),
            memo: RefCell::default(),
            blind: RefCell::default(),
            kept: RefCell::new(kept),
        }
    }

    pub(super) fn spend(&self, cost: usize, what: impl FnOnce() -> String) -> Result<(), TooMuch> {
        self.budget.spend(cost, what)
    }

    /// These addresses as something to ask about.
    pub(super) fn universe(&self, family: Family, addresses: CidrSet) -> Universe {
        let universes = &mut self.memo.borrow_mut().universes;
        let next = u32::try_from(universes.len()).unwrap_or(u32::MAX);
        // By family too: a slice may hold an address of the other, and then these senders are looked at as that family's.
        let key = (family, Arc::new(addresses));
        if let Some(((_, known), id)) = universes.get_key_value(&key) {
            return Universe { id: *id, family, addresses: known.clone() };
        }
        let addresses = key.1.clone();
        universes.insert(key, next);
        Universe { id: next, family, addresses }
    }

    /// Every address of a family.
    pub(super) fn everyone(&self, family: Family) -> Universe {
        self.universe(family, Cidr::all(family).into())
    }

    /// Why nothing can be said that hangs on objects of these kinds: the first that was not read, or has an object that could not be.
    pub(super) fn blind(&self, kinds: &[Kind]) -> Option<Unknown> {
        if let Some(known) = self.blind.borrow().get(kinds) {
            return known.clone();
        }
        let unread = kinds.iter().find(|kind| self.snapshot.missed(**kind).is_some()).map(|kind| Unknown::NotRead(*kind));
        let unreadable =
            || self.snapshot.unreadable().find(|(key, _)| kinds.contains(&key.kind)).map(|(key, _)| Unknown::Unreadable(key.clone()));
        let found = unread.or_else(unreadable);
        self.blind.borrow_mut().insert(kinds.to_vec(), found.clone());
        found
    }
}
