//! What operators made by hand: set-ups after the page of Calico's documentation, recognised by what they do and not by their names.
//!
//! Of a Service, [`HandMade::of`] finds the policies of others that guard it: before translation (the page's Step 2), on its pods (Step 3, or
//! its Local mode), and those that come with them. What they say of clients becomes an access, each row with the rule that it came from; those
//! that are about nothing else can be taken over (`docs/decisions/adopting.md`).

mod edge;
mod pods;
mod said;
mod who;

use crate::access::{Access, Adoption, Change, HostEndpoints, InCluster, Intent, Port};
use crate::cidr::{Cidr, CidrSet, Family};
use crate::object::{ObjectKey, Service, ServiceRef};
use crate::scope::{Scope, ServiceFacts};
use crate::snapshot::Snapshot;
use edge::Edges;
use pods::OnPods;
use said::Rows;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use who::Inside;

/// A set-up for one Service that somebody made by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HandMade {
    /// What it consists of: first what decides before translation, in the order in which it does, then what decides at the pods, then
    /// what comes with them.
    pub pieces: Vec<Piece>,
    /// What it says, as it was meant; of a Service that Portcullis guards already, the access in force.
    pub access: Access,
}

/// A policy of such a set-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Piece {
    /// Which.
    pub key: ObjectKey,
    /// What part it has.
    pub part: Part,
    /// Why it cannot be taken over yet, or at all, as the rest of a sentence; none where it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stays: Option<String>,
    /// The exposed Services besides that it is about and that Portcullis does not guard.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub open: BTreeSet<ServiceRef>,
}

/// What part a policy has in a hand-made set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// Decides before translation about the Service's addresses.
    Edge,
    /// Decides at the Service's pods about clients outside, or the nodes.
    Pods,
    /// Lets packets to pods' own addresses pass before translation.
    ToPods,
    /// Decides about the nodes' own traffic.
    Hosts,
}

impl Part {
    /// Whether it decides about clients of the Service.
    #[must_use]
    pub const fn decides(self) -> bool {
        matches!(self, Self::Edge | Self::Pods)
    }

    /// In words.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Edge => "decides before translation about the Service's addresses",
            Self::Pods => "decides at the Service's pods",
            Self::ToPods => "lets packets to the pods' own addresses pass",
            Self::Hosts => "decides about the nodes' own traffic",
        }
    }
}

/// The policies of others in a cluster, read once for every Service.
pub struct Others<'a> {
    snapshot: &'a Snapshot,
    inside: Inside<'a>,
    edges: Edges,
}

impl<'a> Others<'a> {
    /// Reads them.
    #[must_use]
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let inside = Inside::of(snapshot);
        let edges = Edges::of(snapshot, &inside);
        Self { snapshot, inside, edges }
    }

    /// The Services for which there can be something: those that are exposed, or that a policy before translation is about.
    pub(crate) fn candidates(&self) -> Vec<ServiceRef> {
        let facts = self.snapshot.iter::<Service>().filter_map(|service| ServiceFacts::of(service));
        let may = |facts: &ServiceFacts| edge::exposed(self.snapshot, facts) || self.edges.speak_about(facts);
        facts.filter(may).map(|facts| facts.service).collect()
    }

    /// What somebody made by hand for the Service of `scope`; none where nothing was.
    #[must_use]
    pub fn hand_made(&self, scope: &Scope) -> Option<HandMade> {
        let edge = self.edges.pieces(&scope.service);
        let exposed = edge::exposed(self.snapshot, &scope.service);
        if edge.is_empty() && !exposed {
            return None;
        }
        let on_pods = OnPods::of(self.snapshot, &self.inside, scope);
        let pods = if exposed { on_pods.pieces() } else { Vec::new() };
        if edge.is_empty() && pods.is_empty() {
            return None;
        }
        let access = self.access(scope, &edge, &pods, &on_pods)?.normalised();
        let around = self.edges.around(&edge);
        Some(HandMade { pieces: edge.into_iter().chain(pods).chain(around).collect(), access })
    }

    /// Addresses of the cluster's own: of its pods and nodes.
    pub(crate) const fn inside(&self) -> &CidrSet {
        &self.inside.all
    }

    /// What the pieces say of clients. Who is let in before translation is meant to get in; where nothing there decides, who is at the pods.
    /// None where they shut out some and let in nobody: who is not on a list of the unwelcome gets in, and that is no wish about clients.
    fn access(&self, scope: &Scope, edge: &[Piece], pods: &[Piece], on_pods: &OnPods) -> Option<Access> {
        let isolates = pods.iter().any(|piece| piece.stays.is_none()) && !pods::governed_after(scope, pods);
        let guarded = scope.in_force.clone();
        let in_cluster = match guarded.as_ref().map(|access| &access.in_cluster) {
            None | Some(InCluster::Unchanged) if isolates => InCluster::Nobody,
            None => InCluster::Unchanged,
            Some(chosen) => chosen.clone(),
        };
        if let Some(access) = guarded {
            return Some(Access { in_cluster, ..access });
        }
        let mut left_open = false;
        let mut rows = Rows::default();
        let mut all: BTreeSet<Port> = BTreeSet::new();
        let whole: CidrSet = [Family::V4, Family::V6].map(Cidr::all).into_iter().collect();
        for port in &scope.service.ports {
            all.insert(port.port);
            let mut undecided = if edge.is_empty() { whole.clone() } else { CidrSet::new() };
            for address in edge::addresses(&scope.service).into_iter().filter(|_| !edge.is_empty()) {
                let reading = self.edges.read(edge, address, port.port);
                undecided = undecided.union(&reading.undecided());
                rows.add(port.port, &reading);
            }
            if pods.is_empty() {
                left_open |= !undecided.is_empty();
            } else {
                rows.add(port.port, &on_pods.read(port, undecided));
            }
        }
        let clients = rows.clients(&all);
        (!left_open || !clients.is_empty()).then(|| Access { clients, in_cluster, ..Access::default() })
    }
}

impl HandMade {
    /// What somebody made by hand for `service`; none where nothing was, or where there is no such Service.
    #[must_use]
    pub fn of(snapshot: &Snapshot, service: &ServiceRef) -> Option<Self> {
        Others::of(snapshot).hand_made(&Scope::alone(snapshot, service)?)
    }

    /// The policies that can be taken over.
    #[must_use]
    pub fn taken(&self) -> Vec<ObjectKey> {
        self.pieces.iter().filter(|piece| piece.stays.is_none()).map(|piece| piece.key.clone()).collect()
    }

    /// The change that takes over what can be.
    #[must_use]
    pub fn change(&self, service: &ServiceRef, host_endpoints: HostEndpoints) -> Change {
        let adoption = Adoption { taken: self.taken(), restored: Vec::new() };
        Change { service: service.clone(), intent: Intent::Guard(self.access.clone()), host_endpoints, adoption }
    }
}
