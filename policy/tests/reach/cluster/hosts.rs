//! Nodes, HostEndpoints, pools and what configures Felix.

use super::{Base, calico};
use crate::draw::Draw;
use serde_json::{Value, json};

/// A node, and the addresses that packets of it may carry.
pub(crate) struct Machine {
    pub(crate) name: String,
    pub(crate) addresses: Vec<String>,
    pub(crate) tunnels: Vec<String>,
    pub(crate) object: Value,
}

/// The zone of a node.
pub(super) fn zone(node: &str) -> &'static str {
    if node.bytes().map(u32::from).sum::<u32>().is_multiple_of(2) { "east" } else { "west" }
}

pub(super) fn machine(draw: &mut Draw, at: usize, dual: bool, one_subnet: bool) -> Machine {
    let name = format!("node-{}", ["a", "b", "c", "d"][at % 4]);
    let number = at + 1;
    let v4 = if one_subnet { format!("10.0.0.{number}") } else { format!("10.0.{number}.1") };
    let mut addresses = vec![v4.clone()];
    let mut tunnels = Vec::new();
    let mut status = vec![json!({"type": "InternalIP", "address": v4}), json!({"type": "Hostname", "address": name})];
    let mut annotations = json!({});
    // Some nodes are known to Kubernetes only, some to Calico only.
    let (by_calico, by_kubernetes) = match draw.below(10) {
        8 => (false, true),
        9 => (true, false),
        _ => (true, true),
    };
    if dual {
        let v6 = format!("fd00:10::{number}");
        status.push(json!({"type": "InternalIP", "address": v6}));
        if by_calico {
            annotations["projectcalico.org/IPv6Address"] = format!("{v6}/64").into();
            annotations["projectcalico.org/IPv6VXLANTunnelAddr"] = format!("fd00:77::{number}").into();
            tunnels.push(format!("fd00:77::{number}"));
        }
        addresses.push(v6);
    }
    if by_calico {
        annotations["projectcalico.org/IPv4Address"] = format!("{v4}/{}", draw.one(&[24, 24, 16])).into();
        for (kind, third) in [("IPv4VXLANTunnelAddr", 77), ("IPv4IPIPTunnelAddr", 78), ("IPv4WireguardInterfaceAddr", 79)] {
            if !draw.chance(10) {
                let address = format!("192.168.{third}.{number}");
                annotations[format!("projectcalico.org/{kind}")] = address.clone().into();
                tunnels.push(address);
            }
        }
        match draw.below(14) {
            0 => {}
            1 => annotations["projectcalico.org/WireguardPublicKey"] = "the-same=".into(),
            2 => annotations["projectcalico.org/WireguardPublicKey"] = "A".repeat(43).into(),
            _ => annotations["projectcalico.org/WireguardPublicKey"] = format!("of-{name}=").into(),
        }
        if dual {
            annotations["projectcalico.org/WireguardPublicKeyV6"] = format!("six-of-{name}=").into();
            annotations["projectcalico.org/IPv6WireguardInterfaceAddr"] = format!("fd00:79::{number}").into();
            tunnels.push(format!("fd00:79::{number}"));
        }
    }
    let mut labels = json!({"kubernetes.io/hostname": name});
    if draw.chance(85) {
        labels["topology.kubernetes.io/zone"] = zone(&name).into();
    }
    if draw.chance(10) {
        labels["node.kubernetes.io/exclude-from-external-load-balancers"] = "true".into();
    }
    let addresses_of = if by_kubernetes || !by_calico { json!(status) } else { json!([]) };
    let object = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels, "annotations": annotations},
        "status": {"addresses": addresses_of}});
    Machine { name, addresses, tunnels, object }
}

/// A HostEndpoint, mostly one like it on every node.
pub(super) fn host_endpoints(draw: &mut Draw, at: usize, base: &Base) -> Vec<Value> {
    let only = if draw.chance(18) { Some(draw.below(base.nodes.len())) } else { None };
    let interface = draw.one(&["eth0", "eth0", "eth0", "*", "*", "*", "eth1", ""]);
    let labels = draw.one(&[
        json!({"edge": "true"}),
        json!({"edge": "true"}),
        json!({"edge": "true"}),
        json!({"edge": "true", "k8s-role": "node"}),
        json!({"edge": "true", "k8s-role": "node"}),
        json!({"k8s-role": "node"}),
        json!({"app": "a"}),
        json!({}),
        json!({"projectcalico.org/created-by": "calico-kube-controllers"}),
    ]);
    let profiles = draw.one(&[
        json!(["projectcalico-default-allow"]),
        json!(["projectcalico-default-allow"]),
        json!(["projectcalico-default-allow"]),
        json!([]),
        json!(["kns.shop"]),
        json!(["none-of-this-name"]),
    ]);
    let first = draw.one(&["h", "z", "a"]);
    // Where it is not that of the node's own addresses.
    let second = (interface == "eth1" || interface.is_empty()) && draw.chance(5);
    let addresses = if second { 22 } else { draw.below(24) };
    let ports = if draw.chance(20) { json!([{"name": "web", "protocol": "TCP", "port": 8080}]) } else { json!([]) };
    let nodes = (0..base.nodes.len()).filter(|node| only.is_none_or(|only| only == *node));
    nodes
        .map(|number| {
            let node = &base.nodes[number];
            let all: Vec<&String> = node.addresses.iter().chain(&node.tunnels).collect();
            let expected = match addresses {
                0..=11 => json!(all),
                12..=17 => json!(node.addresses),
                18..=21 => json!([]),
                // Of a second interface.
                22 => json!([format!("10.9.{number}.1")]),
                _ => json!([base.nodes[0].addresses[0], "not-an-address"]),
            };
            let mut object = calico(
                "HostEndpoint",
                &format!("{first}{at}-{}", node.name),
                json!({"node": node.name, "interfaceName": interface, "expectedIPs": expected, "profiles": profiles, "ports": ports}),
            );
            object["metadata"]["labels"] = labels.clone();
            object
        })
        .collect()
}

/// Pools do not overlap: Calico's API sees to that. `wide`: one of IPv4 holds all pods.
pub(super) fn pool(draw: &mut Draw, at: usize, wide: bool) -> Value {
    let narrow = ["192.168.0.0/23", "fd00:192::/32", "192.168.2.0/23", "192.168.4.0/24"];
    let cidr = if wide && at == 0 {
        "192.168.0.0/16"
    } else if wide && at == 2 {
        "192.168.0.0/33"
    } else {
        narrow[at % 4]
    };
    let mut spec = json!({"cidr": cidr, "natOutgoing": draw.chance(50)});
    let mode = draw.one(&["Never", "Always", "CrossSubnet", "Always"]);
    if cidr.contains(':') || draw.chance(50) {
        spec["vxlanMode"] = mode.into();
    } else {
        spec["ipipMode"] = mode.into();
    }
    if draw.chance(8) {
        spec["disabled"] = true.into();
    }
    calico("IPPool", &format!("pool-{at}"), spec)
}

/// The configuration of Felix, of all nodes and sometimes of one.
pub(super) fn felix(draw: &mut Draw, base: &Base) -> Vec<Value> {
    let mut objects = Vec::new();
    for name in ["default", "node.node-a"] {
        let mut spec = json!({});
        if draw.chance(45) {
            spec["failsafeInboundHostPorts"] = draw.one(&[
                json!([]),
                json!([{"protocol": "TCP", "port": 22}, {"protocol": "UDP", "port": 53}]),
                json!([{"protocol": "TCP", "port": 80, "net": "50.60.0.0/16"}, {"protocol": "TCP", "port": 6443, "net": "10.0.0.0/8"}]),
                json!([{"protocol": "TCP", "port": 443, "net": "2001:db8::/32"}, {"protocol": "TCP", "port": 30080}]),
            ]);
        }
        if draw.chance(15) {
            spec["failsafeOutboundHostPorts"] = json!([]);
        }
        if draw.chance(15) {
            spec["defaultEndpointToHostAction"] = draw.one(&["Accept", "Return", "Drop"]).into();
        }
        if draw.chance(1) {
            spec["bpfEnabled"] = true.into();
        }
        if draw.chance(8) {
            match draw.below(7) {
                4 => spec["chainInsertMode"] = "Append".into(),
                5 => spec["vxlanPort"] = 4790.into(),
                6 => spec["interfaceExclude"] = draw.one(&["kube-ipvs0,eth1", "/^eth/", "nothing"]).into(),
                0 => spec["natOutgoingAddress"] = "10.0.1.1".into(),
                1 => spec["iptablesNATOutgoingInterfaceFilter"] = "eth0".into(),
                2 => spec["natOutgoingExclusions"] = "IPPoolsAndHostIPs".into(),
                _ => spec["allowVXLANPacketsFromWorkloads"] = true.into(),
            }
        }
        if base.tiers && draw.chance(20) {
            spec["nftablesMode"] = draw.one(&["Enabled", "Disabled"]).into();
        }
        if draw.chance(14) {
            spec["wireguardEnabled"] = true.into();
            spec["wireguardEnabledV6"] = draw.chance(50).into();
            match draw.below(12) {
                0..=2 => spec["wireguardHostEncryptionEnabled"] = true.into(),
                3 => spec["wireguardListeningPort"] = 4500.into(),
                4 => spec["wireguardInterfaceName"] = "wg0".into(),
                _ => {}
            }
        }
        if name == "default" || draw.chance(15) {
            objects.push(calico("FelixConfiguration", name, spec));
        }
    }
    objects
}
