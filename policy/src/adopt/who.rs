//! Whom the rules of a hand-made policy mean, and on which ports.

use crate::access::Protocol;
use crate::cidr::{Cidr, CidrSet, Family};
use crate::object::{EntityRule, GlobalNetworkSet, HostEndpoint, IntOrString, IpPool, Kept, Kind, Namespace, NetworkSet, Node, Pod, Rule};
use crate::scope::{node_addresses, tunnels};
use crate::selector::{EndpointLabels, Selector};
use crate::snapshot::{Snapshot, Stored};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::rc::Rc;

/// Whom a rule means.
#[derive(Debug, Clone, Default)]
pub(super) struct Who {
    /// Ranges outside the cluster, as they were written.
    pub(super) clients: Vec<Cidr>,
    /// What is taken out of them.
    pub(super) but: CidrSet,
    /// Nodes, by the label of their HostEndpoints or by address.
    pub(super) nodes: bool,
    /// Pods of the cluster.
    pub(super) pods: bool,
    /// Whether it names nobody, and so means everybody.
    pub(super) everybody: bool,
}

/// What selectors and nets are told apart by.
pub(super) struct Inside<'a> {
    snapshot: &'a Snapshot,
    /// The ranges of the pods.
    pub(super) pools: CidrSet,
    /// The nodes' own addresses.
    pub(super) nodes: BTreeSet<IpAddr>,
    /// Both.
    pub(super) all: CidrSet,
    /// What selectors were found to match: many rules say the same.
    found: RefCell<BTreeMap<String, Rc<Found>>>,
}

/// A net as it was meant: the page prints comments behind its nets, and with its `#` lost they are part of them.
pub(super) fn meant(net: &str) -> Option<Cidr> {
    net.parse().ok().or_else(|| net.split_whitespace().next()?.parse().ok())
}

/// What a selector finds.
#[derive(Debug, Default)]
struct Found {
    nets: Vec<Cidr>,
    nodes: bool,
    pods: bool,
}

impl<'a> Inside<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let tunnels = tunnels(snapshot);
        let pools: CidrSet = snapshot.iter::<IpPool>().filter_map(|pool| pool.spec.cidr.parse::<Cidr>().ok()).collect();
        let nodes: BTreeSet<IpAddr> = snapshot.iter::<Node>().flat_map(|node| node_addresses(node, tunnels)).collect();
        let all = nodes.iter().filter_map(|address| Cidr::try_from(*address).ok()).collect::<CidrSet>().union(&pools);
        Self { snapshot, pools, nodes, all, found: RefCell::default() }
    }

    /// Whom the source of a rule means; `namespace` is that of a NetworkPolicy. Why it cannot be put in such words, where it cannot.
    pub(super) fn who(&self, rule: &Rule, namespace: &str) -> Result<Who, String> {
        let side = &rule.source;
        if !side.ports.is_empty() || !side.not_ports.is_empty() {
            return Err("goes by the clients' own ports".to_owned());
        }
        if !side.not_selector.is_empty() {
            return Err("goes by a `notSelector`".to_owned());
        }
        if side.services.is_some() || side.service_accounts.is_some() {
            return Ok(Who { pods: true, ..Who::default() });
        }
        let but: CidrSet = side.not_nets.iter().filter_map(|net| meant(net)).collect();
        let by_label = !side.selector.is_empty() || !side.namespace_selector.is_empty();
        if by_label && !side.nets.is_empty() {
            return Err("goes by nets and by a selector at once".to_owned());
        }
        let mut who = Who { but, ..Who::default() };
        let nets: Vec<Cidr> = if by_label {
            let found = self.find(side, namespace)?;
            (who.nodes, who.pods) = (found.nodes, found.pods);
            found.nets.clone()
        } else if side.nets.is_empty() {
            who.everybody = who.but.is_empty();
            vec![Cidr::all(Family::V4), Cidr::all(Family::V6)]
        } else {
            side.nets.iter().filter_map(|net| meant(net)).collect()
        };
        let version = |cidr: &Cidr| rule.ip_version.is_none_or(|version| version == i64::from(cidr.family().version()));
        for cidr in nets.into_iter().filter(version) {
            who.pods |= self.pools.meets(cidr);
            if self.nodes.contains(&cidr.first()) && cidr.is_address() {
                who.nodes = true;
            } else if !self.pools.covers(cidr) {
                who.clients.push(cidr);
            }
        }
        Ok(who)
    }

    /// Where a rule before translation sends to; none: anywhere, also to nodes by their labels.
    pub(super) fn to(&self, rule: &Rule) -> Option<Vec<Cidr>> {
        let side = &rule.destination;
        if side.services.is_some() || side.service_accounts.is_some() || !side.not_selector.is_empty() || !side.not_nets.is_empty() {
            return None;
        }
        let by_label = !side.selector.is_empty() || !side.namespace_selector.is_empty();
        match (by_label, side.nets.is_empty()) {
            (false, false) => Some(side.nets.iter().filter_map(|net| meant(net)).collect()),
            (true, true) => self.find(side, "").ok().filter(|found| !found.nodes && !found.pods).map(|found| found.nets.clone()),
            _ => None,
        }
    }

    /// What the selectors of a side find.
    fn find(&self, side: &EntityRule, namespace: &str) -> Result<Rc<Found>, String> {
        let selector = Selector::of_side(side, namespace).map_err(|error| format!("has a selector that cannot be read: {error}"))?;
        let Some(selector) = selector else { return Ok(Rc::default()) };
        let text = selector.to_string();
        if let Some(known) = self.found.borrow().get(&text) {
            return Ok(known.clone());
        }
        let found = Rc::new(Found {
            nets: self.nets(&selector),
            nodes: self.any(&selector, Kind::HostEndpoint, |host: &Kept<HostEndpoint>| selector.matches(&self.snapshot.host_labels(host))),
            pods: self.pods_match(&selector, |_| true),
        });
        self.found.borrow_mut().insert(text, found.clone());
        Ok(found)
    }

    /// The nets of the sets that the selector matches.
    fn nets(&self, selector: &Selector) -> Vec<Cidr> {
        let snapshot = self.snapshot;
        let labels = |namespace: &str| snapshot.get::<Namespace>("", namespace).map(|namespace| &namespace.metadata.labels);
        let of_cluster = snapshot
            .iter::<Kept<GlobalNetworkSet>>()
            .filter(|set| selector.matches(&EndpointLabels::of_global_network_set(set)))
            .flat_map(|set| &set.spec.nets);
        let of_tenants = snapshot
            .iter::<NetworkSet>()
            .filter(|set| selector.matches(&EndpointLabels::of_network_set(set, labels(&set.metadata.namespace))))
            .flat_map(|set| &set.spec.nets);
        of_cluster.chain(of_tenants).filter_map(|net| meant(net)).collect()
    }

    /// Whether the selector matches a pod of those that `wanted` says yes to.
    pub(super) fn pods_match(&self, selector: &Selector, wanted: impl Fn(&Pod) -> bool) -> bool {
        let matches = |pod: &Pod| selector.matches(&EndpointLabels::of_pod(pod, self.snapshot.inherited_by(pod)));
        self.any(selector, Kind::Pod, |pod: &Pod| wanted(pod) && matches(pod))
    }

    /// Whether there is such an object among those that the selector can match.
    fn any<T: Stored>(&self, selector: &Selector, kind: Kind, is: impl Fn(&T) -> bool) -> bool {
        let snapshot = self.snapshot;
        let Some(anchors) = selector.anchors() else { return snapshot.iter::<T>().any(|object| is(object)) };
        let carriers = anchors.iter().flat_map(|anchor| snapshot.carriers_at(anchor)).filter(|key| key.kind == kind);
        carriers.filter_map(|key| snapshot.get::<T>(&key.namespace, &key.name)).any(|object| is(object))
    }
}

/// A port of the rule's destination: its number, or those that a name stands for.
pub(super) struct At<'a> {
    pub(super) protocol: Protocol,
    pub(super) numbers: &'a [u16],
    pub(super) name: Option<&'a str>,
}

impl At<'_> {
    /// Whether the rule means this port. Why it cannot be told, where it cannot.
    pub(super) fn is_meant(&self, rule: &Rule) -> Result<bool, String> {
        if rule.http.is_some() {
            return Err("goes by what HTTP says".to_owned());
        }
        let protocol = |value: &IntOrString| {
            let number = match self.protocol {
                Protocol::Tcp => 6,
                Protocol::Udp => 17,
                Protocol::Sctp => 132,
            };
            match value {
                IntOrString::Int(theirs) => *theirs == number,
                IntOrString::String(text) => text.eq_ignore_ascii_case(self.protocol.name()) || text.parse() == Ok(number),
            }
        };
        if rule.protocol.as_ref().is_some_and(|theirs| !protocol(theirs)) || rule.not_protocol.as_ref().is_some_and(protocol) {
            return Ok(false);
        }
        let (ports, but) = (&rule.destination.ports, &rule.destination.not_ports);
        Ok((ports.is_empty() || self.is_in(ports)) && !(self.is_in(but)))
    }

    fn is_in(&self, list: &[IntOrString]) -> bool {
        list.iter().any(|entry| match entry {
            IntOrString::Int(number) => self.numbers.iter().any(|own| i64::from(*own) == *number),
            IntOrString::String(text) => match text.split_once(':') {
                Some((first, last)) => match (first.parse::<u16>(), last.parse::<u16>()) {
                    (Ok(first), Ok(last)) => self.numbers.iter().any(|own| (first..=last).contains(own)),
                    _ => false,
                },
                None => self.name == Some(text.as_str()) || text.parse().is_ok_and(|number: u16| self.numbers.contains(&number)),
            },
        })
    }
}
