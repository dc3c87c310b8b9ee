//! The cluster that is measured: pods on `node-a`, an unguarded Service that is reached by an interface of its own, one that is guarded, and
//! many beside them.

use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;

use crate::world::World;

/// The place of the Service that stays unguarded, among the addresses.
pub(super) const OPEN_PLACE: usize = 1;
/// The place of the Service whose packets are measured.
pub(super) const LAST_PLACE: usize = 2;
/// That Service. Its name comes last: among policies of one order Calico goes by the name.
pub(super) const LAST: &str = "shop/zz-last";

/// The cluster with `services` Services that can be guarded: the one that is measured, and others. `requests` is
/// [`World::calico_requests`].
pub(super) fn with(services: usize, requests: Option<u32>) -> Result<World> {
    let mut text = String::from(
        "\
apiVersion: rig.portcullis.dev/v1
kind: World
podRanges: [192.168.0.0/16]
advertised: {cluster: [10.20.0.0/16]}
# The way to the unguarded Service: an interface without a HostEndpoint.
interfaces: {node-a: {eth1: [10.0.3.1]}, node-b: {eth1: [10.0.4.1]}}
nodes:
  - {name: node-a, addresses: [10.0.1.1]}
  - {name: node-b, addresses: [10.0.2.1]}
pods:
  - {name: open, namespace: shop, node: node-a, addresses: [192.168.10.11], labels: {app: open}, ports: {http: TCP/8080}}
  - {name: last, namespace: shop, node: node-a, addresses: [192.168.10.12], labels: {app: last}, ports: {http: TCP/8080}}
clients:
  - {name: authorised, address: 50.60.1.10, enters: node-a}
  - {name: outsider, address: 70.80.1.10, enters: node-a}
services:
",
    );
    let mut service = |name: &str, app: &str, place: usize| {
        let address = address(place).ip();
        writeln!(
            text,
            "  - {{name: {name}, namespace: shop, selector: {{app: {app}}}, clusterIPs: [{address}], ports: [{{port: TCP/80, target: 8080}}]}}"
        )
    };
    service("open", "open", OPEN_PLACE)?;
    service("zz-last", "last", LAST_PLACE)?;
    for number in 1..services {
        let name = other(number);
        service(&name, &name, LAST_PLACE + number)?;
    }
    Ok(World { calico_requests: requests, ..World::read(&text)? })
}

/// The name of one of the other Services.
pub(super) fn other(number: usize) -> String {
    format!("other-{number}")
}

/// Where the Service with this place is offered.
pub(super) fn address(place: usize) -> SocketAddr {
    let first = u32::from(Ipv4Addr::new(10, 20, 32, 0));
    let address = u32::try_from(place).ok().and_then(|place| first.checked_add(place)).unwrap_or(first);
    SocketAddr::new(Ipv4Addr::from(address).into(), 80)
}

/// So many ranges of clients, of which the last holds the authorised one.
pub(super) fn ranges(count: usize) -> Vec<String> {
    let others = (1..count).map(|number| format!("20.{}.{}.0/24", number / 250, number % 250));
    others.chain(["50.60.0.0/16".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_an_address_of_its_own() {
        let world = with(1_000, None).unwrap();
        let services = world.objects.iter().filter(|object| object["kind"] == "Service");
        let addresses: std::collections::BTreeSet<_> = services.map(|service| service["spec"]["clusterIPs"][0].to_string()).collect();
        assert_eq!(addresses.len(), 1_001);
        assert_eq!(ranges(10_000).len(), 10_000);
    }
}
