//! By what a cluster lives, and whoever works on it: who sends what to whom.

use super::sample::{Place, Sample};
use super::{Way, Ways};
use crate::access::Protocol;
use crate::cidr::Family;
use crate::object::{EndpointSlice, Node, Pod, Service, ServiceRef};
use crate::reach::packet::{Carries, Client, Destination, Entry, Question};
use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Endpoints of a Service that are followed at most.
const ENDPOINTS: usize = 5;
/// Services with a port for health checks that are followed at most.
const HEALTH_CHECKS: usize = 5;

/// Stands for whoever is outside: the ranges for documentation (RFC 5737, RFC 3849).
const STRANGERS: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))];

/// Something that a cluster or its operator lives by.
#[derive(Debug)]
pub(super) struct Flow {
    /// What it is, as the beginning of a sentence: `The API server, from nodes`.
    pub(super) name: String,
    /// What fails without it.
    pub(super) without: &'static str,
    pub(super) asked: Vec<Question>,
}

/// Every flow of which the cluster has both ends.
pub(super) fn flows(snapshot: &Snapshot, sample: &Sample, ways: &Ways) -> Vec<Flow> {
    let mut table = Table { snapshot, sample, flows: Vec::new() };
    table.api_server(ways);
    table.between_nodes();
    table.bgp();
    table.dns();
    table.typha();
    table.health_checks();
    table.people(ways);
    table.flows.retain(|flow| !flow.asked.is_empty());
    table.flows
}

pub(super) struct Table<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) sample: &'a Sample,
    flows: Vec<Flow>,
}

impl Table<'_> {
    pub(super) fn add(&mut self, name: impl Into<String>, without: &'static str, asked: Vec<Question>) {
        self.flows.push(Flow { name: name.into(), without, asked });
    }

    /// The API server: at its endpoints and its Service, from nodes, pods, outside, and from Portcullis.
    fn api_server(&mut self, ways: &Ways) {
        let Ok(service) = ServiceRef::new("default", "kubernetes") else { return };
        let endpoints = self.endpoints(&service);
        let mut from_nodes: Vec<Question> = Vec::new();
        for place in &self.sample.places {
            let others = endpoints.iter().filter(|end| !place.addresses.contains(&end.address));
            from_nodes.extend(others.map(|end| question(node(place), end.address, end.protocol, end.port)));
        }
        let ports: Vec<u16> =
            self.service(&service).map(|service| service.spec.ports.iter().map(|port| port.port).collect()).unwrap_or_default();
        let at_service =
            |client: Client| ports.iter().map(|port| to_service(client.clone(), &service, Protocol::Tcp, *port)).collect::<Vec<_>>();
        from_nodes.extend(self.sample.places.iter().flat_map(|place| at_service(node(place))));
        let from_pods: Vec<Question> = self.pods().into_iter().flat_map(at_service).collect();
        let own = endpoints.iter().filter_map(|end| Some(from_outside(end, self.node_at(end.address)?))).flatten().collect();
        let to_kubelet: Vec<Question> = endpoints
            .iter()
            .filter(|end| self.node_at(end.address).is_none())
            .flat_map(|end| self.sample.places.iter().flat_map(|place| from_address(end.address, place, KUBELET)))
            .collect();
        self.add("The API server, from nodes", "Nodes that do not reach it are taken for dead, and their pods are moved.", from_nodes);
        self.add("The API server, from pods", "Controllers and operators in pods stop.", from_pods);
        self.add("The API server, from outside", "Nobody outside can change anything any more, this neither.", own);
        self.add("The kubelet, from the API server", "Logs, `kubectl exec` and webhooks stop.", to_kubelet);
        let portcullis = ways.portcullis.iter().flat_map(|way| self.way(way)).collect();
        self.add("The API server, from Portcullis", "Portcullis could not take this plan back.", portcullis);
    }

    /// What nodes say to each other.
    fn between_nodes(&mut self) {
        let pairs: Vec<(&Place, &Place)> = self.sample.pairs().collect();
        let on = |port: u16| pairs.iter().flat_map(|(from, to)| to_node(from, to, port)).collect::<Vec<_>>();
        let (kubelet, ssh) = (on(KUBELET), on(SSH));
        let control: Vec<(&Place, &Place)> = pairs.iter().copied().filter(|(from, to)| from.control_plane && to.control_plane).collect();
        let etcd = control.iter().flat_map(|(from, to)| ETCD.into_iter().flat_map(|port| to_node(from, to, port))).collect();
        let shell = self.sample.places.iter().flat_map(|place| self.strangers_to(place, SSH)).collect();
        self.add("The kubelet, between nodes", "Logs, `kubectl exec`, metrics and webhooks stop.", kubelet);
        self.add("etcd, between nodes of the control plane", "The control plane loses its quorum.", etcd);
        self.add("SSH, between nodes", "Nodes cannot be mended from each other.", ssh);
        self.add("SSH, from outside", "Nodes cannot be mended from afar.", shell);
    }

    /// Names, for pods and nodes.
    fn dns(&mut self) {
        let Ok(service) = ServiceRef::new("kube-system", "kube-dns") else { return };
        if self.service(&service).is_none() {
            return;
        }
        let both = |client: Client| [Protocol::Udp, Protocol::Tcp].map(|protocol| to_service(client.clone(), &service, protocol, 53));
        let from_pods = self.pods().into_iter().flat_map(both).collect();
        let from_nodes = self.sample.places.iter().flat_map(|place| both(node(place))).collect();
        self.add("DNS, from pods", "Pods find no Service by its name.", from_pods);
        self.add("DNS, from nodes", "What runs on the hosts' network finds no Service by its name.", from_nodes);
    }

    /// Typha, from which Felix has its policies.
    fn typha(&mut self) {
        for namespace in ["calico-system", "kube-system"] {
            let Ok(service) = ServiceRef::new(namespace, "calico-typha") else { continue };
            let mut asked = Vec::new();
            for end in self.endpoints(&service) {
                let others = self.sample.places.iter().filter(|place| !place.addresses.contains(&end.address));
                asked.extend(others.map(|place| question(node(place), end.address, end.protocol, end.port)));
            }
            self.add("Typha, from nodes", "Felix learns of no policy any more, of the one that takes this back neither.", asked);
        }
    }

    /// Load balancers ask nodes whether they have backends.
    fn health_checks(&mut self) {
        let services = self.snapshot.iter::<Service>().filter(|service| service.spec.health_check_node_port != 0).take(HEALTH_CHECKS);
        let ports: Vec<(String, u16)> = services
            .map(|service| (format!("{}/{}", service.metadata.namespace, service.metadata.name), service.spec.health_check_node_port))
            .collect();
        for (service, port) in ports {
            let asked = self.sample.places.iter().flat_map(|place| self.strangers_to(place, port)).collect();
            self.add(format!("The health check of `{service}`"), "Its load balancer takes every node out.", asked);
        }
    }

    /// The operator's own browser.
    fn people(&mut self, ways: &Ways) {
        let page = ways.operator.iter().flat_map(|way| self.way(way)).collect();
        self.add("This page, from your own address", "You could not take this plan back here.", page);
        let Some(Way { from, .. }) = ways.operator else { return };
        let shell = self.sample.places.iter().flat_map(|place| from_address(from, place, SSH)).collect();
        self.add("SSH, from your own address", "You could not mend nodes from where you are.", shell);
    }

    /// A way between two addresses, whoever has them.
    fn way(&self, way: &Way) -> Vec<Question> {
        let question = question(self.client(way.from), way.to, Protocol::Tcp, way.port);
        let coming_in = |node: String| Question { entry: Entry { node: Some(node), interface: None }, ..question.clone() };
        match (&question.client, self.node_at(way.to)) {
            (Client::Outside { .. }, Some(node)) => vec![coming_in(node)],
            (Client::Outside { .. }, None) => self.sample.places.iter().map(|place| coming_in(place.name.to_string())).collect(),
            _ => vec![question],
        }
    }

    /// Whoever is outside, to a node.
    pub(super) fn strangers_to(&self, to: &Place, port: u16) -> Vec<Question> {
        STRANGERS.into_iter().flat_map(|stranger| from_address(stranger, to, port)).collect()
    }

    /// Who has an address.
    pub(super) fn client(&self, address: IpAddr) -> Client {
        let has = |pod: &&std::sync::Arc<Pod>| {
            !pod.spec.host_network
                && (pod.status.pod_ip.parse() == Ok(address) || pod.status.pod_ips.iter().any(|ip| ip.ip.parse() == Ok(address)))
        };
        if let Some(pod) = self.snapshot.iter::<Pod>().find(has) {
            return Client::Pod { namespace: pod.metadata.namespace.clone(), name: pod.metadata.name.clone() };
        }
        match self.node_at(address) {
            Some(name) => Client::Node { name },
            None => Client::Outside { address },
        }
    }

    pub(super) fn node_at(&self, address: IpAddr) -> Option<String> {
        let has = |node: &&std::sync::Arc<Node>| node.status.addresses.iter().any(|own| own.address.parse() == Ok(address));
        self.snapshot.iter::<Node>().find(has).map(|node| node.metadata.name.clone())
    }

    fn service(&self, service: &ServiceRef) -> Option<&Service> {
        self.snapshot.get::<Service>(service.namespace(), service.name()).map(std::sync::Arc::as_ref)
    }

    fn endpoints(&self, service: &ServiceRef) -> Vec<End> {
        let slices = self.snapshot.endpoint_slices(service);
        slices.flat_map(|slice| ends(slice)).take(ENDPOINTS).collect()
    }

    /// A pod of each node that is followed, with a network of its own.
    fn pods(&self) -> Vec<Client> {
        let mut found: BTreeMap<&str, Client> = BTreeMap::new();
        let wanted: BTreeSet<&str> = self.sample.places.iter().map(|place| &*place.name).collect();
        for pod in self.snapshot.iter::<Pod>().filter(|pod| wanted.contains(pod.spec.node_name.as_str())) {
            let running = !pod.spec.host_network && !pod.status.pod_ip.is_empty() && pod.status.phase == "Running";
            if running && !found.contains_key(pod.spec.node_name.as_str()) {
                found.insert(
                    &pod.spec.node_name,
                    Client::Pod { namespace: pod.metadata.namespace.clone(), name: pod.metadata.name.clone() },
                );
            }
        }
        found.into_values().collect()
    }
}

const KUBELET: u16 = 10_250;
const SSH: u16 = 22;
/// For clients, and between members.
const ETCD: [u16; 2] = [2379, 2380];

/// An endpoint of a Service.
struct End {
    address: IpAddr,
    port: u16,
    protocol: Protocol,
}

fn ends(slice: &EndpointSlice) -> Vec<End> {
    let mut found = Vec::new();
    for address in slice.endpoints.iter().flat_map(|endpoint| &endpoint.addresses).filter_map(|text| text.parse().ok()) {
        for port in &slice.ports {
            let protocol = [Protocol::Udp, Protocol::Sctp].into_iter().find(|protocol| protocol.name() == port.protocol);
            if let Some(number) = port.port {
                found.push(End { address, port: number, protocol: protocol.unwrap_or(Protocol::Tcp) });
            }
        }
    }
    found
}

pub(super) fn node(place: &Place) -> Client {
    Client::Node { name: place.name.to_string() }
}

const fn carries(protocol: Protocol, port: u16) -> Carries {
    Carries::Ports { protocol, port, source_port: None }
}

pub(super) fn question(client: Client, address: IpAddr, protocol: Protocol, port: u16) -> Question {
    Question { client, to: Destination::Address { address }, carries: carries(protocol, port), entry: Entry::default() }
}

fn to_service(client: Client, service: &ServiceRef, protocol: Protocol, port: u16) -> Question {
    Question { client, to: Destination::Service { service: service.clone() }, carries: carries(protocol, port), entry: Entry::default() }
}

fn to_node<'a>(from: &'a Place, to: &'a Place, port: u16) -> impl Iterator<Item = Question> + 'a {
    to.addresses.iter().map(move |address| question(node(from), *address, Protocol::Tcp, port))
}

/// From an address outside to a node, which it comes in at.
pub(super) fn from_address(from: IpAddr, to: &Place, port: u16) -> Vec<Question> {
    let entry = Entry { node: Some(to.name.to_string()), interface: None };
    let own = to.addresses.iter().filter(|address| Family::of(**address) == Family::of(from));
    own.map(|address| Question { entry: entry.clone(), ..question(Client::Outside { address: from }, *address, Protocol::Tcp, port) })
        .collect()
}

/// From outside to an endpoint on the network of a node, which it comes in at.
fn from_outside(end: &End, node: String) -> Vec<Question> {
    let entry = Entry { node: Some(node), interface: None };
    let strangers = STRANGERS.into_iter().filter(|stranger| Family::of(*stranger) == Family::of(end.address));
    strangers
        .map(|address| Question { entry: entry.clone(), ..question(Client::Outside { address }, end.address, end.protocol, end.port) })
        .collect()
}
