//! What must be on an endpoint for a selector to match it: so that few endpoints have to be tried.

use super::Selector;
use super::labels::{NAMESPACE, NAMESPACE_PREFIX, ORCHESTRATOR, SERVICE_ACCOUNT, SERVICE_ACCOUNT_PREFIX};
use super::node::{Compare, Node};

/// A label of an endpoint's own: its key, and its value where one is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Anchor {
    pub(crate) key: Box<str>,
    pub(crate) value: Option<Box<str>>,
}

impl Selector {
    /// Labels of which every endpoint that is selected carries at least one itself; none where no such list can be told.
    pub(crate) fn anchors(&self) -> Option<Vec<Anchor>> {
        anchors(&self.root)
    }
}

fn anchors(node: &Node) -> Option<Vec<Anchor>> {
    match node {
        Node::Has(key) => own(key, [None]),
        Node::Compare { by: Compare::NotEqual, .. } => None,
        Node::Compare { key, by: Compare::Equal, value } => own(key, [Some(&**value)]),
        Node::Compare { key, .. } => own(key, [None]),
        Node::In { key, values } => own(key, values.iter().map(|value| Some(&**value))),
        // Every operand must match, so one is enough: the one that leaves the fewest, as far as it shows.
        Node::And(operands) => {
            operands.iter().filter_map(anchors).min_by_key(|list| (list.iter().any(|anchor| anchor.value.is_none()), list.len()))
        }
        Node::Or(operands) => operands.iter().map(anchors).collect::<Option<Vec<_>>>().map(|lists| lists.concat()),
        Node::All | Node::Global | Node::NotIn { .. } | Node::Not(_) => None,
    }
}

/// Labels that Calico adds, or that are inherited, are not among an endpoint's own.
fn own<'a>(key: &str, values: impl IntoIterator<Item = Option<&'a str>>) -> Option<Vec<Anchor>> {
    let added = [NAMESPACE, ORCHESTRATOR, SERVICE_ACCOUNT].contains(&key);
    let inherited = key.starts_with(NAMESPACE_PREFIX) || key.starts_with(SERVICE_ACCOUNT_PREFIX);
    (!added && !inherited).then(|| values.into_iter().map(|value| Anchor { key: key.into(), value: value.map(Into::into) }).collect())
}
