//! Completing a template with the client addresses of a draft.

use super::{Case, Template, meant};
use crate::access::{Access, Change, Intent, Port};
use crate::cidr::{Cidr, CidrSet, Family};
use crate::reach::brief::{Brief, BriefRow};
use crate::reach::diff::{Moves, sentence_of_service};
use crate::view::ReachView;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Template {
    /// Who reaches the Service as it is.
    #[must_use]
    pub fn now(&self) -> ReachView {
        ReachView::now(self.service(), &self.before())
    }

    /// Who reaches the Service before and after a change; none where the template does not tell: it is for other changes, or the nodes'
    /// own addresses are among the clients and make a difference.
    #[must_use]
    pub fn complete(&self, change: &Change) -> Option<ReachView> {
        let Intent::Guard(access) = &change.intent else { return None };
        if !self.is_for(&super::Shape::of(change)?) || !access.addresses().intersection(&self.inner.0).is_empty() {
            return None;
        }
        let parts = self.parts(access)?;
        let mut known = BTreeMap::new();
        let mut whole = |places: Vec<u32>| -> Arc<CidrSet> {
            let put_together = |places: &[u32]| {
                let of = |(place, part): (&u32, &Part)| self.set(*place).intersection(&part.clients);
                Arc::new(places.iter().zip(&parts).map(of).fold(CidrSet::new(), |all, some| all.union(&some)))
            };
            known.entry(places).or_insert_with_key(|places| put_together(places)).clone()
        };
        let after = after(&parts, &mut whole);
        let moves = moves(&parts, &mut whole);
        let sentence = sentence_of_service(self.service(), &moves);
        Some(ReachView::changed(&self.before(), &after, sentence))
    }

    fn before(&self) -> Brief {
        self.now.map(|place| self.set(*place).clone())
    }

    fn set(&self, place: u32) -> &CidrSet {
        static NOBODY: std::sync::LazyLock<CidrSet> = std::sync::LazyLock::new(CidrSet::new);
        self.sets.get(place as usize).map_or(&NOBODY, |ranges| &ranges.0)
    }

    /// Every address, by the ports that the draft lets it use, with what becomes of it then.
    fn parts(&self, access: &Access) -> Option<Vec<Part<'_>>> {
        let mut rows: BTreeMap<BTreeSet<Port>, Vec<Cidr>> = BTreeMap::new();
        for row in &access.clients {
            rows.entry(meant(&row.ports, &self.ports)).or_default().push(row.cidr);
        }
        let used: BTreeSet<Port> = rows.keys().flatten().copied().collect();
        let everyone: CidrSet = [Family::V4, Family::V6].map(Cidr::all).into_iter().collect();
        let mut split = BTreeMap::from([(BTreeSet::new(), everyone)]);
        for (ports, cidrs) in rows {
            // A choice of no port of the Service is in no case.
            if ports.is_empty() {
                return None;
            }
            let clients = CidrSet::from(cidrs);
            let mut finer: BTreeMap<BTreeSet<Port>, CidrSet> = BTreeMap::new();
            for (allowed, of) in split {
                for (ports, part) in [(&allowed | &ports, of.intersection(&clients)), (allowed, of.difference(&clients))] {
                    let known = finer.entry(ports).or_default();
                    *known = known.union(&part);
                }
            }
            finer.retain(|_, part| !part.is_empty());
            split = finer;
        }
        let part = |(allowed, clients): (BTreeSet<Port>, CidrSet)| {
            let case = self.cases.iter().find(|case| case.used == used && case.allowed == allowed)?;
            Some(Part { case, clients })
        };
        split.into_iter().map(part).collect()
    }
}

/// Clients who may use the same ports.
struct Part<'a> {
    case: &'a Case,
    clients: CidrSet,
}

fn after(parts: &[Part], whole: &mut impl FnMut(Vec<u32>) -> Arc<CidrSet>) -> Brief {
    let mut brief = Brief { rows: Vec::new(), unknown: Vec::new() };
    // Every case has the same rows: a draft's clients do not change which paths there are.
    let Some(first) = parts.first() else { return brief };
    for (at, row) in first.case.after.rows.iter().enumerate() {
        let rows = || parts.iter().filter_map(move |part| part.case.after.rows.get(at));
        let mut of = |of: fn(&BriefRow<u32>) -> u32| whole(rows().map(of).collect()).as_ref().clone();
        let (every, some, unknown) = (of(|row| row.every), of(|row| row.some), of(|row| row.unknown));
        brief.rows.push(BriefRow { place: row.place, path: row.path, every, some, unknown });
    }
    let reasons: BTreeSet<&String> = parts.iter().flat_map(|part| &part.case.after.unknown).map(|(why, _)| why).collect();
    for why in reasons {
        let of = |part: &Part| part.case.after.unknown.iter().find(|(other, _)| other == why).map_or(NOWHERE, |(_, place)| *place);
        let clients = whole(parts.iter().map(of).collect());
        if !clients.is_empty() {
            brief.unknown.push((why.clone(), clients.as_ref().clone()));
        }
    }
    brief
}

fn moves(parts: &[Part], whole: &mut impl FnMut(Vec<u32>) -> Arc<CidrSet>) -> Vec<Moves> {
    let ports: BTreeSet<Port> = parts.iter().flat_map(|part| &part.case.moves).map(|moves| moves.port).collect();
    let of_port = |port: Port| {
        let mut of = |of: fn(&Moves<u32>) -> u32| {
            let place = |part: &Part| part.case.moves.iter().find(|moves| moves.port == port).map_or(NOWHERE, of);
            whole(parts.iter().map(place).collect()).as_ref().clone()
        };
        Moves { port, allowed: of(|moves| moves.allowed), denied: of(|moves| moves.denied), unknown: of(|moves| moves.unknown) }
    };
    ports.into_iter().map(of_port).collect()
}

/// The place of a set that holds nobody.
const NOWHERE: u32 = u32::MAX;
