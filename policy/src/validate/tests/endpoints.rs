//! HostEndpoints, sets and pools.

use super::{check_objects, check_specs};
use crate::object::Kind;
use serde_json::{Value, json};

#[test]
fn host_endpoints() {
    let named = |port: Value| json!({"interfaceName": "eth0", "node": "node01", "ports": [port]});
    let eth0 = |more: &str, value: Value| json!({"interfaceName": "eth0", "node": "node01", more: value});
    let interface = |name: &str| json!({"interfaceName": name, "node": "node01"});
    check_specs(
        Kind::HostEndpoint,
        &[
            (named(json!({"name": "a-valid-port", "protocol": "TCP", "port": 1234})), ""),
            (named(json!({"name": "a-valid-port", "protocol": 6, "port": 1234})), ""),
            (named(json!({"protocol": "TCP", "port": 1234})), "spec.ports[0].name"),
            (named(json!({"name": "a-valid-port", "port": 1234})), "spec.ports[0].protocol"),
            (named(json!({"name": "a-valid-port", "protocol": 123, "port": 1234})), "spec.ports[0].protocol"),
            (named(json!({"name": "a-valid-port", "protocol": "ICMP", "port": 1234})), "spec.ports[0].protocol"),
            (named(json!({"name": "a-valid-port", "protocol": "TCP"})), "spec.ports[0].port"),
            (named(json!({"name": "a-valid-port", "protocol": "TCP", "port": 65536})), "spec.ports[0].port"),
            (eth0("ports", json!([{"name": "a", "protocol": "TCP", "port": 1234}, {"name": "a", "protocol": "UDP", "port": 5456}])), ""),
            (json!({"interfaceName": "eth0"}), "spec.node"),
            (json!({"interfaceName": "eth0", "node": "Node"}), "spec.node"),
            (interface("*"), ""),
            (interface("eth0"), ""),
            (interface("Valid_Iface.0-9"), ""),
            (interface("interfaceTooLong"), "spec.interfaceName"),
            (interface("Invalid&Intface"), "spec.interfaceName"),
            (interface("Invalid#Intface"), "spec.interfaceName"),
            (interface("Invalid:Intface"), "spec.interfaceName"),
            (interface("eth*"), "spec.interfaceName"),
            (json!({"expectedIPs": ["1.2.3.4", "aabb:aabb::ffff"], "node": "node01"}), ""),
            (eth0("expectedIPs", json!(["1.2.3.4", "aabb:aabb::ffff"])), ""),
            (eth0("expectedIPs", json!(["1.2.3.4/32"])), "spec.expectedIPs[0]"),
            (eth0("expectedIPs", json!(["999.999.999.999"])), "spec.expectedIPs[0]"),
            (json!({}), "spec.node"),
            (json!({"interfaceName": "", "expectedIPs": [], "node": "node01"}), "spec.interfaceName"),
            (eth0("profiles", json!(["knp.default.fun", "knp.default.funner.11234-a"])), ""),
            (eth0("profiles", json!(["fun-funner1234"])), ""),
            (eth0("profiles", json!([".fun"])), "spec.profiles[0]"),
        ],
    );
}

#[test]
fn sets() {
    for kind in [Kind::GlobalNetworkSet, Kind::NetworkSet] {
        let set = |metadata: Value, net: &str| json!({"metadata": metadata, "spec": {"nets": ["10.0.0.1", net]}});
        check_objects(
            kind,
            &[
                (set(json!({"name": "testset"}), "11.0.0.0/8"), ""),
                (set(json!({"name": "test.set"}), "dead:beef::"), ""),
                (set(json!({"name": "testset"}), "dead:beef::/96"), ""),
                (set(json!({"name": "testset"}), "11.0.0.1/8"), ""),
                (set(json!({"name": "testset"}), "garbage"), "spec.nets[1]"),
                (set(json!({"name": "testset"}), ""), "spec.nets[1]"),
                (set(json!({"name": "testset", "labels": {"a": "b"}}), "::/0"), ""),
                (
                    set(json!({"name": "testset", "labels": {"projectcalico.org/namespace": "foo"}}), "::/0"),
                    "metadata.labels.projectcalico.org/namespace",
                ),
                (set(json!({"name": "test$set"}), "::/0"), "metadata.name"),
            ],
        );
    }
}

#[test]
fn pools() {
    let with = |cidr: &str, more: &str, value: Value| json!({"cidr": cidr, more: value});
    let net = |cidr: &str| json!({"cidr": cidr});
    check_specs(
        Kind::IpPool,
        &[
            (net("1.2.3.0/26"), ""),
            (net("1.0.0.0/10"), ""),
            (net("aabb:aabb::0000/122"), ""),
            (net("aa00:0000::0000/10"), ""),
            (with("aa00::/10", "ipipMode", json!("Never")), ""),
            (with("1.2.3.0/27", "disabled", json!(true)), ""),
            (with("aabb:aabb::ffff/128", "disabled", json!(true)), ""),
            (net("1.2.3.0/27"), "spec.cidr"),
            (net("aabb:aabb::ffff/128"), "spec.cidr"),
            (net("1.2.3.4/33"), "spec.cidr"),
            (net("aa:bb::/129"), "spec.cidr"),
            (net(""), "spec.cidr"),
            (net("1.2.3.4"), "spec.cidr"),
            (net("1.2.3.4/24"), "spec.cidr"),
            (with("aabb::/64", "ipipMode", json!("Always")), "spec.ipipMode"),
            (with("aabb::/64", "vxlanMode", json!("Always")), ""),
            (net("169.254.5.0/24"), "spec.cidr"),
            (net("168.0.0.0/6"), "spec.cidr"),
            (net("fe80::/120"), "spec.cidr"),
            (net("::/0"), "spec.cidr"),
            (net("0.0.0.0/0"), "spec.cidr"),
            (with("1.0.0.0/10", "allowedUses", json!(["Workload", "Tunnel"])), ""),
            (with("1.0.0.0/10", "allowedUses", json!(["Garbage"])), "spec.allowedUses[0]"),
            (with("1.0.0.0/10", "allowedUses", json!(["LoadBalancer"])), ""),
            (with("1.0.0.0/10", "allowedUses", json!(["LoadBalancer", "Tunnel"])), "spec.allowedUses[1]"),
            (json!({"cidr": "1.2.3.0/24", "vxlanMode": "Always", "allowedUses": ["LoadBalancer"]}), "spec.allowedUses"),
            (with("1.2.3.0/24", "nodeSelector", json!("foo == \"bar\"")), ""),
            (with("1.2.3.0/24", "nodeSelector", json!("this is not valid selector syntax")), "spec.nodeSelector"),
            (with("1.2.3.0/24", "ipipMode", json!("Never")), ""),
            (with("1.2.3.0/24", "ipipMode", json!("Always")), ""),
            (with("1.2.3.0/24", "ipipMode", json!("CrossSubnet")), ""),
            (with("1.2.3.0/24", "ipipMode", json!("badVal")), "spec.ipipMode"),
            (with("1.2.3.0/24", "ipipMode", json!("never")), "spec.ipipMode"),
            (with("1.2.3.0/24", "vxlanMode", json!("Always")), ""),
            (with("1.2.3.0/24", "vxlanMode", json!("CrossSubnet")), ""),
            (with("1.2.3.0/24", "vxlanMode", json!("Never")), ""),
            (with("1.2.3.0/24", "vxlanMode", json!("never")), "spec.vxlanMode"),
            (with("1.2.3.0/24", "vxlanMode", json!("badVal")), "spec.vxlanMode"),
            (json!({"cidr": "1.2.3.0/24", "ipipMode": "Always", "vxlanMode": "Always"}), "spec.vxlanMode"),
            (with("1.2.3.0/24", "ipip", Value::Null), ""),
            (with("1.2.3.0/24", "ipip", json!({"enabled": true, "mode": "always"})), "spec.ipip"),
            (with("1.2.3.0/24", "nat-outgoing", json!(false)), ""),
            (with("1.2.3.0/24", "nat-outgoing", json!(true)), "spec.nat-outgoing"),
            (with("1.2.3.0/24", "blockSize", json!(32)), ""),
            (with("1.2.3.0/24", "blockSize", json!(33)), "spec.blockSize"),
            (with("1.2.3.0/24", "blockSize", json!(19)), "spec.blockSize"),
            (with("1.2.3.0/24", "blockSize", json!(20)), "spec.cidr"),
            (with("aabb::/64", "blockSize", json!(115)), "spec.blockSize"),
        ],
    );
}
