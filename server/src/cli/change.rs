//! The change that `plan` and `diff` are asked for.

use crate::documents;
use anyhow::{Context, anyhow, bail};
use policy::access::{
    Access, Adoption, Change, ClientRange, Enforced, GroupName, GroupUse, HostEndpoints, InCluster, Intent, Interface, Port, in_force,
};
use policy::adopt::{HandMade, Piece};
use policy::checks::default_host_endpoints;
use policy::cidr::Cidr;
use policy::object::{Kind, ServiceRef};
use policy::plan::kept_host_endpoints;
use policy::scope::Scope;
use policy::snapshot::Snapshot;
use std::collections::BTreeMap;

/// The change that `plan` and `diff` are asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Asked {
    /// The Service, as NAMESPACE/NAME.
    #[arg(long, value_name = "NS/NAME")]
    pub(super) service: ServiceRef,
    /// Clients outside the cluster that may reach it: a range or an address, and one of the Service's ports, as 50.60.0.0/16:TCP/443; all
    /// ports without. May be given again. Without any, nobody outside may.
    #[arg(long, value_name = "CIDR[:PROTO/PORT]", value_parser = allow)]
    allow: Vec<Allow>,
    /// Client groups of which every range may reach it, and one of the Service's ports, as office:TCP/443; all ports without. May be given
    /// again.
    #[arg(long, value_name = "GROUP[:PROTO/PORT]", value_parser = allow_group)]
    allow_group: Vec<AllowGroup>,
    /// What load balancers send from that put their own address in place of the client's: they may use the Service's NodePorts alone. May be
    /// given again.
    #[arg(long, value_name = "CIDR", value_parser = load_balancer)]
    load_balancer: Vec<Cidr>,
    /// Clients inside the cluster: `unchanged`, `none`, or namespaces with commas between.
    #[arg(long, value_name = "unchanged|none|NS,...", value_parser = in_cluster)]
    in_cluster: Option<InCluster>,
    /// Where it is enforced: at the nodes and at the pods, or at the pods alone, which holds where every packet comes to them with the client's own
    /// address, as with `Local` traffic policies.
    #[arg(long, value_name = "nodes-and-pods|pods-alone", value_parser = enforced)]
    enforced: Option<Enforced>,
    /// The HostEndpoints that the edge policy stands on: those the cluster has, those that Calico's controller makes, or one for each node
    /// on an interface, created where absent. Without it, those the cluster has.
    #[arg(long, value_name = "existing|auto|named:IFACE", value_parser = host_endpoints)]
    host_endpoints: Option<HostEndpoints>,
    /// Take over what somebody made by hand for the Service, as far as it is about nothing else: with the clients that it names, unless
    /// `--allow` names others.
    #[arg(long)]
    adopt: bool,
}

/// One `--allow`.
#[derive(Debug, Clone)]
pub(super) struct Allow {
    cidr: Cidr,
    port: Option<Port>,
}

/// One `--allow-group`.
#[derive(Debug, Clone)]
pub(super) struct AllowGroup {
    name: GroupName,
    port: Option<Port>,
}

fn allow_group(text: &str) -> Result<AllowGroup, String> {
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    Ok(AllowGroup { name: name.parse().map_err(sentence)?, port: port.map(str::parse).transpose().map_err(sentence)? })
}

fn allow(text: &str) -> Result<Allow, String> {
    // An IPv6 address has colons of its own: what is behind the last one is a port only if it begins with a protocol's name.
    if let Some((cidr, port)) = text.rsplit_once(':')
        && port.split_once('/').is_some_and(|(protocol, _)| ["tcp", "udp", "sctp"].contains(&protocol.to_ascii_lowercase().as_str()))
    {
        return Ok(Allow { cidr: cidr.parse().map_err(sentence)?, port: Some(port.parse().map_err(sentence)?) });
    }
    Ok(Allow { cidr: text.parse().map_err(sentence)?, port: None })
}

fn load_balancer(text: &str) -> Result<Cidr, String> {
    text.parse().map_err(sentence)
}

fn enforced(text: &str) -> Result<Enforced, String> {
    text.parse().map_err(sentence)
}

fn sentence(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn in_cluster(text: &str) -> Result<InCluster, String> {
    match text {
        "unchanged" => Ok(InCluster::Unchanged),
        "none" => Ok(InCluster::Nobody),
        names => {
            let names: Vec<String> = names.split(',').map(|name| name.trim().to_owned()).collect();
            match names.iter().find(|name| !policy::object::is_dns_label(name)) {
                Some(name) => Err(format!(
                    "`{name}` is neither `unchanged`, `none` nor the name of a namespace (at most 63 lower-case letters, digits and dashes)"
                )),
                None => Ok(InCluster::Namespaces(names)),
            }
        }
    }
}

pub(super) fn host_endpoints(text: &str) -> Result<HostEndpoints, String> {
    match text {
        "existing" => Ok(HostEndpoints::Existing),
        "auto" => Ok(HostEndpoints::Automatic),
        _ => match text.strip_prefix("named:") {
            Some(interface) => {
                Interface::try_from(interface.to_owned()).map(|interface| HostEndpoints::Named { interface }).map_err(sentence)
            }
            None => Err(format!("`{text}` is none of `existing`, `auto` and `named:IFACE`")),
        },
    }
}

impl Asked {
    /// The change, as the flags say it.
    pub(super) fn change(&self, snapshot: &Snapshot) -> anyhow::Result<Change> {
        let scope = self.scope(snapshot)?;
        if self.adopt {
            return self.adopted(snapshot, &scope);
        }
        let access = self.access(&scope)?;
        self.with(snapshot, &scope, access)
    }

    /// Who may reach it, as the flags say.
    fn access(&self, scope: &Scope) -> anyhow::Result<Access> {
        let ports = by_name(self.allow.iter().map(|allow| (allow.cidr, allow.port)));
        let of_groups = by_name(self.allow_group.iter().map(|allow| (allow.name.clone(), allow.port)));
        let known = |port: &Port| scope.service.ports.iter().any(|facts| facts.port == *port);
        let named = ports.values().flatten().map(|port| ("--allow", port));
        for (flag, port) in named.chain(of_groups.values().flatten().map(|port| ("--allow-group", port))) {
            if !known(port) {
                let own: Vec<String> = scope.service.ports.iter().map(|facts| facts.port.to_string()).collect();
                bail!("{flag} names {port}, which is no port of `{}`; it has {}", self.service, own.join(", "));
            }
        }
        let clients = ports.into_iter().map(|(cidr, ports)| ClientRange { cidr, ports, note: String::new() }).collect();
        let group = |(name, ports)| GroupUse { name, ports, note: String::new(), ranges: Vec::new() };
        let in_cluster = self.in_cluster.clone().unwrap_or_default();
        let groups = of_groups.into_iter().map(group).collect();
        Ok(Access { clients, in_cluster, load_balancers: self.load_balancer.clone(), groups, enforced: self.enforced.unwrap_or_default() })
    }

    /// The change that takes over what somebody made by hand.
    fn adopted(&self, snapshot: &Snapshot, scope: &Scope) -> anyhow::Result<Change> {
        let found = HandMade::of(snapshot, &self.service).with_context(|| {
            format!("nothing that somebody made by hand for `{}` was found, so there is nothing to --adopt", self.service)
        })?;
        if found.taken().is_empty() {
            let stays = |piece: &Piece| piece.stays.as_ref().map(|why| format!("{} stays: {why}", piece.key));
            let stay: Vec<String> = found.pieces.iter().filter_map(stays).collect();
            bail!(
                "nothing that somebody made by hand for `{}` can be taken over: {}. Without --adopt the plan is made beside it",
                self.service,
                stay.join("; ")
            );
        }
        let said = found.access.clone();
        let access = Access {
            clients: if self.allow.is_empty() { said.clients } else { self.access(scope)?.clients },
            groups: if self.allow_group.is_empty() { said.groups } else { self.access(scope)?.groups },
            in_cluster: self.in_cluster.clone().unwrap_or(said.in_cluster),
            load_balancers: if self.load_balancer.is_empty() { said.load_balancers } else { self.load_balancer.clone() },
            enforced: self.enforced.unwrap_or_default(),
        };
        let change = self.with(snapshot, scope, access)?;
        Ok(Change { adoption: Adoption { taken: found.taken(), restored: Vec::new() }, ..change })
    }

    /// The change, or, where no flag says who may reach the Service, the access in force.
    pub(super) fn change_or_in_force(&self, snapshot: &Snapshot) -> anyhow::Result<Change> {
        if self.adopt
            || !self.allow.is_empty()
            || !self.allow_group.is_empty()
            || self.in_cluster.is_some()
            || self.enforced.is_some()
            || !self.load_balancer.is_empty()
        {
            return self.change(snapshot);
        }
        let scope = self.scope(snapshot)?;
        let access = in_force(snapshot, &self.service).ok_or_else(|| {
            anyhow!("`{}` is not guarded, so there is no access in force to compare with: say with --allow who may reach it", self.service)
        })?;
        let mut change = self.with(snapshot, &scope, access)?;
        if self.host_endpoints.is_none() {
            change.host_endpoints = kept_host_endpoints(snapshot, &self.service);
        }
        Ok(change)
    }

    fn scope(&self, snapshot: &Snapshot) -> anyhow::Result<Scope> {
        if let Some(why) = snapshot.unknown(Kind::Service) {
            bail!("Services are not known: {why}");
        }
        Scope::of(snapshot, &self.service).with_context(|| format!("there is no Service `{}`", self.service))
    }

    fn with(&self, snapshot: &Snapshot, scope: &Scope, access: Access) -> anyhow::Result<Change> {
        let host_endpoints = match &self.host_endpoints {
            Some(_) if access.enforced.at_pods_alone() => {
                bail!("--host-endpoints is about a guard at the nodes: leave it out with --enforced pods-alone")
            }
            Some(chosen) => chosen.clone(),
            None if access.enforced.at_pods_alone() => HostEndpoints::Existing,
            None => host_endpoints_for(snapshot, scope).context("say with --host-endpoints auto or --host-endpoints named:IFACE")?,
        };
        Ok(Change { service: self.service.clone(), intent: Intent::Guard(access), host_endpoints, adoption: Adoption::default() })
    }
}

/// Ports by whose they are: one that is allowed once without a port is allowed on all of them.
fn by_name<K: Ord>(allowed: impl Iterator<Item = (K, Option<Port>)>) -> BTreeMap<K, Vec<Port>> {
    let mut ports: BTreeMap<K, Option<Vec<Port>>> = BTreeMap::new();
    for (name, port) in allowed {
        let of = ports.entry(name).or_insert_with(|| Some(Vec::new()));
        *of = of.take().zip(port).map(|(mut of, port)| {
            of.push(port);
            of
        });
    }
    ports.into_iter().map(|(name, ports)| (name, ports.unwrap_or_default())).collect()
}

/// The HostEndpoints that a Service is guarded on if nothing is said of them.
fn host_endpoints_for(snapshot: &Snapshot, scope: &Scope) -> anyhow::Result<HostEndpoints> {
    default_host_endpoints(&scope.edge).ok_or_else(|| no_host_endpoints(snapshot))
}

/// That none is there to stand on.
pub(super) fn no_host_endpoints(snapshot: &Snapshot) -> anyhow::Error {
    let why = documents::no_host_endpoint(snapshot);
    anyhow!("{why}, and which ones the edge policy stands on is not said")
}
