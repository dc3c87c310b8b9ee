//! Policies of administrators (`policy.networking.k8s.io`), which are not modelled: where one may have a say, nothing is told.

use super::settings::Line;
use super::verdict::Unknown;
use crate::object::{AdminNetworkPolicy, AdminPolicySpec, BaselineAdminNetworkPolicy, Kind, Namespace, Object, Pod};
use crate::snapshot::Snapshot;

/// Why it cannot be told what becomes of packets to a pod, or from it, as far as such policies go. Calico takes them in since 3.29
/// (`libcalico-go/lib/backend/k8s/resources/kube{,baseline}adminnetworkpolicy.go` at v3.30.1).
pub(super) fn decides(snapshot: &Snapshot, line: Line, pod: &Pod, ingress: bool) -> Option<Unknown> {
    let namespace = snapshot.get::<Namespace>("", &pod.metadata.namespace).map(|namespace| &namespace.metadata.labels);
    let about = |spec: &AdminPolicySpec| spec.may_be_about(&pod.metadata.labels, namespace, ingress);
    let first = || snapshot.iter::<AdminNetworkPolicy>().find(|policy| about(&policy.spec)).map(|policy| policy.key());
    let last = || snapshot.iter::<BaselineAdminNetworkPolicy>().find(|policy| about(&policy.spec)).map(|policy| policy.key());
    let blind = |kind: Kind| {
        let unread = snapshot.unknown(kind).map(|_| Unknown::NotRead(kind));
        unread.or_else(|| snapshot.unreadable().find(|(key, _)| key.kind == kind).map(|(key, _)| Unknown::Unreadable(key.clone())))
    };
    if !line.has_tiers() {
        return None;
    }
    let first = blind(Kind::AdminNetworkPolicy).or_else(|| first().map(Unknown::AdminPolicy));
    first.or_else(|| blind(Kind::BaselineAdminNetworkPolicy)).or_else(|| last().map(Unknown::AdminPolicy))
}
