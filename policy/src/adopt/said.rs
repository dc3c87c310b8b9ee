//! What hand-made rules say of client ranges: read in the order in which they decide.

use super::who::Who;
use crate::access::{ClientRange, NOTE_MAX, Port};
use crate::cidr::{Cidr, CidrSet};
use std::collections::{BTreeMap, BTreeSet};

/// What one rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    /// Lets in.
    Allow,
    /// Shuts out.
    Deny,
    /// Leaves it to what comes behind.
    Pass,
}

/// Rules at one port, as far as they have been read.
pub(super) struct Reading {
    /// Whom no rule has decided about.
    rest: CidrSet,
    /// Whom a rule has left to what comes behind.
    passed: CidrSet,
    /// Whom rules have let in, and which.
    let_in: Vec<(Cidr, String)>,
}

impl Reading {
    /// Nothing is decided about these.
    pub(super) fn about(rest: CidrSet) -> Self {
        Self { rest, passed: CidrSet::new(), let_in: Vec::new() }
    }

    /// The next rule. `from` says which it is.
    pub(super) fn rule(&mut self, does: Does, who: &Who, from: &str) {
        let rest = self.rest.difference(&who.but);
        let mut meant = CidrSet::new();
        for cidr in &who.clients {
            let here = CidrSet::from(*cidr).intersection(&rest);
            if does == Does::Allow {
                let rows = if rest.covers(*cidr) { vec![*cidr] } else { here.cidrs() };
                self.let_in.extend(rows.into_iter().map(|row| (row, from.to_owned())));
            }
            meant = meant.union(&here);
        }
        if does == Does::Pass {
            self.passed = self.passed.union(&meant);
        }
        self.rest = self.rest.difference(&meant);
    }

    /// Whom no rule has decided about in the end.
    pub(super) fn undecided(&self) -> CidrSet {
        self.rest.union(&self.passed)
    }
}

/// The client ranges that rules let in, with the ports of the Service.
#[derive(Debug, Default)]
pub(super) struct Rows(BTreeMap<Cidr, (BTreeSet<Port>, BTreeSet<String>)>);

impl Rows {
    /// What was read at one port.
    pub(super) fn add(&mut self, port: Port, reading: &Reading) {
        for (cidr, from) in &reading.let_in {
            let (ports, notes) = self.0.entry(*cidr).or_default();
            ports.insert(port);
            notes.insert(from.clone());
        }
    }

    /// As rows of an access to a Service with these ports.
    pub(super) fn clients(self, all: &BTreeSet<Port>) -> Vec<ClientRange> {
        let row = |(cidr, (ports, notes)): (Cidr, (BTreeSet<Port>, BTreeSet<String>))| ClientRange {
            cidr,
            ports: if ports == *all { Vec::new() } else { ports.into_iter().collect() },
            note: note(&notes.into_iter().collect::<Vec<_>>().join("; ")),
        };
        self.0.into_iter().map(row).collect()
    }
}

/// Cut to what a note may have.
fn note(text: &str) -> String {
    let most = usize::try_from(NOTE_MAX).unwrap_or(usize::MAX);
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}
