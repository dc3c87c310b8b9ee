//! kube-proxy: which of the endpoints of a Service a node keeps to, by where they are and what they are meant for.

use super::hosts::Host;
use super::proxy::{Back, Behind};
use super::world::World;
use crate::object::Service;
use crate::reach::settings::Hints;
use crate::reach::verdict::Unknown;
use std::collections::BTreeSet;

/// By what kube-proxy keeps to some of the endpoints that are ready, in each way that it may work: by the nodes that they are meant for, by zones.
pub(super) struct Topology(BTreeSet<(bool, bool)>);

/// The backends that a packet may get to, by their places in [`Behind::backends`].
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reachable {
    pub(super) sure: Vec<usize>,
    /// Whether kube-proxy sends to these hangs on what is not known ([`Behind::doubt`]).
    pub(super) doubtful: Vec<usize>,
}

impl Reachable {
    pub(super) fn is_empty(&self) -> bool {
        self.sure.is_empty() && self.doubtful.is_empty()
    }
}

impl Behind {
    /// Whether it hangs on the node where a packet comes in which backends it may get to.
    pub(super) fn tells_nodes_apart(&self) -> bool {
        !self.at_odds && (self.local || self.topology.0.iter().any(|(nodes, zones)| *nodes || *zones))
    }

    /// Why it cannot be told whether kube-proxy sends to some of them.
    pub(super) const fn doubt(&self) -> Unknown {
        if self.at_odds { Unknown::EndpointSlices } else { Unknown::ProxyVersion }
    }

    /// The backends that a packet which comes in at this node may get to.
    pub(super) fn reachable(&self, node: &Host) -> Reachable {
        if self.at_odds {
            // Any of them may be the one that has none beside it.
            let some = self.backends.iter().enumerate().filter(|(_, back)| back.ready || back.last_resort);
            return Reachable { sure: Vec::new(), doubtful: some.map(|(at, _)| at).collect() };
        }
        let here = || self.backends.iter().enumerate().filter(|(_, back)| !self.local || back.node.as_deref() == Some(&*node.name));
        let ready: Vec<usize> = here().filter(|(_, back)| back.ready).map(|(at, _)| at).collect();
        let sure = |sure| Reachable { sure, doubtful: Vec::new() };
        if ready.is_empty() {
            return sure(here().filter(|(_, back)| back.last_resort).map(|(at, _)| at).collect());
        }
        if self.local || !self.tells_nodes_apart() {
            return sure(ready);
        }
        let meant = |is_meant: &dyn Fn(&Back) -> bool| -> Option<Vec<usize>> {
            let found: Vec<usize> = ready.iter().copied().filter(|at| self.backends.get(*at).is_some_and(is_meant)).collect();
            (!found.is_empty()).then_some(found)
        };
        let for_node = meant(&|back| back.meant.0.contains(&*node.name));
        let for_zone = node.zone.as_deref().and_then(|zone| meant(&|back| back.meant.1.contains(zone)));
        let chosen = |(by_node, by_zone): (bool, bool)| {
            let nearest = for_node.as_ref().filter(|_| by_node).or(for_zone.as_ref().filter(|_| by_zone));
            nearest.unwrap_or(&ready).iter().copied().collect::<BTreeSet<usize>>()
        };
        let all: Vec<BTreeSet<usize>> = self.topology.0.iter().map(|way| chosen(*way)).collect();
        let some: BTreeSet<usize> = all.iter().flatten().copied().collect();
        let (sure, doubtful) = some.into_iter().partition(|at| all.iter().all(|chosen| chosen.contains(at)));
        Reachable { sure, doubtful }
    }
}

impl World<'_> {
    /// By zones before 1.31 where the Service asks for it, from then on always, and from 1.34 on by nodes before (pkg/proxy/topology.go:140 at
    /// v1.29.15, :149 at v1.32.5, :155 at v1.34.4).
    pub(super) fn topology(&self, service: &Service, backends: &[Back]) -> Topology {
        let ready = || backends.iter().filter(|back| back.ready);
        // One that is meant for nobody, and all are for everybody.
        let whole = (ready().all(|back| !back.meant.0.is_empty()), ready().all(|back| !back.meant.1.is_empty()));
        let by = |hints: &Hints| match hints {
            Hints::None => (false, false),
            Hints::ZonesWhereAsked => (false, whole.1 && service.asks_for_zones()),
            Hints::Zones => (false, whole.1),
            Hints::NodesAndZones => whole,
        };
        Topology(self.settings.proxy.possible_hints().iter().map(by).collect())
    }
}
