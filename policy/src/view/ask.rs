//! A question and its answer, as pages show them: paths that differ in nothing but names are one route.

mod no_answer;

pub use no_answer::no_answer;

use crate::reach::packet::{Backend, PathKey};
use crate::reach::settings::Settings;
use crate::reach::verdict::{Answer, Journey, Overall, PathKind, Stage, Verdict};
use crate::reach::written::Written;
use crate::view::routes::{Signature, paired};
use crate::view::settings::{SettingRow, decided};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How many names of nodes or pods a route keeps; the rest is counted.
pub const NAMED: usize = 24;

/// An answered question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AskView {
    /// The question, as it was read.
    pub question: Written,
    /// What the cluster answers.
    pub now: Told,
    /// What it would answer with the plan.
    pub planned: Option<Told>,
    /// The ways that the packet can take, those first that are not allowed.
    pub routes: Vec<Route>,
    /// What decided besides policies.
    pub settings: Vec<SettingRow>,
}

/// An answer, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// All paths together.
    pub verdict: Overall,
    /// Paths on which it is allowed.
    pub allowed: u32,
    /// Paths on which it is denied.
    pub denied: u32,
    /// Paths on which it cannot be told.
    pub unknown: u32,
}

/// Paths on which the same happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// Where its backend is, seen from where the packet comes in.
    pub kind: PathKind,
    /// How many paths.
    pub paths: u32,
    /// Where the packets come in, or where the client runs.
    pub nodes: Names,
    /// By which interfaces they come in; none for clients inside the cluster.
    pub interfaces: Names,
    /// To which addresses.
    pub addresses: Names,
    /// What stands behind them: pods, or endpoints that are none.
    pub backends: Names,
    /// The journey on the first of its paths, as it is.
    pub now: Option<Journey>,
    /// The journey on the first of its paths, as planned.
    pub planned: Option<Journey>,
}

/// Names, the first of them in full.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Names {
    /// The first [`NAMED`], in order.
    pub first: Vec<String>,
    /// How many there are in all.
    pub count: u32,
}

impl Names {
    /// Names in any order; what has none is not counted.
    pub fn of(names: impl IntoIterator<Item = String>) -> Self {
        let all: BTreeSet<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
        let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
        Self { first: all.into_iter().take(NAMED).collect(), count }
    }
}

impl Told {
    /// An answer, counted.
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        let mut told = Self { verdict: answer.verdict, allowed: 0, denied: 0, unknown: 0 };
        for journey in &answer.paths {
            match journey.verdict {
                Verdict::Allowed => told.allowed += 1,
                Verdict::Denied => told.denied += 1,
                Verdict::Unknown(_) => told.unknown += 1,
            }
        }
        told
    }

    /// How many paths there are.
    #[must_use]
    pub const fn paths(&self) -> u32 {
        self.allowed + self.denied + self.unknown
    }
}

impl AskView {
    /// What pages show of an answer, beside the one that a plan would give.
    #[must_use]
    pub fn of(question: Written, now: &Answer, planned: Option<&Answer>, settings: &Settings) -> Self {
        Self {
            question,
            now: Told::of(now),
            planned: planned.map(Told::of),
            routes: routes(now, planned),
            settings: decided(settings, now),
        }
    }
}

/// The routes of one answer, or of two side by side.
fn routes(now: &Answer, planned: Option<&Answer>) -> Vec<Route> {
    type Sides<'a> = (Option<&'a Journey>, Option<&'a Journey>);
    type Key = (u8, PathKind, Option<Signature>, Option<Signature>);
    let mut groups: BTreeMap<Key, Vec<Sides<'_>>> = BTreeMap::new();
    for (now, planned) in paired(&now.paths, planned.map_or(&[], |answer| &answer.paths)) {
        let Some(journey) = planned.or(now) else { continue };
        let key = (rank(&journey.verdict), path_kind(journey), now.map(Signature::of), planned.map(Signature::of));
        groups.entry(key).or_default().push((now, planned));
    }
    groups
        .into_iter()
        .map(|((_, kind, ..), sides)| {
            let paths: Vec<&PathKey> = sides.iter().filter_map(|(now, planned)| planned.or(*now)).map(|journey| &journey.path).collect();
            let first = sides.first().copied().unwrap_or_default();
            Route {
                kind,
                paths: u32::try_from(paths.len()).unwrap_or(u32::MAX),
                nodes: Names::of(paths.iter().map(|path| path.node.clone())),
                interfaces: Names::of(paths.iter().filter_map(|path| path.interface.as_ref()).map(ToString::to_string)),
                // Without a node nothing was followed, and the address stands for any.
                addresses: Names::of(paths.iter().filter(|path| !path.node.is_empty()).map(|path| path.address.to_string())),
                backends: Names::of(paths.iter().filter_map(|path| path.backend.as_ref()).map(backend_name)),
                now: first.0.cloned(),
                planned: first.1.cloned(),
            }
        })
        .collect()
}

/// What stands in the way comes first, then what cannot be told.
const fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Denied => 0,
        Verdict::Unknown(_) => 1,
        Verdict::Allowed => 2,
    }
}

/// Where the backend of a journey is, seen from where the packet comes in.
#[must_use]
pub fn path_kind(journey: &Journey) -> PathKind {
    let path = &journey.path;
    let translated = path.backend.is_some() || journey.hops.iter().any(|hop| hop.stage == Stage::Translation);
    PathKind::of(&path.node, path.backend.as_ref(), translated)
}

/// A backend by name: its pod, or its address where it is none.
#[must_use]
pub fn backend_name(backend: &Backend) -> String {
    backend.pod.clone().unwrap_or_else(|| backend.address.to_string())
}

#[cfg(test)]
mod tests;
