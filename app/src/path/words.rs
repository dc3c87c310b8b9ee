//! What stands in the boxes, and what lines are called.

use super::Side;
use super::lines::{Line, Reaches};
use crate::part::journey::{path_kind, stage, verdict};
use crate::text::{counted, thousands};
use policy::reach::packet::Interface;
use policy::reach::verdict::{Action, Hop, Journey, PathKind, Stage};
use policy::view::{AddressGroup, BackendGroup, ClientGroup, EntryGroup, Names, PathPort, PathView};

/// The text of a box: what it is, then up to two lines more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// Whether the first line is an address or a name.
    pub(super) mono: bool,
    pub(super) title: String,
    /// What it is more precisely.
    pub(super) more: Vec<String>,
    /// Whether that is names.
    pub(super) names: bool,
}

/// Clients.
pub(super) fn client(group: &ClientGroup) -> Words {
    let count = group.count.addresses();
    if group.rest {
        return Words { mono: false, title: "Everyone else".to_owned(), more: vec![count], names: false };
    }
    let first = group.ranges.first().map(ToString::to_string).unwrap_or_default();
    let others = u64::from(group.range_count.saturating_sub(1));
    let more = if others == 0 { count } else { format!("and {}", counted(others, "more range", "more ranges")) };
    Words { mono: true, title: first, more: vec![more], names: false }
}

/// Interfaces.
pub(super) fn entry(group: &EntryGroup) -> Words {
    let (mono, title) = match &group.interface {
        Some(Interface::Named(name)) => (true, name.clone()),
        Some(Interface::Main) => (false, "Main interface".to_owned()),
        Some(Interface::Having(address)) => (false, format!("Interface with {address}")),
        None => (false, "Inside".to_owned()),
    };
    Words { mono, title, more: vec![in_short(&group.nodes, 20, "node", "nodes")], names: false }
}

/// Addresses.
pub(super) fn address(group: &AddressGroup, port: PathPort) -> Words {
    let port = port_in_words(port);
    if group.own {
        let count = counted(u64::from(group.addresses.count), "node address", "node addresses");
        return Words { mono: false, title: count, more: vec![port], names: false };
    }
    Words { mono: true, title: in_short(&group.addresses, 20, "address", "addresses"), more: vec![port], names: false }
}

/// Backends. Their names are without the namespace that is the Service's own.
pub(super) fn backend(group: &BackendGroup, namespace: &str) -> Words {
    const NAMED: usize = 2;
    let count = usize::try_from(group.backends.count).unwrap_or(usize::MAX);
    let (names, more) = match group.kind {
        PathKind::NoBackend => (false, vec!["none is ready".to_owned()]),
        PathKind::Direct => (false, vec!["the node itself".to_owned()]),
        PathKind::SameNode | PathKind::OtherNode if count > NAMED => {
            let nodes = counted(u64::from(group.nodes.count), "node", "nodes");
            (false, vec![format!("{} on {nodes}", counted(u64::from(group.backends.count), "pod", "pods"))])
        }
        PathKind::SameNode | PathKind::OtherNode => {
            let own =
                |name: &String| name.split_once('/').filter(|(of, _)| *of == namespace).map_or(name.clone(), |(_, name)| name.to_owned());
            (true, group.backends.first.iter().map(own).collect())
        }
    };
    Words { mono: false, title: path_kind(group.kind).to_owned(), more, names }
}

/// `TCP 443`, `NodePort TCP 30443`.
pub(super) fn port_in_words(port: PathPort) -> String {
    let text = port.port.to_string().replace('/', " ");
    if port.node_port { format!("NodePort {text}") } else { text }
}

/// The names where they fit, else how many there are.
fn in_short(names: &Names, most: usize, one: &str, many: &str) -> String {
    let all = names.first.join(", ");
    let complete = usize::try_from(names.count).is_ok_and(|count| count == names.first.len());
    if complete && all.chars().count() <= most || names.count == 1 { all } else { counted(u64::from(names.count), one, many) }
}

/// A text that fits: cut with an ellipsis.
pub(super) fn fit(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}

/// Who sends, as a sentence has it.
pub(super) fn whose(group: &ClientGroup) -> String {
    whole(&client(group))
}

/// What decides a journey: the stage, the object and its rule. Of what gets through, the last that let it.
pub(super) fn decider(journey: &Journey) -> String {
    let decides = |hop: &&Hop| hop.stage != Stage::Delivery && matches!(hop.action, Action::Allow | Action::Deny | Action::Unknown);
    let Some(hop) = journey.hops.iter().rev().find(decides) else { return "No policy stands in the way".to_owned() };
    let object = hop.object.as_ref().map(|key| format!(", {key}")).unwrap_or_default();
    let rule = hop.rule.map(|rule| format!(", rule {}", rule + 1)).unwrap_or_default();
    format!("{}{object}{rule}", stage(hop.stage))
}

/// A line in one sentence, for those who do not see it.
pub(super) fn spoken(view: &PathView, line: &Line, side: Side) -> String {
    let client = view.clients.get(line.client as usize).map(whose).unwrap_or_default();
    let entry = view.entries.get(line.entry as usize).map(entry).map(|words| format!("{} of {}", words.title, words.more.join(", ")));
    let address = line.address.and_then(|at| view.addresses.get(at as usize)).map(|group| address(group, view.port).title);
    let backend = line.backend.filter(|_| line.reaches >= Reaches::Between).and_then(|at| view.backends.get(at as usize));
    let backend = backend.map(|group| whole(&self::backend(group, view.service.namespace())));
    let way: Vec<String> = [entry, address, backend].into_iter().flatten().collect();
    let word = verdict(&line.verdict).1;
    let stopped = line.journeys(view, side).0.filter(|_| line.reaches != Reaches::Inside);
    let decides = stopped.map(|journey| format!(" by {}", decider(journey))).unwrap_or_default();
    let changed = if line.changed { "; the plan changes this" } else { "" };
    format!("{client}, by {}: {word}{decides}, {}{changed}", way.join(", to "), paths(line.paths))
}

fn whole(words: &Words) -> String {
    format!("{}, {}", words.title, words.more.join(", "))
}

/// `1 path`, `398 paths`.
pub(super) fn paths(count: u32) -> String {
    if count == 1 { "1 path".to_owned() } else { format!("{} paths", thousands(u64::from(count))) }
}
