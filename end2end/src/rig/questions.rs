//! Every question that a world raises: from everybody to everything that has a port.

use std::net::{IpAddr, SocketAddr};

use policy::access::{Port, Protocol};
use serde_json::Value;

use super::marker::NAMESPACE;
use super::scene::{From, Question};
use crate::world::{Listener, NodeLayout, World};

/// How often a Service with several backends is asked: kube-proxy chooses one for each connection.
const TIMES: usize = 3;

impl World {
    /// From each client by each way in, each pod and each node, to each address and port of each Service, to each pod and to each node.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        let targets = self.targets();
        let mut questions = Vec::new();
        for from in self.askers() {
            for (protocol, to, times) in &targets {
                let reaches = self.speaks(&from, to.is_ipv6());
                let question = Question { from: from.clone(), protocol: *protocol, to: *to };
                questions.extend(std::iter::repeat_n(question, if reaches { *times } else { 0 }));
            }
        }
        questions
    }

    fn askers(&self) -> Vec<From> {
        let entries: Vec<String> = self.layout.entries().map(|(_, node, link)| format!("{}/{}", node.name, link.name)).collect();
        let by = |client: &str| entries.iter().map(|entry| From::ClientBy(client.to_owned(), entry.clone())).collect::<Vec<_>>();
        let clients = self.clients.iter().flat_map(|client| by(&client.name));
        let pods = self.layout.pods.iter().filter(|pod| pod.namespace != NAMESPACE).map(|pod| From::Pod(pod.full_name()));
        clients.chain(pods).chain(self.layout.nodes.iter().map(|node| From::Node(node.name.clone()))).collect()
    }

    /// Whether who asks has an address of the family.
    fn speaks(&self, from: &From, six: bool) -> bool {
        let own: Vec<IpAddr> = match from {
            From::Client(name) | From::ClientBy(name, _) => {
                self.clients.iter().filter(|it| it.name == *name).map(|it| it.address).collect()
            }
            From::Pod(name) => {
                self.layout.pods.iter().filter(|it| it.full_name() == *name).flat_map(|it| it.addresses.iter().copied()).collect()
            }
            From::Node(name) => self.layout.nodes.iter().filter(|it| it.name == *name).flat_map(NodeLayout::addresses).collect(),
        };
        own.iter().any(|address| address.is_ipv6() == six)
    }

    /// Addresses with their ports, and how often each is asked.
    fn targets(&self) -> Vec<(Protocol, SocketAddr, usize)> {
        let mut targets = Vec::new();
        for service in self.objects.iter().filter(|object| object["kind"] == "Service") {
            let several = self.backends(service) > 1;
            let addresses = addresses_of(service);
            for port in service["spec"]["ports"].as_array().into_iter().flatten() {
                let Ok(Port { protocol, port: number }) =
                    format!("{}/{}", port["protocol"].as_str().unwrap_or("TCP"), port["port"]).parse()
                else {
                    continue;
                };
                let times = if several { TIMES } else { 1 };
                targets.extend(addresses.iter().map(|address| (protocol, SocketAddr::new(*address, number), times)));
                let node_port = port["nodePort"].as_u64().and_then(|number| u16::try_from(number).ok());
                for address in node_port.iter().flat_map(|_| self.layout.nodes.iter().flat_map(|node| node.addresses().collect::<Vec<_>>()))
                {
                    targets.extend(node_port.map(|number| (protocol, SocketAddr::new(address, number), times)));
                }
            }
        }
        let pods = self.layout.pods.iter().filter(|pod| pod.namespace != NAMESPACE).map(|pod| (pod.addresses.clone(), &pod.listeners));
        let nodes = self.layout.nodes.iter().map(|node| (node.addresses().collect(), &node.listeners));
        for (addresses, listeners) in pods.chain(nodes) {
            for Listener(port) in listeners {
                targets.extend(addresses.iter().map(|address: &IpAddr| (port.protocol, SocketAddr::new(*address, port.port), 1)));
            }
        }
        // This kernel has no SCTP.
        targets.retain(|(protocol, ..)| *protocol != Protocol::Sctp);
        targets
    }

    /// Whether a Service has the address.
    #[must_use]
    pub fn is_of_service(&self, address: IpAddr) -> bool {
        self.objects.iter().any(|object| object["kind"] == "Service" && addresses_of(object).contains(&address))
    }

    fn backends(&self, service: &Value) -> usize {
        let mine = |slice: &&Value| {
            slice["kind"] == "EndpointSlice"
                && slice["metadata"]["namespace"] == service["metadata"]["namespace"]
                && slice["metadata"]["labels"]["kubernetes.io/service-name"] == service["metadata"]["name"]
        };
        self.objects.iter().filter(mine).map(|slice| slice["endpoints"].as_array().map_or(0, Vec::len)).max().unwrap_or(0)
    }
}

/// Cluster IPs, external IPs and load-balancer addresses.
fn addresses_of(service: &Value) -> Vec<IpAddr> {
    let spec = &service["spec"];
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let ingress = list(&service["status"]["loadBalancer"]["ingress"]).into_iter().map(|item| item["ip"].clone());
    let all = list(&spec["clusterIPs"]).into_iter().chain(list(&spec["externalIPs"])).chain(ingress);
    all.filter_map(|value| value.as_str()?.parse().ok()).collect()
}
