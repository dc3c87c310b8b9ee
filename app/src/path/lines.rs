//! The lines of the picture: flows, as far as they can be told apart. What is stopped at the edge is one line, whatever lies behind.

use super::Side;
use policy::object::ObjectKey;
use policy::reach::verdict::{Journey, Stage, Verdict};
use policy::view::{Flow, PathView, Signature};
use std::collections::BTreeMap;

/// How far packets get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reaches {
    /// To the interface.
    Entry,
    /// To the address.
    Address,
    /// Past it, and not to the backend.
    Between,
    /// To the backend's door.
    Backend,
    /// To the backend.
    Inside,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Flows that it stands for, as places in [`PathView::flows`].
    pub(super) flows: Vec<usize>,
    pub(super) client: u32,
    pub(super) entry: u32,
    /// Where it gets that far.
    pub(super) address: Option<u32>,
    /// Where it gets that far.
    pub(super) backend: Option<u32>,
    pub(super) reaches: Reaches,
    pub(super) verdict: Verdict,
    /// How many paths it stands for.
    pub(super) paths: u32,
    /// Whether the other side says something else about any of its flows.
    pub(super) changed: bool,
}

impl Line {
    /// The journey that explains it, and the one of the other side.
    pub(super) fn journeys<'a>(&self, view: &'a PathView, side: Side) -> (Option<&'a Journey>, Option<&'a Journey>) {
        let flow = self.flows.first().and_then(|at| view.flows.get(*at));
        flow.map_or((None, None), |flow| (of(flow, side), of(flow, side.other())))
    }
}

impl Side {
    /// The other one.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Now => Self::Planned,
            Self::Planned => Self::Now,
        }
    }
}

const fn of(flow: &Flow, side: Side) -> Option<&Journey> {
    match side {
        Side::Now => flow.now.as_ref(),
        Side::Planned => flow.planned.as_ref(),
    }
}

/// The lines of one side, from the top of the picture to its foot.
pub(super) fn lines(view: &PathView, side: Side) -> Vec<Line> {
    type Place = (u32, u32, Option<u32>, Option<u32>, Reaches, Verdict, Option<(ObjectKey, Option<u32>)>);
    let mut lines: BTreeMap<Place, Line> = BTreeMap::new();
    for (at, flow) in view.flows.iter().enumerate() {
        let Some(journey) = of(flow, side) else { continue };
        let reaches = reaches(journey);
        let address = (reaches >= Reaches::Address).then_some(flow.address);
        let backend = (reaches >= Reaches::Between).then_some(flow.backend);
        let decides = journey.hops.last().and_then(|hop| hop.object.clone().map(|key| (key, hop.rule)));
        let decides = decides.filter(|_| reaches < Reaches::Inside);
        let place = (flow.client, flow.entry, address, backend, reaches, journey.verdict.clone(), decides);
        let line = lines.entry(place).or_insert_with(|| Line {
            flows: Vec::new(),
            client: flow.client,
            entry: flow.entry,
            address,
            backend,
            reaches,
            verdict: journey.verdict.clone(),
            paths: 0,
            changed: false,
        });
        line.flows.push(at);
        line.paths += flow.paths;
        let moved = |other: &Journey| other.verdict != journey.verdict || Signature::of(other) != Signature::of(journey);
        line.changed |= view.planned && of(flow, side.other()).is_none_or(moved);
    }
    lines.into_values().collect()
}

/// How far a packet gets.
fn reaches(journey: &Journey) -> Reaches {
    if journey.verdict == Verdict::Allowed {
        return Reaches::Inside;
    }
    match journey.hops.last().map(|hop| hop.stage) {
        None | Some(Stage::PodEgress | Stage::HostEgress | Stage::Untracked | Stage::Failsafe | Stage::PreDnat) => Reaches::Entry,
        Some(Stage::Translation) => Reaches::Address,
        Some(Stage::ForwardIn | Stage::ForwardOut | Stage::SourceTranslation | Stage::BetweenNodes) => Reaches::Between,
        Some(Stage::Pod | Stage::Host | Stage::Delivery) => Reaches::Backend,
    }
}
