//! What is read of the policies of cluster administrators (`policy.networking.k8s.io/v1alpha1`): whom they are about. What they say is not
//! modelled.

use super::{LabelSelector, object};
use crate::object::{Kind, Labels, Meta, Object, null_as_default};
use crate::selector::Selector;
use serde::Deserialize;
use serde_json::Value;

/// A policy that comes before those of everyone else.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct AdminNetworkPolicy {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: AdminPolicySpec,
}
object!(AdminNetworkPolicy);

/// One that comes after those of everyone else.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct BaselineAdminNetworkPolicy {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: AdminPolicySpec,
}
object!(BaselineAdminNetworkPolicy);

/// The spec of both.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct AdminPolicySpec {
    /// Whom it is about.
    pub subject: AdminSubject,
    /// Its ingress rules, as they are.
    #[serde(deserialize_with = "null_as_default")]
    pub ingress: Vec<Value>,
    /// Its egress rules, as they are.
    #[serde(deserialize_with = "null_as_default")]
    pub egress: Vec<Value>,
}

/// Whom such a policy is about: all pods of namespaces, or some.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct AdminSubject {
    /// All pods of these namespaces.
    pub namespaces: Option<LabelSelector>,
    /// Some pods of some namespaces.
    pub pods: Option<AdminPods>,
}

/// Some pods of some namespaces.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AdminPods {
    /// The namespaces.
    pub namespace_selector: LabelSelector,
    /// Their pods.
    pub pod_selector: LabelSelector,
}

impl AdminPolicySpec {
    /// Whether it may have a say about what comes to such a pod, or goes from it. `namespace` are the labels of the pod's Namespace; of one
    /// that is not known anything may be.
    #[must_use]
    pub fn may_be_about(&self, pod: &Labels, namespace: Option<&Labels>, ingress: bool) -> bool {
        // A selector that cannot be read may mean anything.
        let fits =
            |selector: &LabelSelector, labels: &Labels| Selector::of_labels(selector).map_or(true, |selector| selector.matches(labels));
        let of_namespace = |selector: &LabelSelector| namespace.is_none_or(|labels| fits(selector, labels));
        let all = self.subject.namespaces.as_ref().is_some_and(of_namespace);
        let some = self.subject.pods.as_ref().is_some_and(|pods| of_namespace(&pods.namespace_selector) && fits(&pods.pod_selector, pod));
        let rules = if ingress { &self.ingress } else { &self.egress };
        !rules.is_empty() && (all || some)
    }
}
