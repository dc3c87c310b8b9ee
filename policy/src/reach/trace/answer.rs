//! The way back. What answers belongs to a known connection, which every policy lets through but untracked policy: that comes before connections
//! are known (`failsafeInChain` for the table `raw` in `felix/rules/static.go` at v3.28.5; measured).

use super::flow::{Flow, Step};
use super::host_endpoint::{Via, main};
use super::node::Tunnel;
use super::packet::Packet;
use super::world::Place;
use std::ops::ControlFlow::Continue;

/// A way from one node to another that a packet has taken, as it took it.
#[derive(Debug, Clone)]
pub(super) struct Crossing<'a> {
    pub(super) from: &'a str,
    pub(super) tunnel: Option<Tunnel>,
    pub(super) packet: Packet,
    /// Whether its source was still what somebody outside the cluster has given it.
    pub(super) outsider: bool,
}

impl<'a> Flow<'_, 'a> {
    /// Whether the answer gets back. `out`: by which interface a process of this node sends it; none where a pod does.
    pub(super) fn answered(&mut self, out: Option<Via<'a>>) -> Step {
        // Of other protocols it is not known what the answer looks like.
        if self.packet.ports.is_none() {
            return Continue(());
        }
        let (node, packet) = (self.node, self.packet);
        self.answering = true;
        let step = self.answer(out);
        (self.answering, self.node, self.packet) = (false, node, packet);
        step
    }

    fn answer(&mut self, out: Option<Via<'a>>) -> Step {
        if let Some(via) = out {
            self.untracked_out(via)?;
        }
        for crossing in std::mem::take(&mut self.crossed).into_iter().rev() {
            let back = match self.world.place(crossing.packet.source) {
                Place::Pod(pod) => pod.spec.node_name == crossing.from,
                Place::Node(node) => node == crossing.from,
                Place::Elsewhere => false,
            };
            // What keeps the source of a client outside is answered past the node that it came in by.
            if crossing.outsider || !back {
                continue;
            }
            let via =
                crossing.tunnel.map_or_else(|| main(self.mains, crossing.from), |tunnel| Via::Tunnel(tunnel, crossing.packet.family()));
            (self.node, self.packet) = (crossing.from, crossing.packet);
            self.untracked_in(via)?;
        }
        Continue(())
    }
}
