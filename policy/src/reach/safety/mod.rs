//! What protects an operator from a plan, besides the plan's own checks: what clients would get by it, where somebody said what they must.
//!
//! Pure, and apart from making plans: a plan says what is written and what it was made from, this what would follow, and it is asked anew
//! whenever a plan is shown or applied. So a sentence that is added after planning counts.

mod beside;
mod exact;
mod hand_made;
mod inside;
mod moved;
mod others;
mod sentences;
mod taking_over;
#[cfg(test)]
mod tests;

pub use hand_made::{ByHand, by_hand};
pub use moved::{GROUP_DIFFERS, moved};
pub use sentences::{MOST_SENTENCES, Standing, standings};

use super::diff::{Side, target};
use super::invariant::Invariant;
use super::lockout::{self, Ways};
use super::pods_alone;
use super::sets::Kept;
use super::settings::Settings;
use crate::baseline;
use crate::finding::Finding;
use crate::plan::Plan;
use crate::snapshot::Snapshot;

/// What plans are held to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Safeguards {
    /// What must stay true; at most [`MOST_SENTENCES`] are followed.
    pub sentences: Vec<Invariant>,
    /// The ways that no object of the cluster says, and that must not be cut either.
    pub ways: Ways,
}

/// Adds what the cluster as it is does to what must stay true and to guarded Services, to what the checks of `policy::checks` found.
pub fn check(now: Side, kept: &[Invariant], findings: &mut Vec<Finding>) {
    let others = others::of_cluster(now, findings);
    others.stand_for(findings);
    findings.extend(others.findings);
    findings.extend(sentences::of_cluster(now, kept));
    findings.extend(moved::everywhere(now, &mut Kept::default()));
    findings.extend(pods_alone::everywhere(now, &mut Kept::default()));
    findings.extend(baseline::reachable(now, &mut Kept::default()));
    findings.extend(hand_made::everywhere(now, &mut Kept::default()));
    findings.sort();
    findings.dedup();
}

impl Plan {
    /// The plan with what it is held to among its findings. Its digest stays: that names what is written and what it was made from.
    #[must_use]
    pub fn held_to(self, snapshot: &Snapshot, settings: &Settings, safeguards: &Safeguards) -> Self {
        self.held_to_keeping(snapshot, settings, safeguards, &mut Kept::default())
    }

    /// The same with what earlier questions have found out; what this finds out is kept too.
    #[must_use]
    pub fn held_to_keeping(mut self, snapshot: &Snapshot, settings: &Settings, safeguards: &Safeguards, kept: &mut Kept) -> Self {
        let target = target(snapshot, &self);
        let (before, after) = (Side { snapshot, settings }, Side { snapshot: &target, settings });
        let mut opened = Vec::new();
        for change in self.change.changes() {
            let others = others::of_plan(after, change, &self.findings, kept);
            others.stand_for(&mut self.findings);
            self.findings.extend(others.findings);
            opened.extend(beside::nodes(before, after, change, kept));
            self.findings.extend(taking_over::findings(before, after, change, kept));
        }
        self.findings.extend(beside::opened_to_nodes(opened));
        self.findings.extend(beside::elsewhere(before, after, &self.change, kept));
        self.findings.extend(pods_alone::of_plan(before, after, &self.change, kept));
        if self.change.baseline().is_some() {
            self.findings.extend(baseline::reachable(after, kept));
        }
        self.findings.extend(sentences::of_plan(before, after, &self.change, &safeguards.sentences, kept));
        self.findings.extend(lockout::findings(before, after, &safeguards.ways));
        self.findings.sort();
        self.findings.dedup();
        self
    }
}
