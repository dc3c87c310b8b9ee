//! Every way in to a Service that nothing guards is said, in one finding.

use crate::common::World;
use crate::worlds::{PORTS, balanced, one_port, page};
use serde_json::json;

/// Who is let in by what, of the Service of the page with its cluster IP in no advertised range.
fn said(world: World) -> Vec<String> {
    let world = world.set("BGPConfiguration", "default", "/spec/serviceClusterIPs", json!([]));
    let found = policy::checks::cluster(&world.snapshot());
    found.into_iter().filter(|finding| finding.id == "service-open").map(|finding| finding.what).collect()
}

#[test]
fn node_ports_and_outer_addresses_open_a_service() {
    assert_eq!(said(page()), [""; 0], "nobody is led to it");
    let ports = one_port(json!({"port": 80, "nodePort": 30080}));
    assert_eq!(
        said(page().set("Service", "svc-a", PORTS, ports)),
        ["`shop/svc-a` is exposed: every node serves it at its own address on TCP 30080."]
    );
    let external = page().set("Service", "svc-a", "/spec/externalIPs", json!(["203.0.113.7"]));
    assert_eq!(said(external.clone()), ["`shop/svc-a` is exposed: nodes serve it at the external IP 203.0.113.7."]);
    let advertised = external.set("BGPConfiguration", "default", "/spec/serviceExternalIPs", json!([{"cidr": "203.0.113.0/24"}]));
    assert_eq!(said(advertised), ["`shop/svc-a` is exposed: BGPConfiguration advertises 203.0.113.0/24."]);
    let name = page().set("Service", "svc-a", "/spec/externalIPs", json!(["203.0.113.7"])).set(
        "Service",
        "svc-a",
        "/spec/type",
        json!("ExternalName"),
    );
    assert_eq!(said(name), [""; 0], "no node takes packets in for a name");
    let balancer = json!({"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}, {"hostname": "a1.lb.example"}]}});
    assert_eq!(
        said(balanced().set("Service", "svc-a", "/status", balancer)),
        [
            "`shop/svc-a` is exposed: a load balancer leads to it at 203.0.113.9 and `a1.lb.example`; every node serves it at its own address \
             on TCP 30080."
        ]
    );
}
