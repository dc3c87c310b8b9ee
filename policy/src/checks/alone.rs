//! Checks of a guard at the pods alone, as far as they need no packet: whether pods see the clients is for [`crate::reach::pods_alone`].

use super::{Draft, few};
use crate::access::{Access, InCluster};
use crate::finding::{Finding, Severity};
use crate::object::Kind;
use crate::scope::{ForeignPolicy, Scope, Stage};

pub(super) fn checks(scope: &Scope, access: &Access) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(no_selector(scope));
    findings.extend(closed(scope));
    findings.extend(nodes_unknown(scope, access));
    findings.extend(
        scope.host_policies.iter().filter(|policy| policy.on_existing && policy.speaks).filter_map(|policy| on_hosts(scope, policy)),
    );
    findings
}

fn no_selector(scope: &Scope) -> Option<Finding> {
    let service = &scope.service.service;
    scope.service.selector.is_empty().then(|| {
        Draft::new(Severity::Blocker, "pods-alone-no-selector", vec![service.key()]).says(
            format!("`{service}` has no selector, and is to be guarded at its pods alone."),
            "No pod policy can follow endpoints that are written by hand: nobody would be shut out.",
            "Guard it at the nodes and at the pods, or give it a selector.",
        )
    })
}

/// Only an edge policy opens what is closed by default.
fn closed(scope: &Scope) -> Option<Finding> {
    let service = &scope.service.service;
    let ranges: Vec<String> = scope.closed.iter().map(ToString::to_string).collect();
    (!ranges.is_empty()).then(|| {
        Draft::new(Severity::Blocker, "pods-alone-closed", vec![service.key()]).says(
            format!("`{service}` has addresses in {}, closed by default, and is to be guarded at its pods alone.", few(&ranges)),
            "What is closed by default is closed at the nodes, and only an edge policy opens it: the allowed clients would be shut out there.",
            "Guard it at the nodes and at the pods, or take its addresses out of what is closed by default.",
        )
    })
}

fn nodes_unknown(scope: &Scope, access: &Access) -> Option<Finding> {
    (!scope.knows(Kind::Node) && access.in_cluster == InCluster::Unchanged).then(|| {
        Draft::new(Severity::Blocker, "nodes-unknown", Vec::new()).says(
            "Nodes were not read, so the pods cannot go on letting their processes in.",
            "A pod policy that guards alone knows the nodes by their addresses.",
            "Give Portcullis the Nodes.",
        )
    })
}

/// Nothing of ours stands before it.
fn on_hosts(scope: &Scope, policy: &ForeignPolicy) -> Option<Finding> {
    let (id, acts) = match policy.stage {
        Stage::Untracked => ("foreign-host-policy-before", "acts on the HostEndpoints before connections are tracked"),
        Stage::PreDnat => ("foreign-host-policy-before", "acts on the HostEndpoints before translation"),
        Stage::Forward => ("foreign-forward-policy", "acts on what the HostEndpoints forward"),
        // The host's own traffic is none of a Service's.
        Stage::Normal => return None,
    };
    Some(Draft::new(Severity::Warning, id, vec![policy.key.clone()]).says(
        format!("{} {acts}, and may speak about `{}`.", policy.key, scope.service.service),
        "A guard at the pods alone stands behind it: allowed clients whom it denies are shut out.",
        "See that it lets the allowed clients through to the Service's addresses, and to its pods.",
    ))
}
