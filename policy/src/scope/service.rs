//! A Service, as far as a plan reads it.

use crate::access::{Port, Protocol};
use crate::cidr::{Cidr, CidrError};
use crate::object::{IntOrString, Labels, Service, ServiceRef};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// A Service, as far as a plan reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceFacts {
    /// The Service.
    pub service: ServiceRef,
    /// Its uid; empty in files.
    pub uid: String,
    /// `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`.
    pub kind: String,
    /// Its cluster IPs; none for a headless Service.
    pub cluster_ips: Vec<IpAddr>,
    /// Its external IPs.
    pub external_ips: Vec<String>,
    /// The addresses or host names of its load balancer.
    pub load_balancer: Vec<String>,
    /// Whom its load-balancer IPs let in, `loadBalancerSourceRanges`; everyone of a family of which there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub balancer_sources: Vec<Cidr>,
    /// The labels of its pods.
    pub selector: Labels,
    /// Its ports.
    pub ports: Vec<PortFacts>,
    /// Where nodes tell load balancers whether they have a ready pod; 0 where they do not.
    pub health_check_port: u16,
    /// `externalTrafficPolicy: Local`.
    pub external_local: bool,
    /// `internalTrafficPolicy: Local`.
    pub internal_local: bool,
    /// Whether its manifest names the cluster IP; none where no manifest is kept in the object.
    pub cluster_ip_declared: Option<bool>,
    /// Parts of its spec that are not what the API allows, as sentences.
    pub unreadable: Vec<String>,
}

/// A port of a Service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortFacts {
    /// What clients send to.
    pub port: Port,
    /// The pods' port.
    pub target: Target,
    /// The port on every node; 0 where none.
    pub node_port: u16,
}

/// The pods' port of a Service's port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Target {
    /// By number.
    Number(u16),
    /// By the name that each pod gives to one of its ports.
    Name(String),
}

impl Target {
    /// As a policy writes it: a name as its name.
    #[must_use]
    pub fn written(&self) -> IntOrString {
        match self {
            Self::Number(number) => IntOrString::Int(i64::from(*number)),
            Self::Name(name) => IntOrString::String(name.clone()),
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.written().fmt(f)
    }
}

impl ServiceFacts {
    /// Reads a Service; none if its names are not DNS labels.
    #[must_use]
    pub fn of(service: &Service) -> Option<Self> {
        let spec = &service.spec;
        let mut unreadable = Vec::new();
        let listed = if spec.cluster_ips.is_empty() { std::slice::from_ref(&spec.cluster_ip) } else { spec.cluster_ips.as_slice() };
        let mut cluster_ips = Vec::new();
        for text in listed.iter().filter(|text| !text.is_empty() && *text != "None") {
            match text.parse() {
                Ok(address) => cluster_ips.push(address),
                Err(_) => unreadable.push(format!("cluster IP `{text}` is not an address")),
            }
        }
        let not_addresses = spec.external_ips.iter().filter(|text| text.parse::<IpAddr>().is_err());
        unreadable.extend(not_addresses.map(|text| format!("external IP `{text}` is not an address")));
        let mut ports = Vec::new();
        for port in &spec.ports {
            match read_port(port) {
                Ok(read) => ports.push(read),
                Err(why) => unreadable.push(why),
            }
        }
        let balancer = &service.status.load_balancer.ingress;
        let mut load_balancer: Vec<String> =
            balancer.iter().map(|entry| if entry.ip.is_empty() { entry.hostname.clone() } else { entry.ip.clone() }).collect();
        load_balancer.retain(|text| !text.is_empty());
        Some(Self {
            service: service.reference()?,
            uid: service.metadata.uid.clone(),
            kind: if spec.kind.is_empty() { "ClusterIP".to_owned() } else { spec.kind.clone() },
            cluster_ips: if spec.kind == "ExternalName" { Vec::new() } else { cluster_ips },
            external_ips: spec.external_ips.clone(),
            load_balancer,
            balancer_sources: spec.load_balancer_source_ranges.iter().filter_map(|text| source_range(text)).collect(),
            selector: spec.selector.clone(),
            ports,
            health_check_port: spec.health_check_node_port,
            external_local: spec.external_traffic_policy == "Local",
            internal_local: spec.internal_traffic_policy == "Local",
            cluster_ip_declared: service.metadata.cluster_ip_declared(),
            unreadable,
        })
    }

    /// Whether clients outside can be offered it by more than its cluster IPs.
    #[must_use]
    pub fn has_other_addresses(&self) -> bool {
        !self.external_ips.is_empty() || !self.load_balancer.is_empty() || self.has_node_ports()
    }

    /// Whether nodes serve it at their own addresses.
    #[must_use]
    pub fn has_node_ports(&self) -> bool {
        self.ports.iter().any(|port| port.node_port != 0)
    }

    /// Its external IPs and the addresses of its load balancer, each once and in order: others may use them too, on other ports.
    #[must_use]
    pub fn outer_addresses(&self) -> BTreeSet<IpAddr> {
        let texts = self.external_ips.iter().chain(&self.load_balancer);
        texts.filter_map(|text| text.parse().ok()).filter(|address| !self.cluster_ips.contains(address)).collect()
    }

    /// The pods' ports for `ports` of the Service (all of them where empty), by protocol, each once and in order.
    #[must_use]
    pub fn targets(&self, ports: &[Port]) -> BTreeMap<Protocol, Vec<Target>> {
        let mut by_protocol: BTreeMap<Protocol, Vec<Target>> = BTreeMap::new();
        for port in self.ports.iter().filter(|facts| ports.is_empty() || ports.contains(&facts.port)) {
            by_protocol.entry(port.port.protocol).or_default().push(port.target.clone());
        }
        for targets in by_protocol.values_mut() {
            targets.sort();
            targets.dedup();
        }
        by_protocol
    }

    /// The Service's ports among `ports` (all of them where empty), by protocol, each once and in order.
    #[must_use]
    pub fn service_ports(&self, ports: &[Port]) -> BTreeMap<Protocol, Vec<u16>> {
        self.numbers(ports, |facts| facts.port.port)
    }

    /// The NodePorts of the Service's ports among `ports` (all of them where empty), by protocol, each once and in order.
    #[must_use]
    pub fn node_ports(&self, ports: &[Port]) -> BTreeMap<Protocol, Vec<u16>> {
        self.numbers(ports, |facts| facts.node_port)
    }

    fn numbers(&self, ports: &[Port], number: fn(&PortFacts) -> u16) -> BTreeMap<Protocol, Vec<u16>> {
        let mut by_protocol: BTreeMap<Protocol, Vec<u16>> = BTreeMap::new();
        let meant = self.ports.iter().filter(|facts| ports.is_empty() || ports.contains(&facts.port));
        for (protocol, number) in meant.map(|facts| (facts.port.protocol, number(facts))).filter(|(_, number)| *number != 0) {
            by_protocol.entry(protocol).or_default().push(number);
        }
        for numbers in by_protocol.values_mut() {
            numbers.sort_unstable();
            numbers.dedup();
        }
        by_protocol
    }
}

/// As kube-proxy reads it: what stands behind the prefix does not count.
fn source_range(text: &str) -> Option<Cidr> {
    match text.parse() {
        Ok(range) => Some(range),
        Err(CidrError::HostBits { network, .. }) => Some(network),
        Err(_) => None,
    }
}

fn read_port(port: &crate::object::ServicePort) -> Result<PortFacts, String> {
    let protocol = match port.protocol.as_str() {
        "" | "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        "SCTP" => Protocol::Sctp,
        other => return Err(format!("port {} has the protocol `{other}`, which is none of TCP, UDP and SCTP", port.port)),
    };
    if port.port == 0 {
        return Err("a port has the number 0".to_owned());
    }
    let target = match &port.target_port {
        // An unset targetPort is printed as 0 or as an empty string by some clients.
        None | Some(IntOrString::Int(0)) => Target::Number(port.port),
        Some(IntOrString::String(name)) if name.is_empty() => Target::Number(port.port),
        Some(IntOrString::String(name)) => Target::Name(name.clone()),
        Some(IntOrString::Int(number)) => match u16::try_from(*number) {
            Ok(number) => Target::Number(number),
            Err(_) => return Err(format!("port {} has the target port {number}, which is not between 1 and 65,535", port.port)),
        },
    };
    Ok(PortFacts { port: Port { protocol, port: port.port }, target, node_port: port.node_port })
}
