//! What validation found, and where.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How many violations of one object are named; a hostile object may have a million.
pub const MAX_VIOLATIONS: usize = 100;

/// Longest value that is quoted, in characters.
const MAX_VALUE: usize = 120;

/// One rule that an object breaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Violation {
    /// Path of the field: `spec.ingress[0].source.nets[1]`.
    pub field: String,
    /// Its value, shortened; empty where it is missing.
    pub value: String,
    /// The rule, in one sentence.
    pub rule: String,
}

/// Path of a field; costs nothing until it is printed.
#[derive(Debug, Clone, Copy)]
pub(super) enum At<'a> {
    Root(&'static str),
    Field(&'a Self, &'a str),
    Item(&'a Self, usize),
}

impl At<'_> {
    pub(super) const fn field<'a>(&'a self, name: &'a str) -> At<'a> {
        At::Field(self, name)
    }

    pub(super) const fn item(&self, index: usize) -> At<'_> {
        At::Item(self, index)
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// The violations found so far.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<Violation>);

impl Report {
    /// Notes that the `value` of the field at `at` breaks `rule`.
    pub(super) fn add(&mut self, at: At<'_>, value: impl fmt::Display, rule: impl fmt::Display) {
        if self.0.len() < MAX_VIOLATIONS {
            self.0.push(Violation { field: at.to_string(), value: shortened(&value.to_string()), rule: rule.to_string() });
        }
    }

    /// Notes the field if `holds` is false.
    pub(super) fn check(&mut self, holds: bool, at: At<'_>, value: impl fmt::Display, rule: impl fmt::Display) {
        if !holds {
            self.add(at, value, rule);
        }
    }

    /// Notes the field if its value is none of `values`; an empty one is none given.
    pub(super) fn one_of(&mut self, values: &[&str], at: At<'_>, value: &str) {
        if !value.is_empty() && !values.contains(&value) {
            self.add(at, value, format_args!("the value is one of {}, in this spelling", values.join(", ")));
        }
    }

    pub(super) fn into_violations(self) -> Vec<Violation> {
        self.0
    }
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
