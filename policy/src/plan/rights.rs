//! The rights that carrying out a plan needs of whoever Portcullis is to the API server.

use super::{Step, Write};
use crate::checks::few;
use crate::finding::{Finding, Severity};
use crate::object::{DEFAULT_TIER, Kind, Tier};
use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

/// A right on objects of `projectcalico.org`, as RBAC has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// `get`, `create`, `update`, `delete`.
    pub verb: &'static str,
    /// `globalnetworkpolicies`, `tier.globalnetworkpolicies`.
    pub resource: String,
    /// The namespace; empty for cluster-wide resources.
    pub namespace: String,
    /// Of which names one will do; empty text: whatever the name.
    pub names: Vec<String>,
    /// The names of all objects that are written so, which will do as well: RBAC gives a right by `resourceNames` too.
    pub objects: Vec<String>,
}

/// Why a right is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The API server says no, and why, where it does.
    Denied(String),
    /// It did not say.
    Unknown(String),
}

/// The rights that these steps need, each once: of each kind and namespace for what is written so. Where the cluster has tiers
/// Calico's API server asks for two more with every policy (`apiserver/pkg/registry/projectcalico/authorizer/authorizer.go:35` at v3.31.0).
#[must_use]
pub fn rights(snapshot: &Snapshot, steps: &[Step]) -> Vec<Right> {
    let tiers = snapshot.iter::<Tier>().next().is_some();
    let mut needed: BTreeMap<(Kind, &str, &'static str), BTreeSet<&str>> = BTreeMap::new();
    for step in steps {
        needed.entry((step.key.kind, &step.key.namespace, verb(&step.write))).or_default().insert(&step.key.name);
    }
    let mut rights = Vec::new();
    for ((kind, namespace, verb), written) in needed {
        // A request to create has no name in its path.
        let objects: Vec<String> = written.into_iter().filter(|_| verb != "create").map(str::to_owned).collect();
        let right = |resource: String, names: Vec<String>| Right {
            verb,
            resource,
            namespace: namespace.to_owned(),
            names,
            objects: objects.clone(),
        };
        rights.push(right(kind.plural().to_owned(), vec![String::new()]));
        if tiers && matches!(kind, Kind::NetworkPolicy | Kind::GlobalNetworkPolicy) {
            rights.push(right(format!("tier.{}", kind.plural()), vec![String::new(), format!("{DEFAULT_TIER}.*")]));
            rights.push(Right {
                verb: "get",
                resource: Kind::Tier.plural().to_owned(),
                namespace: String::new(),
                names: vec![DEFAULT_TIER.to_owned()],
                objects: Vec::new(),
            });
        }
    }
    let mut once: Vec<Right> = Vec::new();
    for right in rights {
        if !once.contains(&right) {
            once.push(right);
        }
    }
    once
}

const fn verb(write: &Write) -> &'static str {
    match write {
        Write::Create { .. } => "create",
        Write::Replace { .. } => "update",
        Write::Delete { .. } => "delete",
    }
}

/// What to say of the rights that are not there.
#[must_use]
pub fn refused(rights: &[(Right, Refused)]) -> Vec<Finding> {
    let (mut denied, mut unknown) = (Vec::new(), Vec::new());
    for (right, why) in rights {
        match why {
            Refused::Denied(why) => denied.push((right, why)),
            Refused::Unknown(why) => unknown.push((right, why)),
        }
    }
    let listed = |rights: &[(&Right, &String)]| few(&rights.iter().map(|(right, _)| words(right)).collect::<Vec<_>>());
    let mut findings = Vec::new();
    if let Some((first, why)) = denied.first() {
        let said = if why.is_empty() { String::new() } else { format!(" The API server says: {}.", why.trim_end_matches('.')) };
        findings.push(finding(
            Severity::Blocker,
            "right-missing",
            format!("Portcullis may not {}.{said}", listed(&denied)),
            "The plan would stop at the first step that needs it, and what was written before would be put back.",
            format!("Give that right to whoever the kubeconfig signs in as; `{}` asks the same.", command(first)),
        ));
    }
    if let Some((_, why)) = unknown.first() {
        findings.push(finding(
            Severity::Unknown,
            "right-unknown",
            format!("Whether Portcullis may {} is not known: {}.", listed(&unknown), why.trim_end_matches('.')),
            "A plan stops at the first step that the API server refuses, and what was written before is put back.",
            "Look at the plan again once the API server answers.".to_owned(),
        ));
    }
    findings
}

fn words(right: &Right) -> String {
    let Right { verb, resource, namespace, .. } = right;
    if namespace.is_empty() { format!("{verb} {resource}") } else { format!("{verb} {resource} in `{namespace}`") }
}

/// The command that asks for the right.
fn command(right: &Right) -> String {
    let Right { verb, resource, namespace, names, objects } = right;
    let name = objects.iter().chain(names).find(|name| !name.is_empty()).map(|name| format!("/{name}")).unwrap_or_default();
    let within = if namespace.is_empty() { String::new() } else { format!(" --namespace {namespace}") };
    format!("kubectl auth can-i {verb} {resource}.projectcalico.org{name}{within}")
}

fn finding(severity: Severity, id: &str, what: String, why: &str, action: String) -> Finding {
    Finding { severity, id: id.to_owned(), what, objects: Vec::new(), field: String::new(), why: why.to_owned(), action, packet: None }
}
