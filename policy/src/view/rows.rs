//! Rows of the list of Services.

use super::{Address, AddressKind, ServiceRow, ServiceState};
use crate::access::{in_force, is_of_an_earlier_one};
use crate::baseline;
use crate::cidr::{Cidr, CidrSet};
use crate::object::{BgpConfiguration, Kind, Service, ServiceIpBlock};
use crate::scope::ServiceFacts;
use crate::snapshot::Snapshot;

/// The row of every Service, by namespace and name. Services whose names are not DNS labels, which the API refuses, are left out.
#[must_use]
pub fn rows(snapshot: &Snapshot) -> Vec<ServiceRow> {
    let closed = closed_addresses(snapshot);
    snapshot.iter::<Service>().filter_map(|service| row(snapshot, service, &closed)).collect()
}

fn closed_addresses(snapshot: &Snapshot) -> CidrSet {
    baseline::closed(snapshot).map(|closed| closed.addresses).unwrap_or_default()
}

/// The row of a Service, as far as the snapshot tells: history adds when it changed last, and what is going on.
#[must_use]
pub fn service_row(snapshot: &Snapshot, service: &Service) -> Option<ServiceRow> {
    row(snapshot, service, &closed_addresses(snapshot))
}

fn row(snapshot: &Snapshot, service: &Service, closed: &CidrSet) -> Option<ServiceRow> {
    let facts = ServiceFacts::of(service)?;
    let addresses = addresses(snapshot, &facts);
    let access = in_force(snapshot, &facts.service);
    let state = match &access {
        Some(_) => ServiceState::Guarded,
        None if is_of_an_earlier_one(snapshot, &facts.service) => ServiceState::Drifted,
        None if addresses.iter().any(|address| address.exposed == Some(true) && !is_in(address, closed)) => ServiceState::Open,
        None if addresses.iter().any(|address| address.exposed.is_none()) => ServiceState::Unknown,
        None if addresses.iter().any(|address| is_in(address, closed)) => ServiceState::Closed,
        None => ServiceState::Internal,
    };
    let traffic = match (facts.external_local, facts.internal_local) {
        (false, false) => "Cluster",
        (true, false) => "external Local",
        (false, true) => "internal Local",
        (true, true) => "Local",
    };
    Some(ServiceRow {
        kind: if facts.kind == "ClusterIP" && facts.cluster_ips.is_empty() { "Headless".to_owned() } else { facts.kind.clone() },
        ports: facts.ports.iter().map(|port| port.port).collect(),
        traffic: traffic.to_owned(),
        state,
        clients: access.map(|access| access.in_short()).unwrap_or_default(),
        changed: None,
        service: facts.service,
        addresses,
    })
}

fn is_in(address: &Address, set: &CidrSet) -> bool {
    address.text.parse().is_ok_and(|ip| set.contains(ip))
}

fn addresses(snapshot: &Snapshot, facts: &ServiceFacts) -> Vec<Address> {
    let known = snapshot.unknown(Kind::BgpConfiguration).is_none();
    let default = snapshot.get::<BgpConfiguration>("", "default").map(|config| &config.spec);
    let advertised = |text: &str, blocks: Option<&Vec<ServiceIpBlock>>| {
        let address = text.parse().ok()?;
        let holds = |block: &ServiceIpBlock| block.cidr.parse().is_ok_and(|cidr: Cidr| cidr.contains(address));
        known.then(|| blocks.is_some_and(|blocks| blocks.iter().any(holds)))
    };
    let mut found: Vec<Address> = facts
        .cluster_ips
        .iter()
        .map(|address| Address {
            kind: AddressKind::ClusterIp,
            text: address.to_string(),
            exposed: known.then(|| crate::scope::advertised_by(snapshot, *address, facts.external_local).is_some()),
        })
        .collect();
    found.extend(facts.external_ips.iter().map(|text| Address {
        kind: AddressKind::ExternalIp,
        text: text.clone(),
        exposed: advertised(text, default.map(|spec| &spec.service_external_ips)),
    }));
    // A load balancer outside the cluster is a way in by itself, advertised by Calico or not.
    found.extend(facts.load_balancer.iter().map(|text| Address {
        kind: AddressKind::LoadBalancerIp,
        text: text.clone(),
        exposed: Some(true),
    }));
    found.extend(facts.ports.iter().filter(|port| port.node_port != 0).map(|port| Address {
        kind: AddressKind::NodePort,
        text: format!(":{}", port.node_port),
        exposed: Some(true),
    }));
    found
}

/// The row of the Service with this key, where it exists.
#[must_use]
pub fn row_of(snapshot: &Snapshot, service: &crate::object::ServiceRef) -> Option<ServiceRow> {
    let found = snapshot.get::<Service>(service.namespace(), service.name())?;
    service_row(snapshot, found)
}
