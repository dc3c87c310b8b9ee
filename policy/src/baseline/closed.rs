//! The policy that closes the advertised ranges.

use super::ranges::Range;
use crate::access::{HostEndpoints, Kept as KeptAccess};
use crate::cidr::{Cidr, CidrSet};
use crate::names;
use crate::object::{EntityRule, GlobalNetworkPolicy, Kept, Kind, ObjectKey, Order, PolicySpec, Rule};
use crate::recipe::{deny, policy};
use crate::scope::ServiceFacts;
use crate::snapshot::Snapshot;
use serde_json::{Value, json};

/// What is closed by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The HostEndpoints that it was planned with.
    pub host_endpoints: HostEndpoints,
    /// The ranges that its rules name.
    pub ranges: Vec<Cidr>,
    /// The addresses that are closed.
    pub addresses: CidrSet,
}

impl Closed {
    /// The ranges that hold an address of the Service which is closed.
    pub(crate) fn about(&self, service: &ServiceFacts) -> Vec<Cidr> {
        let own: Vec<_> = service.cluster_ips.iter().copied().chain(service.outer_addresses()).collect();
        let holds = |range: &&Cidr| own.iter().any(|address| range.contains(*address) && self.addresses.contains(*address));
        self.ranges.iter().filter(holds).copied().collect()
    }
}

/// The identity of the policy.
pub(super) fn key() -> ObjectKey {
    ObjectKey::new(Kind::GlobalNetworkPolicy, "", names::CLOSED_POLICY)
}

/// What is closed by default in this cluster; none where Portcullis closes nothing.
#[must_use]
pub fn closed(snapshot: &Snapshot) -> Option<Closed> {
    let live = snapshot.get::<Kept<GlobalNetworkPolicy>>("", names::CLOSED_POLICY).filter(|policy| names::is_ours(&policy.metadata))?;
    let text = live.metadata.annotations.get(names::ACCESS_ANNOTATION);
    let kept = text.and_then(|text| kept(text)).unwrap_or_default();
    let read = |nets: &[String]| -> Vec<Cidr> { nets.iter().filter_map(|net| net.parse().ok()).collect() };
    let (mut ranges, mut addresses) = (Vec::new(), CidrSet::new());
    for rule in live.spec.ingress.iter().filter(|rule| rule.action == "Deny") {
        let own = read(&rule.destination.nets);
        let but: CidrSet = read(&rule.destination.not_nets).into_iter().collect();
        addresses = addresses.union(&own.iter().copied().collect::<CidrSet>().difference(&but));
        ranges.extend(own);
    }
    Some(Closed { host_endpoints: kept.host_endpoints, ranges, addresses })
}

/// The HostEndpoints that a policy which closes was planned with.
pub(super) fn planned_on(policy: &Value) -> HostEndpoints {
    let annotations = policy.pointer("/metadata/annotations").and_then(Value::as_object);
    let text = annotations.and_then(|all| all.get(names::ACCESS_ANNOTATION)).and_then(Value::as_str);
    text.and_then(kept).unwrap_or_default().host_endpoints
}

fn kept(text: &str) -> Option<KeptAccess> {
    serde_json::from_str(text).ok()
}

/// The policy that closes these ranges on the HostEndpoints that `selector` selects.
///
/// It allows nothing: an Allow here would carry packets past policies behind. Where a HostEndpoint stands for all interfaces it meets what
/// pods send too (fv/pre_dnat_test.go:253 at v3.27.0), and the denies leave pods out.
pub(super) fn closing(ranges: &[Range], selector: &str, wildcard: bool, choice: &HostEndpoints) -> Value {
    let source = if wildcard {
        EntityRule { not_selector: "projectcalico.org/orchestrator == 'k8s'".to_owned(), ..EntityRule::default() }
    } else {
        EntityRule::default()
    };
    let rule = |range: &Range| Rule {
        source: source.clone(),
        destination: EntityRule {
            nets: vec![range.cidr.to_string()],
            not_nets: range.nodes.cidrs().iter().map(ToString::to_string).collect(),
            ..EntityRule::default()
        },
        ..deny()
    };
    let spec = PolicySpec {
        order: Order::try_from(names::CLOSED_ORDER).ok(),
        selector: selector.to_owned(),
        types: vec!["Ingress".to_owned()],
        ingress: ranges.iter().filter(|range| !range.closable().is_empty()).map(rule).collect(),
        pre_dnat: true,
        apply_on_forward: true,
        ..PolicySpec::default()
    };
    let kept = KeptAccess { host_endpoints: choice.clone(), ..KeptAccess::default() };
    let annotations = json!({ names::SHAPE_ANNOTATION: names::SHAPE, names::ACCESS_ANNOTATION: json!(kept).to_string() });
    policy(Kind::GlobalNetworkPolicy, json!({ "name": names::CLOSED_POLICY, "annotations": annotations }), &spec)
}
