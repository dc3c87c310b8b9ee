//! Checks of selectors of others that come to mean sets of Portcullis: what somebody wrote for pods then is about clients outside too.

use super::{Draft, few};
use crate::access::{Change, ClientGroup, Intent};
use crate::finding::{Finding, Severity};
use crate::names;
use crate::object::{GlobalNetworkSet, Kept, Kind, Labels, Meta, ObjectKey};
use crate::recipe::{self, Generated};
use crate::scope::{KINDS_OF_SETS, LooseSelector, Scope, loose_selectors};
use crate::snapshot::Snapshot;
use serde_json::Value;
use std::collections::BTreeSet;

const ID: &str = "foreign-selector-means-sets";

/// Those that mean a set which `change` has the Service have.
pub(super) fn of_change(scope: &Scope, change: &Change) -> Vec<Finding> {
    let Intent::Guard(access) = &change.intent else { return Vec::new() };
    of_sets(scope.loose_selectors.iter(), || recipe::generate(scope, access, &change.host_endpoints))
}

/// Those that mean the sets of a client group.
pub(crate) fn of_group(snapshot: &Snapshot, group: &ClientGroup) -> Vec<Finding> {
    of_sets(loose_selectors(snapshot), || recipe::client_group(group))
}

/// What is made is only made where there is such a selector: seldom.
fn of_sets<'a>(loose: impl Iterator<Item = &'a LooseSelector>, made: impl FnOnce() -> Vec<Generated>) -> Vec<Finding> {
    let mut loose = loose.peekable();
    if loose.peek().is_none() {
        return Vec::new();
    }
    let sets: Vec<(ObjectKey, Labels)> =
        made().into_iter().filter_map(|set| Some((set.key, labels(set.object.pointer("/metadata/labels")?)))).collect();
    let finding = |loose: &LooseSelector| {
        let meant: Vec<Meant> =
            sets.iter().filter(|(_, labels)| loose.means(labels)).filter_map(|(key, labels)| Meant::of(key, labels)).collect();
        finding(loose, &meant)
    };
    loose.filter_map(finding).collect()
}

/// Of the findings of several changes, those of one selector as one: a thousand Services have a thousand sets. `now` is the cluster once all
/// are made.
pub(crate) fn said_once(now: &Snapshot, findings: Vec<Finding>) -> Vec<Finding> {
    let (meant, mut findings): (Vec<Finding>, Vec<Finding>) = findings.into_iter().partition(|finding| finding.id == ID);
    if meant.is_empty() {
        return findings;
    }
    let selectors: BTreeSet<(Option<&ObjectKey>, &str)> = meant.iter().map(selector).collect();
    findings.extend(in_force(now).into_iter().filter(|finding| selectors.contains(&selector(finding))));
    findings
}

fn selector(finding: &Finding) -> (Option<&ObjectKey>, &str) {
    (finding.objects.first(), &finding.field)
}

/// Those that mean a set which the cluster has, each with the first set of a kind: of 20,000 it is enough to know that there are.
pub(super) fn in_force(snapshot: &Snapshot) -> Vec<Finding> {
    let finding = |loose: &LooseSelector| {
        let meant: Vec<Meant> = KINDS_OF_SETS.into_iter().filter_map(|label| first(snapshot, loose, label)).collect();
        finding(loose, &meant)
    };
    loose_selectors(snapshot).filter_map(finding).collect()
}

/// A set that is meant, and the label that tells its kind.
struct Meant {
    key: ObjectKey,
    label: &'static str,
}

impl Meant {
    fn of(key: &ObjectKey, labels: &Labels) -> Option<Self> {
        let label = KINDS_OF_SETS.into_iter().find(|label| labels.contains_key(label))?;
        Some(Self { key: key.clone(), label })
    }
}

fn labels(value: &Value) -> Labels {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// The first set of Portcullis with this label that is meant.
fn first(snapshot: &Snapshot, loose: &LooseSelector, label: &'static str) -> Option<Meant> {
    if !loose.means_any_with(label) {
        return None;
    }
    let of_kind = snapshot.carriers(label).filter(|key| key.kind == Kind::GlobalNetworkSet);
    let mut sets = of_kind.filter_map(|key| snapshot.get::<Kept<GlobalNetworkSet>>("", &key.name)).map(|set| &set.metadata);
    let set: &Meta = sets.find(|set| names::is_ours(set) && loose.means(&set.labels))?;
    Some(Meant { key: ObjectKey::new(Kind::GlobalNetworkSet, "", &set.name), label })
}

fn finding(loose: &LooseSelector, meant: &[Meant]) -> Option<Finding> {
    if meant.is_empty() {
        return None;
    }
    let sets: Vec<String> = meant.iter().map(|set| format!("`{}`", set.key.name)).collect();
    let objects = std::iter::once(loose.policy.clone()).chain(meant.iter().map(|set| set.key.clone())).collect();
    let LooseSelector { policy, field, written, .. } = loose;
    let finding = Draft::new(Severity::Warning, ID, objects).says(
        format!("`{written}` at `{field}` of {policy} means sets of Portcullis too, as {}.", few(&sets)),
        format!("A selector means every set whose labels fit, and not pods alone: {}.", comes_to(loose)),
        action(loose, meant),
    );
    Some(Finding { field: field.clone(), ..finding })
}

/// What the rule does to the ranges of such a set.
fn comes_to(loose: &LooseSelector) -> String {
    let traffic = if loose.sends { "what comes from the ranges in them" } else { "what is sent to the ranges in them" };
    let does = |verb: &str, form: &str| {
        if loose.negated {
            format!("the rule does not {verb} {traffic}")
        } else {
            format!("the rule {form} {traffic}, whatever Service these were let in to")
        }
    };
    match loose.action.as_str() {
        "Allow" => does("allow", "allows"),
        "Deny" => does("deny", "denies"),
        "Pass" => does("pass on", "passes on"),
        _ => does("match", "matches"),
    }
}

/// How the rule is about what was meant again.
fn action(loose: &LooseSelector, meant: &[Meant]) -> String {
    let labels: BTreeSet<&str> = meant.iter().map(|set| set.label).collect();
    let without: Vec<String> = labels.into_iter().map(|label| format!("!has({label})")).collect();
    let without = without.join(" && ");
    if !loose.of_sets {
        return format!("If sets are not meant, write the selector `{without}` beside it.");
    }
    let kept = if loose.written == "all()" { String::new() } else { format!("({}) && ", loose.written) };
    if loose.outside_namespaces {
        return format!("If these sets are not meant, write `{kept}{without}` there.");
    }
    format!(
        "If pods alone are meant, write `{kept}projectcalico.org/orchestrator == 'k8s'` there; if these sets are not, write `{kept}{without}`."
    )
}
