//! BGP: who peers with whom, by BGPConfigurations and BGPPeers, as Calico's own BIRD is set up from them
//! (`confd/pkg/backends/calico/client.go`, `confd/etc/calico/confd/templates/bird.cfg.template` at v3.28.5).

use super::flows::{Table, from_address, node, question};
use super::sample::Place;
use crate::access::Protocol;
use crate::cidr::Family;
use crate::object::{BgpConfiguration, BgpPeer, BgpPeerSpec, Node};
use crate::reach::packet::{Client, Question};
use crate::selector::Selector;
use std::net::IpAddr;

/// The port of BGP, where no `listenPort` says otherwise.
const BGP: u16 = 179;
/// Peers outside the cluster that are followed at most.
const PEERS: usize = 20;

const WITHOUT: &str = "Routes to pods and Services are withdrawn.";

impl Table<'_> {
    /// Sessions between nodes, and with the routers that BGPPeers name; where they name none, with whoever is outside.
    pub(super) fn bgp(&mut self) {
        let pairs = self.sample.pairs().filter(|(from, to)| self.peer_with_each_other(from, to));
        let between: Vec<Question> = pairs.flat_map(|(from, to)| self.to_listener(&node(from), to)).collect();
        let (mut inbound, mut outbound) = (Vec::new(), Vec::new());
        for (place, router, port) in self.routers() {
            match self.client(router) {
                Client::Outside { .. } => inbound.extend(from_address(router, place, self.listen_port(place))),
                inside => inbound.extend(self.to_listener(&inside, place)),
            }
            outbound.push(question(node(place), router, Protocol::Tcp, port));
        }
        if inbound.is_empty() {
            inbound = self.sample.places.iter().flat_map(|place| self.strangers_to(place, self.listen_port(place))).collect();
        }
        self.add("BGP, between nodes", WITHOUT, between);
        self.add("BGP, from routers outside", "Routes to Services are withdrawn.", inbound);
        self.add("BGP, to routers outside", "Routes to Services are withdrawn.", outbound);
    }

    /// A client to the port at which a node takes sessions.
    fn to_listener(&self, client: &Client, to: &Place) -> Vec<Question> {
        let port = self.listen_port(to);
        to.addresses.iter().map(|address| question(client.clone(), *address, Protocol::Tcp, port)).collect()
    }

    /// `listenPort` of the node's own BGPConfiguration, else of the one of all.
    fn listen_port(&self, place: &Place) -> u16 {
        let names = [format!("node.{}", place.name), "default".to_owned()];
        let said = names.iter().filter_map(|name| self.snapshot.get::<BgpConfiguration>("", name)?.spec.listen_port);
        said.filter_map(|port| u16::try_from(port).ok()).find(|port| *port != 0).unwrap_or(BGP)
    }

    /// Whether one of two nodes opens a session to the other: all do in a mesh, else where a BGPPeer of either means the other.
    fn peer_with_each_other(&self, one: &Place, other: &Place) -> bool {
        let default = self.snapshot.get::<BgpConfiguration>("", "default");
        if default.and_then(|configuration| configuration.spec.node_to_node_mesh_enabled).unwrap_or(true) {
            return true;
        }
        let means = |spec: &BgpPeerSpec, peer: &Place| match spec.peer() {
            Some((address, _)) => peer.addresses.contains(&address),
            None => !spec.peer_selector.is_empty() && self.has_labels(peer, &spec.peer_selector),
        };
        let of = |spec: &BgpPeerSpec, place: &Place, peer: &Place| self.is_of(spec, place) && means(spec, peer);
        self.snapshot.iter::<BgpPeer>().any(|peer| of(&peer.spec, one, other) || of(&peer.spec, other, one))
    }

    /// Which of the nodes that are followed has which router for a peer, and at which port of it.
    fn routers(&self) -> Vec<(&Place, IpAddr, u16)> {
        let named = self.snapshot.iter::<BgpPeer>().filter_map(|peer| Some((&peer.spec, peer.spec.peer()?)));
        let outside = named.filter(|(_, (address, _))| self.node_at(*address).is_none()).take(PEERS);
        let of_places = outside.flat_map(|(spec, (address, port))| {
            let places = self.sample.places.iter().filter(move |place| self.is_of(spec, place));
            places.map(move |place| (place, address, port.unwrap_or(BGP)))
        });
        let in_family = |place: &Place, router: IpAddr| place.addresses.iter().any(|own| Family::of(*own) == Family::of(router));
        of_places.filter(|(place, router, _)| in_family(place, *router)).collect()
    }

    /// Whether a BGPPeer is one of this node.
    fn is_of(&self, spec: &BgpPeerSpec, place: &Place) -> bool {
        if !spec.node.is_empty() {
            return spec.node == *place.name;
        }
        spec.node_selector.is_empty() || self.has_labels(place, &spec.node_selector)
    }

    /// Whether a selector means the node; one that cannot be read may.
    fn has_labels(&self, place: &Place, selector: &str) -> bool {
        let labels = self.snapshot.get::<Node>("", &place.name).map(|node| &node.metadata.labels);
        Selector::parse(selector).map_or(true, |selector| labels.is_some_and(|labels| selector.matches(labels)))
    }
}
