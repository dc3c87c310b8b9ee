//! Policies that Portcullis did not write, as far as they speak about a Service.

use super::service::ServiceFacts;
use crate::cidr::{Cidr, CidrSet};
use crate::names;
use crate::object::{
    DEFAULT_TIER, GlobalNetworkPolicy, HostEndpoint, Kept, Kind, KubernetesNetworkPolicy, NetworkPolicy, Object, ObjectKey, Order,
    PolicySpec, Raw, Rule,
};
use crate::snapshot::{Endpoint, KUBERNETES_ORDER, Snapshot};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

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
    /// Whether its tier comes before that of ours.
    pub tier_first: bool,
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
    /// Whether it selects every HostEndpoint that the cluster has.
    pub on_every: bool,
    /// Whether it would select a HostEndpoint that Portcullis creates.
    pub on_created: bool,
}

impl ForeignPolicy {
    /// The same beside the tiers of a cluster; while these were not read, any other comes first.
    fn as_it_speaks(&self, snapshot: &Snapshot, speaks: bool) -> Self {
        let known = snapshot.unknown(Kind::Tier).is_none();
        let tier_first = self.tier != DEFAULT_TIER && (!known || snapshot.tier_precedes(&self.tier, DEFAULT_TIER));
        Self { speaks, tier_first, ..self.clone() }
    }
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

/// The policy `key`, which selects pods, as far as it is one of others on ingress.
pub(super) fn on_pods(snapshot: &Snapshot, key: &ObjectKey) -> Option<ForeignPolicy> {
    match key.kind {
        Kind::KubernetesNetworkPolicy => {
            let policy = snapshot.get::<KubernetesNetworkPolicy>(&key.namespace, &key.name)?;
            let types = &policy.spec.policy_types;
            let ingress = types.is_empty() || types.iter().any(|t| t == "Ingress");
            ingress.then(|| facts(policy.as_ref(), Order::try_from(KUBERNETES_ORDER).ok(), "", true))
        }
        Kind::NetworkPolicy => {
            let policy = snapshot.get::<Kept<NetworkPolicy>>(&key.namespace, &key.name)?;
            on_ingress(snapshot, policy.as_ref(), &policy.spec)
        }
        _ => {
            let policy = snapshot.get::<Kept<GlobalNetworkPolicy>>("", &key.name)?;
            if policy.spec.pre_dnat || policy.spec.do_not_track { None } else { on_ingress(snapshot, policy.as_ref(), &policy.spec) }
        }
    }
}

fn on_ingress<T: Object>(snapshot: &Snapshot, policy: &T, spec: &PolicySpec) -> Option<ForeignPolicy> {
    if names::is_ours(policy.meta()) || !spec.governs("Ingress") || snapshot.is_refused(&policy.key()) {
        return None;
    }
    let speaks = spec.ingress.iter().any(decides);
    Some(facts(policy, spec.order, &spec.tier, speaks).as_it_speaks(snapshot, speaks))
}

/// A policy of others on HostEndpoints, with what it means before a Service is in hand.
#[derive(Debug)]
pub(crate) struct OnHosts {
    /// What is the same for every Service.
    facts: ForeignPolicy,
    /// Where its rules that decide send to; none: anywhere.
    to: Option<Vec<Cidr>>,
}

impl OnHosts {
    /// Whether a rule that decides may mean packets to an address of the Service; NodePorts are at addresses that are not its own.
    fn speaks_about(&self, addresses: &[IpAddr], node_ports: bool) -> bool {
        let means = |to: &Vec<Cidr>| node_ports || addresses.iter().any(|address| to.iter().any(|net| net.contains(*address)));
        self.to.as_ref().is_none_or(means)
    }
}

/// The policies of others on HostEndpoints that the cluster has, or that Portcullis would create.
pub(super) fn on_hosts(snapshot: &Snapshot, service: &ServiceFacts) -> Vec<ForeignPolicy> {
    let policies = snapshot.policies_of_others_on_hosts(|| read_on_hosts(snapshot));
    let evaluated = policies.iter().filter(|policy| !snapshot.is_refused(&policy.facts.key));
    let addresses: Vec<IpAddr> = service.cluster_ips.iter().copied().chain(service.outer_addresses()).collect();
    let speaks = |policy: &OnHosts| policy.speaks_about(&addresses, service.has_node_ports());
    evaluated.map(|policy| policy.facts.as_it_speaks(snapshot, speaks(policy))).collect()
}

/// The same, where a rule of them that decides may mean packets to one of these ranges.
pub(crate) fn on_hosts_about(snapshot: &Snapshot, ranges: &CidrSet) -> Vec<ForeignPolicy> {
    let policies = snapshot.policies_of_others_on_hosts(|| read_on_hosts(snapshot));
    let evaluated = policies.iter().filter(|policy| !snapshot.is_refused(&policy.facts.key));
    let speaks = |policy: &OnHosts| policy.to.as_ref().is_none_or(|to| to.iter().any(|net| ranges.meets(*net)));
    evaluated.map(|policy| policy.facts.as_it_speaks(snapshot, speaks(policy))).collect()
}

fn read_on_hosts(snapshot: &Snapshot) -> Vec<OnHosts> {
    let on_existing = snapshot.policies_on_hosts();
    let on_every = snapshot.policies_on_every_host();
    let created = snapshot.policies_on(&created());
    let on_created: BTreeSet<&ObjectKey> = created.iter().filter(|policy| !policy.ours).map(|policy| &policy.key).collect();
    let mut found = Vec::new();
    for key in on_existing.union(&on_created) {
        let Some(policy) = snapshot.get::<Kept<GlobalNetworkPolicy>>("", &key.name) else { continue };
        let spec = &policy.spec;
        let stage = match spec {
            PolicySpec { do_not_track: true, .. } => Stage::Untracked,
            PolicySpec { pre_dnat: true, .. } => Stage::PreDnat,
            PolicySpec { apply_on_forward: true, .. } => Stage::Forward,
            _ => Stage::Normal,
        };
        let facts = ForeignPolicy {
            stage,
            ingress: spec.governs("Ingress"),
            egress: spec.governs("Egress"),
            on_existing: on_existing.contains(key),
            on_every: on_every.contains(key),
            on_created: on_created.contains(key),
            ..facts(policy.as_ref(), spec.order, &spec.tier, true)
        };
        let before_translation = matches!(stage, Stage::Untracked | Stage::PreDnat);
        found.push(OnHosts { facts, to: before_translation.then(|| destinations(&spec.ingress)).flatten() });
    }
    found
}

/// The nets that rules which decide send to; none where one of them sends anywhere.
fn destinations(rules: &[Rule]) -> Option<Vec<Cidr>> {
    let mut to = Vec::new();
    for rule in rules.iter().filter(|rule| decides(rule)) {
        if rule.destination.nets.is_empty() {
            return None;
        }
        to.extend(rule.destination.nets.iter().filter_map(|net| net.parse::<Cidr>().ok()));
    }
    Some(to)
}

/// A HostEndpoint as Portcullis creates it, as far as selectors see it.
fn created() -> Endpoint {
    let mut object = HostEndpoint::default();
    object.metadata.labels.insert(names::EDGE_LABEL.to_owned(), "true".to_owned());
    Endpoint::Host(Arc::new(Kept { object, raw: Raw::default() }))
}

fn facts<T: Object>(policy: &T, order: Option<Order>, tier: &str, speaks: bool) -> ForeignPolicy {
    ForeignPolicy {
        key: policy.key(),
        uid: policy.meta().uid.clone(),
        order,
        tier: if tier.is_empty() { DEFAULT_TIER.to_owned() } else { tier.to_owned() },
        tier_first: false,
        stage: Stage::Normal,
        speaks,
        ingress: true,
        egress: false,
        on_existing: false,
        on_every: false,
        on_created: false,
    }
}

pub(super) fn decides(rule: &Rule) -> bool {
    rule.action != "Log"
}
