//! What a world may not say: named here by its part, before anything is made.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use anyhow::{Context, Result, bail, ensure};
use policy::cidr::Cidr;

use super::{Layout, NodeLayout, World};
use crate::rig::{CONTROL_PLANE, OWN_RANGES, SERVICE_RANGES};

/// The rig's own namespaces, beside which nodes have theirs.
const RESERVED: [&str; 2] = ["fabric", "outside"];
/// The longest name that the kernel takes for an interface.
const INTERFACE_MAX: usize = 15;

/// Interfaces of nodes besides `eth0`, with their addresses.
pub(super) type Interfaces = BTreeMap<String, BTreeMap<String, Vec<IpAddr>>>;

pub(super) fn all(world: &World, interfaces: &Interfaces) -> Result<()> {
    let layout = &world.layout;
    ensure!(!layout.nodes.is_empty(), "a world needs a node");
    if let Some(name) = RESERVED.into_iter().find(|name| layout.node(name).is_ok()) {
        bail!("node `{name}`: the rig's own network is called so; give the node another name");
    }
    for pod in world.objects.iter().filter(|object| object["kind"] == "Pod") {
        let text = |part: &str, field: &str| pod[part][field].as_str().unwrap_or_default();
        let named = || format!("pod `{}/{}`", text("metadata", "namespace"), text("metadata", "name"));
        layout.node(text("spec", "nodeName")).with_context(named)?;
    }
    for (node, links) in interfaces {
        layout.node(node).context("interfaces")?;
        for link in links.keys() {
            let taken = ["eth0", "lo", "vxlan.calico"].contains(&link.as_str()) || link.starts_with("cali");
            ensure!(!taken, "interfaces: `{link}` of `{node}`: there is one of this name already, or Calico means pods by it");
            ensure!(link.len() <= INTERFACE_MAX, "interfaces: `{link}` of `{node}` is longer than {INTERFACE_MAX} letters");
        }
    }
    addresses(world)?;
    clients(world)
}

/// Every address belongs to one of pods, nodes, clients and the rig.
fn addresses(world: &World) -> Result<()> {
    let Layout { nodes, pods, .. } = &world.layout;
    let mut owners: BTreeMap<IpAddr, String> = BTreeMap::from([(CONTROL_PLANE.parse()?, "the rig's API server".to_owned())]);
    let nodes = nodes.iter().map(|node| (format!("node `{}`", node.name), node.addresses().collect()));
    let pods = pods.iter().map(|pod| (format!("pod `{}`", pod.full_name()), pod.addresses.clone()));
    let clients = world.clients.iter().map(|client| (format!("client `{}`", client.name), vec![client.address]));
    let rigs = ranges(&OWN_RANGES)?;
    let services = ranges(&SERVICE_RANGES)?;
    for (owner, addresses) in nodes.chain(pods).chain(clients) {
        for address in addresses {
            if let Some(other) = owners.insert(address, owner.clone()) {
                bail!("{owner} and {other} have one address, {address}");
            }
            let within = |ranges: &[Cidr]| ranges.iter().find(|range| range.contains(address)).copied();
            if let Some(range) = within(&rigs) {
                bail!("{owner}: {address} is in {range}, which is the rig's own");
            }
            if let Some(range) = within(&services) {
                bail!("{owner}: {address} is in {range}, the range of Services");
            }
        }
    }
    Ok(())
}

/// Each has a name of its own, enters by a way that is there and speaks its family, and is outside.
fn clients(world: &World) -> Result<()> {
    let pools = world.objects.iter().filter(|object| object["kind"] == "IPPool").filter_map(|pool| pool["spec"]["cidr"].as_str());
    let pools: Vec<Cidr> = pools.filter_map(|range| range.parse().ok()).collect();
    let mut names = BTreeSet::new();
    for client in &world.clients {
        let named = || format!("client `{}`", client.name);
        ensure!(names.insert(&client.name), "there are two clients `{}`", client.name);
        let at = world.layout.entry(&client.enters).with_context(named)?;
        let speaks = |node: &NodeLayout| node.addresses().any(|own| own.is_ipv4() == client.address.is_ipv4());
        let entered = world.layout.entries().find(|(place, ..)| *place == at);
        ensure!(
            entered.is_none_or(|(_, node, _)| speaks(node)),
            "{}: `{}` has no address of the family of {}",
            named(),
            client.enters,
            client.address
        );
        if let Some(pool) = pools.iter().find(|pool| pool.contains(client.address)) {
            bail!("{}: {} is in {pool}, the range of pods", named(), client.address);
        }
    }
    Ok(())
}

fn ranges(texts: &[&str]) -> Result<Vec<Cidr>> {
    texts.iter().map(|text| text.parse().with_context(|| format!("`{text}` is no range"))).collect()
}
