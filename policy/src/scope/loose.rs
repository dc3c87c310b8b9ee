//! Selectors in rules of others that ask for no label: they mean, besides pods, every set whose labels fit, and so what Portcullis writes.

use super::foreign::decides;
use crate::names;
use crate::object::{AnyObject, EntityRule, Labels, ObjectKey};
use crate::selector::Selector;
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

/// A selector of a rule of others that Portcullis' sets may come to be meant by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LooseSelector {
    /// The policy.
    pub policy: ObjectKey,
    /// Where the selector stands: `spec.ingress[0].source.selector`.
    pub field: String,
    /// As it is written.
    pub written: String,
    /// What the rule does with what it matches: `Allow`, `Deny`, `Pass`.
    pub action: String,
    /// Whether it is about who sends; else about who receives.
    pub sends: bool,
    /// Whether the rule is about everything but what the selector means.
    pub negated: bool,
    /// Whether it goes by the labels of sets; else by those of namespaces or service accounts.
    pub of_sets: bool,
    /// Whether nothing in a namespace, and so no pod, is meant.
    pub outside_namespaces: bool,
    /// Whether the rule sees packets before the addresses of Services are translated.
    pub before_translation: bool,
    /// What it comes to.
    pub selector: Selector,
}

/// Labels that tell the sets of Portcullis: of clients, of a Service's addresses, of nodes, and of a client group.
pub(crate) const KINDS: [&str; 4] = [names::CLIENTS_LABEL, names::ADDRESSES_LABEL, names::NODES_LABEL, names::GROUP_LABEL];

impl LooseSelector {
    /// Those of a policy of others. A selector that asks for a label of Portcullis' own is not among them: it means what it says.
    pub(crate) fn all_of(object: &AnyObject) -> Vec<Self> {
        let spec = match object {
            AnyObject::NetworkPolicy(policy) => &policy.spec,
            AnyObject::GlobalNetworkPolicy(policy) => &policy.spec,
            _ => return Vec::new(),
        };
        if names::is_ours(object.meta()) {
            return Vec::new();
        }
        let key = object.key();
        let mut found = Vec::new();
        for (direction, rules, acts) in
            [("ingress", &spec.ingress, spec.governs("Ingress")), ("egress", &spec.egress, spec.governs("Egress"))]
        {
            for (number, rule) in rules.iter().enumerate().filter(|(_, rule)| acts && decides(rule)) {
                for (name, side) in [("source", &rule.source), ("destination", &rule.destination)] {
                    let Some((field, written, selector, negated)) = by_labels(side, &key.namespace) else { continue };
                    if selector.anchors().is_some() {
                        continue;
                    }
                    found.push(Self {
                        policy: key.clone(),
                        field: format!("spec.{direction}[{number}].{name}.{field}"),
                        written: written.clone(),
                        action: rule.action.clone(),
                        sends: name == "source",
                        negated,
                        of_sets: matches!(field, "selector" | "notSelector"),
                        outside_namespaces: Selector::parse(&side.namespace_selector).is_ok_and(|selector| selector.is_global()),
                        before_translation: spec.pre_dnat || spec.do_not_track,
                        selector,
                    });
                }
            }
        }
        found.retain(|loose| KINDS.into_iter().any(|label| loose.means_any_with(label)));
        found
    }

    /// Whether a set of Portcullis with these labels is meant, and matters to the rule: nobody sends from the address of a Service, and behind
    /// its translation nothing is sent there.
    pub(crate) fn means(&self, labels: &Labels) -> bool {
        let of_addresses = labels.contains_key(names::ADDRESSES_LABEL);
        (!of_addresses || self.before_translation && !self.sends) && self.selector.matches(labels)
    }

    /// Whether it may mean a set of Portcullis with this label, one of [`KINDS`]: it is tried on one with values that no set has.
    pub(crate) fn means_any_with(&self, label: &str) -> bool {
        let beside: &[&str] = if label == names::CLIENTS_LABEL { &[names::EDGE_CLIENTS_LABEL, names::PORTS_LABEL] } else { &[] };
        self.means(&beside.iter().chain([&label]).map(|label| ((*label).to_owned(), "?".to_owned())).collect())
    }
}

/// Those of policies that Felix has, by policy.
pub(crate) fn evaluated(snapshot: &Snapshot) -> impl Iterator<Item = &LooseSelector> {
    snapshot.loose_selectors().filter(|loose| !snapshot.is_refused(&loose.policy))
}

/// What goes by labels at one side of a rule: the field, as it is written, what it comes to, and whether the rule is about all but that.
fn by_labels<'a>(side: &'a EntityRule, namespace: &str) -> Option<(&'static str, &'a String, Selector, bool)> {
    // A rule of a namespace looks outside it only where it says so.
    if !namespace.is_empty() && side.namespace_selector.is_empty() {
        return None;
    }
    let not = if side.not_selector.is_empty() { None } else { Some(Selector::parse(&side.not_selector).ok()?) };
    let Some(means) = Selector::of_side(side, namespace).ok()? else { return Some(("notSelector", &side.not_selector, not?, true)) };
    let means = if let Some(not) = not { means.and(&not.negated().ok()?).ok()? } else { means };
    let accounts = side.service_accounts.as_ref().map(|accounts| ("serviceAccounts.selector", &accounts.selector));
    let fields = [("selector", &side.selector), ("namespaceSelector", &side.namespace_selector)].into_iter().chain(accounts);
    let (field, written) = fields.into_iter().find(|(_, text)| !text.is_empty())?;
    Some((field, written, means, false))
}
