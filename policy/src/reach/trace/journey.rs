//! One path from end to end: the stages of `docs/decisions/reachability.md` in the order in which a packet meets them.

use super::flow::{Flow, Step};
use super::host_endpoint::{Mains, Via, entry, main};
use super::node::Tunnel;
use super::packet::{Packet, Ports};
use super::proxy::{By, Offer, offers};
use super::route;
use super::topology::Choice;
use super::world::{Place, World, addresses};
use crate::object::{Kind, Object, Pod};
use crate::reach::packet::Interface;
use crate::reach::settings::{DataPlane, ProxyMode, Source};
use crate::reach::verdict::{Action, Hop, Stage, Unknown, Verdict};
use std::net::IpAddr;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;

/// The most nodes that a path leads through: the one that it comes in at, that of a NodePort, that of the backend.
const MOST_NODES: u8 = 3;

/// Where a packet begins.
#[derive(Debug, Clone)]
pub(super) enum Start<'a> {
    Outside { node: &'a str, interface: Interface },
    Pod(&'a Arc<Pod>),
    Node(&'a str),
}

impl<'a> Start<'a> {
    pub(super) fn node(&self) -> &'a str {
        match self {
            Self::Outside { node, .. } | Self::Node(node) => node,
            Self::Pod(pod) => &pod.spec.node_name,
        }
    }
}

/// What kube-proxy does on a path.
#[derive(Debug, Clone)]
pub(super) enum Translation<'a> {
    /// Nothing: no Service has the address.
    None,
    /// A Service has the address, and not the port.
    NoSuchPort,
    /// It sends to this endpoint, on this node; to none where none may be sent to.
    To { node: &'a str, offer: Offer<'a>, choice: Option<Choice> },
}

/// The verdict on a path, the source that its end sees, and what the packet met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) verdict: Verdict,
    pub(super) seen: Option<IpAddr>,
    pub(super) hops: Vec<Hop>,
}

/// Follows a packet.
pub(super) fn follow<'a>(
    world: &World<'a>,
    mains: &Mains<'a>,
    packet: Packet,
    start: &'a Start<'a>,
    translation: &Translation<'a>,
) -> Told {
    let mut flow = Flow {
        world,
        mains,
        packet,
        node: start.node(),
        came_by: None,
        pod: None,
        marked: false,
        masquerade: false,
        outsider: matches!(start, Start::Outside { .. }),
        crossed: Vec::new(),
        answering: false,
        hops: Vec::new(),
    };
    let verdict = match flow.travel(start, translation) {
        Break(verdict) => verdict,
        Continue(()) => Verdict::Unknown(Unknown::BetweenNodes),
    };
    let seen = (verdict == Verdict::Allowed).then_some(flow.packet.source);
    Told { verdict, seen, hops: flow.hops }
}

impl<'a> Flow<'_, 'a> {
    fn travel(&mut self, start: &'a Start<'a>, translation: &Translation<'a>) -> Step {
        match start {
            Start::Outside { node, interface } => self.arrive(entry(self.mains, node, interface))?,
            Start::Pod(pod) if addresses(pod).contains(&self.packet.destination) => {
                let why = format!("`{}` is the pod's own address: what it sends there does not leave it.", self.packet.destination);
                return self.end(Stage::Delivery, Some(pod.key()), Verdict::Allowed, why);
            }
            Start::Pod(pod) => {
                self.pod = Some(pod);
                self.arrive(Via::Pod)?;
            }
            Start::Node(_) => {
                self.can_tell_node()?;
                if matches!(self.world.place(self.packet.destination), Place::Node(node) if node == self.node) {
                    // The kernel gives what it sends to an address of its own that very one.
                    self.packet.source = self.packet.destination;
                }
                let way = self.way_to(self.packet.destination)?;
                self.untracked_out(way)?;
            }
        }
        for _ in 0..MOST_NODES {
            let translated = self.translate(translation)?;
            self.deliver_or_hand_on(translated)?;
        }
        Continue(())
    }

    /// A packet comes in by an interface: untracked policy, then policy before translation.
    pub(super) fn arrive(&mut self, via: Via<'a>) -> Step {
        self.can_tell_node()?;
        self.came_by = Some(via);
        self.marked = false;
        self.untracked_in(via)?;
        self.pre_dnat(via)
    }

    fn can_tell_node(&mut self) -> Step {
        match self.world.settings.felix(self.node).not_modelled() {
            Some(why) => self.unknown(Stage::PreDnat, why),
            None => Continue(()),
        }
    }

    /// kube-proxy. Whether it translated the destination here.
    fn translate(&mut self, translation: &Translation<'a>) -> Step<bool> {
        let (node, offer, choice) = match translation {
            Translation::None => return Continue(false),
            Translation::NoSuchPort => {
                let why = format!(
                    "No Service offers {} at `{}`, which is an address of one: nothing takes it.",
                    self.packet.carried(),
                    self.packet.destination
                );
                return self.end(Stage::Translation, None, Verdict::Denied, why);
            }
            Translation::To { node, offer, choice } => (*node, offer, choice),
        };
        if node != self.node || self.hops.iter().any(|hop| hop.stage == Stage::Translation) {
            return Continue(false);
        }
        self.can_tell_proxy(offer.by)?;
        let service = offer.service.key();
        if !offer.lets_in(self.world, self.packet.destination, self.packet.source) {
            let why = format!("`{}` is in none of the `loadBalancerSourceRanges` of `{}`.", self.packet.source, service.path());
            return self.end(Stage::Translation, Some(service), Verdict::Denied, why);
        }
        let Some(Choice { backend, doubt }) = choice else {
            let why = format!("kube-proxy of `{node}` has no endpoint of `{}` to send {} to.", service.path(), self.packet.carried());
            return self.end(Stage::Translation, Some(service), Verdict::Denied, why);
        };
        if let Some(why) = doubt {
            return self.unknown(Stage::Translation, why.clone());
        }
        self.masquerade = offer.masquerades(self.world, node, self.packet.source) || backend.address == self.packet.source;
        let why = format!(
            "kube-proxy sends what comes for `{}` at `{}` on to `{}` port {}{}.",
            service.path(),
            self.packet.destination,
            backend.address,
            backend.port,
            if self.masquerade { ", and marks it for the translation of its source" } else { ", and leaves its source as it is" }
        );
        let way = if self.came_by.is_none() { Some(self.way_to(self.packet.destination)?) } else { None };
        self.packet.destination = backend.address;
        self.packet.ports = self.packet.ports.map(|ports| Ports { destination: backend.port, ..ports });
        self.note(Stage::Translation, Some(service), Action::Translate, why);
        if let Some(way) = way {
            self.judged_early(way)?;
        }
        Continue(true)
    }

    /// With nftables, what the node itself sends to a Service meets host policy as soon as it is translated, and there at the interface of the
    /// way to the address that it was sent to: the kernel chooses the way anew behind that. Felix means to leave out what was translated, but
    /// asks `ct status != dnat`, which holds for packets that have other bits of status too (`filterOutputChain` in `felix/rules/static.go:832`,
    /// `felix/nftables/match_builder.go:303` at v3.30.1; measured).
    fn judged_early(&mut self, way: Via<'a>) -> Step {
        let data_plane = self.world.settings.felix(self.node).data_plane.value;
        if data_plane == DataPlane::Nftables { self.host_egress(way) } else { Continue(()) }
    }

    /// The interface by which the node itself sends to an address.
    fn way_to(&mut self, address: IpAddr) -> Step<Via<'a>> {
        let to = match self.world.place(address) {
            Place::Node(node) if node == self.node => return Continue(Via::Loopback),
            Place::Pod(pod) if pod.spec.node_name == self.node => return Continue(Via::Pod),
            Place::Pod(pod) => pod.spec.node_name.as_str(),
            Place::Node(node) => node,
            Place::Elsewhere => return Continue(main(self.mains, self.node)),
        };
        let tunnel = self.tunnel_to(to, address)?;
        Continue(tunnel.map_or_else(|| main(self.mains, self.node), |tunnel| Via::Tunnel(tunnel, self.packet.family())))
    }

    /// The tunnel by which the packet goes from here to another node, for this address.
    fn tunnel_to(&mut self, node: &str, address: IpAddr) -> Step<Option<Tunnel>> {
        match route::tunnel(self.world, self.node, node, address, self.came_by) {
            Ok(tunnel) => Continue(tunnel),
            Err(why) => self.unknown(Stage::BetweenNodes, why),
        }
    }

    fn can_tell_proxy(&mut self, by: By) -> Step {
        let proxy = &self.world.settings.proxy;
        if proxy.mode.value == ProxyMode::Ipvs {
            return self.unknown(Stage::Translation, Unknown::ProxyMode);
        }
        // The pools stand for kube-proxy's own range where that is not known.
        let assumed = by == By::Cluster && proxy.cluster_cidrs.source == Source::Assumed;
        let kinds: &[Kind] = if assumed { &[Kind::EndpointSlice, Kind::IpPool] } else { &[Kind::EndpointSlice] };
        match self.world.not_read(kinds).or_else(|| self.world.unreadable(&[Kind::EndpointSlice], None)) {
            Some(why) => self.unknown(Stage::Translation, why),
            None => Continue(()),
        }
    }

    /// The node delivers the packet, or hands it on to another. `translated`: just here.
    fn deliver_or_hand_on(&mut self, translated: bool) -> Step {
        match self.world.place(self.packet.destination) {
            Place::Pod(pod) if pod.spec.node_name == self.node => self.deliver_to_own_pod(pod),
            Place::Node(node) if node == self.node => self.deliver_to_own_host(),
            Place::Pod(pod) => {
                if let Some(why) = self.world.not_read(&[Kind::IpPool]) {
                    return self.unknown(Stage::BetweenNodes, why);
                }
                let tunnel = self.tunnel_to(&pod.spec.node_name, self.packet.destination)?;
                self.leave(tunnel, translated)?;
                self.cross(&pod.spec.node_name, tunnel)
            }
            Place::Node(node) => {
                let tunnel = self.tunnel_to(node, self.packet.destination)?;
                self.leave(tunnel, translated)?;
                self.cross(node, tunnel)
            }
            Place::Elsewhere => {
                self.leave(None, translated)?;
                self.unknown(Stage::BetweenNodes, Unknown::OutsideTheCluster)
            }
        }
    }

    /// To a pod of this node: forward policy, policy of the pod that sends, of the pod that receives, forward policy. A process of the node
    /// itself meets none of it (`filterOutputChain` in `felix/rules/static.go:710` at v3.28.5).
    fn deliver_to_own_pod(&mut self, pod: &'a Arc<Pod>) -> Step {
        // What another node has sent here meets kube-proxy once more.
        let crossed = self.hops.iter().any(|hop| hop.stage == Stage::BetweenNodes);
        if crossed && !offers(self.world, &self.packet).0.is_empty() {
            return self.unknown(Stage::Translation, Unknown::TranslatedAgain);
        }
        match self.came_by {
            None => {
                let why = format!("No policy of pods holds for packets of `{}` itself to its own.", self.node);
                self.note(Stage::Pod, Some(pod.key()), Action::Allow, why);
            }
            Some(via) => {
                self.forward_in(via)?;
                if let Some(sender) = self.pod {
                    self.pod_egress(sender)?;
                }
                self.pod_ingress(pod)?;
                self.forward_out(Via::Pod)?;
            }
        }
        self.translate_source(None)?;
        self.answered(None)?;
        self.delivered()
    }

    /// To this node itself. What kube-proxy marked for the translation of its source keeps it: that happens only to what goes out.
    fn deliver_to_own_host(&mut self) -> Step {
        // kube-proxy there may send it on, or drop it as a NodePort without an endpoint.
        let translated = self.hops.iter().any(|hop| hop.stage == Stage::Translation);
        if translated && !offers(self.world, &self.packet).0.is_empty() {
            return self.unknown(Stage::Translation, Unknown::TranslatedAgain);
        }
        match (self.came_by, self.pod) {
            (None, _) => {
                self.host_egress(Via::Loopback)?;
                self.arrive(Via::Loopback)?;
                self.host_ingress(Via::Loopback)?;
            }
            (Some(_), Some(pod)) => self.pod_to_own_host(pod)?,
            (Some(via), None) => self.host_ingress(via)?,
        }
        self.answered(self.came_by)?;
        self.delivered()
    }

    fn delivered(&mut self) -> Step {
        let why = format!("It gets to `{}`, which sees it come from `{}`.", self.packet.destination, self.packet.source);
        self.end(Stage::Delivery, None, Verdict::Allowed, why)
    }
}
