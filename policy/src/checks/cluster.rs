//! Checks of the whole cluster, or of a folder of objects.

use super::{Draft, open, policies, sets, sorted, tiers, unknown_kind};
use crate::access::{Adoption, Change, HostEndpoints, Intent, counted, is_of_an_earlier_one};
use crate::baseline;
use crate::finding::{Finding, Severity};
use crate::object::{Kind, Node, ObjectKey, Service, ServiceRef};
use crate::plan::guards_without_service;
use crate::scope::{EdgeFacts, Owner, Scope, our_host_endpoints};
use crate::snapshot::Snapshot;
use crate::validate;

/// The id of the finding that a Service is gone and its guard is not; its first object is the Service.
pub const GUARD_WITHOUT_SERVICE: &str = "guard-without-service";

/// Every finding: of each object by Calico's own rules, of rules that are about nobody or about more than was meant, and of each exposed
/// Service: of a guarded one as a plan for its access in force would say, of an open one that it is open.
#[must_use]
pub fn cluster(snapshot: &Snapshot) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        Kind::ALL.into_iter().filter_map(|kind| snapshot.missed(kind).map(|why| unknown_kind(kind, why))).collect();
    findings.extend(snapshot.unreadable().map(|(key, error)| unreadable(key, error)));
    for object in Kind::ALL.into_iter().flat_map(|kind| snapshot.all(kind)) {
        findings.extend(validate::object(&object).into_iter().map(|violation| refused(&object.key(), violation)));
    }
    findings.extend(policies::about_nobody(snapshot));
    findings.extend(sets::in_force(snapshot));
    findings.extend(tiers::missing(snapshot));
    findings.extend(guards_without_service(snapshot).into_iter().map(|(service, left)| without_service(&service, left)));
    findings.extend(baseline::outdated(snapshot));
    findings.extend(automatic_recommended(snapshot));
    findings.extend(super::edge::without_profile(&EdgeFacts::of_cluster(snapshot)));
    for service in snapshot.iter::<Service>() {
        let Some(scope) = service.reference().and_then(|reference| Scope::alone(snapshot, &reference)) else { continue };
        match &scope.in_force {
            Some(access) => {
                let host_endpoints = crate::plan::kept_host_endpoints(snapshot, &scope.service.service);
                let change = Change {
                    service: scope.service.service.clone(),
                    intent: Intent::Guard(access.clone()),
                    host_endpoints,
                    adoption: Adoption::default(),
                };
                findings.extend(super::of_service(&scope, &change).into_iter().filter(|finding| finding.id != "kind-unknown"));
            }
            None if is_of_an_earlier_one(snapshot, &scope.service.service) => findings.push(of_an_earlier_one(&scope.service.service)),
            None => {
                findings.extend(in_pieces(snapshot, &scope));
                findings.extend(open::open(&scope));
            }
        }
    }
    sorted(findings)
}

pub(super) fn unreadable(key: &ObjectKey, error: &str) -> Finding {
    Draft::new(Severity::Warning, "object-unreadable", vec![key.clone()]).says(
        format!("{key} cannot be read: {error}."),
        "Portcullis leaves it out; what Calico makes of it is not known.",
        "Mend the object.",
    )
}

fn refused(key: &ObjectKey, violation: validate::Violation) -> Finding {
    let mut finding = Draft::new(Severity::Warning, "object-invalid", vec![key.clone()]).says(
        format!("{key} breaks a rule at `{}` (`{}`): {}.", violation.field, violation.value, violation.rule),
        match key.kind.group() {
            "projectcalico.org" => {
                "Calico's API refuses such an object; where one is in the cluster all the same, Felix treats it as missing, and a deny that \
                 is missing lets everyone in."
            }
            _ => "Kubernetes' API refuses such an object: what its controllers and Calico make of it is not known.",
        },
        "Mend the field.",
    );
    finding.field = violation.field;
    finding
}

/// That what guards a Service was written for an earlier one of its name; none where it was not.
#[must_use]
pub fn guard_of_an_earlier(snapshot: &Snapshot, service: &ServiceRef) -> Option<Finding> {
    is_of_an_earlier_one(snapshot, service).then(|| of_an_earlier_one(service))
}

/// A Service was deleted, and created again under its name: what guarded the first one is nobody's wish for the second.
fn of_an_earlier_one(service: &ServiceRef) -> Finding {
    Draft::new(Severity::Warning, "guard-of-an-earlier-service", vec![service.key()]).says(
        format!("What guards `{service}` was written for an earlier Service of that name, which is gone."),
        "Its policies go on deciding about that one's addresses and about all pods with its labels; nobody has said who may reach this one.",
        "Guard it anew: the plan takes the old objects away.",
    )
}

/// What guarded a Service is there in part, and no edge policy goes by it.
fn in_pieces(snapshot: &Snapshot, scope: &Scope) -> Option<Finding> {
    let service = &scope.service.service;
    let left = crate::plan::left_over(snapshot, service);
    (!left.is_empty()).then(|| {
        let objects = std::iter::once(service.key()).chain(left).collect();
        Draft::new(Severity::Warning, "guard-in-pieces", objects).says(
            format!("Of a guard of `{service}` its sets are there, and no edge policy goes by them."),
            "It shuts nobody out before translation: somebody took that policy away, or a run stopped half-way.",
            "Guard it anew: the plan takes up what is there.",
        )
    })
}

/// A Service was deleted, and what guarded it stayed.
fn without_service(service: &ServiceRef, left: Vec<ObjectKey>) -> Finding {
    let objects = std::iter::once(service.key()).chain(left).collect();
    Draft::new(Severity::Warning, GUARD_WITHOUT_SERVICE, objects).says(
        format!("`{service}` is gone, and what guarded it is still there."),
        "Its policies go on deciding about its addresses, which the next Service may be given, and about all pods with its labels.",
        "Review the plan that takes it away.",
    )
}

/// Labels of nodes that something makes and takes away by itself.
const OF_POOLS: [&str; 6] = [
    "cloud.google.com/gke-nodepool",
    "eks.amazonaws.com/nodegroup",
    "karpenter.sh/nodepool",
    "kubernetes.azure.com/agentpool",
    "cluster.x-k8s.io/owner-name",
    "node.kubernetes.io/instance-group",
];

/// HostEndpoints by name, in a cluster whose nodes come and go: a new one has none until somebody plans.
fn automatic_recommended(snapshot: &Snapshot) -> Option<Finding> {
    let edge = EdgeFacts::of_cluster(snapshot);
    if edge.automatic != Some(false) || !edge.endpoints.contains(&Owner::Ours) || snapshot.unknown(Kind::Node).is_some() {
        return None;
    }
    let bare = edge.nodes.iter().filter(|group| group.endpoints.is_empty()).map(|group| group.names.len()).sum::<usize>();
    let gone = our_host_endpoints(snapshot).filter(|endpoint| snapshot.get::<Node>("", &endpoint.spec.node).is_none()).count();
    let pooled = snapshot.iter::<Node>().filter(|node| OF_POOLS.iter().any(|label| node.metadata.labels.contains_key(label))).count();
    let sign = if bare > 0 {
        format!("{} no HostEndpoint", if bare == 1 { "1 node has".to_owned() } else { format!("{} have", counted(bare, "node")) })
    } else if gone > 0 {
        format!(
            "{} of nodes that are gone",
            if gone == 1 { "1 HostEndpoint is".to_owned() } else { format!("{} are", counted(gone, "HostEndpoint")) }
        )
    } else if pooled > 0 {
        format!(
            "{} to a pool that makes and takes away nodes",
            if pooled == 1 { "1 node belongs".to_owned() } else { format!("{} belong", counted(pooled, "node")) }
        )
    } else {
        return None;
    };
    let config = ObjectKey::new(Kind::KubeControllersConfiguration, "", "default");
    Some(Draft::new(Severity::Info, "automatic-recommended", vec![config]).says(
        format!("HostEndpoints are made by Portcullis node by node, and nodes come and go: {sign}."),
        "A node that joins lets everyone in until its HostEndpoint is planned; Calico's controller makes one as soon as the node is there.",
        "Switch automatic HostEndpoints on: that is a plan of the baseline, on the page Cluster.",
    ))
}

/// The HostEndpoints that a plan stands on if nothing else is chosen; none where somebody has to choose, because there are none.
#[must_use]
pub fn default_host_endpoints(edge: &EdgeFacts) -> Option<HostEndpoints> {
    let ours = edge.our_interfaces.first().and_then(|name| name.clone().try_into().ok());
    match ours {
        Some(interface) => Some(HostEndpoints::Named { interface }),
        None if !edge.endpoints.is_empty() => Some(HostEndpoints::Existing),
        None if edge.automatic == Some(true) => Some(HostEndpoints::Automatic),
        None => None,
    }
}
