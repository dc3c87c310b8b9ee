//! kube-proxy: to which of the endpoints that are ready a node keeps, by what they are meant for (`CategorizeEndpoints` in
//! `pkg/proxy/topology.go`).

use super::proxy::{End, Offer};
use super::world::World;
use crate::reach::packet::Backend;
use crate::reach::settings::Hints;
use crate::reach::verdict::Unknown;

/// An endpoint that kube-proxy sends to, or may.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) backend: Backend,
    /// Why it cannot be told whether kube-proxy sends to it; none where it does.
    pub(super) doubt: Option<Unknown>,
}

impl Choice {
    pub(super) fn sure(end: &End) -> Self {
        Self { backend: end.backend.clone(), doubt: None }
    }
}

impl<'a> Offer<'a> {
    /// Those of the endpoints, which are all ready, that kube-proxy of this node keeps to.
    pub(super) fn near(&self, world: &World<'a>, node: &str, ready: &[&End]) -> Vec<Choice> {
        let ways: Vec<Vec<&End>> = world.settings.proxy.possible_hints().iter().map(|by| self.kept_to(*by, world, node, ready)).collect();
        let among = |way: &[&End], end: &End| way.iter().any(|other| std::ptr::eq(*other, end));
        let some = ready.iter().filter(|end| ways.iter().any(|way| among(way, end)));
        let doubt = |end: &End| (!ways.iter().all(|way| among(way, end))).then_some(Unknown::ProxyVersion);
        some.map(|end| Choice { doubt: doubt(end), ..Choice::sure(end) }).collect()
    }

    /// The same where it goes by these hints: every endpoint has one, and one is meant for the node; else for the node's zone; else all.
    fn kept_to<'e>(&self, by: Hints, world: &World<'a>, node: &str, ready: &[&'e End]) -> Vec<&'e End> {
        let zone = world.nodes.get(node).map_or("", |node| node.zone.as_str());
        let (nodes, zones) = match by {
            Hints::None => (false, false),
            Hints::ZonesWhereAsked => (false, self.service.asks_for_zones()),
            Hints::Zones => (false, true),
            Hints::NodesAndZones => (true, true),
        };
        let meant = |used: bool, hints: fn(&End) -> &Vec<String>, for_whom: &str| {
            let of = |end: &&&End| hints(end).iter().any(|hint| hint == for_whom);
            let all = used && ready.iter().all(|end| !hints(end).is_empty());
            let found: Vec<&'e End> = ready.iter().filter(of).copied().collect();
            Some(found).filter(|found| all && !found.is_empty())
        };
        let found = meant(nodes, |end| &end.nodes, node).or_else(|| meant(zones, |end| &end.zones, zone).filter(|_| !zone.is_empty()));
        found.unwrap_or_else(|| ready.to_vec())
    }
}
