//! What the objects mean in namespaces, links and listening ports.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use anyhow::{Context, Result};
use policy::access::{Port, Protocol};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The ports that answer on every node, as a kubelet and sshd do: what host policy must not cut.
const NODE_PORTS: [u16; 2] = [22, 10250];

/// Namespaces, links and listeners of a world.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Layout {
    /// The nodes, by name.
    pub nodes: Vec<NodeLayout>,
    /// The pods with a network of their own.
    pub pods: Vec<PodLayout>,
    /// External and load-balancer addresses of Services: the network outside carries them to nodes, as it does the service range.
    pub service_addresses: Vec<IpAddr>,
}

/// A node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeLayout {
    /// Its name.
    pub name: String,
    /// Its links to the network outside; the first is `eth0` with the node's own addresses.
    pub interfaces: Vec<Interface>,
    /// What answers on the node itself.
    pub listeners: Vec<Listener>,
}

/// A link of a node to the network outside.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Interface {
    /// As the node calls it.
    pub name: String,
    /// The node's addresses on it.
    pub addresses: Vec<IpAddr>,
}

/// A pod with a network of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PodLayout {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The node it runs on.
    pub node: String,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// What answers in it.
    pub listeners: Vec<Listener>,
}

/// A port that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Listener(pub Port);

impl Layout {
    /// Reads nodes, pods and addresses off the objects.
    pub(super) fn of(objects: &[Value], interfaces: &BTreeMap<String, BTreeMap<String, Vec<IpAddr>>>) -> Result<Self> {
        let mut layout = Self::default();
        let mut host_ports: BTreeMap<String, BTreeSet<Listener>> = BTreeMap::new();
        let kind = |kind: &'static str| objects.iter().filter(move |object| object["kind"] == kind);
        for pod in kind("Pod") {
            let name = text(&pod["metadata"]["name"]);
            let ports = listeners(pod).with_context(|| format!("pod `{name}`"))?;
            let node = text(&pod["spec"]["nodeName"]);
            if pod["spec"]["hostNetwork"] == true {
                host_ports.entry(node).or_default().extend(ports);
            } else {
                let addresses = addresses(&pod["status"]["podIPs"], "ip").with_context(|| format!("pod `{name}`"))?;
                layout.pods.push(PodLayout {
                    namespace: text(&pod["metadata"]["namespace"]),
                    name,
                    node,
                    addresses,
                    listeners: ports.into_iter().collect(),
                });
            }
        }
        for node in kind("Node") {
            let name = text(&node["metadata"]["name"]);
            let internal: Vec<Value> = list(&node["status"]["addresses"]).iter().filter(|a| a["type"] == "InternalIP").cloned().collect();
            let mut own = addresses(&Value::Array(internal), "address").with_context(|| format!("node `{name}`"))?;
            // Calico's own word on the node's address may name a family that Kubernetes was not told of.
            for family in ["IPv4", "IPv6"] {
                let told = text(&node["metadata"]["annotations"][format!("projectcalico.org/{family}Address")]);
                let address = told.split('/').next().and_then(|address| address.parse().ok());
                own.extend(address.filter(|address| !own.contains(address)));
            }
            let mut links = vec![Interface { name: "eth0".to_owned(), addresses: own }];
            for (link, addresses) in interfaces.get(&name).into_iter().flatten() {
                links.push(Interface { name: link.clone(), addresses: addresses.clone() });
            }
            let mut ports = host_ports.remove(&name).unwrap_or_default();
            ports.extend(NODE_PORTS.map(|port| Listener(Port { protocol: Protocol::Tcp, port })));
            layout.nodes.push(NodeLayout { name, interfaces: links, listeners: ports.into_iter().collect() });
        }
        for service in kind("Service") {
            let ingress = addresses(&service["status"]["loadBalancer"]["ingress"], "ip")?;
            let external = list(&service["spec"]["externalIPs"]).iter().filter_map(Value::as_str).map(str::parse);
            layout.service_addresses.extend(ingress);
            for address in external {
                layout.service_addresses.push(address.with_context(|| format!("externalIPs of `{}`", service["metadata"]["name"]))?);
            }
        }
        layout.service_addresses.sort_unstable();
        layout.service_addresses.dedup();
        Ok(layout)
    }

    /// The node of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn node(&self, name: &str) -> Result<&NodeLayout> {
        self.nodes.iter().find(|node| node.name == name).with_context(|| format!("the world has no node `{name}`"))
    }

    /// Every way into the cluster: each interface of each node, in their order. Its place counts from 1.
    pub fn entries(&self) -> impl Iterator<Item = (u32, &NodeLayout, &Interface)> {
        self.nodes
            .iter()
            .flat_map(|node| node.interfaces.iter().map(move |link| (node, link)))
            .zip(1..)
            .map(|((node, link), at)| (at, node, link))
    }

    /// The place of the way in that is called `NODE`, by its first interface, or `NODE/INTERFACE`.
    ///
    /// # Errors
    /// When there is none.
    pub fn entry(&self, name: &str) -> Result<u32> {
        let (node, interface) = name.split_once('/').unwrap_or((name, "eth0"));
        let found = self.entries().find(|(_, of, link)| of.name == node && link.name == interface);
        found.map(|(at, ..)| at).with_context(|| format!("the world has no node `{node}` with an interface `{interface}`"))
    }

    /// Whether an address of the second family is in it anywhere.
    #[must_use]
    pub fn dual_stack(&self) -> bool {
        self.nodes.iter().flat_map(NodeLayout::addresses).any(|address| address.is_ipv6())
    }
}

impl NodeLayout {
    /// Its addresses on every interface.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.interfaces.iter().flat_map(|link| link.addresses.iter().copied())
    }
}

impl PodLayout {
    /// `NAMESPACE/NAME`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

fn listeners(pod: &Value) -> Result<BTreeSet<Listener>> {
    let ports = list(&pod["spec"]["containers"]).iter().flat_map(|container| list(&container["ports"]));
    ports
        .map(|port| {
            let protocol = port["protocol"].as_str().unwrap_or("TCP");
            let text = format!("{protocol}/{}", port["containerPort"]);
            Ok(Listener(text.parse().with_context(|| format!("container port {text}"))?))
        })
        .collect()
}

fn addresses(items: &Value, field: &str) -> Result<Vec<IpAddr>> {
    list(items)
        .iter()
        .filter_map(|item| item[field].as_str())
        .map(|address| address.parse().with_context(|| format!("`{address}` is no address")))
        .collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
