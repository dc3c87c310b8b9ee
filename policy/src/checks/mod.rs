//! Checks: what makes an access fail in practice, or do more than it seems.
//!
//! Each check is a function from a [`Scope`] (and what is asked) to findings. What the recipe cannot do right is a blocker that says so.

mod access;
mod addresses;
mod alone;
mod cluster;
pub(crate) mod edge;
mod interfaces;
mod open;
pub(crate) mod policies;
mod service;
pub(crate) mod sets;
mod sharing;
mod source_ranges;
mod tiers;

pub use cluster::{GUARD_WITHOUT_SERVICE, cluster, default_host_endpoints, guard_of_an_earlier};

use crate::access::{Change, Intent};
use crate::finding::{Finding, Severity};
use crate::object::ObjectKey;
use crate::scope::Scope;

/// What to know before `change` is made to the Service of `scope`; blockers first.
#[must_use]
pub fn of_change(scope: &Scope, change: &Change) -> Vec<Finding> {
    let mut findings = of_service(scope, change);
    findings.extend(sets::of_change(scope, change));
    sorted(findings)
}

/// The same but for what is said once about all Services where the whole cluster is looked at.
fn of_service(scope: &Scope, change: &Change) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Intent::Guard(access) = &change.intent {
        findings.extend(service::checks(scope));
        findings.extend(access::checks(scope, access));
        findings.extend(source_ranges::checks(scope, access));
        findings.extend(policies::on_pods_of(scope, access));
        findings.extend(sharing::checks(scope, access));
        findings.extend(edge::everywhere(scope));
        if access.enforced.at_pods_alone() {
            findings.extend(alone::checks(scope, access));
        } else {
            findings.extend(service::at_the_edge(scope));
            findings.extend(service::failsafe_ports(scope, access, &change.host_endpoints));
            findings.extend(edge::checks(scope, &change.host_endpoints));
            findings.extend(policies::on_hosts(scope, &change.host_endpoints));
            findings.extend(sharing::at_the_edge(scope));
        }
        findings.extend(unknown_kinds(scope));
        findings.extend(scope.unreadable.iter().map(|(key, error)| cluster::unreadable(key, error)));
    }
    findings
}

fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort();
    findings.dedup();
    findings
}

/// A kind that was not read is said, and never taken for one that has no objects.
fn unknown_kinds(scope: &Scope) -> Vec<Finding> {
    scope.unknown.iter().map(|(kind, why)| unknown_kind(*kind, why)).collect()
}

pub(crate) fn unknown_kind(kind: crate::object::Kind, why: &str) -> Finding {
    Finding {
        severity: Severity::Unknown,
        id: "kind-unknown".to_owned(),
        what: format!("No {kind} was read: {why}."),
        objects: Vec::new(),
        field: String::new(),
        why: "What such objects would change is not known; they are not taken to be absent.".to_owned(),
        action: format!("Give Portcullis the objects of the kind {kind}, or the right to list them."),
        packet: None,
    }
}

/// A finding in the making.
pub(crate) struct Draft<'a> {
    id: &'a str,
    severity: Severity,
    objects: Vec<ObjectKey>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(severity: Severity, id: &'a str, objects: Vec<ObjectKey>) -> Self {
        Self { id, severity, objects }
    }

    /// Says what is the case, why it matters, and what to do.
    pub(crate) fn says(self, what: impl Into<String>, why: impl Into<String>, action: impl Into<String>) -> Finding {
        Finding {
            severity: self.severity,
            id: self.id.to_owned(),
            what: what.into(),
            objects: self.objects,
            field: String::new(),
            why: why.into(),
            action: action.into(),
            packet: None,
        }
    }
}

/// `a`, `a and b`, `a, b and 3 more`.
pub(crate) fn few(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, three] => format!("{one}, {two} and {three}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}
