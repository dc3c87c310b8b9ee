//! Specs of both kinds of policy (`validateGlobalNetworkPolicy`, `validateNetworkPolicy`).

use super::report::{At, Report};
use super::rule::{self, Place};
use crate::object::PolicySpec;
use std::collections::BTreeSet;

/// A GlobalNetworkPolicy.
pub(super) fn global(report: &mut Report, at: At<'_>, spec: &PolicySpec) {
    common(report, at, spec, true);
    rule::selector(report, at.field("namespaceSelector"), &spec.namespace_selector);
    rule::not_global(report, at.field("namespaceSelector"), &spec.namespace_selector);
    if spec.pre_dnat {
        report.check(!spec.do_not_track, at.field("preDNAT"), true, "preDNAT and doNotTrack cannot both be true");
        report.check(spec.egress.is_empty(), at.field("egress"), "", "a policy with preDNAT has no egress rules");
        if let Some(index) = spec.types.iter().position(|kind| kind == "Egress") {
            report.add(at.field("types").item(index), "Egress", "a policy with preDNAT has no type Egress");
        }
    }
    if !spec.apply_on_forward && (spec.pre_dnat || spec.do_not_track) {
        report.add(at.field("applyOnForward"), false, "applyOnForward is true where preDNAT or doNotTrack is");
    }
}

/// A NetworkPolicy. The fields of a GlobalNetworkPolicy that it does not have are dropped by the API server: one that is set would
/// not do what it says.
pub(super) fn namespaced(report: &mut Report, at: At<'_>, spec: &PolicySpec) {
    common(report, at, spec, false);
    const ONLY_GLOBAL: &str = "a NetworkPolicy does not have this field: the API server drops it, and only a GlobalNetworkPolicy has it";
    for (name, set) in [("preDNAT", spec.pre_dnat), ("doNotTrack", spec.do_not_track), ("applyOnForward", spec.apply_on_forward)] {
        report.check(!set, at.field(name), true, ONLY_GLOBAL);
    }
    report.check(spec.namespace_selector.is_empty(), at.field("namespaceSelector"), &spec.namespace_selector, ONLY_GLOBAL);
}

fn common(report: &mut Report, at: At<'_>, spec: &PolicySpec, global: bool) {
    for (name, text) in [("selector", &spec.selector), ("serviceAccountSelector", &spec.service_account_selector)] {
        rule::selector(report, at.field(name), text);
        rule::not_global(report, at.field(name), text);
    }
    let mut seen = BTreeSet::new();
    for (index, kind) in spec.types.iter().enumerate() {
        let at = at.field("types");
        let at = at.item(index);
        report.check(kind == "Ingress" || kind == "Egress", at, kind, "a type is Ingress or Egress, in this spelling");
        report.check(seen.insert(kind), at, kind, "a type is named once");
    }
    let mut seen = BTreeSet::new();
    for (index, hint) in spec.performance_hints.iter().enumerate() {
        let at = at.field("performanceHints");
        let at = at.item(index);
        report.check(hint == "AssumeNeededOnEveryNode", at, hint, "the only performance hint is AssumeNeededOnEveryNode");
        report.check(seen.insert(hint), at, hint, "a performance hint is named once");
    }
    for (name, rules, ingress) in [("ingress", &spec.ingress, true), ("egress", &spec.egress, false)] {
        for (index, rule) in rules.iter().enumerate() {
            rule::rule(report, at.field(name).item(index), rule, Place { ingress, global });
        }
    }
}
