//! Which advertised ranges hold the addresses of a Service.

use super::service::ServiceFacts;
use crate::cidr::Cidr;
use crate::object::BgpConfiguration;
use crate::snapshot::Snapshot;
use std::net::IpAddr;

/// The advertised range that a cluster IP lies in. A range of one address is advertised only for Services with
/// `externalTrafficPolicy: Local` (confd/pkg/backends/calico/routes.go:400 at v3.27.0).
pub(crate) fn advertised_by(snapshot: &Snapshot, address: IpAddr, external_local: bool) -> Option<String> {
    let default = snapshot.get::<BgpConfiguration>("", "default")?;
    let holds = |cidr: &Cidr| cidr.contains(address) && (!cidr.is_address() || external_local);
    default.spec.service_cluster_ips.iter().map(|block| &block.cidr).find(|text| text.parse().as_ref().is_ok_and(holds)).cloned()
}

/// The same for external IPs and addresses of the load balancer: each in the ranges of its kind. Of the latter a range of one address is
/// advertised for a Service of the type `LoadBalancer` in any case (ibid.).
pub(super) fn outer(snapshot: &Snapshot, facts: &ServiceFacts) -> Vec<(IpAddr, Option<String>)> {
    let spec = snapshot.get::<BgpConfiguration>("", "default").map(|config| &config.spec);
    let is = |texts: &[String], address: IpAddr| texts.iter().any(|text| text.parse() == Ok(address));
    let by = |address: IpAddr| {
        let (external, balanced) = (is(&facts.external_ips, address), is(&facts.load_balancer, address));
        let alone = facts.external_local || balanced && facts.kind == "LoadBalancer";
        let holds = |cidr: &Cidr, alone: bool| cidr.contains(address) && (!cidr.is_address() || alone);
        let spec = spec?;
        let of_external = spec.service_external_ips.iter().filter(|_| external).map(|block| (block, facts.external_local));
        let of_balancer = spec.service_load_balancer_ips.iter().filter(|_| balanced).map(|block| (block, alone));
        let mut blocks = of_external.chain(of_balancer);
        blocks.find(|(block, alone)| block.cidr.parse().is_ok_and(|cidr| holds(&cidr, *alone))).map(|(block, _)| block.cidr.clone())
    };
    facts.outer_addresses().into_iter().map(|address| (address, by(address))).collect()
}
