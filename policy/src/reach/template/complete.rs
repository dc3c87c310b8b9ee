//! Completing a template with the client addresses of a draft.

use super::{Case, Shape, Template, meant};
use crate::access::{Access, Change, Intent, Port};
use crate::cidr::{Cidr, CidrSet, Family};
use crate::reach::brief::{Brief, BriefRow};
use crate::reach::diff::{Moves, sentence_of_service};
use crate::view::ReachView;

impl Template {
    /// Who reaches the Service as it is.
    #[must_use]
    pub fn now(&self) -> ReachView {
        ReachView::now(self.service(), &self.before())
    }

    /// Who reaches the Service before and after a change whose client groups have their ranges; none where the template does not tell: it is for other changes, or the nodes'
    /// own addresses are among the clients and make a difference.
    #[must_use]
    pub fn complete(&self, change: &Change) -> Option<ReachView> {
        let Intent::Guard(access) = &change.intent else { return None };
        if !self.is_for(&Shape::of(change)?) || !access.addresses().intersection(&self.inner.0).is_empty() {
            return None;
        }
        let mut whole = Whole { template: self, parts: self.parts(access)?, known: Vec::new() };
        let after = Brief { rows: whole.rows(), unknown: whole.unknown() };
        let sentence = sentence_of_service(self.service(), &whole.moves());
        Some(ReachView::changed(&self.before(), &after, sentence))
    }

    fn before(&self) -> Brief {
        Whole { template: self, parts: vec![Part { case: &self.now, clients: everyone() }], known: Vec::new() }.brief()
    }

    /// Every address, by the ports that the draft lets it use, with what becomes of it then.
    fn parts(&self, access: &Access) -> Option<Vec<Part<'_>>> {
        let mut rows: Vec<(Vec<Port>, Vec<Cidr>)> = Vec::new();
        for (ports, ranges) in access.parts() {
            let ports = meant(ports, &self.ports);
            match rows.iter_mut().find(|(known, _)| *known == ports) {
                Some((_, cidrs)) => cidrs.extend(ranges),
                None => rows.push((ports, ranges.to_vec())),
            }
        }
        // A choice of no port of the Service is in no case.
        if rows.iter().any(|(ports, _)| ports.is_empty()) {
            return None;
        }
        let used = self.together(rows.iter().map(|(ports, _)| ports.as_slice()));
        let mut split: Vec<(Vec<Port>, CidrSet)> = vec![(Vec::new(), everyone())];
        for (ports, cidrs) in rows {
            let clients = CidrSet::from(cidrs);
            let mut finer: Vec<(Vec<Port>, CidrSet)> = Vec::new();
            for (allowed, of) in split {
                let more = self.together([allowed.as_slice(), ports.as_slice()].into_iter());
                for (ports, part) in [(more, of.intersection(&clients)), (allowed, of.difference(&clients))] {
                    match finer.iter_mut().find(|(known, _)| *known == ports) {
                        _ if part.is_empty() => {}
                        Some((_, known)) => *known = known.union(&part),
                        None => finer.push((ports, part)),
                    }
                }
            }
            split = finer;
        }
        let part = |(allowed, clients): (Vec<Port>, CidrSet)| {
            let case = self.cases.iter().find(|case| case.used == used && case.allowed == allowed)?;
            Some(Part { case, clients })
        };
        split.into_iter().map(part).collect()
    }

    /// The ports of the Service that are in one of these, in order.
    fn together<'a>(&self, ports: impl Iterator<Item = &'a [Port]> + Clone) -> Vec<Port> {
        self.ports.iter().copied().filter(|port| ports.clone().any(|some| some.contains(port))).collect()
    }
}

fn everyone() -> CidrSet {
    [Family::V4, Family::V6].map(Cidr::all).into_iter().collect()
}

/// Clients who may use the same ports.
struct Part<'a> {
    case: &'a Case,
    clients: CidrSet,
}

/// The cases of a draft's clients, put together.
struct Whole<'a> {
    template: &'a Template,
    parts: Vec<Part<'a>>,
    /// Sets that were put together, by the set of each part.
    known: Vec<(Vec<u32>, CidrSet)>,
}

impl Whole<'_> {
    fn brief(mut self) -> Brief {
        Brief { rows: self.rows(), unknown: self.unknown() }
    }

    /// Of each part the clients that are in its set.
    fn of(&mut self, sets: Vec<u32>) -> CidrSet {
        if let Some((_, known)) = self.known.iter().find(|(of, _)| *of == sets) {
            return known.clone();
        }
        let mut all = CidrSet::new();
        for (set, part) in sets.iter().zip(&self.parts) {
            if let Some(set) = self.template.sets.get(*set as usize) {
                all = all.union(&set.0.intersection(&part.clients));
            }
        }
        self.known.push((sets, all.clone()));
        all
    }

    /// The set that each part has at `column` in the row of its list that begins with `key`.
    fn column(&mut self, list: fn(&Case) -> &[u32], width: usize, key: u32, column: usize) -> CidrSet {
        let set = |part: &Part| {
            let row = list(part.case).chunks_exact(width).find(|row| row[0] == key);
            row.and_then(|row| row.get(column)).copied().unwrap_or(u32::MAX)
        };
        let sets = self.parts.iter().map(set).collect();
        self.of(sets)
    }

    /// What the rows of the parts' lists begin with, each once and in order.
    fn keys(&self, list: fn(&Case) -> &[u32], width: usize) -> Vec<u32> {
        let mut keys: Vec<u32> = self.parts.iter().flat_map(|part| list(part.case).chunks_exact(width)).map(|row| row[0]).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn rows(&mut self) -> Vec<BriefRow> {
        let mut rows = Vec::new();
        for key in self.keys(|case| &case.rows, 4) {
            let Some(place) = self.template.places.get(key as usize).copied() else { continue };
            let [every, some, unknown] = [1, 2, 3].map(|column| self.column(|case| &case.rows, 4, key, column));
            rows.push(BriefRow { place, every, some, unknown });
        }
        rows
    }

    fn unknown(&mut self) -> Vec<(String, CidrSet)> {
        let mut found = Vec::new();
        for key in self.keys(|case| &case.unknown, 2) {
            let clients = self.column(|case| &case.unknown, 2, key, 1);
            if let Some(why) = self.template.reasons.get(key as usize).filter(|_| !clients.is_empty()) {
                found.push((why.clone(), clients));
            }
        }
        found
    }

    fn moves(&mut self) -> Vec<Moves> {
        let mut moves = Vec::new();
        for key in self.keys(|case| &case.moves, 4) {
            let Some(port) = self.template.moved.get(key as usize).copied() else { continue };
            let [allowed, denied, unknown] = [1, 2, 3].map(|column| self.column(|case| &case.moves, 4, key, column));
            moves.push(Moves { port, allowed, denied, unknown });
        }
        moves
    }
}
