//! Plans: everything that one change would do.

mod alike;
mod alone;
mod as_it_is;
mod canary;
mod client_sets;
pub mod digest;
mod error;
mod export;
mod gone;
mod group;
mod hand_made;
mod make;
mod open;
mod own;
mod page;
mod patch;
pub mod rights;
mod steps;
mod together;

pub(crate) use alike::{Alike, Filled};
pub use as_it_is::as_it_is;
pub use digest::Input;
pub use error::PlanError;
pub use export::manifests;
pub(crate) use gone::guards_without_service;
pub use group::{MOST_GROUP_RANGES, summary_of_group};
pub(crate) use make::{created_on, guards_remain, host_endpoints as host_endpoints_on, name_taken, read_of};
pub use make::{kept_host_endpoints, plan};
pub(crate) use own::left_over;
pub use page::by_the_page;
pub use steps::live;
pub(crate) use steps::{carried_out, delete, host_endpoints, keys, replace, taken_back, write};
pub use together::plan_of;

use crate::access::Asked;
use crate::baseline::Caused;
use crate::diff::ObjectDiff;
use crate::finding::{Finding, Severity};
use crate::object::ObjectKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{fmt, str::FromStr, time::Duration};

/// SHA-256 of the canonical encoding of a plan and of all that was read for it; 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlanDigest(String);

/// Why a text is not a [`PlanDigest`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the digest of a plan: 64 hexadecimal digits in lower case")]
pub struct NotADigest(pub String);

impl PlanDigest {
    /// All 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl fmt::Display for PlanDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PlanDigest {
    type Err = NotADigest;
    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let fits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if fits { Ok(Self(text.to_owned())) } else { Err(NotADigest(text.to_owned())) }
    }
}

impl TryFrom<String> for PlanDigest {
    type Error = NotADigest;
    fn try_from(text: String) -> Result<Self, NotADigest> {
        text.parse()
    }
}

impl From<PlanDigest> for String {
    fn from(digest: PlanDigest) -> Self {
        digest.0
    }
}

/// Everything one change would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Its digest: what Apply names.
    pub digest: PlanDigest,
    /// What was asked.
    pub change: Asked,
    /// What it does, in one sentence.
    pub summary: String,
    /// What is written, in this order.
    pub steps: Vec<Step>,
    /// What Calico's controller does because of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caused: Vec<Caused>,
    /// What to know first; blockers first.
    pub findings: Vec<Finding>,
    /// What it was made from.
    pub inputs: Vec<Input>,
}

impl Plan {
    /// Whether a blocker forbids it.
    #[must_use]
    pub fn blocked(&self) -> bool {
        self.findings.iter().any(|f| f.severity == Severity::Blocker)
    }
}

/// One write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The object.
    pub key: ObjectKey,
    /// Its part in the recipe.
    pub role: Role,
    /// Which of the plan's changes it carries out, from 0.
    #[serde(default, skip_serializing_if = "is_first")]
    pub part: u32,
    /// Whether the run waits behind it until somebody says that it may go on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hold: bool,
    /// What is done to it.
    pub write: Write,
    /// Why this step, and why here, in one sentence.
    pub why: String,
    /// What it changes.
    pub diff: ObjectDiff,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_first(part: &u32) -> bool {
    *part == 0
}

/// The parts of the recipe, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// A GlobalNetworkSet that says what a client group holds; no rule means it.
    ClientGroup,
    /// A GlobalNetworkSet of client ranges.
    ClientSet,
    /// A HostEndpoint of the edge.
    HostEndpoint,
    /// A GlobalNetworkSet of the Service's addresses.
    AddressSet,
    /// A GlobalNetworkSet of the nodes' addresses, for a pod policy that guards alone.
    NodeSet,
    /// The edge policy at one node alone, which is tried before the others.
    Canary,
    /// The policy before translation, at the hosts' interfaces.
    EdgePolicy,
    /// The policy that lets pass, at the hosts' interfaces, what no forward policy is about.
    ForwardEnd,
    /// The policy on what the hosts forward to the Service's pods: it closes failsafe ports.
    ForwardPolicy,
    /// The policy on the Service's pods.
    PodPolicy,
    /// The policy that closes the advertised ranges, of the baseline.
    ClosedPolicy,
    /// What Calico's controllers are told, of the baseline.
    Controllers,
    /// A policy that somebody made by hand: taken over, or put back.
    HandMade,
}

/// How long a run waits where [`Role::waits`] says so. With real packets a node decides by a write within 0.2 s; the rest is for a busy one.
pub const SETTLE: Duration = Duration::from_secs(1);

impl Role {
    /// Whether `second` is written only once nodes may be believed to decide by `first`.
    ///
    /// Calico acknowledges nothing, and a node may learn of the later of two writes first. With real packets (each pair of neighbours the
    /// other way round, `end2end/tests/hardened/order.rs`) a pod policy that comes before its HostEndpoints cuts clients whom both ends
    /// allow, and so do HostEndpoints that go before it; before the edge policy it lets in whom a policy of others kept out. What a policy's rules mean comes before it for the same reason. Client sets, node sets and
    /// HostEndpoints mean nothing to each other, and neither do edge policies and forward policies. The sets that say
    /// what a client group holds mean nothing to anything.
    #[must_use]
    pub const fn waits(first: Self, second: Self) -> bool {
        !matches!(
            (first, second),
            (Self::ClientSet | Self::NodeSet, Self::ClientSet | Self::HostEndpoint | Self::NodeSet)
                | (Self::HostEndpoint, Self::ClientSet | Self::HostEndpoint | Self::NodeSet)
                | (Self::PodPolicy, Self::PodPolicy)
                | (Self::EdgePolicy, Self::EdgePolicy | Self::ForwardEnd | Self::ForwardPolicy)
                | (Self::ClientGroup, _)
                | (_, Self::ClientGroup)
        )
    }
}

/// What a step does, and under which precondition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "action")]
pub enum Write {
    /// POST; the object must not exist.
    Create {
        /// The object.
        object: Value,
    },
    /// PUT with the resourceVersion last seen.
    #[serde(rename_all = "camelCase")]
    Replace {
        /// The object as it will be; server-set fields as they were read.
        object: Value,
        /// The object as it was.
        before: Value,
        /// The precondition.
        resource_version: String,
    },
    /// DELETE with the uid.
    #[serde(rename_all = "camelCase")]
    Delete {
        /// The object as it was.
        before: Value,
        /// The precondition.
        uid: String,
        /// Checked by a fresh read: Calico's DELETE ignores it.
        resource_version: String,
    },
}

impl Write {
    /// The object before; none where it did not exist.
    #[must_use]
    pub const fn before(&self) -> Option<&Value> {
        match self {
            Self::Create { .. } => None,
            Self::Replace { before, .. } | Self::Delete { before, .. } => Some(before),
        }
    }

    /// The object after; none where it is deleted.
    #[must_use]
    pub const fn after(&self) -> Option<&Value> {
        match self {
            Self::Create { object } | Self::Replace { object, .. } => Some(object),
            Self::Delete { .. } => None,
        }
    }

    /// `Create`, `Replace`, `Delete`.
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Create { .. } => "Create",
            Self::Replace { .. } => "Replace",
            Self::Delete { .. } => "Delete",
        }
    }
}
