//! Both engines on one packet.

use crate::ask::of_port;
use policy::access::Port;
use policy::cidr::{Cidr, Family};
use policy::object::{IpPool, Node, Object, Service, ServiceRef};
use policy::reach::packet::{Backend, Carries, Client, Destination, Entry, PathKey, Question};
use policy::reach::sets::{self, Reach, Seen, of_service};
use policy::reach::settings::Settings;
use policy::reach::trace;
use policy::reach::verdict::{Journey, PathKind, Unknown, Verdict};
use policy::snapshot::Snapshot;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What both say about one Service.
pub(crate) struct Both<'a> {
    snapshot: &'a Snapshot,
    settings: &'a Settings,
    service: ServiceRef,
    pub(crate) reach: Reach,
    cluster_ips: BTreeSet<IpAddr>,
    /// Addresses and ranges of the cluster itself.
    own: Vec<Cidr>,
}

/// Where they differ.
#[derive(Debug)]
#[expect(dead_code, reason = "it is printed")]
pub(crate) struct Mismatch {
    pub(crate) what: &'static str,
    pub(crate) service: String,
    pub(crate) client: IpAddr,
    pub(crate) port: Port,
    pub(crate) path: PathKey,
    pub(crate) sets: String,
    pub(crate) trace: Option<Journey>,
}

impl<'a> Both<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, settings: &'a Settings, service: &ServiceRef) -> Self {
        let reach = of_service(snapshot, settings, service).unwrap();
        let object = snapshot.get::<Service>(service.namespace(), service.name());
        let texts = object.iter().flat_map(|service| service.spec.cluster_ips.iter().chain([&service.spec.cluster_ip]));
        let cluster_ips = texts.filter_map(|text| text.parse().ok()).collect();
        let mut own = settings.proxy.cluster_cidrs.value.clone();
        own.extend(snapshot.iter::<IpPool>().filter_map(|pool| pool.spec.cidr.parse::<Cidr>().ok()));
        for node in snapshot.iter::<Node>() {
            let annotated = node.metadata.annotations.values().filter_map(|text| text.split('/').next());
            let all = annotated.chain(node.status.addresses.iter().map(|address| address.address.as_str()));
            own.extend(all.filter_map(|text| text.parse::<Cidr>().ok()));
        }
        Self { snapshot, settings, service: service.clone(), reach, cluster_ips, own }
    }

    /// The ports at which the Service is asked, those of its NodePorts too.
    pub(crate) fn ports(&self) -> Vec<Port> {
        let ports: BTreeSet<Port> = self.reach.addresses.iter().map(|at| at.port).collect();
        ports.into_iter().collect()
    }

    /// Follows a client's packets to a port on every path, and compares path by path.
    pub(crate) fn compare(&self, client: IpAddr, port: Port, each: &mut impl FnMut(&Journey)) -> Result<(), Box<Mismatch>> {
        let to = Destination::Service { service: self.service.clone() };
        let question = Question { client: Client::Outside { address: client }, to, carries: of_port(port), entry: Entry::default() };
        let answer = trace::ask(self.snapshot, self.settings, &question);
        let mismatch = |what, path: &PathKey, sets: String, trace| {
            Box::new(Mismatch { what, service: self.service.to_string(), client, port, path: path.clone(), sets, trace })
        };
        // Somebody outside who gives an address of the cluster as his: `Local` policies and pools take it for what it is not. That the
        // trace follows, and the sets, which are about clients outside, do not; at cluster IPs both take it as it comes.
        let own = self.own.iter().any(|cidr| cidr.contains(client));
        let mut followed = BTreeSet::new();
        for journey in &answer.paths {
            if own && !self.cluster_ips.contains(&journey.path.address) {
                continue;
            }
            each(journey);
            // Two Services with the same endpoints at one address make one path of two, and only one of them is in the sets.
            let twins = || answer.paths.iter().filter(|other| other.path == journey.path);
            if !followed.insert(journey.path.clone()) {
                continue;
            }
            let found = self.reach.verdict(&journey.path, port, client);
            if is_blind(&journey.verdict) || found.as_ref().is_some_and(is_blind) {
                continue;
            }
            if twins().count() > 1 && twins().any(|twin| found.as_ref() == Some(&twin.verdict)) {
                continue;
            }
            if found.as_ref() != Some(&journey.verdict) {
                return Err(mismatch("verdict", &journey.path, format!("{found:?}"), Some(journey.clone())));
            }
            // The sets do not say what a backend sees that calls itself: kube-proxy translates that.
            let itself = journey.path.backend.as_ref().is_some_and(|backend| backend.address == client);
            let seen = self.reach.group(&journey.path, port).map(|group| group.seen);
            if journey.verdict == Verdict::Allowed && !own && !itself && !same_source(journey, seen, client) {
                return Err(mismatch("source", &journey.path, format!("{seen:?}"), Some(journey.clone())));
            }
        }
        let listed = self.paths(port, client);
        if listed != followed && !own && !answer.paths.iter().any(|journey| is_blind(&journey.verdict)) {
            let nowhere = PathKey { node: String::new(), interface: None, address: client, backend: None };
            let only = |ones: &BTreeSet<PathKey>, others: &BTreeSet<PathKey>| format!("{:?}", ones.difference(others).collect::<Vec<_>>());
            let text = format!("only the sets: {}; only the trace: {}", only(&listed, &followed), only(&followed, &listed));
            return Err(mismatch("paths", &nowhere, text, None));
        }
        Ok(())
    }

    /// The paths that the sets have for a port and the family of `client`.
    fn paths(&self, port: Port, client: IpAddr) -> BTreeSet<PathKey> {
        let asked = self.reach.addresses.iter().filter(|at| at.port == port && at.family == Family::of(client));
        let mut found = BTreeSet::new();
        for (at, group) in asked.flat_map(|at| at.groups.iter().map(move |group| (at, group))) {
            for entry in self.reach.entries(group) {
                let Some(address) = at.address.or(entry.address) else { continue };
                let path = |backend: Option<Backend>| PathKey {
                    node: entry.node.to_string(),
                    interface: Some(entry.interface.clone()),
                    address,
                    backend,
                };
                let of_kind = |backend: &&Backend| PathKind::of(&entry.node, Some(backend), true) == group.kind;
                found.extend(self.reach.backends(group).iter().filter(of_kind).map(|backend| path(Some(backend.clone()))));
                found.extend(group.backends.is_none().then(|| path(None)));
            }
        }
        found
    }
}

/// Whether a verdict cannot be told for something that was not read, or could not be. The trace says so where it meets it, the sets before
/// they look: either may know more than the other.
fn is_blind(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Unknown(Unknown::NotRead(_) | Unknown::Unreadable(_)))
}

/// Whether the source that the trace comes to is one of those that the sets speak about, for a client that is none of the cluster.
fn same_source(journey: &Journey, seen: Option<Seen>, client: IpAddr) -> bool {
    let kept = journey.source_seen_by_pod == Some(client);
    seen.is_some_and(|seen| kept == (seen == Seen::Client))
}

/// What the sets say about a packet from outside that comes in at `node`, if it is sent to an address of a Service: whether it gets there
/// on every path, or why that cannot be said in one word.
pub(crate) fn by_sets(
    snapshot: &Snapshot,
    settings: &Settings,
    client: &Client,
    (to, carries): (IpAddr, Carries),
    node: &str,
) -> Option<Result<bool, String>> {
    let (Client::Outside { address: client }, Carries::Ports { protocol, port, .. }) = (client, carries) else { return None };
    let mut found = BTreeSet::new();
    for service in snapshot.iter::<Service>() {
        let meta = service.meta();
        let Ok(service) = ServiceRef::new(&meta.namespace, &meta.name) else { continue };
        let reach = of_service(snapshot, settings, &service).unwrap();
        let port = Port { protocol, port };
        for at in reach.addresses.iter().filter(|at| at.port == port && at.address.is_none_or(|address| address == to)) {
            let enters = |entry: &&sets::Entry| *entry.node == *node && entry.address.is_none_or(|address| address == to);
            // A group is of one kind of path: from this node some of its backends may be of the other.
            let ends = |group: &&sets::PathGroup| {
                let of_kind = |backend: &Backend| PathKind::of(node, Some(backend), true) == group.kind;
                group.backends.is_none() || reach.backends(group).iter().any(of_kind)
            };
            let groups = at.groups.iter().filter(|group| reach.entries(group).iter().any(|entry| enters(&entry))).filter(ends);
            found.extend(groups.filter_map(|group| group.clients.verdict(*client)));
        }
    }
    let mut found = found.into_iter();
    match (found.next()?, found.next()) {
        (Verdict::Allowed, None) => Some(Ok(true)),
        (Verdict::Denied, None) => Some(Ok(false)),
        several => Some(Err(format!("{several:?}"))),
    }
}
