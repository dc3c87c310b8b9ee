//! Which nodes are followed: all of a small cluster, of a large one some of each kind.

use crate::object::Node;
use crate::reach::diff::Side;
use crate::reach::sets::Hosts;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// So many nodes are all followed.
const ALL: usize = 6;
/// Of a kind of nodes these are followed: two, for what goes from one to another of the same kind.
const OF_A_KIND: usize = 2;
/// Kinds of nodes that are followed at most.
const KINDS: usize = 6;

/// A node that is followed.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) name: Arc<str>,
    /// Its main addresses.
    pub(super) addresses: Vec<IpAddr>,
    /// Whether the control plane runs on it.
    pub(super) control_plane: bool,
    /// Nodes with the same number are not told apart.
    kind: usize,
}

/// The nodes that are followed.
#[derive(Debug, Default)]
pub(super) struct Sample {
    pub(super) places: Vec<Place>,
    /// Kinds of nodes of which none is followed.
    pub(super) left_out: usize,
}

/// What tells nodes apart: what HostEndpoints make of them on both sides, whether they have a Felix of their own, and what runs on them.
type Kind = (Option<usize>, usize, Option<Arc<str>>, bool);

/// The labels of nodes on which the control plane runs (`kubeadm`).
const CONTROL_PLANE: [&str; 2] = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

impl Sample {
    pub(super) fn of(before: Side, after: Side) -> Self {
        let was = Hosts::of(before.snapshot, before.settings);
        let is = Hosts::of(after.snapshot, after.settings);
        let shapes: BTreeMap<&Arc<str>, usize> = was.kinds().map(|(name, _, shape)| (name, shape)).collect();
        let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
        let mut members: Vec<usize> = Vec::new();
        let mut sample = Self::default();
        let few = is.kinds().count() <= ALL;
        for (name, main, shape) in is.kinds() {
            let own = after.settings.nodes.contains_key(&**name).then(|| name.clone());
            let labels = after.snapshot.get::<Node>("", name).map(|node| &node.metadata.labels);
            let control_plane = labels.is_some_and(|labels| CONTROL_PLANE.iter().any(|label| labels.contains_key(*label)));
            let next = kinds.len();
            let kind = *kinds.entry((shapes.get(name).copied(), shape, own, control_plane)).or_insert(next);
            members.resize(members.len().max(kind + 1), 0);
            members[kind] += 1;
            if few || (kind < KINDS && members[kind] <= OF_A_KIND) {
                let addresses = main.into_iter().flatten().collect();
                sample.places.push(Place { name: name.clone(), addresses, control_plane, kind });
            }
        }
        if !few {
            sample.left_out = kinds.len().saturating_sub(KINDS);
        }
        sample
    }

    /// From each node to each other: in a large cluster from each kind to each, and once within a kind.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&Place, &Place)> {
        let few = self.places.len() <= ALL;
        let first =
            move |place: &Place| few || self.places.iter().find(|other| other.kind == place.kind).is_some_and(|it| it.name == place.name);
        let both = self.places.iter().flat_map(|from| self.places.iter().map(move |to| (from, to)));
        both.filter(move |(from, to)| from.name != to.name && first(from) && (first(to) || from.kind == to.kind))
    }
}
