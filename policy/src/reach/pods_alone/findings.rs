//! What a guard at the pods alone does otherwise than its access says: by what every client gets on every path.

use super::{Blind, words};
use crate::access::{Access, Change, Port, in_force};
use crate::checks::few;
use crate::cidr::{AddressCount, Cidr, CidrSet};
use crate::finding::{Finding, Severity};
use crate::names;
use crate::object::{IpPool, Kept as KeptObject, Kind, NetworkPolicy, ObjectKey, Pod, ServiceRef};
use crate::reach::Hosts;
use crate::reach::diff::Side;
use crate::reach::packet::{Carries, Client, Destination, Entry, Interface, Question};
use crate::reach::sets::{AddressKind, AddressReach, Entry as Place, Kept, LIMIT, PathGroup, Questions, Reach, TooMuch};
use crate::reach::trace;
use crate::reach::verdict::{Action, PathKind, Stage, Verdict};
use crate::reach::written::Written;
use crate::scope::{PortFacts, Scope, ServiceFacts};
use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Guarded Services that are followed at most when the whole cluster is checked.
const MOST_SERVICES: usize = 500;

/// Why clients get something else than the access says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// Pod policy does not tell clients apart there.
    Blind(Blind),
    /// A policy that Portcullis wrote for something else lets them in, or shuts them out.
    Policy(ObjectKey),
    /// It cannot be told, because...
    Untold(String),
}

/// Where and for whom.
struct Found {
    at: BTreeSet<String>,
    cut: CidrSet,
    let_in: CidrSet,
    packet: Written,
}

/// What a guard of `service` with this access, at its pods alone, does otherwise than that says; nothing where it does what it says, and where the
/// access is enforced at the nodes too.
#[must_use]
pub fn findings(side: Side, service: &ServiceRef, access: &Access, kept: &mut Kept) -> Vec<Finding> {
    let Some(scope) = Scope::alone(side.snapshot, service).filter(|_| access.enforced.at_pods_alone()) else { return Vec::new() };
    let questions = Questions::keeping(side.snapshot, side.settings, LIMIT, kept.clone());
    let reach = questions.of_service(service);
    *kept = questions.kept();
    match reach {
        Ok(reach) => {
            let mut check = Check { side, service: &scope.service, access, inside: inside(side), found: BTreeMap::new() };
            reach.addresses.iter().for_each(|at| check.address(&reach, at));
            check.found.into_iter().map(|((why, kind), found)| finding(service, &why, kind, found)).collect()
        }
        Err(too_much) => vec![not_followed(service, &too_much)],
    }
}

/// The same once a plan is carried out: of the Services that it guards at their pods alone, and of those that are so guarded already and share pods with
/// one that it changes, what is new.
pub(in crate::reach) fn of_plan(before: Side, after: Side, asked: &crate::access::Asked, kept: &mut Kept) -> Vec<Finding> {
    let changes = asked.changes();
    let guards = changes.iter().filter(|change| change.at_pods_alone());
    let mut all: Vec<Finding> = guards.flat_map(|change| of_change(after, change, kept)).collect();
    let changed = |service: &ServiceRef| changes.iter().any(|change| change.service == *service);
    for (service, access) in guarded(after.snapshot).into_iter().filter(|(service, _)| !changed(service)) {
        let shares =
            || Scope::alone(after.snapshot, &service).is_some_and(|scope| scope.sharing.iter().any(|with| changed(&with.facts.service)));
        if asked.baseline().is_none() && !shares() {
            continue;
        }
        let now = findings(after, &service, &access, kept);
        if !now.is_empty() {
            let then: BTreeSet<(String, String)> =
                findings(before, &service, &access, kept).into_iter().map(|finding| (finding.id, finding.what)).collect();
            all.extend(now.into_iter().filter(|finding| !then.contains(&(finding.id.clone(), finding.what.clone()))));
        }
    }
    all
}

fn of_change(after: Side, change: &Change, kept: &mut Kept) -> Vec<Finding> {
    // What its groups hold by now is in the sets.
    in_force(after.snapshot, &change.service).map(|access| findings(after, &change.service, &access, kept)).unwrap_or_default()
}

/// The same of every Service that is so guarded, as the cluster is.
pub(in crate::reach) fn everywhere(now: Side, kept: &mut Kept) -> Vec<Finding> {
    let guarded = guarded(now.snapshot);
    let mut all: Vec<Finding> =
        guarded.iter().take(MOST_SERVICES).flat_map(|(service, access)| findings(now, service, access, kept)).collect();
    if let Some((service, _)) = guarded.get(MOST_SERVICES) {
        let limit = u64::try_from(MOST_SERVICES).unwrap_or(u64::MAX);
        all.push(not_followed(service, &TooMuch { what: "Services that their pods alone guard".to_owned(), limit }));
    }
    all
}

/// The Services that their pods alone guard.
fn guarded(snapshot: &Snapshot) -> Vec<(ServiceRef, Access)> {
    let own = |policy: &&std::sync::Arc<KeptObject<NetworkPolicy>>| {
        names::is_ours(&policy.metadata) && policy.metadata.annotations.contains_key(names::ACCESS_ANNOTATION)
    };
    let services: BTreeSet<ServiceRef> = snapshot
        .iter::<KeptObject<NetworkPolicy>>()
        .filter(own)
        .filter_map(|policy| policy.metadata.annotations.get(names::SERVICE_ANNOTATION)?.parse().ok())
        .collect();
    let alone =
        |service: ServiceRef| in_force(snapshot, &service).filter(|access| access.enforced.at_pods_alone()).map(|access| (service, access));
    services.into_iter().filter_map(alone).collect()
}

/// The ranges of the pods, pods that are in none of them, and the nodes' addresses: clients there are inside the cluster.
pub(in crate::reach) fn inside(side: Side) -> CidrSet {
    let pools: CidrSet = side.snapshot.iter::<IpPool>().filter_map(|pool| pool.spec.cidr.parse::<Cidr>().ok()).collect();
    let pods = side.snapshot.iter::<Pod>().flat_map(|pod| &pod.status.pod_ips).filter_map(|at| at.ip.parse::<IpAddr>().ok());
    let apart: CidrSet = pods.filter(|address| !pools.contains(*address)).filter_map(|address| Cidr::try_from(address).ok()).collect();
    Hosts::of(side.snapshot, side.settings).all_sources().union(&pools).union(&apart)
}

/// Who may use an address and port. Load balancers may use NodePorts alone; at the pods nobody sees which address was sent to, so there whatever has one.
pub(in crate::reach) fn wanted(service: &ServiceFacts, access: &Access, at: &AddressReach) -> CidrSet {
    let of_nodes = at.kind == AddressKind::NodePort;
    let asked = |facts: &&PortFacts| {
        facts.port.protocol == at.port.protocol && at.port.port == if of_nodes { facts.node_port } else { facts.port.port }
    };
    let Some(facts) = service.ports.iter().find(asked) else { return CidrSet::new() };
    let parts = access.parts().filter(|(ports, _)| ports.is_empty() || ports.contains(&facts.port));
    let balance = of_nodes || access.enforced.at_pods_alone() && facts.node_port != 0;
    let balancers = access.load_balancers.iter().filter(|_| balance);
    parts.flat_map(|(_, ranges)| ranges).chain(balancers).copied().filter(|cidr| cidr.family() == at.family).collect()
}

struct Check<'a> {
    side: Side<'a>,
    service: &'a ServiceFacts,
    access: &'a Access,
    inside: CidrSet,
    found: BTreeMap<(Why, AddressKind), Found>,
}

impl Check<'_> {
    fn address(&mut self, reach: &Reach, at: &AddressReach) {
        let wanted = wanted(self.service, self.access, at);
        for group in at.groups.iter().filter(|group| group.kind != PathKind::NoBackend) {
            let clients = &group.clients;
            let cut = clients.denied.intersection(&wanted).difference(&self.inside);
            let let_in = clients.allowed.union(&clients.unknown_clients()).difference(&wanted).difference(&self.inside);
            // Of those that its access names too, it is not known on an unknown path; said once, of the others.
            for (wrong, gets_in) in [(let_in, true), (cut, false)] {
                let Some((packet, question)) = wrong.first().and_then(|client| packet(reach, at, group, client)) else { continue };
                let Some(why) = self.why(reach, group, &question, gets_in) else { continue };
                let found = self.found.entry((why, at.kind)).or_insert_with(|| Found {
                    at: BTreeSet::new(),
                    cut: CidrSet::new(),
                    let_in: CidrSet::new(),
                    packet,
                });
                found.at.insert(words::place(at));
                let whom = if gets_in { &mut found.let_in } else { &mut found.cut };
                *whom = whom.union(&wrong);
            }
        }
    }

    /// Why the client of this packet gets in, or is shut out; none where a policy of others decides so, of which others speak.
    fn why(&self, reach: &Reach, group: &PathGroup, question: &Question, gets_in: bool) -> Option<Why> {
        if let Some(blind) = Blind::of(self.side.snapshot, self.service, reach, group) {
            return Some(Why::Blind(blind));
        }
        let answer = trace::ask(self.side.snapshot, self.side.settings, question);
        let translated = |path: &crate::reach::packet::PathKey| PathKind::of(&path.node, path.backend.as_ref(), true) == group.kind;
        for journey in answer.paths.iter().filter(|journey| translated(&journey.path)) {
            match (&journey.verdict, gets_in) {
                (Verdict::Unknown(why), true) => return Some(Why::Untold(why.to_string())),
                (Verdict::Allowed, true) => {
                    let by = journey.hops.iter().rev().find(|hop| hop.stage == Stage::Pod).and_then(|hop| hop.object.clone());
                    return by.filter(|key| self.is_ours(key)).map(Why::Policy);
                }
                (Verdict::Denied, false) => {
                    let by = journey.hops.iter().rev().find(|hop| hop.action == Action::Deny).and_then(|hop| hop.object.clone());
                    return by.filter(|key| self.is_ours(key)).map(Why::Policy);
                }
                _ => {}
            }
        }
        None
    }

    fn is_ours(&self, key: &ObjectKey) -> bool {
        self.side.snapshot.find(key).is_some_and(|object| names::is_ours(object.meta()))
    }
}

/// A packet of this client to an address, on a path of this group.
pub(in crate::reach) fn packet(reach: &Reach, at: &AddressReach, group: &PathGroup, client: IpAddr) -> Option<(Written, Question)> {
    let backends = reach.backends(group);
    let other = |node: &str| group.kind != PathKind::OtherNode || backends.iter().any(|backend| backend.node.as_deref() != Some(node));
    let entry = reach.entries(group).iter().find(|entry| other(&entry.node))?;
    asked(at.address, at.port, entry, client)
}

/// A packet of this client to an address, or to the node's own, where it comes in.
pub(in crate::reach) fn asked(address: Option<IpAddr>, port: Port, entry: &Place, client: IpAddr) -> Option<(Written, Question)> {
    let to = address.or(entry.address)?;
    let interface = match &entry.interface {
        Interface::Main => None,
        other => Some(other.to_string()),
    };
    let written = Written {
        client: client.to_string(),
        to: to.to_string(),
        port: port.port.to_string(),
        protocol: port.protocol.name().to_owned(),
        node: entry.node.to_string(),
        interface: interface.clone().unwrap_or_default(),
        ..Written::default()
    };
    let question = Question {
        client: Client::Outside { address: client },
        to: Destination::Address { address: to },
        carries: Carries::Ports { protocol: port.protocol, port: port.port, source_port: None },
        entry: Entry { node: Some(entry.node.to_string()), interface },
    };
    Some((written, question))
}

fn finding(service: &ServiceRef, why: &Why, kind: AddressKind, found: Found) -> Finding {
    let Found { at, cut, let_in, packet } = found;
    let at = few(&Vec::from_iter(at));
    let places = format!("{at} ({})", words::kind(kind));
    let (id, what, action, objects) = match why {
        Why::Blind(Blind::NodesAddress) => {
            ("pods-alone-source", words::what(Blind::NodesAddress, &at, kind, service), words::action(Blind::NodesAddress, kind), None)
        }
        Why::Blind(blind) => ("pods-alone-beyond-pods", words::what(*blind, &at, kind, service), words::action(*blind, kind), None),
        Why::Policy(key) => (
            "pods-alone-other-policy",
            format!("{key} decides about clients of `{service}` at {places} too."),
            "Guard it at the nodes and at the pods: before translation, addresses and ports are told apart. Or see to it that nothing else leads to \
             the same ports of its pods for other clients.",
            Some(key.clone()),
        ),
        Why::Untold(why) => (
            "pods-alone-untold",
            format!("Whether `{service}` is shut at {places} cannot be told: {why}."),
            "Guard it at the nodes and at the pods, or see to what keeps it from being told.",
            None,
        ),
    };
    let mut meanwhile = Vec::new();
    if !let_in.is_empty() {
        meanwhile.push(format!(
            "{} that its access does not allow {} in",
            let_in.counted(),
            match why {
                Why::Untold(_) => "may get",
                _ if let_in.count() == AddressCount::ONE => "gets",
                _ => "get",
            }
        ));
    }
    if !cut.is_empty() {
        let is = if cut.count() == AddressCount::ONE { "is" } else { "are" };
        meanwhile.push(format!("{} that it allows {is} shut out", cut.counted()));
    }
    Finding {
        severity: Severity::Blocker,
        id: id.to_owned(),
        what,
        objects: std::iter::once(service.key()).chain(objects).collect(),
        field: String::new(),
        why: format!("The pods alone guard it, and go by the address that they see: {}.", meanwhile.join(", and ")),
        action: action.to_owned(),
        packet: Some(Box::new(packet)),
    }
}

fn not_followed(service: &ServiceRef, why: &TooMuch) -> Finding {
    Finding {
        severity: Severity::Blocker,
        id: "pods-alone-not-followed".to_owned(),
        what: format!("Whether the pods of `{service}` can guard it alone cannot be told: {why}"),
        objects: vec![ObjectKey::new(Kind::Service, service.namespace(), service.name())],
        field: String::new(),
        why: "A guard that is not looked at is not taken to hold.".to_owned(),
        action: "Guard it at the nodes and at the pods, or make the policies that are named smaller.".to_owned(),
        packet: None,
    }
}
