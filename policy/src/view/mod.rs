//! The values that pages and JSON show.

mod rows;

pub use rows::{row_of, rows, service_row};

use crate::access::{Access, Change, HostEndpoints, Port};
use crate::diff::ObjectDiff;
use crate::object::{ObjectKey, ServiceRef};
use crate::plan::{Plan, PlanDigest, Role};
use crate::scope::Scope;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A moment, as the server wrote it: pages make it relative once they are alive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    /// Milliseconds since 1970-01-01 00:00 UTC.
    pub unix_ms: i64,
    /// `2026-11-23 04:27:05 UTC`.
    pub text: String,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// Stable identifier.
    pub id: String,
    /// As pages and history show it.
    pub name: String,
    /// How they came.
    pub kind: CallerKind,
}

/// How a caller came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallerKind {
    /// By the link printed at the start.
    Link,
    /// By the command line.
    CommandLine,
    /// Portcullis itself.
    System,
}

/// The kind of an address of a Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AddressKind {
    /// Cluster IP.
    ClusterIp,
    /// External IP.
    ExternalIp,
    /// Load-balancer IP.
    LoadBalancerIp,
    /// NodePort; the text is `:PORT`.
    NodePort,
}

/// One address of a Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// Its kind.
    pub kind: AddressKind,
    /// The address, or `:PORT` for a NodePort.
    pub text: String,
    /// Whether BGPConfiguration advertises it (a NodePort: whether a node has an address); none where it is not known.
    pub exposed: Option<bool>,
}

/// How a Service stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ServiceState {
    /// Portcullis guards it.
    Guarded,
    /// Exposed, and not guarded by Portcullis.
    Open,
    /// Has no exposed address.
    Internal,
    /// Guarded, but the live objects differ from what was applied last.
    Drifted,
    /// A run on it goes on, or was interrupted.
    Changing,
    /// Not enough was read to tell.
    Unknown,
}

/// One row of the list of Services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRow {
    /// The Service.
    pub service: ServiceRef,
    /// `ClusterIP`, `NodePort`, ...
    pub kind: String,
    /// Its addresses.
    pub addresses: Vec<Address>,
    /// Its ports.
    pub ports: Vec<Port>,
    /// In words: `Cluster`, `external Local`, `internal Local`, `Local`.
    pub traffic: String,
    /// How it stands.
    pub state: ServiceState,
    /// Allowed clients in short, `2 ranges · 65,792 addresses`; empty where it is not guarded.
    pub clients: String,
    /// The last revision.
    pub changed: Option<Moment>,
}

/// What is asked of the list of Services. It is the URL's query: `q`, `ns`, `state`, `exposed`, `from`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceQuery {
    /// Text in name, namespace, address or client range.
    pub text: String,
    /// Only this namespace; empty: all.
    pub namespace: String,
    /// Only this state.
    pub state: Option<ServiceState>,
    /// Only exposed ones.
    pub exposed: bool,
    /// First row of the window.
    pub from: u32,
    /// Rows of the window; at most 200.
    pub rows: u32,
}

/// A window of the list of Services.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceWindow {
    /// Rows that match.
    pub matching: u32,
    /// Services of the cluster.
    pub total: u32,
    /// First row of the window.
    pub from: u32,
    /// The rows.
    pub rows: Vec<ServiceRow>,
    /// Every namespace that has a Service.
    pub namespaces: Vec<String>,
}

/// A Service with all that its page needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceDetail {
    /// Its row.
    pub row: ServiceRow,
    /// What the preview needs.
    pub scope: Scope,
    /// The access in force; none where it is not guarded.
    pub access: Option<Access>,
    /// The HostEndpoints that a plan would stand on if nothing else is chosen.
    pub host_endpoints: HostEndpoints,
    /// Backends that are ready.
    pub ready: u32,
    /// Backends in all.
    pub backends: u32,
    /// Nodes that have a backend.
    pub backend_nodes: u32,
    /// Its latest revisions, newest first.
    pub revisions: Vec<RevisionRow>,
    /// A run on it that goes on or was interrupted.
    pub run: Option<RunId>,
}

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

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// The number of a run.
    RunId
);
id!(
    /// The number of a revision.
    RevisionId
);

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunState {
    /// Goes on.
    Running,
    /// Every step landed.
    Done,
    /// A step failed, and what had been changed was put back.
    PutBack,
    /// A step failed, and something could not be put back.
    Failed,
    /// Portcullis ended in the middle of it.
    Interrupted,
    /// It was interrupted, and then reverted.
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
    pub change: Change,
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

/// One row of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevisionRow {
    /// Its number.
    pub id: RevisionId,
    /// The Service.
    pub service: ServiceRef,
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
    /// Whether it is the last one of its Service.
    pub latest: bool,
}

/// What is asked of the history. It is the URL's query: `service`, `before`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HistoryQuery {
    /// Only this Service.
    pub service: Option<ServiceRef>,
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
    /// The access before; none where the Service was not guarded.
    pub access_before: Option<Access>,
    /// The access after; none where the Service is guarded no more.
    pub access_after: Option<Access>,
    /// The objects it changed.
    pub objects: Vec<ObjectChange>,
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

/// What is known of the cluster, and how well it is heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterView {
    /// `sandbox`, or the name of the context.
    pub name: String,
    /// Whether it is the sandbox.
    pub sandbox: bool,
    /// The API server's address.
    pub server: String,
    /// How well it is heard.
    pub connection: Connection,
    /// Kubernetes' version; empty until known.
    pub kubernetes: String,
    /// Calico's version; empty where it is not known.
    pub calico: String,
    /// Every kind that is watched.
    pub kinds: Vec<KindView>,
    /// Facts in pairs for the page: pools, advertised ranges, data plane, automatic HostEndpoints, ...
    pub facts: Vec<(String, String)>,
    /// Grows with each change that the server saw; pages that hold an older one load again.
    pub version: u64,
}

/// How well the cluster is heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum Connection {
    /// The first lists have not all come.
    Connecting {
        /// What is waited for.
        waiting_for: Vec<String>,
    },
    /// All kinds are watched.
    Connected,
    /// A watch broke and is tried again; what is shown may be old.
    Disconnected {
        /// Since when.
        since: Moment,
        /// Why.
        why: String,
    },
    /// An API that Portcullis needs is not there.
    MissingApi {
        /// Which kinds.
        kinds: Vec<String>,
    },
    /// The credentials may not read some kinds; the rest is watched.
    Forbidden {
        /// Which kinds.
        kinds: Vec<String>,
        /// What the API server says of the first.
        why: String,
    },
}

/// One watched kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KindView {
    /// As sentences name it.
    pub kind: String,
    /// Objects; none while unknown.
    pub objects: Option<u32>,
    /// Why it is unknown, or what is wrong with its watch; empty where all is well.
    pub problem: String,
}

/// An event of the stream at `/events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "event")]
pub enum Event {
    /// The cluster changed, or how well it is heard.
    Cluster {
        /// As [`ClusterView::version`].
        version: u64,
    },
    /// A run made a step.
    Run {
        /// Which.
        run: RunId,
    },
}
