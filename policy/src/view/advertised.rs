//! Which nodes advertise an address of a Service over BGP, as Calico decides it (confd/pkg/backends/calico/routes.go:400 at v3.27.0), and to
//! whom.

use super::peers;
use crate::checks::few;
use crate::cidr::{Cidr, Family};
use crate::object::{BgpConfiguration, Kind, Node, Service, ServiceIpBlock};
use crate::scope::{ServiceFacts, receives};
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// Who advertises an address of a Service, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdvertisedView {
    /// The address.
    pub address: String,
    /// Which nodes, and as part of what, in words.
    pub by: String,
    /// To which peers, in sentences; none where nobody advertises it.
    pub to: Vec<String>,
}

/// Each address of a Service, who advertises it, and to whom.
#[must_use]
pub fn advertised(snapshot: &Snapshot, service: &Service) -> Vec<AdvertisedView> {
    let Some(facts) = ServiceFacts::of(service) else { return Vec::new() };
    let parsed = |texts: &[String]| texts.iter().filter_map(|text| text.parse().ok()).collect::<Vec<IpAddr>>();
    let spec = snapshot.get::<BgpConfiguration>("", "default").map(|config| &config.spec);
    let none = Vec::new();
    let kinds: [(Vec<IpAddr>, &Vec<ServiceIpBlock>); 3] = [
        (facts.cluster_ips.clone(), spec.map_or(&none, |spec| &spec.service_cluster_ips)),
        (parsed(&facts.external_ips), spec.map_or(&none, |spec| &spec.service_external_ips)),
        (parsed(&facts.load_balancer), spec.map_or(&none, |spec| &spec.service_load_balancer_ips)),
    ];
    let unknown = [Kind::BgpConfiguration, Kind::Node].into_iter().find_map(|kind| Some(format!("not known: {}", snapshot.unknown(kind)?)));
    let said = |address: IpAddr, blocks: &[ServiceIpBlock]| match &unknown {
        Some(why) => AdvertisedView { address: address.to_string(), by: why.clone(), to: Vec::new() },
        None => Routes::of(snapshot, &facts, address, blocks).told(snapshot, address),
    };
    kinds
        .into_iter()
        .flat_map(|(addresses, blocks)| addresses.into_iter().map(move |ip| (ip, blocks)))
        .map(|(ip, blocks)| said(ip, blocks))
        .collect()
}

/// The routes to one address.
#[derive(Default)]
struct Routes<'a> {
    /// Which nodes have which, in words.
    parts: Vec<String>,
    /// Every node that has one.
    nodes: Vec<&'a Node>,
    routes: Vec<Cidr>,
}

impl<'a> Routes<'a> {
    fn of(snapshot: &'a Snapshot, facts: &ServiceFacts, address: IpAddr, blocks: &[ServiceIpBlock]) -> Self {
        let parsed = blocks.iter().filter_map(|block| block.cidr.parse().ok());
        let (own, ranges): (Vec<Cidr>, Vec<Cidr>) = parsed.filter(|cidr: &Cidr| cidr.contains(address)).partition(|cidr| cidr.is_address());
        let receiving = || snapshot.iter::<Node>().map(Arc::as_ref).filter(|node| receives(node));
        let mut found = Self::default();
        if let Some(range) = ranges.first() {
            found.parts.push(format!("{} as part of {range}", every_node(snapshot)));
            found.nodes = receiving().collect();
            found.routes.push(*range);
        }
        if facts.external_local && (!own.is_empty() || !ranges.is_empty()) {
            let names = nodes_with_a_ready_endpoint(snapshot, facts);
            let nodes: Vec<&Node> = receiving().filter(|node| names.contains(&node.metadata.name)).collect();
            let listed: Vec<String> = nodes.iter().map(|node| node.metadata.name.clone()).collect();
            let who = if nodes.is_empty() { "no node, as none has a ready endpoint".to_owned() } else { few(&listed) };
            found.parts.push(format!("{who} by a route of its own (`externalTrafficPolicy: Local`)"));
            if !nodes.is_empty() {
                found.routes.extend(Cidr::try_from(address));
            }
            if found.nodes.is_empty() {
                found.nodes = nodes;
            }
        } else if let Some(own) = own.first() {
            let balanced = facts.kind == "LoadBalancer" && facts.load_balancer.iter().any(|text| text.parse() == Ok(address));
            if balanced {
                found.parts.push(format!("{} as {own}", every_node(snapshot)));
                found.nodes = receiving().collect();
                found.routes.push(*own);
            } else {
                found.parts.push(format!("no node: {own} is a range of one address, which needs `externalTrafficPolicy: Local`"));
            }
        }
        found
    }

    fn told(self, snapshot: &Snapshot, address: IpAddr) -> AdvertisedView {
        let Self { parts, nodes, routes } = self;
        let by = if parts.is_empty() {
            "by nobody: in no range that BGPConfiguration `default` has for its kind".to_owned()
        } else {
            parts.join("; ")
        };
        AdvertisedView { address: address.to_string(), by, to: peers::told(snapshot, &nodes, Family::of(address), &routes) }
    }
}

fn every_node(snapshot: &Snapshot) -> String {
    let not: Vec<String> = snapshot.iter::<Node>().filter(|node| !receives(node)).map(|node| node.metadata.name.clone()).collect();
    if not.is_empty() { "every node".to_owned() } else { format!("every node but {}", few(&not)) }
}

fn nodes_with_a_ready_endpoint(snapshot: &Snapshot, facts: &ServiceFacts) -> BTreeSet<String> {
    let endpoints = snapshot.endpoint_slices(&facts.service).flat_map(|slice| &slice.endpoints);
    let ready = endpoints.filter(|endpoint| endpoint.conditions.ready != Some(false));
    ready.filter_map(|endpoint| endpoint.node_name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::AnyObject;
    use serde_json::{Value, json};

    fn cluster(service: &Value) -> Snapshot {
        let node = |name: &str, labels: Value| (Kind::Node, json!({"metadata": {"name": name, "labels": labels}}));
        let ranges = json!({"serviceClusterIPs": [{"cidr": "10.20.30.0/24"}], "serviceExternalIPs": [{"cidr": "203.0.113.7/32"}],
            "serviceLoadBalancerIPs": [{"cidr": "198.51.100.9/32"}]});
        let slice = json!({"metadata": {"name": "web-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}}, "addressType": "IPv4",
            "endpoints": [{"addresses": ["192.168.1.1"], "nodeName": "a", "conditions": {"ready": true}},
                {"addresses": ["192.168.2.1"], "nodeName": "b", "conditions": {"ready": false}}], "ports": []});
        let objects = [
            node("a", json!({})),
            node("b", json!({})),
            node("quiet", json!({"node.kubernetes.io/exclude-from-external-load-balancers": "true"})),
            (Kind::BgpConfiguration, json!({"metadata": {"name": "default"}, "spec": ranges})),
            (Kind::EndpointSlice, slice),
            (Kind::Service, service.clone()),
        ];
        let mut snapshot = Snapshot::default();
        for kind in [Kind::Node, Kind::BgpConfiguration, Kind::EndpointSlice, Kind::Service] {
            let of = objects.iter().filter(|(other, _)| *other == kind);
            snapshot.set_all(kind, of.map(|(kind, object)| AnyObject::decode(*kind, object).unwrap()).collect());
        }
        snapshot
    }

    fn said(spec: &Value, balancer: &Value) -> Vec<(String, String)> {
        let service =
            json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": spec, "status": {"loadBalancer": {"ingress": balancer}}});
        let snapshot = cluster(&service);
        let service = snapshot.get::<Service>("shop", "web").unwrap();
        advertised(&snapshot, service).into_iter().map(|one| (one.address, one.by)).collect()
    }

    #[test]
    fn a_range_is_advertised_by_every_node_that_receives_and_a_single_address_by_those_with_a_ready_endpoint() {
        let spec = |policy: &str, external: &str| json!({"type": "LoadBalancer", "clusterIP": "10.20.30.40", "externalIPs": [external], "externalTrafficPolicy": policy});
        let pair = |address: &str, by: &str| (address.to_owned(), by.to_owned());
        let range = "every node but quiet as part of 10.20.30.0/24";
        assert_eq!(
            said(&spec("Cluster", "203.0.113.8"), &json!([{"ip": "198.51.100.9"}])),
            [
                pair("10.20.30.40", range),
                pair("203.0.113.8", "by nobody: in no range that BGPConfiguration `default` has for its kind"),
                pair("198.51.100.9", "every node but quiet as 198.51.100.9/32"),
            ]
        );
        assert_eq!(
            said(&spec("Local", "203.0.113.7"), &json!([])),
            [
                pair("10.20.30.40", &format!("{range}; a by a route of its own (`externalTrafficPolicy: Local`)")),
                pair("203.0.113.7", "a by a route of its own (`externalTrafficPolicy: Local`)"),
            ]
        );
        assert_eq!(
            said(&spec("Cluster", "203.0.113.7"), &json!([]))[1],
            pair("203.0.113.7", "no node: 203.0.113.7/32 is a range of one address, which needs `externalTrafficPolicy: Local`")
        );
        assert!(advertised(&Snapshot::default(), &Service::default()).is_empty());
    }
}
