//! Making a template: the engine is asked about every case.

use super::wire::Ranges;
use super::{Case, Shape, Template, meant};
use crate::access::{Access, Port};
use crate::cidr::{Cidr, CidrSet, Family};
use crate::names;
use crate::plan::{Alike, Filled, PlanError};
use crate::reach::Hosts;
use crate::reach::brief::{Brief, BriefRow, Place};
use crate::reach::diff::{Moves, between, moves};
use crate::reach::sets::{Kept, LIMIT, Questions, Reach, TooMuch};
use crate::reach::settings::Settings;
use crate::scope::loose_selectors;
use crate::snapshot::Snapshot;
use std::collections::BTreeSet;

/// The most cases that a template has: with more choices of ports a draft is better asked about as it is.
const CASES: usize = 27;

/// Why there is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoTemplate {
    /// No plan can be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// One of the questions would cost too much.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
    /// Rows choose ports in too many ways.
    #[error("the rows choose ports in so many ways that {CASES} cases would not tell them all")]
    Cases,
    /// A selector of others means the client sets as what is sent to: it hangs on the list whether an address of the Service is in them.
    #[error("a policy of others decides by whether what is sent to is in the list")]
    SentTo,
}

/// The template for drafts of this shape; with what earlier questions have found out, as what these find out is kept.
///
/// # Errors
/// As [`NoTemplate`] says.
pub fn make(snapshot: &Snapshot, settings: &Settings, shape: &Shape, kept: &mut Kept) -> Result<Template, NoTemplate> {
    if loose_selectors(snapshot).any(|loose| !loose.sends && loose.means_any_with(names::CLIENTS_LABEL)) {
        return Err(NoTemplate::SentTo);
    }
    let shared = Access {
        in_cluster: shape.in_cluster.clone(),
        load_balancers: shape.load_balancers.clone(),
        enforced: shape.enforced,
        ..Access::default()
    };
    let alike = Alike::of(snapshot, &shape.service, &shared, &shape.host_endpoints)?;
    let ports: BTreeSet<Port> = alike.service().ports.iter().map(|facts| facts.port).collect();
    let ports: Vec<Port> = ports.into_iter().collect();
    let mut choices = shape.ports.clone();
    // The first row that is typed is for every port.
    if choices.is_empty() {
        choices.push(Vec::new());
    }
    let questions = Questions::keeping(snapshot, settings, LIMIT, kept.clone());
    let before = questions.of_service(&shape.service)?;
    *kept = questions.kept();
    let maker = Maker {
        alike: &alike,
        settings,
        before: &before,
        kept: kept.clone(),
        everyone: [Family::V4, Family::V6].map(Cidr::all).into_iter().collect(),
        nodes: Hosts::of(snapshot, settings).all_sources(),
    };
    let mut lists = Lists::default();
    let mut inner = false;
    let mut told = Vec::new();
    for (used, allowed) in cases(&choices, &ports)? {
        let case = maker.told(&used, &allowed)?;
        inner |= case.hangs_on_nodes;
        lists.learn(&case.after, &case.moves);
        told.push((used, allowed, case));
    }
    let before = Brief::of(&before);
    lists.learn(&before, &[]);
    lists.sort();
    let now = lists.case(&before, &[]);
    let case = |(used, allowed, told): (BTreeSet<Port>, BTreeSet<Port>, Told)| Case {
        used: used.into_iter().collect(),
        allowed: allowed.into_iter().collect(),
        ..lists.case(&told.after, &told.moves)
    };
    let cases = told.into_iter().map(case).collect();
    let shape = Shape { ports: choices, ..shape.clone() };
    let inner = Ranges(if inner { maker.nodes } else { CidrSet::new() });
    let Lists { places, moved, reasons, sets } = lists;
    Ok(Template { shape, ports, places, moved, reasons, sets: sets.into_iter().map(Ranges).collect(), now, cases, inner })
}

/// The ports that anybody may use, and those of them that some client may.
type UsedAndAllowed = (BTreeSet<Port>, BTreeSet<Port>);

/// Every case of drafts whose rows choose among these.
fn cases(choices: &[Vec<Port>], ports: &[Port]) -> Result<Vec<UsedAndAllowed>, NoTemplate> {
    let mut unions = BTreeSet::from([BTreeSet::new()]);
    for choice in choices {
        let meant: BTreeSet<Port> = meant(choice, ports).into_iter().collect();
        let more: Vec<BTreeSet<Port>> = unions.iter().map(|union| union | &meant).collect();
        unions.extend(more);
        if unions.len() > CASES {
            return Err(NoTemplate::Cases);
        }
    }
    let pairs = unions
        .iter()
        .flat_map(|used| unions.iter().filter(|allowed| allowed.is_subset(used)).map(|allowed| (used.clone(), allowed.clone())));
    let found: Vec<UsedAndAllowed> = pairs.collect();
    if found.len() > CASES { Err(NoTemplate::Cases) } else { Ok(found) }
}

struct Maker<'a> {
    alike: &'a Alike,
    settings: &'a Settings,
    before: &'a Reach,
    kept: Kept,
    everyone: CidrSet,
    /// Every address that nodes have, or put in the place of a client's.
    nodes: CidrSet,
}

/// What becomes of every client in a case.
struct Told {
    after: Brief,
    moves: Vec<Moves>,
    /// Whether it would be other with the nodes in the list, or without them.
    hangs_on_nodes: bool,
}

impl Maker<'_> {
    fn told(&self, used: &BTreeSet<Port>, allowed: &BTreeSet<Port>) -> Result<Told, TooMuch> {
        let nobody = CidrSet::new();
        let mut told = self.asked(used, allowed, &self.everyone, &nobody)?;
        let mut hangs_on_nodes = false;
        // Of all but the nodes themselves; what is about nobody else is left out.
        let beside = |(brief, moves): (Brief, Vec<Moves>)| {
            let but = |set: &CidrSet| set.difference(&self.nodes);
            let row = |row: BriefRow| BriefRow { every: but(&row.every), some: but(&row.some), unknown: but(&row.unknown), ..row };
            let unknown = brief.unknown.into_iter().map(|(why, clients)| (why, but(&clients))).filter(|(_, clients)| !clients.is_empty());
            let brief = Brief { rows: brief.rows.into_iter().map(row).collect(), unknown: unknown.collect() };
            let moved =
                |moves: Moves| Moves { allowed: but(&moves.allowed), denied: but(&moves.denied), unknown: but(&moves.unknown), ..moves };
            let mut moves: Vec<Moves> = moves.into_iter().map(moved).collect();
            moves.retain(|moves| [&moves.allowed, &moves.denied, &moves.unknown].into_iter().any(|clients| !clients.is_empty()));
            (brief, moves)
        };
        if !allowed.is_empty() {
            let without = self.asked(used, allowed, &self.everyone.difference(&self.nodes), &nobody)?;
            if beside(without.clone()) != beside(told.clone()) {
                hangs_on_nodes = true;
                // The lists that are completed are those without nodes.
                told = without;
            }
        }
        if allowed != used {
            hangs_on_nodes |= beside(self.asked(used, allowed, &self.everyone, &self.nodes)?) != beside(told.clone());
        }
        let (after, moves) = told;
        Ok(Told { after, moves, hangs_on_nodes })
    }

    /// Once `of_allowed` may use the allowed ports, and `of_rest` the others that are used.
    fn asked(
        &self,
        used: &BTreeSet<Port>,
        allowed: &BTreeSet<Port>,
        of_allowed: &CidrSet,
        of_rest: &CidrSet,
    ) -> Result<(Brief, Vec<Moves>), TooMuch> {
        let rest: Vec<Port> = used.difference(allowed).copied().collect();
        let allowed: Vec<Port> = allowed.iter().copied().collect();
        let filled: Vec<Filled> = [(allowed, of_allowed), (rest, of_rest)]
            .into_iter()
            .filter(|(ports, _)| !ports.is_empty())
            .map(|(ports, clients)| Filled { ports, clients })
            .collect();
        let target = self.alike.target(&filled);
        let after = Questions::keeping(&target, self.settings, LIMIT, self.kept.clone()).of_service(&self.before.service)?;
        Ok((Brief::of(&after), moves(&between(self.before, &after))))
    }
}

/// What cases name by its place, each once and in order.
#[derive(Default)]
struct Lists {
    places: Vec<Place>,
    moved: Vec<Port>,
    reasons: Vec<String>,
    sets: Vec<CidrSet>,
}

impl Lists {
    fn learn(&mut self, brief: &Brief, moves: &[Moves]) {
        for row in &brief.rows {
            self.places.push(row.place);
            self.sets.extend([&row.every, &row.some, &row.unknown].map(Clone::clone));
        }
        for (why, clients) in &brief.unknown {
            self.reasons.push(why.clone());
            self.sets.push(clients.clone());
        }
        for moves in moves {
            self.moved.push(moves.port);
            self.sets.extend([&moves.allowed, &moves.denied, &moves.unknown].map(Clone::clone));
        }
    }

    fn sort(&mut self) {
        self.places.sort_unstable();
        self.places.dedup();
        self.moved.sort_unstable();
        self.moved.dedup();
        self.reasons.sort_unstable();
        self.reasons.dedup();
        self.sets.sort_unstable();
        self.sets.dedup();
    }

    fn case(&self, brief: &Brief, moves: &[Moves]) -> Case {
        let set = |set: &CidrSet| place_of(&self.sets, set);
        let rows = brief.rows.iter();
        let rows = rows.flat_map(|row| [place_of(&self.places, &row.place), set(&row.every), set(&row.some), set(&row.unknown)]);
        let unknown = brief.unknown.iter().flat_map(|(why, clients)| [place_of(&self.reasons, why), set(clients)]);
        let moves = moves.iter();
        let moves =
            moves.flat_map(|moves| [place_of(&self.moved, &moves.port), set(&moves.allowed), set(&moves.denied), set(&moves.unknown)]);
        Case { rows: rows.collect(), unknown: unknown.collect(), moves: moves.collect(), ..Case::default() }
    }
}

/// Where something is in a list that has it.
fn place_of<T: Ord>(list: &[T], what: &T) -> u32 {
    list.binary_search(what).ok().and_then(|at| u32::try_from(at).ok()).unwrap_or(u32::MAX)
}
