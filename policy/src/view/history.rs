//! Revisions.

use super::{Moment, RevisionId, RunId};
use crate::access::{Access, Baseline, GroupName, counted};
use crate::diff::ObjectDiff;
use crate::object::{ObjectKey, ServiceRef};
use crate::plan::{PlanDigest, Role, manifests};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One row of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevisionRow {
    /// Its number.
    pub id: RevisionId,
    /// The Services that it changed; none where it is one of the baseline, or of a client group that none uses.
    pub services: Vec<ServiceRef>,
    /// Whether it changed the baseline.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_baseline: bool,
    /// The client group that it changed, where it changed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupName>,
    /// What it did, in one sentence.
    pub summary: String,
    /// Who.
    pub caller: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Moment,
    /// The plan.
    pub plan: PlanDigest,
    /// Whether it is the last one of each of its Services, of its client group, or of the baseline.
    pub latest: bool,
}

/// What is asked of the history: what is named is all that counts. It is the URL's query: `service`, `group`, `baseline`, `before`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HistoryQuery {
    /// Only what changed this Service.
    pub service: Option<ServiceRef>,
    /// Only what changed this client group.
    pub group: Option<GroupName>,
    /// Only what changed the baseline.
    pub baseline: bool,
    /// Only revisions before this one.
    pub before: Option<RevisionId>,
}

/// A window of the history, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryWindow {
    /// At most 50 revisions.
    pub rows: Vec<RevisionRow>,
    /// Whether there are older ones.
    pub more: bool,
}

/// A revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevisionView {
    /// Its row.
    pub row: RevisionRow,
    /// The run that made it.
    pub run: RunId,
    /// What it did to each of its Services.
    pub changes: Vec<AccessChange>,
    /// The baseline before and after, where it is one of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<[Baseline; 2]>,
    /// The objects it changed.
    pub objects: Vec<ObjectChange>,
}

/// What a revision did to one Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessChange {
    /// The Service.
    pub service: ServiceRef,
    /// The access before; none where the Service was not guarded.
    pub before: Option<Access>,
    /// The access after; none where the Service is guarded no more.
    pub after: Option<Access>,
}

impl RevisionRow {
    /// `shop/svc-a`, `3 Services`, `the baseline`, `the group office`.
    #[must_use]
    pub fn subject(&self) -> String {
        match (self.services.as_slice(), &self.group) {
            (_, Some(group)) => format!("the group {group}"),
            ([], None) => "the baseline".to_owned(),
            ([service], None) => service.to_string(),
            (services, None) => counted(services.len(), "Service"),
        }
    }
}

impl RevisionView {
    /// The objects as it left them, as `kubectl apply --filename` takes them.
    #[must_use]
    pub fn export(&self) -> String {
        let RevisionRow { id, summary, caller, reason, at, plan, .. } = &self.row;
        let subject = self.row.subject();
        let head = [
            format!("Portcullis: revision {id} of {subject}, by {caller} at {}: {reason}", at.text),
            format!("Digest of its plan: {plan}"),
            summary.clone(),
        ];
        manifests(&head, self.objects.iter().map(|change| (&change.key, change.after.as_ref())))
    }
}

/// An object before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectChange {
    /// Its identity.
    pub key: ObjectKey,
    /// Its part in the recipe.
    pub role: Role,
    /// Before; none where it did not exist.
    pub before: Option<Value>,
    /// After; none where it was deleted.
    pub after: Option<Value>,
    /// The difference.
    pub diff: ObjectDiff,
}

/// Two revisions of one Service, compared: the objects of the Service as each left them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// The Service.
    pub service: ServiceRef,
    /// The older one.
    pub from: RevisionRow,
    /// The newer one.
    pub to: RevisionRow,
    /// The access as each left it.
    pub access_from: Option<Access>,
    /// The access as each left it.
    pub access_to: Option<Access>,
    /// The objects that differ.
    pub objects: Vec<ObjectChange>,
}
