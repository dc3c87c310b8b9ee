//! Hand-made policies before translation: the page's Step 2, by what they do and not by their names.

use super::said::{Does, Reading};
use super::who::{At, Inside, Who};
use super::{Part, Piece};
use crate::access::{Port, in_force};
use crate::cidr::{Cidr, CidrSet, Family};
use crate::object::{
    DEFAULT_TIER, GlobalNetworkPolicy, HostEndpoint, IntOrString, Kept, Kind, ObjectKey, PolicySpec, Rule, Service, ServiceRef,
};
use crate::scope::{ServiceFacts, advertised_by};
use crate::snapshot::{Endpoint, Snapshot};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The policies of others before translation, on the HostEndpoints of the cluster.
pub(super) struct Edges {
    /// In the order in which they decide.
    policies: Vec<EdgePolicy>,
    /// Those on what hosts forward, and before connections are tracked: where one is left, what lets past it may be needed.
    beside: BTreeSet<ObjectKey>,
    /// Those on the hosts' own traffic.
    hosts: BTreeSet<ObjectKey>,
}

struct EdgePolicy {
    key: ObjectKey,
    /// Its tier, where that is not the default one.
    tier: Option<String>,
    rules: Vec<EdgeRule>,
    /// The first rule that is about more than addresses of Services.
    wide: Option<usize>,
    /// Whether it does nothing but let packets to pods' own addresses pass.
    to_pods: bool,
    /// Whether it does so among other things.
    pods_too: bool,
    /// The exposed Services that it is about and that Portcullis does not guard.
    open: BTreeSet<ServiceRef>,
}

/// A rule that decides.
struct EdgeRule {
    number: usize,
    does: Does,
    rule: Rule,
    to: CidrSet,
    who: Result<Who, String>,
}

impl Edges {
    pub(super) fn of(snapshot: &Snapshot, inside: &Inside) -> Self {
        // HostEndpoints that are alike have the same list.
        let lists = snapshot.iter::<Kept<HostEndpoint>>().map(|host| snapshot.policies_on(&Endpoint::Host(host.clone())));
        let ranked: BTreeSet<_> =
            lists.collect::<BTreeSet<_>>().iter().flat_map(|list| list.iter()).filter(|policy| !policy.ours).cloned().collect();
        let open = Open::of(snapshot);
        let mut edges = Self { policies: Vec::new(), beside: BTreeSet::new(), hosts: BTreeSet::new() };
        for ranked in ranked {
            let Some(policy) = snapshot.get::<Kept<GlobalNetworkPolicy>>("", &ranked.key.name).filter(|_| ranked.key.namespace.is_empty())
            else {
                continue;
            };
            match &policy.spec {
                PolicySpec { pre_dnat: true, do_not_track: false, .. } => {
                    let tier = (*ranked.tier != *DEFAULT_TIER).then(|| ranked.tier.to_string());
                    edges.policies.push(EdgePolicy::of(inside, &open, &ranked.key, tier, &policy.spec));
                }
                PolicySpec { do_not_track: true, .. } | PolicySpec { apply_on_forward: true, .. } => {
                    edges.beside.insert(ranked.key.clone());
                }
                _ => {
                    edges.hosts.insert(ranked.key.clone());
                }
            }
        }
        edges
    }

    /// Whether one of them is about the Service.
    pub(super) fn speak_about(&self, service: &ServiceFacts) -> bool {
        let addresses = addresses(service);
        self.policies.iter().any(|policy| policy.speaks(&addresses))
    }

    /// The pieces that are about `service`, in the order in which they decide.
    pub(super) fn pieces(&self, service: &ServiceFacts) -> Vec<Piece> {
        let addresses = addresses(service);
        let speaking = || self.policies.iter().filter(|policy| policy.speaks(&addresses));
        let mut pieces: Vec<Piece> = speaking().map(|policy| policy.piece(service, &addresses)).collect();
        // One that stays may need another one.
        for _ in 0..pieces.len() {
            for (at, policy) in speaking().enumerate().filter(|(_, policy)| policy.pods_too) {
                let needed_by = self.needing_passage(&pieces).find(|key| **key != policy.key).map(passage);
                pieces[at].stays = pieces[at].stays.take().or(needed_by);
            }
        }
        pieces
    }

    /// What is left once the pieces that can be are taken over, and may shut packets to pods' own addresses out that nothing lets pass any more.
    fn needing_passage<'a>(&'a self, pieces: &[Piece]) -> impl Iterator<Item = &'a ObjectKey> {
        let taken: BTreeSet<ObjectKey> = pieces.iter().filter(|piece| piece.stays.is_none()).map(|piece| piece.key.clone()).collect();
        let others = self.policies.iter().filter(|policy| !policy.to_pods).map(|policy| &policy.key).chain(&self.beside);
        others.filter(move |key| !taken.contains(*key))
    }

    /// What belongs to a set-up of which `pieces` were found and is about no Service: what lets packets to pods' own addresses pass, which
    /// goes with the last that could need it, and what is on the hosts' own traffic, which stays.
    pub(super) fn around(&self, pieces: &[Piece]) -> Vec<Piece> {
        let needed_by = self.needing_passage(pieces).next();
        let to_pods = self.policies.iter().filter(|policy| policy.to_pods).map(|policy| Piece {
            key: policy.key.clone(),
            part: Part::ToPods,
            stays: needed_by.map(passage).or_else(|| policy.of_tier()),
            open: BTreeSet::new(),
        });
        let hosts = self.hosts.iter().map(|key| Piece {
            key: key.clone(),
            part: Part::Hosts,
            stays: Some("it is about the nodes' own traffic, and about no Service".to_owned()),
            open: BTreeSet::new(),
        });
        to_pods.chain(hosts).collect()
    }

    /// What they say of packets to an address of the Service and a port of it.
    pub(super) fn read(&self, pieces: &[Piece], address: IpAddr, port: Port) -> Reading {
        let mut reading = Reading::about(CidrSet::from(Cidr::all(Family::of(address))));
        let numbers = [port.port];
        let at = At { protocol: port.protocol, numbers: &numbers, name: None };
        for policy in self.policies.iter().filter(|policy| pieces.iter().any(|piece| piece.key == policy.key)) {
            for rule in policy.rules.iter().filter(|rule| rule.to.contains(address) && at.is_meant(&rule.rule) == Ok(true)) {
                if let Ok(who) = &rule.who {
                    reading.rule(rule.does, who, &from(&policy.key, rule.number));
                }
            }
        }
        reading
    }
}

fn passage(past: &ObjectKey) -> String {
    format!("it lets packets to pods pass {past}, which stays")
}

/// Which rule of which policy, for people: they count from 1.
pub(super) fn from(key: &ObjectKey, number: usize) -> String {
    format!("{}, rule {}", key.name, number + 1)
}

/// The addresses that packets before translation carry for it, but for those of nodes.
pub(super) fn addresses(service: &ServiceFacts) -> Vec<IpAddr> {
    service.cluster_ips.iter().copied().chain(service.outer_addresses()).collect()
}

impl EdgePolicy {
    fn of(inside: &Inside, open: &Open, key: &ObjectKey, tier: Option<String>, spec: &PolicySpec) -> Self {
        let mut policy = Self {
            key: key.clone(),
            tier,
            rules: Vec::new(),
            wide: None,
            to_pods: !spec.ingress.is_empty(),
            pods_too: false,
            open: BTreeSet::new(),
        };
        for (number, rule) in spec.ingress.iter().enumerate() {
            let Some(does) = does(rule) else { continue };
            let Some(to) = inside.to(rule) else {
                policy.wide.get_or_insert(number);
                policy.to_pods = false;
                continue;
            };
            let to: CidrSet = to.into_iter().collect();
            let to_pods = does == Does::Allow && !to.is_empty() && to.is_subset(&inside.pools);
            policy.to_pods &= to_pods;
            policy.pods_too |= to_pods;
            if !to_pods && !to.intersection(&inside.all).is_empty() {
                policy.wide.get_or_insert(number);
            }
            policy.rules.push(EdgeRule { number, does, rule: rule.clone(), to, who: inside.who(rule, "") });
        }
        policy.open = open.at(&policy.rules.iter().fold(CidrSet::new(), |all, rule| all.union(&rule.to)));
        policy
    }

    /// Whether a rule that names where it sends to means one of these addresses.
    fn speaks(&self, addresses: &[IpAddr]) -> bool {
        !self.to_pods && self.rules.iter().any(|rule| addresses.iter().any(|address| rule.to.contains(*address)))
    }

    fn piece(&self, service: &ServiceFacts, addresses: &[IpAddr]) -> Piece {
        let open: BTreeSet<ServiceRef> = self.open.iter().filter(|other| **other != service.service).cloned().collect();
        let here = |rule: &&EdgeRule| addresses.iter().any(|address| rule.to.contains(*address));
        let unsaid = self.rules.iter().filter(here).find_map(|rule| {
            let why = rule.who.as_ref().err().cloned().or_else(|| untold(&rule.rule))?;
            Some(format!("its rule {} {why}, which an access cannot say", rule.number + 1))
        });
        let wide = self.wide.map(|number| format!("its rule {} is about more than addresses of Services: nodes or pods too", number + 1));
        let shared = (!open.is_empty()).then(|| {
            let names: Vec<String> = open.iter().map(|service| format!("`{service}`")).collect();
            format!("it is also about {}, which Portcullis does not guard: it goes with the last of them", crate::checks::few(&names))
        });
        Piece { key: self.key.clone(), part: Part::Edge, stays: self.of_tier().or(wide).or(unsaid).or(shared), open }
    }

    fn of_tier(&self) -> Option<String> {
        self.tier.as_ref().map(|tier| format!("it is in the tier `{tier}`, whose other policies may count on it"))
    }
}

/// What a rule does; none where it decides nothing.
pub(super) fn does(rule: &Rule) -> Option<Does> {
    match rule.action.as_str() {
        "Allow" => Some(Does::Allow),
        "Deny" => Some(Does::Deny),
        "Pass" => Some(Does::Pass),
        _ => None,
    }
}

/// Why a rule's ports cannot be told.
fn untold(rule: &Rule) -> Option<String> {
    let named = |entry: &&IntOrString| matches!(entry, IntOrString::String(text) if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':'));
    if rule.http.is_some() {
        return Some("goes by what HTTP says".to_owned());
    }
    let name = rule.destination.ports.iter().chain(&rule.destination.not_ports).find(named)?;
    Some(format!("names the port `{name}` of hosts"))
}

/// Whether a client outside can send to an address of the Service.
pub(super) fn exposed(snapshot: &Snapshot, facts: &ServiceFacts) -> bool {
    let advertised = |address: &IpAddr| advertised_by(snapshot, *address, facts.external_local).is_some();
    facts.has_other_addresses() || facts.cluster_ips.iter().any(advertised)
}

/// The exposed Services that Portcullis does not guard, by address.
struct Open(BTreeMap<IpAddr, Vec<ServiceRef>>);

impl Open {
    fn of(snapshot: &Snapshot) -> Self {
        let mut open: BTreeMap<IpAddr, Vec<ServiceRef>> = BTreeMap::new();
        if snapshot.unknown(Kind::Service).is_some() {
            return Self(open);
        }
        let services = snapshot.iter::<Service>().filter_map(|service| ServiceFacts::of(service));
        for facts in services.filter(|facts| exposed(snapshot, facts) && in_force(snapshot, &facts.service).is_none()) {
            for address in addresses(&facts) {
                open.entry(address).or_default().push(facts.service.clone());
            }
        }
        Self(open)
    }

    /// Those at these addresses.
    fn at(&self, addresses: &CidrSet) -> BTreeSet<ServiceRef> {
        let ranges = addresses.cidrs().into_iter().map(|cidr| cidr.first()..=cidr.last());
        ranges.flat_map(|range| self.0.range(range)).flat_map(|(_, services)| services).cloned().collect()
    }
}
