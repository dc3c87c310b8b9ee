//! Objects of Kubernetes: names, labels and the selectors of its policies. The API server has validated the rest.

use super::names::{is_name, is_name_part, labels};
use super::report::{At, Report};
use crate::object::{AnyObject, is_dns_label};
use crate::selector::Selector;

/// Any object of Kubernetes' own APIs.
pub(super) fn object(report: &mut Report, object: &AnyObject) {
    let at = At::Root("metadata");
    let meta = object.meta();
    let name = &meta.name;
    match object {
        AnyObject::Namespace(_) | AnyObject::Service(_) => {
            let rule = "the name has at most 63 of a-z, 0-9 and `-`, and no dash at an end";
            report.check(is_name_part(name) && name.len() <= 63, at.field("name"), name, rule);
        }
        _ => {
            let rule =
                "the name has at most 253 of a-z, 0-9, `-` and `.`, and each part between dots starts and ends with a letter or digit";
            report.check(is_name(name) && name.len() <= 253, at.field("name"), name, rule);
        }
    }
    if object.kind().namespaced() && !meta.namespace.is_empty() {
        let rule = "the name of a namespace has at most 63 of a-z, 0-9 and `-`, and no dash at an end";
        report.check(is_dns_label(&meta.namespace), at.field("namespace"), &meta.namespace, rule);
    }
    labels(report, at.field("labels"), &meta.labels);
    if let AnyObject::KubernetesNetworkPolicy(policy) = object {
        let at = At::Root("spec");
        if let Err(error) = Selector::of_labels(&policy.spec.pod_selector) {
            report.add(at.field("podSelector"), "", error);
        }
        for (index, kind) in policy.spec.policy_types.iter().enumerate() {
            let at = at.field("policyTypes");
            report.check(kind == "Ingress" || kind == "Egress", at.item(index), kind, "a policy type is Ingress or Egress");
        }
    }
}
