//! Kept plans, and the runs that carry them out.

use super::{Moment, RevisionId, RunId};
use crate::access::Asked;
use crate::object::ObjectKey;
use crate::plan::{Plan, PlanDigest, Role};
use crate::reach::live::OpenConnections;
use serde::{Deserialize, Serialize};

/// A stored plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanView {
    /// The plan.
    pub plan: Plan,
    /// When it was made.
    pub made: Moment,
    /// Whether it still holds.
    pub standing: Standing,
    /// The run that applied it last.
    pub run: Option<RunId>,
    /// The revision that it goes back to, for a roll back.
    pub roll_back_to: Option<RevisionId>,
}

/// Whether a plan still holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "standing")]
pub enum Standing {
    /// The cluster is as it was.
    Fresh,
    /// The cluster is as the plan asks for: it was applied, or somebody else did the same.
    InForce,
    /// Something that was read has moved.
    Stale {
        /// What, object by object.
        moved: Vec<String>,
        /// The plan for the same change on the cluster as it is now; none where none can be made.
        now: Option<PlanDigest>,
    },
    /// The cluster cannot be read.
    Unknown {
        /// Why.
        why: String,
    },
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunState {
    /// Goes on.
    Running,
    /// Waits behind a step until somebody says that it may go on.
    Held,
    /// Every step landed.
    Done,
    /// A step failed, and what had been changed was put back.
    PutBack,
    /// A step failed, and something could not be put back.
    Failed,
    /// Portcullis ended in the middle of it.
    Interrupted,
    /// It was interrupted or waited, and was then reverted.
    Reverted,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunView {
    /// Its number.
    pub id: RunId,
    /// The plan.
    pub plan: PlanDigest,
    /// What was asked.
    pub change: Asked,
    /// What the plan does, in one sentence.
    pub summary: String,
    /// Who applied it.
    pub caller: String,
    /// Why.
    pub reason: String,
    /// How it stands.
    pub state: RunState,
    /// What happened, in one sentence, where more than the state is to be said.
    pub message: String,
    /// Its steps.
    pub steps: Vec<RunStep>,
    /// When it began.
    pub started: Moment,
    /// When it ended.
    pub ended: Option<Moment>,
    /// The revision it made.
    pub revision: Option<RevisionId>,
    /// What becomes of open connections, where it is done and has shut somebody out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_connections: Option<OpenConnections>,
}

/// A step of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunStep {
    /// The object.
    pub key: ObjectKey,
    /// Its part in the recipe.
    pub role: Role,
    /// `Create`, `Replace`, `Delete`.
    pub verb: String,
    /// How it stands.
    pub state: StepState,
    /// The error, or what was found; empty where all is well.
    pub message: String,
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// Its request is under way.
    Sent,
    /// It landed.
    Done,
    /// It was refused or broke.
    Failed,
    /// Its request was sent and no answer was written down.
    Unknown,
    /// It landed and was put back.
    PutBack,
    /// It landed and was not put back, because somebody else changed the object since.
    Kept,
}
