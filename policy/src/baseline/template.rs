//! Templates of automatic HostEndpoints: which ones they cause on a node (Calico 3.30 and later).
//!
//! `syncHostEndpointsForNode` in `kube-controllers/pkg/controllers/node/hostendpoints.go:290` at v3.31.0, the same at v3.32.1. A template by
//! names of interfaces (3.31) goes by what calico-node has written about its node, and by nothing else ([`Node::interfaces`]).

use super::automatic::{Foretold, Silent, Untold, addresses, endpoint};
use crate::cidr::Cidr;
use crate::names;
use crate::object::{HostEndpoint, HostEndpointTemplate, Kept, Node, NodeInterface};
use crate::selector::Selector;
use crate::snapshot::Snapshot;
use crate::validate::is_name;
use regex_lite::Regex;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A template that has been read.
pub(super) struct Template<'a> {
    of: &'a HostEndpointTemplate,
    /// Which nodes get some; none: all.
    nodes: Option<Selector>,
    /// Which of a node's addresses they list.
    ranges: Vec<Cidr>,
    /// Which interfaces get one each; none: one by addresses alone.
    interfaces: Option<Regex>,
}

/// The HostEndpoints that the cluster has and that name an interface, by node.
pub(super) struct Named<'a>(BTreeMap<&'a str, Vec<&'a HostEndpoint>>);

impl<'a> Named<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let mut by_node: BTreeMap<&str, Vec<&HostEndpoint>> = BTreeMap::new();
        for endpoint in snapshot.iter::<Kept<HostEndpoint>>() {
            if !endpoint.spec.interface_name.is_empty() && endpoint.spec.interface_name != "*" {
                by_node.entry(&endpoint.spec.node).or_default().push(endpoint);
            }
        }
        Self(by_node)
    }

    fn on(&self, node: &str) -> &[&'a HostEndpoint] {
        self.0.get(node).map_or(&[], Vec::as_slice)
    }
}

impl<'a> Template<'a> {
    /// Reads it. Go's expressions are a little richer than those that are read here: what is only Go's is not guessed at.
    pub(super) fn read(of: &'a HostEndpointTemplate) -> Result<Self, Untold> {
        let named = || of.generate_name.clone();
        let some = |text: &'a str| Some(text).filter(|text| !text.is_empty());
        let nodes = some(&of.node_selector).map(Selector::parse).transpose().map_err(|_| Untold::Selector(named()))?;
        let pattern = some(&of.interface_pattern);
        let interfaces = pattern.map(Regex::new).transpose().map_err(|_| Untold::Pattern(named(), of.interface_pattern.clone()))?;
        let ranges = of.interface_cidrs.iter().filter_map(|text| text.parse().ok()).collect();
        Ok(Self { of, nodes, ranges, interfaces })
    }

    /// Adds what it causes on a node.
    pub(super) fn on(&self, node: &Node, named: &Named<'_>, foretold: &mut Foretold) -> Result<(), Untold> {
        if self.nodes.as_ref().is_some_and(|selector| !selector.matches(&node.metadata.labels)) {
            return Ok(());
        }
        let mut listed = addresses(node);
        listed.retain(|address| self.ranges.iter().any(|range| range.contains(*address)));
        let Some(interfaces) = &self.interfaces else {
            // Without an interface and without addresses it would be on nothing, and Calico's API would refuse it.
            if !listed.is_empty() {
                let name = format!("{}-{}{SUFFIX}", node.metadata.name, self.of.generate_name);
                foretold.made.push(endpoint(node, name, "", listed, &self.of.labels));
            }
            return Ok(());
        };
        match node.interfaces() {
            Some(reported) => {
                for interface in reported.iter().filter(|interface| interfaces.is_match(&interface.name)) {
                    foretold.made.push(self.by_interface(node, interface, &listed)?);
                }
            }
            None => self.on_silent(node, interfaces, listed, named.on(&node.metadata.name), foretold),
        }
        Ok(())
    }

    fn by_interface(&self, node: &Node, interface: &NodeInterface, listed: &[IpAddr]) -> Result<HostEndpoint, Untold> {
        let name = format!("{}-{}-{}{SUFFIX}", node.metadata.name, self.of.generate_name, interface.name);
        if name.len() <= super::automatic::MOST_NAME && !is_name(&name) {
            return Err(Untold::Refused(name));
        }
        let mut all = listed.to_vec();
        all.extend(interface.addresses.iter().filter(|address| !listed.contains(address)));
        Ok(endpoint(node, name, &interface.name, all, &self.of.labels))
    }

    /// A node that reports no interfaces: those that the template has caused there before stay known; without any, nothing is.
    fn on_silent(&self, node: &Node, interfaces: &Regex, listed: Vec<IpAddr>, has: &[&HostEndpoint], foretold: &mut Foretold) {
        let begins = format!("{}-{}-", node.metadata.name, self.of.generate_name);
        let caused = |endpoint: &&&HostEndpoint| {
            let name = &endpoint.metadata.name;
            names::is_automatic(endpoint)
                && name.starts_with(&begins)
                && name.ends_with(SUFFIX)
                && interfaces.is_match(&endpoint.spec.interface_name)
        };
        let before: Vec<HostEndpoint> = has.iter().filter(caused).map(|endpoint| (*endpoint).clone()).collect();
        if before.is_empty() {
            let seen = has.iter().map(|endpoint| &endpoint.spec.interface_name).filter(|name| interfaces.is_match(name)).cloned();
            foretold.silent.push(Silent {
                template: self.of.generate_name.clone(),
                seen: seen.collect(),
                like: endpoint(node, format!("{begins}NAME{SUFFIX}"), "", listed, &self.of.labels),
            });
        }
        foretold.made.extend(before);
    }
}

/// How the names of all automatic HostEndpoints end.
const SUFFIX: &str = "-auto-hep";
