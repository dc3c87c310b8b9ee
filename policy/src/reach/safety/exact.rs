//! What a guard does otherwise than its access says, by what every client gets on every path: whatever the cause. Where a check or
//! `sets::foreign` has said why, that is not said again.

use super::hand_made::ways;
use crate::access::Access;
use crate::checks::{Draft, few};
use crate::cidr::{AddressCount, Cidr, CidrSet};
use crate::finding::{Finding, Severity};
use crate::names;
use crate::object::{HostEndpoint, Kept, Kind, Node, ObjectKey, ServiceRef};
use crate::reach::diff::Side;
use crate::reach::packet::{Client, Question};
use crate::reach::pods_alone::{inside, packet, place, wanted};
use crate::reach::sets::{AddressReach, PathGroup, Questions, Reach, TooMuch};
use crate::reach::trace;
use crate::reach::verdict::{Action, Hop, Journey, PathKind, Stage, Unknown, Verdict};
use crate::reach::written::Written;
use crate::scope::{Scope, ServiceFacts, receives};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Ranges of clients, of each kind of fault and path, of which a packet is followed at most.
const MOST_TRACED: usize = 16;

/// What is the case instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    /// Clients that the access does not name get in.
    LetIn,
    /// Clients that it names do not.
    Cut,
    /// It cannot be told.
    Untold,
}

/// Of whom, where, and why as one packet shows it.
struct Found {
    clients: CidrSet,
    at: BTreeSet<String>,
    on: BTreeSet<PathKind>,
    why: String,
    packet: Written,
}

/// What a guard was held to its access for.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) findings: Vec<Finding>,
    /// Whether every client outside gets what the access says, on every path by which clients come in; what is said elsewhere counts too.
    pub(super) exact: bool,
    /// Whether an endpoint stands behind every path by which clients come in.
    pub(super) served: bool,
}

/// What a guard of `service` with this access does otherwise than that says, but for what `said` has found already.
pub(super) fn held(side: Side, questions: &Questions, service: &ServiceRef, access: &Access, said: &[&Finding]) -> Result<Held, TooMuch> {
    // What pods do that guard alone is found out with them (`pods_alone`).
    let Some(scope) = Scope::alone(side.snapshot, service).filter(|_| !access.enforced.at_pods_alone()) else { return Ok(Held::default()) };
    let reach = questions.of_service(service)?;
    let mut check = Check { side, service: &scope.service, access, inside: inside(side), said, exact: true, found: BTreeMap::new() };
    reach.addresses.iter().for_each(|at| check.address(&reach, at));
    let found = std::mem::take(&mut check.found).into_iter();
    let mut findings: Vec<Finding> = found
        .map(|((wrong, object), found)| {
            let ours = object.as_ref().is_some_and(|key| check.is_ours(key));
            finding(service, wrong, object, ours, found)
        })
        .collect();
    let answers: Vec<bool> = reach.addresses.iter().flat_map(|at| &at.groups).map(|group| group.kind != PathKind::NoBackend).collect();
    // That it has no pods is said by a check.
    if !answers.is_empty() && !answers.contains(&true) && (scope.has_pods || scope.service.selector.is_empty()) {
        findings.push(no_endpoint(service));
    }
    Ok(Held { findings, exact: check.exact, served: !answers.contains(&false) })
}

/// It has pods, or endpoints written by hand, and kube-proxy sends nothing to any of them.
fn no_endpoint(service: &ServiceRef) -> Finding {
    Draft::new(Severity::Warning, "no-endpoint-ready", vec![service.key()]).says(
        format!("`{service}` has no endpoint that is ready: nobody reaches it now, whatever policies say."),
        "kube-proxy drops or refuses what comes for a Service without one.",
        "See why its pods are not ready, or its endpoints missing: `kubectl get endpointslices`.",
    )
}

struct Check<'a> {
    side: Side<'a>,
    service: &'a ServiceFacts,
    access: &'a Access,
    inside: CidrSet,
    said: &'a [&'a Finding],
    exact: bool,
    found: BTreeMap<(Wrong, Option<ObjectKey>), Found>,
}

impl Check<'_> {
    fn address(&mut self, reach: &Reach, at: &AddressReach) {
        let wanted = wanted(self.service, self.access, at);
        for group in at.groups.iter().filter(|group| group.kind != PathKind::NoBackend) {
            if !self.comes_in(reach, at, group) {
                continue;
            }
            let clients = &group.clients;
            let outside = |all: CidrSet| all.difference(&self.inside);
            let wrongs = [
                (Wrong::LetIn, outside(clients.allowed.difference(&wanted))),
                (Wrong::Cut, outside(clients.denied.intersection(&wanted))),
                (Wrong::Untold, outside(clients.unknown_clients())),
            ];
            for (wrong, whom) in wrongs {
                self.exact &= whom.is_empty();
                // Of the first ones another finding may speak, and not of the rest.
                let shown = |cidr: &Cidr| {
                    let (packet, question) = packet(reach, at, group, cidr.first())?;
                    self.why(group, &question, wrong).map(|(object, why)| (packet, object, why))
                };
                let Some((packet, object, why)) = whom.cidrs().iter().take(MOST_TRACED).find_map(shown) else { continue };
                let found = self.found.entry((wrong, object)).or_insert_with(|| Found {
                    clients: CidrSet::new(),
                    at: BTreeSet::new(),
                    on: BTreeSet::new(),
                    why: format!("{}, for one: {why}", packet.client),
                    packet,
                });
                found.clients = found.clients.union(&whom);
                found.at.insert(if at.address.is_some() { format!("{} {}", place(at), at.port) } else { place(at) });
                found.on.insert(group.kind);
            }
        }
    }

    /// Whether clients outside come in there: a node that its label excludes from load balancers gets what is sent to its own addresses alone.
    fn comes_in(&self, reach: &Reach, at: &AddressReach, group: &PathGroup) -> bool {
        at.address.is_none()
            || reach.entries(group).iter().any(|entry| self.side.snapshot.get::<Node>("", &entry.node).is_none_or(|node| receives(node)))
    }

    /// The object that decides so about this packet, where one does, and how; none where that is said already, or is for others to say.
    fn why(&self, group: &PathGroup, question: &Question, wrong: Wrong) -> Option<(Option<ObjectKey>, String)> {
        let answer = trace::ask(self.side.snapshot, self.side.settings, question);
        let here = |journey: &&Journey| {
            let wrongly = match wrong {
                Wrong::LetIn => journey.verdict == Verdict::Allowed,
                Wrong::Cut => journey.verdict == Verdict::Denied,
                Wrong::Untold => matches!(journey.verdict, Verdict::Unknown(_)),
            };
            wrongly && PathKind::of(&journey.path.node, journey.path.backend.as_ref(), true) == group.kind
        };
        let journey = answer.paths.iter().find(here)?;
        let hop = match &journey.verdict {
            // On its way to an endpoint elsewhere, of which the plan says so; or to one that kube-proxy may have for others.
            Verdict::Unknown(Unknown::OutsideTheCluster | Unknown::ProxyVersion | Unknown::EndpointSlices) => return None,
            Verdict::Unknown(why) => return Some((None, format!("{why}."))),
            Verdict::Denied => journey.hops.iter().rev().find(|hop| hop.action == Action::Deny)?,
            // An interface on which no edge policy stands is for the checks of interfaces.
            Verdict::Allowed if !self.edge_stands(journey) => return None,
            Verdict::Allowed => self.lets_in(journey)?,
        };
        // Which endpoints there are, and for whom kube-proxy has them, is no policy's to say.
        if hop.stage == Stage::Translation || self.is_said(journey, hop, wrong) {
            return None;
        }
        let object = hop.object.clone().map(|key| self.taken_for_a_node(question, &key).unwrap_or(key));
        Some((object, hop.why.clone()))
    }

    /// The HostEndpoint that has the client's address, where our policy lets it in as a node's.
    fn taken_for_a_node(&self, question: &Question, by: &ObjectKey) -> Option<ObjectKey> {
        let Client::Outside { address } = &question.client else { return None };
        let has = |endpoint: &&Arc<Kept<HostEndpoint>>| endpoint.spec.expected_ips.iter().any(|text| text.parse() == Ok(*address));
        let endpoint = self.side.snapshot.iter::<Kept<HostEndpoint>>().find(has).filter(|_| self.is_ours(by))?;
        Some(ObjectKey::new(Kind::HostEndpoint, "", &endpoint.metadata.name))
    }

    /// Whether a packet meets an edge policy where it comes in, or would, if a failsafe did not let it past.
    fn edge_stands(&self, journey: &Journey) -> bool {
        let ours = |hop: &Hop| hop.stage == Stage::PreDnat && hop.object.as_ref().is_some_and(|key| self.is_ours(key));
        journey.hops.iter().any(|hop| hop.stage == Stage::Failsafe || ours(hop))
    }

    /// What lets the packet in: what others say first, then the edge policy, then what is left.
    fn lets_in<'j>(&self, journey: &'j Journey) -> Option<&'j Hop> {
        let lets = || journey.hops.iter().filter(|hop| hop.action == Action::Allow);
        let theirs = |hop: &&Hop| hop.stage != Stage::Failsafe && hop.object.as_ref().is_some_and(|key| !self.is_ours(key));
        lets().find(theirs).or_else(|| lets().find(|hop| hop.stage == Stage::PreDnat)).or_else(|| lets().next_back())
    }

    fn is_said(&self, journey: &Journey, hop: &Hop, wrong: Wrong) -> bool {
        let ids: &[&str] = match wrong {
            Wrong::LetIn => &["foreign-allow-widens", "foreign-pass-bypasses", "foreign-set-widens", "host-endpoint-shadows"],
            Wrong::Cut => &["foreign-deny-cuts"],
            Wrong::Untold => &[],
        };
        let past = wrong == Wrong::LetIn && journey.hops.iter().any(|hop| hop.stage == Stage::Failsafe);
        // Where an edge policy cannot stand, clients come to the pods with an address that it does not know.
        let by_us = wrong == Wrong::Cut && hop.object.as_ref().is_some_and(|key| self.is_ours(key));
        self.said.iter().any(|finding| {
            if finding.severity != Severity::Blocker && wrong == Wrong::LetIn {
                return false;
            }
            let names = hop.object.as_ref().is_some_and(|key| finding.objects.contains(key));
            let by_set = finding.id == "foreign-set-widens" && hop.object.as_ref().is_some_and(|key| self.is_ours(key));
            let unguarded = by_us && finding.severity == Severity::Blocker && finding.id.starts_with("host-endpoint");
            ids.contains(&finding.id.as_str()) && (names || by_set) || past && finding.id == "failsafe-port" || unguarded
        })
    }

    fn is_ours(&self, key: &ObjectKey) -> bool {
        self.side.snapshot.find(key).is_some_and(|object| names::is_ours(object.meta()))
    }
}

fn finding(service: &ServiceRef, wrong: Wrong, object: Option<ObjectKey>, ours: bool, found: Found) -> Finding {
    let Found { clients, at, on, why, packet } = found;
    let (gets, is) = if clients.count() == AddressCount::ONE { ("gets", "is") } else { ("get", "are") };
    let (count, at) = (clients.counted(), few(&Vec::from_iter(at)));
    let on = ways(&on);
    let (severity, id, what) = match wrong {
        Wrong::LetIn => {
            (Severity::Blocker, "lets-in-others", format!("{count} that the access of `{service}` does not name {gets} in at {at}{on}."))
        }
        Wrong::Cut => {
            (Severity::Warning, "cuts-clients", format!("{count} that the access of `{service}` names {is} shut out at {at}{on}."))
        }
        Wrong::Untold => {
            (Severity::Unknown, "clients-untold", format!("Whether {count} {gets} in to `{service}` at {at}{on} cannot be told."))
        }
    };
    let action = match (&object, wrong) {
        (Some(key), Wrong::LetIn) if key.kind == Kind::HostEndpoint => {
            format!("Take {} off `spec.expectedIPs` of {key}, unless it is a node's: policies take it for one.", packet.client)
        }
        // A shared policy lets in what the sets of every Service under it say, and those that others label alike.
        (Some(_), Wrong::LetIn) if ours => {
            "Follow the packet on *Ask*: it names the set that lets it in. Where that is Portcullis' own, a plan of the \
                                            Service's access as it is makes up for it."
                .to_owned()
        }
        (Some(key), _) => format!("Follow the packet on *Ask*, and see to {key}."),
        (None, Wrong::Untold) => "Follow the packet on *Ask*, and see to what keeps it from being told.".to_owned(),
        (None, _) => "Follow the packet on *Ask*: it names what decides.".to_owned(),
    };
    let finding = Draft::new(severity, id, std::iter::once(service.key()).chain(object).collect()).says(what, why, action);
    Finding { packet: Some(Box::new(packet)), ..finding }
}
