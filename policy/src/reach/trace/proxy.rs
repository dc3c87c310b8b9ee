//! kube-proxy: which Service has an address and port, which endpoints it sends to, and whose source it translates.
//! By iptables and nftables alike (`pkg/proxy/iptables/proxier.go`, `pkg/proxy/topology.go` at v1.29.15); which of the endpoints that are ready
//! it keeps to is [`super::topology`].

use super::packet::Packet;
use super::ports;
use super::topology::Choice;
use super::world::{Place, World, masked};
use crate::cidr::Family;
use crate::object::{Endpoint, EndpointSlice, Hint, Labels, Service, ServicePort};
use crate::reach::packet::Backend;
use crate::reach::settings::ProxyMode;
use crate::reach::verdict::Unknown;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// By which of its addresses a Service is meant. In kube-proxy's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    Cluster,
    External,
    LoadBalancer,
    NodePort,
}

/// A port of a Service at an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer<'a> {
    pub(super) service: &'a Arc<Service>,
    pub(super) port: &'a ServicePort,
    pub(super) by: By,
}

/// Services that kube-proxy leaves out: headless ones, mere names, those of another proxy (`ShouldSkipService`).
fn is_served(service: &Service) -> bool {
    // Where only `clusterIPs` are given, the API server gives `clusterIP` their first.
    let headless = service.spec.cluster_ip == "None" || (service.spec.cluster_ip.is_empty() && service.spec.cluster_ips.is_empty());
    !headless && service.spec.kind != "ExternalName" && is_for_kube_proxy(&service.metadata.labels)
}

/// What kube-proxy does not even list, Services and EndpointSlices alike (`cmd/kube-proxy/app/server.go:536` at v1.32.5; measured).
fn is_for_kube_proxy(labels: &Labels) -> bool {
    !["service.kubernetes.io/service-proxy-name", "service.kubernetes.io/headless"].iter().any(|label| labels.contains_key(*label))
}

/// The addresses of a Service, and by which it is meant there.
pub(super) fn addresses(service: &Service) -> Vec<(IpAddr, By)> {
    if !is_served(service) {
        return Vec::new();
    }
    let spec = &service.spec;
    let cluster = if spec.cluster_ips.is_empty() { std::slice::from_ref(&spec.cluster_ip) } else { spec.cluster_ips.as_slice() };
    let balancer = service.status.load_balancer.ingress.iter().filter(|entry| entry.ip_mode != "Proxy").map(|entry| &entry.ip);
    let all = cluster.iter().map(|text| (text, By::Cluster));
    let all = all.chain(spec.external_ips.iter().map(|text| (text, By::External)));
    let all = all.chain(balancer.map(|text| (text, By::LoadBalancer)));
    let mut seen = BTreeSet::new();
    all.filter_map(|(text, by)| Some((text.parse().ok()?, by))).filter(|(address, _)| seen.insert(*address)).collect()
}

/// What Services offer at an address: those of the first kind of address that has the port, and whether a Service has the address at all.
pub(super) fn offers<'a>(world: &World<'a>, packet: &Packet) -> (Vec<Offer<'a>>, bool) {
    let mut found: Vec<Offer<'a>> = Vec::new();
    let mut owned = false;
    let node = matches!(world.place(packet.destination), Place::Node(name) if has_node_ports(world, name, packet.destination));
    // A Service has NodePorts in the families of its cluster IPs.
    let in_family =
        |service: &Service| addresses(service).iter().any(|(address, by)| *by == By::Cluster && Family::of(*address) == packet.family());
    let node_port = packet.ports.filter(|_| node).map(|ports| ports.destination);
    for service in world.services.at(packet.destination, node_port) {
        let at = addresses(service).into_iter().find(|(address, _)| *address == packet.destination).map(|(_, by)| by);
        owned |= at.is_some();
        for port in &service.spec.ports {
            let asked =
                packet.ports.filter(|_| ports::of_kubernetes(&port.protocol) == Some(packet.protocol)).map(|ports| ports.destination);
            if let Some(by) = at.filter(|_| asked == Some(port.port)) {
                found.push(Offer { service, port, by });
            } else if node && in_family(service) && port.node_port != 0 && asked == Some(port.node_port) {
                found.push(Offer { service, port, by: By::NodePort });
            }
        }
    }
    let first = found.iter().map(|offer| rank(offer.by)).min();
    found.retain(|offer| Some(rank(offer.by)) == first);
    (found, owned)
}

/// Whether a node takes NodePorts at this address of its own.
pub(super) fn has_node_ports(world: &World<'_>, node: &str, address: IpAddr) -> bool {
    let primary = world.nodes.get(node).and_then(|node| node.primary(Family::of(address)));
    world.settings.proxy.node_ports.value.taken_at(address, primary)
}

/// Cluster IPs come before external and load-balancer IPs, those before NodePorts.
const fn rank(by: By) -> u8 {
    match by {
        By::Cluster => 0,
        By::External | By::LoadBalancer => 1,
        By::NodePort => 2,
    }
}

impl<'a> Offer<'a> {
    /// The endpoints that a packet from `source` gets to, translated on `node`.
    pub(super) fn backends(&self, world: &World<'a>, node: &str, source: IpAddr, family: Family) -> Vec<Choice> {
        let all = match self.endpoints(world, family) {
            Ok(all) => all,
            // Any of them may be the one that has none beside it.
            Err(some) => return some.iter().map(|end| Choice { doubt: Some(Unknown::EndpointSlices), ..Choice::sure(end) }).collect(),
        };
        if self.must_have_one_here(world, node, source) && !all.iter().any(|end| end.on.as_deref() == Some(node)) {
            return Vec::new();
        }
        let local = self.only_local(world, node, source);
        let here = |end: &&End| !local || end.on.as_deref() == Some(node);
        let of = |ready: bool| all.iter().filter(here).filter(move |end| end.ready == ready);
        let ready: Vec<&End> = of(true).collect();
        // Where none is ready, those that still serve while they end, whatever they are meant for (`CategorizeEndpoints`).
        match ready.as_slice() {
            [] => of(false).map(Choice::sure).collect(),
            _ if local => ready.into_iter().map(Choice::sure).collect(),
            ready => self.near(world, node, ready),
        }
    }

    /// Whether packets are dropped unless an endpoint is on the node: kube-proxy by nftables drops what a node itself sends to an external or
    /// load-balancer IP with `externalTrafficPolicy: Local` before it translates it (`filter-output` in `nftables/proxier.go:397` at v1.32.5;
    /// measured). By iptables it is translated first.
    fn must_have_one_here(&self, world: &World<'_>, node: &str, source: IpAddr) -> bool {
        matches!(self.by, By::External | By::LoadBalancer)
            && self.service.spec.external_traffic_policy == "Local"
            && world.settings.proxy.mode.value == ProxyMode::Nftables
            && is_of_node(world, node, source)
    }

    /// Whether only endpoints of the node count: `internalTrafficPolicy: Local` for cluster IPs, `externalTrafficPolicy: Local` for others, but
    /// not for pods and processes of the node (`proxier.go:1177` at v1.29.15).
    fn only_local(&self, world: &World<'_>, node: &str, source: IpAddr) -> bool {
        match self.by {
            By::Cluster => self.service.spec.internal_traffic_policy == "Local",
            _ => self.service.spec.external_traffic_policy == "Local" && !is_pod(world, source) && !is_of_node(world, node, source),
        }
    }

    /// Whether kube-proxy on `node` translates the source: for cluster IPs where it is not in the range of pods; for others always, but with
    /// `externalTrafficPolicy: Local` only for processes of the node (`proxier.go:1146` and `:1177` at v1.29.15). None where that hangs on
    /// pools that were not read.
    pub(super) fn masquerades(&self, world: &World<'_>, node: &str, source: IpAddr) -> bool {
        match self.by {
            By::Cluster => tells_pods_apart(world, Family::of(source)) && !is_pod(world, source),
            _ if self.service.spec.external_traffic_policy == "Local" => is_of_node(world, node, source),
            _ => true,
        }
    }

    /// Whether `loadBalancerSourceRanges` lets the source through; they hold for load-balancer IPs alone (`proxier.go:1293` at v1.29.15), with
    /// nftables for those too that are external IPs of the Service besides (`firewall-ips` in `nftables/proxier.go:655` at v1.32.5; measured).
    pub(super) fn lets_in(&self, world: &World<'_>, address: IpAddr, source: IpAddr) -> bool {
        let also = || {
            let mut balancer = self.service.status.load_balancer.ingress.iter().filter(|entry| entry.ip_mode != "Proxy");
            balancer.any(|entry| entry.ip.parse() == Ok(address))
        };
        let nftables = world.settings.proxy.mode.value == ProxyMode::Nftables;
        let limited = self.by == By::LoadBalancer || nftables && self.by == By::External && also();
        let ranges = self.service.spec.load_balancer_source_ranges.iter().filter_map(|text| masked(text.trim()));
        let mut ranges = ranges.filter(|net| net.family() == Family::of(source)).peekable();
        !limited || ranges.peek().is_none() || ranges.any(|net| net.contains(source))
    }

    /// Every endpoint of the family that is ready, or serves while it ends; an error of them where slices say otherwise of one: the first that
    /// kube-proxy comes upon counts, in no order (`addEndpoints` in `pkg/proxy/endpointslicecache.go:204` at v1.29.15; measured).
    fn endpoints(&self, world: &World<'a>, family: Family) -> Result<Vec<End>, Vec<End>> {
        let service = &self.service.metadata;
        let of_service = |slice: &&Arc<EndpointSlice>| slice.metadata.labels.get("kubernetes.io/service-name") == Some(&service.name);
        let slices = world.snapshot.in_namespace::<EndpointSlice>(&service.namespace).filter(of_service);
        let slices = slices.filter(|slice| is_for_kube_proxy(&slice.metadata.labels));
        let mut found: Vec<End> = Vec::new();
        for slice in slices.filter(|slice| slice.address_type == family.name()) {
            let own = |port: &&crate::object::EndpointPort| {
                port.name == self.port.name && ports::of_kubernetes(&port.protocol) == ports::of_kubernetes(&self.port.protocol)
            };
            for number in slice.ports.iter().filter(own).filter_map(|port| port.port).filter(|number| *number != 0) {
                found.extend(slice.endpoints.iter().filter_map(|endpoint| backend(world, slice, endpoint, number)));
            }
        }
        // One that stands in two slices is one endpoint.
        let place = |end: &End| (end.backend.address, end.backend.port);
        found.sort_by_key(|end| (place(end), !end.ready, !end.ends_serving));
        let said = |end: &End| (end.ready, end.ends_serving, end.on.clone(), end.zones.clone(), end.nodes.clone());
        let agree = found.is_sorted_by(|one, other| place(one) != place(other) || said(one) == said(other));
        found.dedup_by(|next, kept| place(next) == place(kept));
        found.retain(|end| end.ready || end.ends_serving);
        if agree { Ok(found) } else { Err(found) }
    }
}

/// An endpoint of a Service.
pub(super) struct End {
    pub(super) backend: Backend,
    ready: bool,
    /// Whether it serves while it ends.
    ends_serving: bool,
    /// The node that its slice names, by which kube-proxy knows its own.
    on: Option<String>,
    /// The zones it is meant for.
    pub(super) zones: Vec<String>,
    /// The nodes it is meant for.
    pub(super) nodes: Vec<String>,
}

fn backend(world: &World<'_>, slice: &EndpointSlice, endpoint: &Endpoint, port: u16) -> Option<End> {
    let conditions = &endpoint.conditions;
    let ready = conditions.ready.unwrap_or(true);
    let ends_serving = conditions.serving.unwrap_or(true) && conditions.terminating == Some(true);
    let address: IpAddr = endpoint.addresses.first()?.parse().ok()?;
    let (pod, node) = match world.place(address) {
        Place::Pod(pod) => (Some(format!("{}/{}", pod.metadata.namespace, pod.metadata.name)), Some(pod.spec.node_name.clone())),
        place => {
            let target = endpoint.target_ref.as_ref().filter(|target| target.kind == "Pod");
            let namespace = |own: &str| if own.is_empty() { slice.metadata.namespace.clone() } else { own.to_owned() };
            let pod = target.map(|target| format!("{}/{}", namespace(&target.namespace), target.name));
            (pod, if let Place::Node(name) = place { Some(name.to_owned()) } else { None })
        }
    };
    let names = |hints: &[Hint]| hints.iter().map(|hint| hint.name.clone()).collect();
    let (zones, nodes) = (names(&endpoint.hints.for_zones), names(&endpoint.hints.for_nodes));
    Some(End { backend: Backend { pod, node, address, port }, ready, ends_serving, on: endpoint.node_name.clone(), zones, nodes })
}

/// Whether kube-proxy knows a range of pods of the family: without one it tells no source apart.
fn tells_pods_apart(world: &World<'_>, family: Family) -> bool {
    world.settings.proxy.cluster_cidrs.value.iter().any(|net| net.family() == family)
}

fn is_pod(world: &World<'_>, source: IpAddr) -> bool {
    world.settings.proxy.cluster_cidrs.value.iter().any(|net| net.contains(source))
}

fn is_of_node(world: &World<'_>, node: &str, source: IpAddr) -> bool {
    matches!(world.place(source), Place::Node(of) if of == node)
}
