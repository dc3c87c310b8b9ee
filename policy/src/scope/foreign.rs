//! Policies that Portcullis did not write, as far as they speak about a Service.

use super::edge::EdgeFacts;
use super::service::ServiceFacts;
use crate::cidr::Cidr;
use crate::names;
use crate::object::{
    GlobalNetworkPolicy, HostEndpoint, Kept, KubernetesNetworkPolicy, Labels, NetworkPolicy, Object, ObjectKey, Order, PolicySpec, Rule,
};
use crate::selector::{EndpointLabels, Selector};
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

/// A policy of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForeignPolicy {
    /// Which.
    pub key: ObjectKey,
    /// Its uid; empty in files.
    pub uid: String,
    /// Its order; none: last.
    pub order: Option<Order>,
    /// Its tier; `default` where it names none.
    pub tier: String,
    /// Where it acts.
    pub stage: Stage,
    /// Whether a rule of it decides (`Allow`, `Deny`, `Pass`) about traffic that may be this Service's.
    pub speaks: bool,
    /// Whether it speaks about ingress.
    pub ingress: bool,
    /// Whether it speaks about egress.
    pub egress: bool,
    /// Whether it selects a HostEndpoint that the cluster has.
    pub on_existing: bool,
    /// Whether it would select a HostEndpoint that Portcullis creates.
    pub on_created: bool,
}

/// Where a policy acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Before connection tracking.
    Untracked,
    /// Before destination translation.
    PreDnat,
    /// On the host's own traffic and what it forwards.
    Forward,
    /// On the host's own traffic; on pods.
    Normal,
}

/// A policy that may select pods.
pub(super) struct Candidate {
    pub(super) selector: Selector,
    pub(super) facts: ForeignPolicy,
}

/// The ingress policies of others that may select pods of `namespace`, by kind and name.
pub(super) fn on_pods(snapshot: &Snapshot, namespace: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    for policy in snapshot.in_namespace::<KubernetesNetworkPolicy>(namespace) {
        let types = &policy.spec.policy_types;
        let ingress = types.is_empty() || types.iter().any(|t| t == "Ingress");
        let Ok(selector) = Selector::of_kubernetes_policy(&policy.spec.pod_selector, namespace) else { continue };
        // Calico gives it order 1000 in the default tier (conversion.go:270 at v3.27.0).
        let order = Order::try_from(1000.0).ok();
        let facts = ForeignPolicy { stage: Stage::Normal, ..facts(policy.as_ref(), order, "", true) };
        if ingress {
            found.push(Candidate { selector, facts });
        }
    }
    for policy in snapshot.in_namespace::<Kept<NetworkPolicy>>(namespace) {
        candidate(&mut found, policy.as_ref(), &policy.spec, namespace);
    }
    for policy in snapshot.iter::<Kept<GlobalNetworkPolicy>>() {
        if !policy.spec.pre_dnat && !policy.spec.do_not_track {
            candidate(&mut found, policy.as_ref(), &policy.spec, "");
        }
    }
    found
}

fn candidate<T: Object>(found: &mut Vec<Candidate>, policy: &T, spec: &PolicySpec, namespace: &str) {
    if names::is_ours(policy.meta()) || !applies(spec, "Ingress") {
        return;
    }
    // A policy whose selector Calico refuses is one that it does not have: the check of the object says so.
    let Ok(selector) = Selector::of_policy(spec, namespace) else { return };
    let speaks = spec.ingress.iter().any(decides);
    let facts = ForeignPolicy { stage: Stage::Normal, ..facts(policy, spec.order, &spec.tier, speaks) };
    found.push(Candidate { selector, facts });
}

/// The policies of others on HostEndpoints that the cluster has, or that Portcullis would create.
pub(super) fn on_hosts(snapshot: &Snapshot, service: &ServiceFacts, edge: &EdgeFacts) -> Vec<ForeignPolicy> {
    let created: Labels = [(names::EDGE_LABEL.to_owned(), "true".to_owned())].into();
    let mut found = Vec::new();
    for policy in snapshot.iter::<Kept<GlobalNetworkPolicy>>() {
        if names::is_ours(&policy.metadata) {
            continue;
        }
        let spec = &policy.spec;
        let Ok(selector) = Selector::of_policy(spec, "") else { continue };
        let on_existing =
            snapshot.iter::<Kept<HostEndpoint>>().any(|endpoint| selector.matches(&EndpointLabels::of_host_endpoint(&endpoint.object)));
        let on_created = selector.matches(&created);
        if !on_existing && !on_created {
            continue;
        }
        let stage = match spec {
            PolicySpec { do_not_track: true, .. } => Stage::Untracked,
            PolicySpec { pre_dnat: true, .. } => Stage::PreDnat,
            PolicySpec { apply_on_forward: true, .. } => Stage::Forward,
            _ => Stage::Normal,
        };
        let speaks = match stage {
            Stage::Untracked | Stage::PreDnat => spec.ingress.iter().any(|rule| decides(rule) && may_mean(rule, service)),
            Stage::Forward | Stage::Normal => true,
        };
        found.push(ForeignPolicy {
            stage,
            ingress: applies(spec, "Ingress"),
            egress: applies(spec, "Egress"),
            on_existing: on_existing && !edge.endpoints.is_empty(),
            on_created,
            ..facts(policy.as_ref(), spec.order, &spec.tier, speaks)
        });
    }
    found
}

fn facts<T: Object>(policy: &T, order: Option<Order>, tier: &str, speaks: bool) -> ForeignPolicy {
    ForeignPolicy {
        key: policy.key(),
        uid: policy.meta().uid.clone(),
        order,
        tier: if tier.is_empty() { "default".to_owned() } else { tier.to_owned() },
        stage: Stage::Normal,
        speaks,
        ingress: true,
        egress: false,
        on_existing: false,
        on_created: false,
    }
}

/// Whether a policy acts in a direction. Where `types` is absent the API server fills it in: Ingress where there are ingress rules or no
/// rules at all, Egress where there are egress rules (clientv3/globalnetworkpolicy.go:156 at v3.27.0).
fn applies(spec: &PolicySpec, direction: &str) -> bool {
    if spec.types.is_empty() {
        return if direction == "Ingress" { !spec.ingress.is_empty() || spec.egress.is_empty() } else { !spec.egress.is_empty() };
    }
    spec.types.iter().any(|t| t == direction)
}

fn decides(rule: &Rule) -> bool {
    rule.action != "Log"
}

/// Whether a pre-DNAT rule may match packets to a cluster IP of the Service.
fn may_mean(rule: &Rule, service: &ServiceFacts) -> bool {
    let nets: Vec<Cidr> = rule.destination.nets.iter().filter_map(|net| net.parse().ok()).collect();
    rule.destination.nets.is_empty() || service.cluster_ips.iter().any(|address| nets.iter().any(|net| net.contains(*address)))
}
