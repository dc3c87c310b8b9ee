//! Makes plans. Pure: the same snapshot and change give the same plan, byte for byte, everywhere.

use super::digest::{self, Input};
use super::hand_made::{self, HandMade};
use super::own::Own;
use super::together::with_count;
use super::{Plan, PlanError, Role, alone, gone, open, steps};
use crate::access::{self, Access, Asked, Change, ClientGroup, HostEndpoints, Intent};
use crate::checks;
use crate::finding::{Finding, Severity};
use crate::names;
use crate::object::{AnyObject, GlobalNetworkPolicy, GlobalNetworkSet, Kept, Kind, Meta, Node, ObjectKey, ServiceRef};
use crate::recipe::{self, Generated, host_endpoint};
use crate::scope::{EdgeFacts, Owner, Scope, node_addresses, our_host_endpoints, tunnels};
use crate::snapshot::Snapshot;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Everything that `change` would do to the cluster.
///
/// # Errors
/// There is no such Service, it cannot be read, or Services were not read. All else that is wrong is a finding of the plan.
pub fn plan(snapshot: &Snapshot, change: &Change) -> Result<Plan, PlanError> {
    let settled = hand_made::settled(snapshot, &change.adoption);
    match scope(&settled, &change.service) {
        Ok(scope) => Ok(of_scope(snapshot, &settled, &scope, change)),
        Err(error @ PlanError::NoSuchService(_)) => gone::take_away(snapshot, change).ok_or(error),
        Err(error) => Err(error),
    }
}

/// What a plan for `service` reads.
pub(super) fn scope(snapshot: &Snapshot, service: &ServiceRef) -> Result<Scope, PlanError> {
    if let Some(why) = snapshot.unknown(Kind::Service) {
        return Err(PlanError::ServicesUnknown(why.to_owned()));
    }
    if let Some(why) = snapshot.why_unreadable(&service.key()) {
        return Err(PlanError::ServiceUnreadable { service: service.clone(), why: why.to_owned() });
    }
    Scope::of(snapshot, service).ok_or_else(|| PlanError::NoSuchService(service.clone()))
}

/// The plan of what was read; `settled` is the cluster without what is taken over and with what is put back, of which the scope was read.
pub(super) fn of_scope(snapshot: &Snapshot, settled: &Snapshot, scope: &Scope, change: &Change) -> Plan {
    let change = change.normalised().resolved(&scope.groups);
    let mut findings = checks::of_change(scope, &change);
    findings.extend(hand_made::checks(snapshot, scope, &change));
    let others = shared_pod_policies(settled, scope, &change);
    let hand_made = HandMade::of(snapshot, &change.adoption);
    let nodes = created_on(snapshot, &scope.edge, &change.host_endpoints);
    let mut node_sets = Vec::new();
    // Of the edge groups, a plan reads the one that the Service is in and the one that it comes to; those of others are no matter of it.
    let mut edge_policy = None;
    let steps = match &change.intent {
        Intent::Guard(access) => {
            let mut own = recipe::generate(scope, access, &change.host_endpoints);
            node_sets = alone::node_sets(snapshot, scope, access);
            own.extend(node_sets.iter().cloned());
            edge_policy = own.iter().find(|generated| generated.role == Role::EdgePolicy).map(|generated| generated.key.clone());
            let stale = Own::but(snapshot, &change.service, &own);
            let target = steps::Target {
                service: &change.service,
                host_endpoints: host_endpoints(snapshot, &nodes, &change.host_endpoints),
                stale_host_endpoints: alone::stale_host_endpoints(snapshot, &change),
                alone: access.enforced.at_pods_alone(),
                stale,
                others,
                own,
                pod_policy: pod_policy(&change.service),
                hand_made,
            };
            findings.extend(invalid(&target));
            steps::guard(snapshot, &target)
        }
        Intent::Open => open::open(snapshot, &removal(snapshot, &change.service, others, hand_made)),
    };
    findings.extend(steps.iter().filter(|step| step.role != Role::HandMade).filter_map(|step| name_taken(snapshot, &step.key)));
    findings.sort();
    findings.dedup();
    let objects: BTreeSet<&ObjectKey> = steps.iter().map(|step| &step.key).collect();
    let summary = summary(scope, &change, objects.len());
    let inputs = inputs(snapshot, scope, &change, &nodes, edge_policy.as_ref(), &node_sets);
    let change = Asked::Service(change);
    Plan { digest: digest::of_plan(&change, &inputs), change, summary, steps, caused: Vec::new(), findings, inputs }
}

/// The nodes that get a HostEndpoint: all of them, but for those where one of somebody else's already stands on the interface, which is
/// a blocker of its own.
pub(crate) fn created_on<'a>(snapshot: &'a Snapshot, edge: &EdgeFacts, choice: &HostEndpoints) -> Vec<&'a Node> {
    let HostEndpoints::Named { interface } = choice else { return Vec::new() };
    let taken: BTreeSet<&str> = edge
        .nodes
        .iter()
        .filter(|group| group.endpoints.iter().any(|e| e.owner != Owner::Ours && (e.interface == interface.name() || e.interface == "*")))
        .flat_map(|group| group.names.iter().map(String::as_str))
        .collect();
    snapshot.iter::<Node>().map(Arc::as_ref).filter(|node| !taken.contains(node.metadata.name.as_str())).collect()
}

/// The HostEndpoints on these nodes, as objects.
pub(crate) fn host_endpoints(snapshot: &Snapshot, nodes: &[&Node], choice: &HostEndpoints) -> Vec<Value> {
    let HostEndpoints::Named { interface } = choice else { return Vec::new() };
    let tunnels = tunnels(snapshot);
    nodes.iter().map(|node| host_endpoint(node, interface, tunnels)).collect()
}

pub(super) fn endpoints_without_node(snapshot: &Snapshot) -> Vec<ObjectKey> {
    if snapshot.unknown(Kind::Node).is_some() {
        return Vec::new();
    }
    steps::keys(our_host_endpoints(snapshot).filter(|endpoint| snapshot.get::<Node>("", &endpoint.spec.node).is_none()))
}

/// The pod policies of guarded Services that share pods with this one, as they are once the change is made.
fn shared_pod_policies(snapshot: &Snapshot, scope: &Scope, change: &Change) -> Vec<Generated> {
    let mut policies = Vec::new();
    for sharing in &scope.sharing {
        let Some(access) = &sharing.access else { continue };
        let Some(mut theirs) = Scope::of(snapshot, &sharing.facts.service) else { continue };
        let after = match &change.intent {
            Intent::Guard(access) => Some(access.clone()),
            Intent::Open => None,
        };
        for entry in theirs.sharing.iter_mut().filter(|entry| entry.facts.service == change.service) {
            entry.access.clone_from(&after);
        }
        let choice = kept_host_endpoints(snapshot, &sharing.facts.service);
        policies.extend(recipe::generate(&theirs, access, &choice).into_iter().filter(|generated| generated.role == Role::PodPolicy));
    }
    policies
}

/// The HostEndpoints that the edge of a guarded Service was planned with.
#[must_use]
pub fn kept_host_endpoints(snapshot: &Snapshot, service: &ServiceRef) -> HostEndpoints {
    access::guard(snapshot, service).map(|guard| guard.kept.host_endpoints).unwrap_or_default()
}

pub(super) fn pod_policy(service: &ServiceRef) -> ObjectKey {
    ObjectKey::new(Kind::NetworkPolicy, service.namespace(), &names::pod_policy(service))
}

pub(super) fn removal(snapshot: &Snapshot, service: &ServiceRef, others: Vec<Generated>, hand_made: HandMade) -> open::Removal {
    open::Removal {
        alone: access::guard(snapshot, service).is_some_and(|guard| guard.kept.enforced.at_pods_alone()),
        pod_policy: pod_policy(service),
        others,
        host_endpoints: if alone::edge_remains(snapshot, service) { Vec::new() } else { steps::keys(our_host_endpoints(snapshot)) },
        own: Own::of(snapshot, service),
        hand_made,
    }
}

/// Whether Portcullis guards a Service at the nodes, other than `but`.
pub(crate) fn guards_remain(snapshot: &Snapshot, but: Option<&ServiceRef>) -> bool {
    let but = but.map(ToString::to_string);
    let of_another =
        |meta: &Meta| names::is_ours(meta) && meta.annotations.get(names::SERVICE_ANNOTATION).is_some_and(|it| Some(it) != but.as_ref());
    let guards = || snapshot.iter::<Kept<GlobalNetworkSet>>().any(|set| names::is_address_set(&set.metadata) && of_another(&set.metadata));
    // In the first shape the edge policy was a Service's own.
    let first_shape = || snapshot.iter::<Kept<GlobalNetworkPolicy>>().any(|policy| policy.spec.pre_dnat && of_another(&policy.metadata));
    guards() || first_shape()
}

/// A generated object that Calico would refuse: a fault of Portcullis, or of a name in the cluster that it could not know.
fn invalid(target: &steps::Target<'_>) -> Vec<Finding> {
    let objects = target.own.iter().chain(&target.others).map(|generated| &generated.object).chain(&target.host_endpoints);
    refused(objects)
}

/// The generated objects among these that Calico would refuse.
pub(super) fn refused<'a>(objects: impl Iterator<Item = &'a Value>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in objects {
        let kind = Kind::find(text(object, "/apiVersion"), text(object, "/kind"));
        let Some(read) = kind.and_then(|kind| AnyObject::decode(kind, object).ok()) else { continue };
        findings.extend(crate::validate::object(&read).into_iter().map(|violation| Finding {
            severity: Severity::Blocker,
            id: "generated-object-invalid".to_owned(),
            what: format!("Calico would refuse the generated {}: {}.", read.key(), violation.rule),
            objects: vec![read.key()],
            field: violation.field,
            why: "The plan could not be carried out.".to_owned(),
            action: "Report this to the authors of Portcullis with the plan.".to_owned(),
            packet: None,
        }));
    }
    findings
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// An object of somebody else's that stands where a step would write.
pub(crate) fn name_taken(snapshot: &Snapshot, key: &ObjectKey) -> Option<Finding> {
    let object = snapshot.find(key)?;
    (!names::is_ours(object.meta())).then(|| Finding {
        severity: Severity::Blocker,
        id: "name-taken".to_owned(),
        what: format!("{key} exists, and Portcullis did not write it."),
        objects: vec![key.clone()],
        field: "metadata.annotations".to_owned(),
        why: "Portcullis replaces and deletes only objects that carry its own annotation.".to_owned(),
        action: "Rename or delete that object, then plan again.".to_owned(),
        packet: None,
    })
}

fn summary(scope: &Scope, change: &Change, objects: usize) -> String {
    with_count(&format!("{}{}", crate::preview::summary(scope, change), hand_made::in_words(&change.adoption)), objects)
}

/// What the plan was made from: of each input its uid and the fields that were read.
fn inputs(
    snapshot: &Snapshot,
    scope: &Scope,
    change: &Change,
    nodes: &[&Node],
    edge_policy: Option<&ObjectKey>,
    node_sets: &[Generated],
) -> Vec<Input> {
    let service = &change.service;
    let tunnels = tunnels(snapshot);
    let created: Vec<Value> =
        nodes.iter().map(|node| json!([node.metadata.name, node.metadata.uid, node_addresses(node, tunnels)])).collect();
    let chosen: Vec<&String> = match &change.intent {
        Intent::Guard(Access { in_cluster: access::InCluster::Namespaces(names), .. }) => {
            scope.namespaces.iter().filter(|n| names.contains(n)).collect()
        }
        _ => Vec::new(),
    };
    let ours: Vec<Value> =
        own_keys(snapshot, service).iter().filter_map(|key| Some(json!([key, read_of(&steps::live(snapshot, key)?)]))).collect();
    let pods = (&scope.backends, scope.has_pods, scope.endpoints_on_nodes, scope.endpoints_elsewhere);
    let closed = (!scope.closed.is_empty()).then(|| Input::new("what is closed by default", &scope.closed));
    let mut inputs = vec![
        Input::new(&format!("Service {service}"), &(&scope.service, &scope.in_force)),
        Input::new("the advertised ranges", &scope.advertised),
        Input::new("Services that are guarded alike", &(&scope.edge_group, edge_policy)),
        Input::new("Services on the same address", &(&scope.address_sharing, &scope.port_sharing)),
        Input::new(&format!("the pods of {service}"), &pods),
        Input::new("Services on the same pods", &scope.sharing),
        Input::new("nodes and HostEndpoints", &(&scope.edge, created)),
        Input::new("policies of others on the pods", &scope.pod_policies),
        Input::new("policies of others on HostEndpoints", &scope.host_policies),
        Input::new("Felix' configuration", &(&scope.failsafes, &scope.ebpf)),
        Input::new("the ranges of the pods", &scope.pools),
        Input::new("objects that carry Portcullis' labels", &scope.label_carriers),
        Input::new("the chosen namespaces", &chosen),
        Input::new("the kinds and objects that can be read", &(&scope.unknown, &scope.unreadable)),
        Input::new("Portcullis' own objects", &ours),
    ];
    inputs.extend(closed);
    inputs.extend((!scope.loose_selectors.is_empty()).then(|| Input::new("selectors of others that mean any set", &scope.loose_selectors)));
    inputs.extend((!scope.outer.is_empty()).then(|| Input::new("the advertised ranges of other addresses", &scope.outer)));
    inputs.extend((!scope.named_ports.is_empty()).then(|| Input::new("the ports that pods name", &scope.named_ports)));
    if !node_sets.is_empty() {
        let nets: Vec<&Value> = node_sets.iter().filter_map(|set| set.object.pointer("/spec/nets")).collect();
        inputs.push(Input::new("the nodes' addresses", &nets));
    }
    if let Intent::Guard(access) = &change.intent {
        inputs.extend(access.group_names().into_iter().map(|name| {
            let holds = scope.groups.iter().find(|group| group.name == *name).map(ClientGroup::cidrs);
            Input::new(&format!("the group {name}"), &holds)
        }));
    }
    inputs.extend(hand_made::input(snapshot, &change.adoption));
    inputs
}

fn own_keys(snapshot: &Snapshot, service: &ServiceRef) -> Vec<ObjectKey> {
    let mut keys = Own::of(snapshot, service).keys();
    keys.extend(steps::keys(our_host_endpoints(snapshot)));
    keys.push(pod_policy(service));
    keys
}

/// What a plan reads of a live object of ours: its uid, labels, our annotations, its spec.
pub(crate) fn read_of(object: &Value) -> Value {
    let annotations: Vec<_> = object
        .pointer("/metadata/annotations")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(key, _)| names::is_our_label(key))
        .collect();
    json!([object.pointer("/metadata/uid"), object.pointer("/metadata/labels"), annotations, object.get("spec")])
}
