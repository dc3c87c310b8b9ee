//! The cluster, and how well it is heard.

use super::{Moment, RunId};
use serde::{Deserialize, Serialize};

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
