//! Policies of administrators: where one may have a say, nothing is told.

use super::{Cluster, POD, told};
use crate::object::Kind;
use crate::reach::settings::Line;
use crate::reach::verdict::{Unknown, Verdict};

fn policy(kind: &str, subject: &str, directions: &str) -> String {
    format!(
        "{{apiVersion: policy.networking.k8s.io/v1alpha1, kind: {kind}, metadata: {{name: admins}}, spec: {{priority: 5, subject: {subject}, {directions}}}}}"
    )
}

#[test]
fn where_an_administrator_may_have_a_say_nothing_is_told() {
    let labelled = Cluster::page().and("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: red}}}");
    let ingress = "ingress: [{action: Deny, from: [{namespaces: {}}]}]";
    let egress = "egress: [{action: Deny, to: [{namespaces: {}}]}]";
    for (name, kind, subject, directions, decides) in [
        ("all namespaces", "AdminNetworkPolicy", "{namespaces: {}}", ingress, true),
        ("the baseline", "BaselineAdminNetworkPolicy", "{namespaces: {matchLabels: {team: red}}}", ingress, true),
        ("some pods", "AdminNetworkPolicy", "{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: svc-a}}}}", ingress, true),
        ("other pods", "AdminNetworkPolicy", "{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: x}}}}", ingress, false),
        ("other namespaces", "AdminNetworkPolicy", "{namespaces: {matchLabels: {team: blue}}}", ingress, false),
        ("the other direction", "AdminNetworkPolicy", "{namespaces: {matchLabels: {team: red}}}", egress, false),
    ] {
        let cluster = labelled.and(&policy(kind, subject, directions));
        let verdict = |line| {
            let answer = cluster.telling(|told| told.line = Some(line)).tcp("outsider-same", POD);
            assert_eq!(answer.paths.len(), 1, "{name}: {}", told(&answer));
            answer.paths[0].verdict.clone()
        };
        let said = matches!(verdict(Line::V3_30), Verdict::Unknown(Unknown::AdminPolicy(key)) if key.name == "admins");
        assert_eq!(said, decides, "{name}");
        assert_eq!(verdict(Line::V3_28), Verdict::Allowed, "{name}: before 3.29 Calico knows none");
    }
    let mut unread = labelled.telling(|told| told.line = Some(Line::V3_30));
    unread.unknown.push(Kind::AdminNetworkPolicy);
    assert_eq!(unread.tcp("outsider-same", POD).paths[0].verdict, Verdict::Unknown(Unknown::NotRead(Kind::AdminNetworkPolicy)));
}
