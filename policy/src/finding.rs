//! Findings: the results of checks.

use crate::object::ObjectKey;
use crate::reach::written::Written;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How much a finding matters. Ordered: what matters most comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The plan cannot be applied: it would not do what it says.
    Blocker,
    /// Likely not what the operator wants.
    Warning,
    /// Something could not be known from what was read.
    Unknown,
    /// Worth knowing.
    Info,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blocker => "blocker",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Info => "info",
        })
    }
}

/// One result of a check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The check, in kebab case, stable: `not-advertised`.
    pub id: String,
    /// What is the case, in one sentence.
    pub what: String,
    /// The objects it is about; the first is the one to look at.
    pub objects: Vec<ObjectKey>,
    /// The field of the first object, where one is meant: `spec.ingress[0].source.nets[1]`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub action: String,
    /// A packet that shows it, as a question that can be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packet: Option<Box<Written>>,
}
