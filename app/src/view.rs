//! What pages show that the history alone knows: runs that did not land, groups that somebody changed elsewhere; and what a text of YAML came to.

use policy::access::GroupName;
use policy::finding::Finding;
use policy::object::ServiceRef;
use policy::plan::PlanDigest;
use policy::view::{Moment, RevisionId, RunId, RunState};
use serde::{Deserialize, Serialize};

/// A run that made no revision: a step failed, or it was stopped and taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnlandedRun {
    /// Its number.
    pub id: RunId,
    /// Its plan.
    pub plan: PlanDigest,
    /// What it was about: `shop/svc-a`, `3 Services`, `the group office`, `the baseline`.
    pub subject: String,
    /// The Services that it was about.
    pub services: Vec<ServiceRef>,
    /// What the plan was to do, in one sentence.
    pub summary: String,
    /// How it ended.
    pub state: RunState,
    /// What happened.
    pub message: String,
    /// Who.
    pub caller: String,
    /// Why.
    pub reason: String,
    /// When it ended.
    pub at: Moment,
    /// Whether a step failed, and nothing that was applied since was about any of the same.
    pub unresolved: bool,
    /// Whether a plan can give back the access that it found: of the baseline no such thing is kept.
    pub returns: bool,
}

/// A client group whose object is not as it was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupDrift {
    /// Its name.
    pub name: GroupName,
    /// What applied it last.
    pub revision: RevisionId,
    /// What is other, in one sentence.
    pub what: String,
    /// The Services that use it.
    pub services: Vec<ServiceRef>,
}

/// The plans that a text of YAML came to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// One of each client group.
    pub groups: Vec<(GroupName, PlanDigest)>,
    /// One of all Services, and how many they are.
    pub services: Option<(u64, PlanDigest)>,
}

/// What to know of a Service besides its own objects.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Beside {
    /// Runs on it that did not land, newest first.
    pub unlanded: Vec<UnlandedRun>,
    /// Client groups of its access that somebody changed in the cluster.
    pub groups: Vec<GroupDrift>,
    /// Services of which somebody changed the client sets that its edge policy lets in too; none where its own objects have drifted.
    pub carried: Vec<ServiceRef>,
    /// What somebody changed of its own objects, an object a line.
    pub changed: Vec<String>,
    /// That what guards it was written for an earlier Service of its name.
    pub earlier: Option<Finding>,
}
