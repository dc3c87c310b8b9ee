//! To whom nodes pass on what they advertise: as Calico's BIRD is set up from BGPPeers and BGPConfiguration
//! (`updatePeersV1` in `confd/pkg/backends/calico/client.go:526` and `confd/etc/calico/confd/templates/` at v3.31.0).

use crate::checks::few;
use crate::cidr::{Cidr, Family};
use crate::object::{BgpConfiguration, BgpPeer, BgpPeerSpec, IpPool, Kind, Node, REFLECTOR_ANNOTATION};
use crate::selector::Selector;
use crate::snapshot::Snapshot;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// BGPPeers that are named one by one.
const NAMED: usize = 8;

/// What becomes of `routes`, of one family, at the nodes that advertise them.
pub(super) fn told(snapshot: &Snapshot, nodes: &[&Node], family: Family, routes: &[Cidr]) -> Vec<String> {
    if nodes.is_empty() || routes.is_empty() {
        return Vec::new();
    }
    if let Some(why) = snapshot.unknown(Kind::BgpPeer) {
        return vec![format!("To whom is not known: {why}.")];
    }
    if let Some(pool) = kept_back(snapshot, routes) {
        return vec![format!("No peer is told: IPPool `{}` holds it and has `disableBGPExport`.", pool.metadata.name)];
    }
    let mut said = Vec::new();
    let (speaking, mute): (Vec<&Node>, Vec<&Node>) = nodes.iter().partition(|node| speaks(node, family));
    if !mute.is_empty() {
        let verb = if mute.len() == 1 { "has" } else { "have" };
        said.push(format!("{} {verb} no {family} address for BGP, as far as Calico has written, and would tell nobody.", named(&mute)));
    }
    if speaking.is_empty() {
        return said;
    }
    let peers = Peers::of(snapshot, family);
    let (outside, reached) = peers.outside(&speaking);
    let more = outside.len().saturating_sub(NAMED);
    said.extend(outside.into_iter().take(NAMED));
    if more > 0 {
        said.push(format!("So do {more} more BGPPeers, each for its nodes."));
    }
    let alone: Vec<&Node> = speaking.iter().filter(|node| !reached.contains(node.metadata.name.as_str())).copied().collect();
    if reached.is_empty() {
        said.push("No BGPPeer of these nodes is a router outside: nobody outside learns it from Calico.".to_owned());
    } else if !alone.is_empty() {
        let verb = if alone.len() == 1 { "has" } else { "have" };
        said.push(format!("{} {verb} no BGPPeer outside.", named(&alone)));
    }
    said.extend(peers.inside(&speaking));
    said
}

/// The pool that keeps each of these routes from every peer (`reject_disabled_pools`).
fn kept_back<'a>(snapshot: &'a Snapshot, routes: &[Cidr]) -> Option<&'a IpPool> {
    let mut pools = snapshot.iter::<IpPool>().filter(|pool| pool.spec.other.get("disableBGPExport") == Some(&Value::Bool(true)));
    pools.find(|pool| pool.spec.cidr.parse().is_ok_and(|cidr: Cidr| routes.iter().all(|route| cidr.covers(*route)))).map(|pool| &**pool)
}

/// Whether BIRD of this family runs on the node: it has the node's address of that family, or nothing.
fn speaks(node: &Node, family: Family) -> bool {
    let annotation = if family == Family::V4 { "projectcalico.org/IPv4Address" } else { "projectcalico.org/IPv6Address" };
    node.metadata.annotations.get(annotation).is_some_and(|text| !text.is_empty())
}

fn named(nodes: &[&Node]) -> String {
    few(&nodes.iter().map(|node| node.metadata.name.clone()).collect::<Vec<_>>())
}

/// The BGPPeers of one family.
struct Peers<'a> {
    snapshot: &'a Snapshot,
    family: Family,
    own: BTreeSet<IpAddr>,
}

impl<'a> Peers<'a> {
    fn of(snapshot: &'a Snapshot, family: Family) -> Self {
        let own = snapshot.iter::<Node>().flat_map(|node| crate::baseline::automatic_addresses(node)).collect();
        Self { snapshot, family, own }
    }

    /// A sentence for each BGPPeer outside, those of all nodes first, and the nodes that have one.
    fn outside<'n>(&self, nodes: &[&'n Node]) -> (Vec<String>, BTreeSet<&'n str>) {
        let (mut said, mut reached) = (Vec::new(), BTreeSet::new());
        // A peer of all nodes takes the place of one of some nodes at the same address.
        let mut everywhere: BTreeSet<(IpAddr, Option<u16>)> = BTreeSet::new();
        for of_all in [true, false] {
            for peer in self.snapshot.iter::<BgpPeer>().filter(|peer| is_of_all(&peer.spec) == of_all) {
                let Some(end) = self.end(&peer.spec).filter(|(address, _)| !self.own.contains(address)) else { continue };
                if of_all {
                    everywhere.insert(end);
                } else if everywhere.contains(&end) {
                    continue;
                }
                let of: Vec<&Node> = having(&peer.spec, nodes);
                if !of.is_empty() {
                    said.push(sentence(peer, end, &of, nodes.len()));
                    reached.extend(of.iter().map(|node| node.metadata.name.as_str()));
                }
            }
        }
        (said, reached)
    }

    /// The address of a peer of this family.
    fn end(&self, spec: &BgpPeerSpec) -> Option<(IpAddr, Option<u16>)> {
        let by_address = spec.peer_selector.is_empty() && spec.local_workload_selector.is_empty();
        spec.peer().filter(|(address, _)| by_address && Family::of(*address) == self.family)
    }

    /// What nodes tell each other, and pods.
    fn inside(&self, nodes: &[&Node]) -> Vec<String> {
        let mut said = Vec::new();
        let default = self.snapshot.get::<BgpConfiguration>("", "default");
        let mesh = default.and_then(|configuration| configuration.spec.node_to_node_mesh_enabled).unwrap_or(true);
        let in_mesh = |node: &&&Node| node.metadata.annotations.get(REFLECTOR_ANNOTATION).is_none_or(String::is_empty);
        if mesh && nodes.iter().any(|node| in_mesh(&node)) && self.snapshot.iter::<Node>().count() > 1 {
            said.push("Nodes tell each other, by the node-to-node mesh.".to_owned());
        }
        let means = |is: fn(&BgpPeerSpec) -> bool| -> Vec<String> {
            let peers = self.snapshot.iter::<BgpPeer>().filter(|peer| is(&peer.spec) && !having(&peer.spec, nodes).is_empty());
            peers.map(|peer| format!("`{}`", peer.metadata.name)).collect()
        };
        let by_label = means(|spec| !spec.peer_selector.is_empty() && spec.local_workload_selector.is_empty());
        if !by_label.is_empty() {
            said.push(format!("By BGPPeer {} they tell other nodes, which pass it on to peers of their own.", few(&by_label)));
        }
        let pods = means(|spec| !spec.local_workload_selector.is_empty());
        if !pods.is_empty() {
            said.push(format!("By BGPPeer {} they tell pods on them; to whom those pass it on is not known.", few(&pods)));
        }
        said
    }
}

fn is_of_all(spec: &BgpPeerSpec) -> bool {
    spec.node.is_empty() && spec.node_selector.is_empty()
}

/// Those of these nodes that have the peer.
fn having<'n>(spec: &BgpPeerSpec, nodes: &[&'n Node]) -> Vec<&'n Node> {
    let selector = Some(&spec.node_selector).filter(|text| !text.is_empty()).map(|text| Selector::parse(text));
    let has = |node: &&&Node| match &selector {
        Some(Ok(selector)) => selector.matches(&node.metadata.labels),
        Some(Err(_)) => false,
        None => spec.node.is_empty() || spec.node == node.metadata.name,
    };
    nodes.iter().filter(has).copied().collect()
}

fn sentence(peer: &BgpPeer, (address, port): (IpAddr, Option<u16>), of: &[&Node], all: usize) -> String {
    let (who, verb) = match of.len() {
        count if count == all && count > 1 => ("They all".to_owned(), "tell"),
        1 => (named(of), "tells"),
        _ => (named(of), "tell"),
    };
    let at = port.map(|port| format!(" at port {port}")).unwrap_or_default();
    let of_as = peer.spec.as_number.as_ref().map(ToString::to_string).filter(|number| number != "0");
    let of_as = of_as.map(|number| format!(", AS {number}")).unwrap_or_default();
    let filters: Vec<String> = peer.spec.filters.iter().map(|name| format!("`{name}`")).collect();
    let unless = if filters.is_empty() {
        String::new()
    } else {
        format!(", unless BGPFilter {} keeps it back, which Portcullis does not read", few(&filters))
    };
    format!("{who} {verb} {address}{at}{of_as}, by BGPPeer `{}`{unless}.", peer.metadata.name)
}

#[cfg(test)]
mod tests;
