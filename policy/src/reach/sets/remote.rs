//! From the node where packets come in to a backend on another.

use super::budget::TooMuch;
use super::host_policy::Before;
use super::hosts::{Governing, Host, Tunnel};
use super::journey::Outcome;
use super::members::net;
use super::policies::Direction;
use super::proxy::{Back, Place as At};
use super::service::Door;
use super::tables::Place;
use super::ways::outer_packet;
use super::world::{Dest, World};
use crate::cidr::CidrSet;
use crate::object::IpPool;
use crate::reach::settings::FelixSettings;
use crate::reach::verdict::{Unknown, Verdict};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::IpAddr;

/// What becomes of clients, whether a tunnel carries their packets, and the places where they come in.
pub(super) type Carried = (Outcome, bool, Vec<Place>);

/// Whose address clients' packets to a backend on another node have.
pub(super) struct Sources {
    /// The clients whom kube-proxy does not mark for the translation of their source.
    pub(super) unmasked: CidrSet,
    /// The clients whose own address goes on to the other node.
    pub(super) kept: CidrSet,
}

/// What becomes at the backend's node of packets that a tunnel, or none, carries.
struct Arrival {
    /// By the source that they come with.
    inner: Outcome,
    /// Of the packets that carry them, by the main address of the node that sends, and of which of those it cannot be told; none where
    /// nothing carries them.
    outer: Option<(Outcome, CidrSet)>,
    /// The same with what becomes of their answers, by the source that a node has put in place of the clients'.
    answered: Outcome,
    from: Leaving,
}

/// Who leaves the node where packets come in.
struct Leaving {
    /// Those who do, or may.
    clients: CidrSet,
    /// Those among them who do by some of the interfaces that it may be, and are dropped at the others: where their packets are not dropped
    /// behind either, it cannot be told.
    doubtful: CidrSet,
    /// What has become of the others.
    gone: Outcome,
}

impl Leaving {
    /// What becomes of everyone, where this becomes of those who leave.
    fn and_then(&self, end: &Outcome) -> Outcome {
        if self.doubtful.is_empty() {
            return self.gone.clone().and(end);
        }
        let alive = end.unknown.iter().fold(end.allowed.clone(), |all, (_, senders)| all.union(senders));
        let doubtful = alive.intersection(&self.doubtful);
        let told = self.clients.difference(&doubtful);
        self.gone.clone().and(&end.within(&told)).and(&Outcome::unknown(Unknown::BetweenNodes, doubtful))
    }
}

/// What becomes of the packets of a tunnel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Outer {
    Is(Verdict),
    /// They are dropped at some of the interfaces that it may be, and get in by others.
    Doubtful,
}

/// What entry nodes have to share for their packets to a backend to be told together: the tunnel, and what becomes of the two sources that
/// a packet may go on with.
type Alike = (Option<Tunnel>, Option<Verdict>, Option<Outer>);

impl World<'_> {
    /// What becomes of packets that come in at these places for a backend that is not there.
    #[expect(clippy::too_many_arguments, reason = "one step of a journey, with what it goes by")]
    pub(super) fn carry(
        &self,
        door: &Door,
        before: &Before,
        back: &Back,
        node: Option<usize>,
        dest: Dest,
        sources: &Sources,
        places: &[Place],
    ) -> Result<Vec<Carried>, TooMuch> {
        let Some(host) = node.and_then(|node| self.hosts.nodes.get(node)).filter(|_| !matches!(back.at, At::Elsewhere)) else {
            let from = self.leaving(door, None, before, dest, sources)?;
            let end = Outcome::unknown(Unknown::OutsideTheCluster, from.clients.clone());
            return Ok(vec![(from.and_then(&end), false, places.to_vec())]);
        };
        let encapsulation = match self.encapsulation(door, back, host, dest) {
            Ok(encapsulation) => encapsulation,
            Err(reason) => {
                let from = self.leaving_by(door, None, before, dest, sources)?;
                let end = Outcome::unknown(reason, from.clients.clone());
                return Ok(vec![(from.and_then(&end), false, places.to_vec())]);
            }
        };
        let mut arrivals: BTreeMap<Option<Tunnel>, Arrival> = BTreeMap::new();
        let mut by_verdict: BTreeMap<Alike, Vec<Place>> = BTreeMap::new();
        let mut untold: BTreeMap<Unknown, Vec<Place>> = BTreeMap::new();
        for place in places {
            let Some(from) = self.hosts.nodes.get(place.0) else { continue };
            let tunnel = match self.tunnel_between(encapsulation, from, host, dest.family()) {
                Ok(tunnel) => tunnel,
                Err(reason) => {
                    untold.entry(reason).or_default().push(*place);
                    continue;
                }
            };
            let arrival = match arrivals.entry(tunnel) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(vacant) => vacant.insert(self.arrival(door, before, back, host, dest, sources, tunnel)?),
            };
            // None where it is not known with which source they go on.
            let verdict = from.source(tunnel, dest.family()).map(|source| arrival.answered.of(source));
            let outer = arrival.outer.as_ref().map(|(outer, doubtful)| match from.main(dest.family()) {
                None => Outer::Is(Verdict::Unknown(Unknown::BetweenNodes)),
                Some(source) if doubtful.contains(source) => Outer::Doubtful,
                Some(source) => Outer::Is(outer.of(source)),
            });
            let outer = outer.filter(|outer| *outer != Outer::Is(Verdict::Allowed));
            by_verdict.entry((tunnel, verdict, outer)).or_default().push(*place);
        }
        let told_nothing = |(reason, places)| (before.untold(reason).outcome, false, places);
        let mut carried: Vec<Carried> = untold.into_iter().map(told_nothing).collect();
        for ((tunnel, verdict, outer), places) in by_verdict {
            let Some(arrival) = arrivals.get(&tunnel) else { continue };
            let leaving = &arrival.from.clients;
            let translated = leaving.difference(&sources.kept);
            let kept = leaving.intersection(&sources.kept);
            let unpacked = || self.unpacked(tunnel, &arrival.inner, &kept);
            let end = match (verdict, outer) {
                (None, Some(Outer::Is(outer))) => {
                    Outcome::unknown(Unknown::BetweenNodes, translated).and(&Outcome::every(&outer, kept.clone()))
                }
                (Some(_), Some(Outer::Is(outer))) => Outcome::every(&outer, leaving.clone()),
                (verdict, doubtful) => {
                    let verdict = verdict.unwrap_or(Verdict::Unknown(Unknown::BetweenNodes));
                    let end = Outcome::every(&verdict, translated).and(&unpacked());
                    if doubtful.is_some() { end.or_denied() } else { end }
                }
            };
            carried.push((arrival.from.and_then(&end), tunnel.is_some(), places));
        }
        Ok(carried)
    }

    #[expect(clippy::too_many_arguments, reason = "one step of a journey, with what it goes by")]
    fn arrival(
        &self,
        door: &Door,
        before: &Before,
        back: &Back,
        host: &Host,
        dest: Dest,
        sources: &Sources,
        tunnel: Option<Tunnel>,
    ) -> Result<Arrival, TooMuch> {
        let family = dest.family();
        let from = self.leaving(door, tunnel, before, dest, sources)?;
        let of_nodes = self.hosts.sources(tunnel, family);
        let senders = of_nodes.union(&from.clients.intersection(&sources.kept));
        let felix = self.felix(&host.name);
        if let Some(reason) = felix.not_modelled() {
            // What carries it meets that node first.
            let met = host.main(family).map_or(Unknown::BetweenNodes, |_| reason.clone());
            let outer = tunnel.map(|_| (Outcome::unknown(met, (*self.hosts.sources(None, family)).clone()), CidrSet::new()));
            let inner = Outcome::unknown(reason, senders);
            return Ok(Arrival { answered: inner.clone(), inner, outer, from });
        }
        let Some(shape) = self.hosts.shapes.get(host.shape) else {
            let inner = Outcome::unknown(Unknown::BetweenNodes, senders);
            return Ok(Arrival { answered: inner.clone(), inner, outer: None, from });
        };
        let among = self.universe(family, senders);
        let inside = |at: &Governing| -> Result<Outcome, TooMuch> {
            let before = self.before(at, felix, dest, &among)?;
            // kube-proxy there translates it once more.
            if matches!(back.at, At::Pod(_)) && self.serves(dest) {
                return Ok(before.untold(Unknown::TranslatedAgain).outcome);
            }
            self.arrive(at, shape, felix, &before, back, dest)
        };
        let inners = match tunnel {
            Some(tunnel) => vec![inside(&shape.tunnel(tunnel, family))?],
            None => shape.main.iter().map(inside).collect::<Result<Vec<_>, _>>()?,
        };
        let answered = self.with_answers(door, tunnel, dest, &inners, &of_nodes)?;
        let inner = Outcome::agreed(&inners, &among.addresses);
        let outer = match (tunnel, host.main(family)) {
            (None, _) => None,
            (Some(_), None) => Some((Outcome::unknown(Unknown::BetweenNodes, (*self.hosts.sources(None, family)).clone()), CidrSet::new())),
            (Some(tunnel), Some(address)) => {
                let (protocol, port) = outer_packet(tunnel, family, felix);
                let dest = Dest { address, protocol, port };
                let mains = self.universe(family, (*self.hosts.sources(None, family)).clone());
                let met = |at: &Governing| -> Result<Outcome, TooMuch> {
                    let before = self.before(at, felix, dest, &mains)?;
                    Ok(before.outcome.and(&Outcome::allowed(before.marked.union(&before.unmarked))))
                };
                let all = shape.main.iter().map(met).collect::<Result<Vec<_>, _>>()?;
                Some((Outcome::agreed(&all, &mains.addresses), Outcome::doubtful(&all)))
            }
        };
        Ok(Arrival { inner, answered, outer, from })
    }

    /// What becomes of packets that nodes send, and of the answers where they come back to them: what is the same by whichever interfaces.
    fn with_answers(
        &self,
        door: &Door,
        tunnel: Option<Tunnel>,
        dest: Dest,
        inners: &[Outcome],
        sources: &CidrSet,
    ) -> Result<Outcome, TooMuch> {
        let shape = &door.class.shape;
        let tunnels = tunnel.map(|tunnel| [shape.tunnel(tunnel, dest.family())]);
        let back = tunnels.as_ref().map_or(shape.main.as_slice(), |tunnels| tunnels);
        let mut all = Vec::new();
        for inner in inners {
            for at in back {
                all.push(self.answered(at, Direction::Ingress, door.class.felix, dest, inner.within(sources))?);
            }
        }
        Ok(Outcome::agreed(&all, sources))
    }

    /// Who leaves, and with which source is known.
    fn leaving(&self, door: &Door, tunnel: Option<Tunnel>, before: &Before, dest: Dest, sources: &Sources) -> Result<Leaving, TooMuch> {
        let mut leaving = self.leaving_by(door, tunnel, before, dest, sources)?;
        if !door.class.felix.outgoing.is_usual() {
            let untold = self.leaving_pools(dest, door.class.felix).intersection(&leaving.clients);
            leaving.gone.add_unknown(&Unknown::NatOutgoing, &untold.difference(&leaving.doubtful));
            leaving.gone.add_unknown(&Unknown::BetweenNodes, &untold.intersection(&leaving.doubtful));
            leaving.clients = leaving.clients.difference(&untold);
            leaving.doubtful = leaving.doubtful.difference(&untold);
        }
        Ok(leaving)
    }

    fn leaving_by(&self, door: &Door, tunnel: Option<Tunnel>, before: &Before, dest: Dest, sources: &Sources) -> Result<Leaving, TooMuch> {
        let by = |out: &Governing| self.leave((door.governing(), out), door.class.felix, before, dest, &sources.unmasked);
        let sure = |(clients, gone): (CidrSet, Outcome)| Leaving { clients, doubtful: CidrSet::new(), gone };
        if let Some(tunnel) = tunnel {
            return Ok(sure(by(&door.class.shape.tunnel(tunnel, dest.family()))?));
        }
        let outs = door.class.shape.main.iter().map(by).collect::<Result<Vec<_>, _>>()?;
        if let [one] = outs.as_slice() {
            return Ok(sure(one.clone()));
        }
        // By which of them it leaves cannot be told: who leaves by all of them does.
        let by_some = outs.iter().fold(CidrSet::new(), |all, (leaving, _)| all.union(leaving));
        // Neither left nor dropped.
        let other = outs.iter().fold(CidrSet::new(), |all, (_, gone)| {
            gone.unknown.iter().fold(all.union(&gone.allowed), |all, (_, senders)| all.union(senders))
        });
        let everyone = outs.iter().fold(by_some.union(&other), |all, (_, gone)| all.union(&gone.denied));
        let ends: Vec<Outcome> = outs.into_iter().map(|(leaving, gone)| gone.and(&Outcome::allowed(leaving))).collect();
        let mut agreed = Outcome::agreed(&ends, &everyone);
        let by_all = std::mem::take(&mut agreed.allowed);
        let doubtful = by_some.difference(&by_all).difference(&other);
        let gone = agreed.within(&everyone.difference(&doubtful));
        Ok(Leaving { clients: by_all.union(&doubtful), doubtful, gone })
    }

    /// The senders whose packets leave the pools, as far as their pool has `natOutgoing` (felix/rules/nat.go:52 at v3.28.5).
    pub(super) fn leaving_pools(&self, dest: Dest, felix: &FelixSettings) -> CidrSet {
        if felix.outgoing.spares_nodes.value && self.hosts.at(dest.address).is_some() {
            return CidrSet::new();
        }
        let pools = || self.snapshot.iter::<IpPool>().filter_map(|pool| Some((net(&pool.spec.cidr)?, pool)));
        if pools().any(|(cidr, _)| cidr.contains(dest.address)) {
            return CidrSet::new();
        }
        pools().filter(|(cidr, pool)| pool.spec.nat_outgoing && cidr.family() == dest.family()).map(|(cidr, _)| cidr).collect()
    }
}

impl Outcome {
    /// The same for all of these.
    fn every(verdict: &Verdict, senders: CidrSet) -> Self {
        match verdict {
            Verdict::Allowed => Self::allowed(senders),
            Verdict::Denied => Self::denied(senders),
            Verdict::Unknown(reason) => Self::unknown(reason.clone(), senders),
        }
    }

    /// What becomes of one of those who were asked about.
    fn of(&self, sender: IpAddr) -> Verdict {
        if self.allowed.contains(sender) {
            return Verdict::Allowed;
        }
        let unknown = self.unknown.iter().find(|(_, senders)| senders.contains(sender));
        unknown.map_or(Verdict::Denied, |(reason, _)| Verdict::Unknown(reason.clone()))
    }
}
