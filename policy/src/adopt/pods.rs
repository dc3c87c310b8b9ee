//! Hand-made policies on a Service's pods: the page's Step 3, and its Local mode.

use super::edge::{does, from};
use super::said::{Does, Reading};
use super::who::{At, Inside, Who};
use super::{Part, Piece};
use crate::access::InCluster;
use crate::cidr::CidrSet;
use crate::object::{
    DEFAULT_TIER, GlobalNetworkPolicy, HostEndpoint, Kept, Kind, KubernetesNetworkPolicy, NetworkPolicy, ObjectKey, Pod, PolicySpec, Rule,
    ServiceRef,
};
use crate::reach::sets::rules_of_kubernetes;
use crate::scope::{PortFacts, Scope, Target};
use crate::selector::Selector;
use crate::snapshot::Snapshot;
use std::collections::BTreeSet;

/// The policies of others on the pods of a Service that speak about clients outside, in the order in which they decide.
pub(super) struct OnPods {
    policies: Vec<PodPolicy>,
    /// The numbers behind the names of the pods' ports.
    named: Vec<(String, u16)>,
}

struct PodPolicy {
    piece: Piece,
    rules: Vec<DecidingRule>,
}

/// A rule that decides: its number, what it does, and whom it means.
type DecidingRule = (usize, Does, Rule, Result<Who, String>);

/// Why a NetworkPolicy of Kubernetes always stays (`docs/decisions/adopting.md`).
const OF_KUBERNETES: &str = "it is a NetworkPolicy of Kubernetes, which comes with the pods, and Portcullis writes objects of Calico alone; it decides \
                             behind the pod policy, about clients inside the cluster as before";

impl OnPods {
    pub(super) fn of(snapshot: &Snapshot, inside: &Inside, scope: &Scope) -> Self {
        let keys: Vec<ObjectKey> = scope.pod_policies.iter().map(|policy| policy.key.clone()).collect();
        let mut policies = Vec::new();
        for key in snapshot.in_order(&keys) {
            let Some(Read { spec, rules }) = read(snapshot, &key) else { continue };
            let rules: Vec<DecidingRule> = rules
                .into_iter()
                .filter_map(|(number, rule)| Some((number, does(&rule)?, rule.clone(), inside.who(&rule, &key.namespace))))
                .collect();
            let kubernetes = spec.is_none();
            let outside = |(_, does, _, who): &DecidingRule| {
                // Of Kubernetes' own policies `0.0.0.0/0` is the way to say everybody.
                let named =
                    |who: &Who| who.nodes || who.clients.iter().any(|cidr| !kubernetes || cidr.prefix_len() > 0 || !who.but.is_empty());
                *does == Does::Allow && who.as_ref().is_ok_and(|who| !who.everybody && named(who))
            };
            if !rules.iter().any(outside) {
                continue;
            }
            let stays = match &spec {
                Some(spec) => stays(snapshot, inside, scope, &key, spec, &rules),
                None => Some(OF_KUBERNETES.to_owned()),
            };
            policies.push(PodPolicy { piece: Piece { key, part: Part::Pods, stays, open: BTreeSet::new() }, rules });
        }
        Self { policies, named: named(snapshot, scope) }
    }

    pub(super) fn pieces(&self) -> Vec<Piece> {
        self.policies.iter().map(|policy| policy.piece.clone()).collect()
    }

    /// What they say of clients at the pods' port of a Service's port.
    pub(super) fn read(&self, port: &PortFacts, about: CidrSet) -> Reading {
        let mut reading = Reading::about(about);
        let (numbers, name): (Vec<u16>, Option<&str>) = match &port.target {
            Target::Number(number) => (vec![*number], None),
            Target::Name(name) => {
                (self.named.iter().filter(|(of, _)| of == name).map(|(_, number)| *number).collect(), Some(name.as_str()))
            }
        };
        let at = At { protocol: port.port.protocol, numbers: &numbers, name };
        for policy in &self.policies {
            for (number, does, rule, who) in &policy.rules {
                if let (Ok(who), Ok(true)) = (who, at.is_meant(rule)) {
                    reading.rule(*does, who, &from(&policy.piece.key, *number));
                }
            }
        }
        reading
    }
}

/// A policy as it was read.
struct Read {
    /// Its spec, where it is Calico's.
    spec: Option<PolicySpec>,
    /// Its ingress rules, as Calico's, with their numbers: one rule of Kubernetes' is several of Calico's.
    rules: Vec<(usize, Rule)>,
}

fn read(snapshot: &Snapshot, key: &ObjectKey) -> Option<Read> {
    let spec = match key.kind {
        Kind::NetworkPolicy => &snapshot.get::<Kept<NetworkPolicy>>(&key.namespace, &key.name)?.spec,
        Kind::GlobalNetworkPolicy => &snapshot.get::<Kept<GlobalNetworkPolicy>>("", &key.name)?.spec,
        Kind::KubernetesNetworkPolicy => {
            let policy = snapshot.get::<KubernetesNetworkPolicy>(&key.namespace, &key.name)?;
            let rules = policy.spec.ingress.iter().map(|rule| rules_of_kubernetes(rule, true).unwrap_or_default());
            let rules = (0..).zip(rules).flat_map(|(number, rules)| rules.into_iter().map(move |rule| (number, rule))).collect();
            return Some(Read { spec: None, rules });
        }
        _ => return None,
    };
    Some(Read { rules: (0..).zip(spec.ingress.iter().cloned()).collect(), spec: Some(spec.clone()) })
}

/// The ports of the Service's pods by name.
fn named(snapshot: &Snapshot, scope: &Scope) -> Vec<(String, u16)> {
    let service = &scope.service;
    if service.selector.is_empty() {
        return Vec::new();
    }
    let pods = snapshot.pods_with(service.service.namespace(), &service.selector);
    let ports = pods.flat_map(|pod| &pod.spec.containers).flat_map(|container| &container.ports);
    let named = ports.filter(|port| !port.name.is_empty()).map(|port| (port.name.clone(), port.container_port));
    named.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Why it cannot be taken over; none where it can.
fn stays(
    snapshot: &Snapshot,
    inside: &Inside,
    scope: &Scope,
    key: &ObjectKey,
    spec: &PolicySpec,
    rules: &[DecidingRule],
) -> Option<String> {
    if !spec.tier.is_empty() && spec.tier != DEFAULT_TIER {
        return Some(format!("it is in the tier `{}`, whose other policies may count on it", spec.tier));
    }
    if !spec.egress.is_empty() || spec.governs("Egress") {
        return Some("it is also about what the pods send".to_owned());
    }
    if let Some(others) = selects_others(snapshot, inside, scope, key, spec) {
        return Some(others);
    }
    if let Some(other) = scope.sharing.iter().find(|other| other.access.as_ref().is_none_or(|it| it.in_cluster == InCluster::Unchanged)) {
        return Some(format!("`{}` leads to the same pods", other.facts.service));
    }
    rules.iter().filter(|(_, does, ..)| *does != Does::Deny).find_map(|(number, _, rule, who)| {
        let number = number + 1;
        match who {
            Err(why) => Some(format!("its rule {number} {why}, which an access cannot say")),
            Ok(who) if who.pods => {
                Some(format!("its rule {number} is about pods of the cluster: ours comes before it, and it goes on deciding about them"))
            }
            Ok(_) if !rule.destination.nets.is_empty() || !rule.destination.selector.is_empty() || rule.http.is_some() => {
                Some(format!("its rule {number} goes by more than ports, which an access cannot say"))
            }
            Ok(_) => None,
        }
    })
}

/// Whether it selects more than the Service's pods.
fn selects_others(snapshot: &Snapshot, inside: &Inside, scope: &Scope, key: &ObjectKey, spec: &PolicySpec) -> Option<String> {
    let whole = |text: &str| text.is_empty() || text.split_whitespace().collect::<String>() == "all()";
    if whole(&spec.selector) && spec.service_account_selector.is_empty() {
        return Some("it selects every pod of its namespaces".to_owned());
    }
    let Ok(selector) = Selector::of_policy(spec, &key.namespace) else { return Some("its selector cannot be read".to_owned()) };
    if snapshot.iter::<Kept<HostEndpoint>>().any(|host| selector.matches(&snapshot.host_labels(host))) {
        return Some("it selects HostEndpoints too".to_owned());
    }
    let service: &ServiceRef = &scope.service.service;
    let others = |pod: &Pod| {
        let own = |(key, value): (&String, &String)| pod.metadata.labels.get(key) == Some(value);
        pod.metadata.namespace != service.namespace() || !scope.service.selector.iter().all(own)
    };
    if scope.service.selector.is_empty() || inside.pods_match(&selector, others) {
        return Some(format!("it selects more than the pods of `{service}`"));
    }
    None
}

/// Whether any policy of others is left on the pods once `pieces` are taken over.
pub(super) fn governed_after(scope: &Scope, pieces: &[Piece]) -> bool {
    let taken = |key: &ObjectKey| pieces.iter().any(|piece| piece.key == *key && piece.stays.is_none());
    scope.pod_policies.iter().any(|policy| !taken(&policy.key))
}
