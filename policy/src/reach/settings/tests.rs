use super::*;
use crate::cidr::Family;
use crate::object::{AnyObject, Kind};
use crate::snapshot::Snapshot;
use serde_json::{Value, json};

fn snapshot(objects: &[(Kind, Value)]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for kind in Kind::ALL {
        let of_kind = objects.iter().filter(|(of, _)| *of == kind);
        snapshot.set_all(kind, of_kind.map(|(kind, value)| AnyObject::decode(*kind, value).unwrap()).collect());
    }
    snapshot
}

fn felix(name: &str, spec: &Value) -> (Kind, Value) {
    (Kind::FelixConfiguration, json!({ "metadata": { "name": name }, "spec": spec }))
}

fn version(version: &str) -> (Kind, Value) {
    (Kind::ClusterInformation, json!({ "metadata": { "name": "default" }, "spec": { "calicoVersion": version } }))
}

fn environment(variables: &[(&str, &str)]) -> Told {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Told { felix: Some(FelixEnvironment { of: "DaemonSet kube-system/calico-node".to_owned(), variables }), ..Told::default() }
}

fn written(ports: &[FailsafePort]) -> String {
    let one = |port: &FailsafePort| match port.net {
        Some(net) => format!("{}:{net}:{}", port.protocol, port.port),
        None => format!("{}:{}", port.protocol, port.port),
    };
    ports.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn nothing_said_means_felix_defaults() {
    let settings = Settings::read(&snapshot(&[version("v3.28.5")]), &Told::default());
    assert_eq!(settings.line.value, Line::V3_28);
    assert_eq!(settings.line.source.to_string(), "spec.calicoVersion of ClusterInformation default");
    let felix = settings.felix("any");
    assert_eq!(written(&felix.failsafe_inbound.value), "6:22 17:68 6:179 6:2379 6:2380 6:5473 6:6443 6:6666 6:6667");
    assert_eq!(written(&felix.failsafe_outbound.value), "17:53 17:67 6:179 6:2379 6:2380 6:5473 6:6443 6:6666 6:6667");
    assert_eq!(felix.data_plane, Setting { value: DataPlane::Iptables, source: Source::Default });
    assert_eq!(felix.endpoint_to_host.value, ToHost::Drop);
    assert_eq!(felix.interface_prefixes.value, ["cali"]);
    assert!(!felix.wireguard.v4.enabled.value && !felix.wireguard.hosts.value);
    assert_eq!((felix.wireguard.v4.port.value, felix.wireguard.v6.port.value), (51_820, 51_821));
    assert!([Family::V4, Family::V6].into_iter().all(|family| felix.wireguard.has_usual_interface(family)));
    assert_eq!(settings.proxy.mode, Setting { value: ProxyMode::Iptables, source: Source::Assumed });
}

#[test]
fn the_environment_comes_before_the_node_and_the_node_before_default() {
    let objects = [
        felix(
            "default",
            &json!({ "failsafeInboundHostPorts": [], "defaultEndpointToHostAction": "Accept", "wireguardEnabled": true,
            "wireguardHostEncryptionEnabled": true, "wireguardListeningPort": 4500, "wireguardInterfaceNameV6": "wg6" }),
        ),
        felix(
            "node.node-a",
            &json!({ "failsafeInboundHostPorts": [
                { "protocol": "TCP", "port": 22, "net": "10.0.0.7/8" },
                { "protocol": "UDP", "port": 68, "net": "fd00::/64" },
            ] }),
        ),
    ];
    let settings = Settings::read(&snapshot(&objects), &Told::default());
    assert_eq!(written(&settings.felix("node-a").failsafe_inbound.value), "6:10.0.0.0/8:22 17:fd00::/64:68");
    assert_eq!(
        settings.felix("node-a").failsafe_inbound.source.to_string(),
        "spec.failsafeInboundHostPorts of FelixConfiguration node.node-a"
    );
    assert_eq!(written(&settings.felix("node-b").failsafe_inbound.value), "");
    assert_eq!(settings.felix("node-a").endpoint_to_host.value, ToHost::Accept, "what the node does not say, the default does");
    let wireguard = &settings.felix("node-a").wireguard;
    assert!(wireguard.v4.enabled.value && wireguard.hosts.value && !wireguard.v6.enabled.value);
    assert_eq!((wireguard.v4.port.value, wireguard.v6.port.value), (4500, 51_821));
    assert!(wireguard.has_usual_interface(Family::V4) && !wireguard.has_usual_interface(Family::V6));

    let told = environment(&[("felix_failsafeInboundHostPorts", "tcp:10.9.0.0/16:22, 443"), ("FELIX_WIREGUARDENABLED", "false")]);
    let settings = Settings::read(&snapshot(&objects), &told);
    for node in ["node-a", "node-b"] {
        assert_eq!(written(&settings.felix(node).failsafe_inbound.value), "6:10.9.0.0/16:22 6:443");
        assert!(!settings.felix(node).wireguard.v4.enabled.value);
    }
    assert_eq!(
        settings.felix("node-b").failsafe_inbound.source.to_string(),
        "FELIX_FAILSAFEINBOUNDHOSTPORTS in the environment of DaemonSet kube-system/calico-node"
    );
}

#[test]
fn a_value_that_felix_cannot_parse_is_passed_over() {
    let objects = [felix("default", &json!({ "failsafeInboundHostPorts": [{ "protocol": "SCTP", "port": 9 }] }))];
    let settings = Settings::read(&snapshot(&objects), &environment(&[("FELIX_DEFAULTENDPOINTTOHOSTACTION", "perhaps")]));
    assert_eq!(settings.felix("node-a").failsafe_inbound.source, Source::Default);
    assert_eq!(settings.felix("node-a").endpoint_to_host.value, ToHost::Drop);
}

#[test]
fn the_data_plane_follows_the_line_and_the_configuration() {
    for (calico, spec, proxy, expected) in [
        ("v3.28.5", json!({ "bpfEnabled": true }), ProxyMode::Iptables, DataPlane::Ebpf),
        ("v3.28.5", json!({ "nftablesMode": "Enabled" }), ProxyMode::Iptables, DataPlane::Iptables),
        ("v3.30.1", json!({ "nftablesMode": "Enabled" }), ProxyMode::Iptables, DataPlane::Nftables),
        ("v3.30.1", json!({ "nftablesMode": "Auto" }), ProxyMode::Nftables, DataPlane::Nftables),
        ("v3.30.1", json!({}), ProxyMode::Nftables, DataPlane::Iptables),
        ("v3.31.0", json!({}), ProxyMode::Nftables, DataPlane::Nftables),
    ] {
        let told = Told { proxy_mode: Some(Setting { value: proxy, source: Source::Told }), ..Told::default() };
        let settings = Settings::read(&snapshot(&[version(calico), felix("default", &spec)]), &told);
        assert_eq!(settings.felix("any").data_plane.value, expected, "{calico} {spec}");
    }
    let told = Told { data_plane: Some(DataPlane::Nftables), line: Some(Line::V3_31), ..Told::default() };
    let settings = Settings::read(&snapshot(&[version("v3.28.5"), felix("default", &json!({ "bpfEnabled": true }))]), &told);
    assert_eq!(settings.line, Setting { value: Line::V3_31, source: Source::Told });
    assert_eq!(settings.felix("any").data_plane, Setting { value: DataPlane::Nftables, source: Source::Told });
}

#[test]
fn the_pools_stand_for_the_ranges_of_kube_proxy_until_it_is_told() {
    let pool = |name: &str, spec: Value| (Kind::IpPool, json!({ "metadata": { "name": name }, "spec": spec }));
    let objects = [
        pool("pods", json!({ "cidr": "192.168.0.0/16" })),
        pool("tunnels", json!({ "cidr": "192.170.0.0/16", "allowedUses": ["Tunnel"] })),
    ];
    let settings = Settings::read(&snapshot(&objects), &Told::default());
    assert_eq!(settings.proxy.cluster_cidrs, Setting { value: vec!["192.168.0.0/16".parse().unwrap()], source: Source::Assumed });
    let source = Source::Configuration { of: "ConfigMap kube-system/kube-proxy".to_owned(), field: "clusterCIDR".to_owned() };
    let told = Told { cluster_cidrs: Some(Setting { value: Vec::new(), source }), ..Told::default() };
    let settings = Settings::read(&snapshot(&objects), &told);
    assert!(settings.proxy.cluster_cidrs.value.is_empty());
    assert_eq!(settings.proxy.cluster_cidrs.source.to_string(), "clusterCIDR of ConfigMap kube-system/kube-proxy");
}

#[test]
fn lines_are_told_by_versions() {
    for (version, line) in [
        ("v3.26.1", Some(Line::V3_27)),
        ("3.27.0", Some(Line::V3_27)),
        ("v3.29.0-0.dev", Some(Line::V3_29)),
        ("v3.32.1", Some(Line::V3_31)),
        ("v4.0.0", Some(Line::V3_31)),
        ("master", None),
        ("", None),
    ] {
        assert_eq!(Line::of_version(version), line, "{version}");
    }
}

#[test]
fn by_which_hints_kube_proxy_goes_is_told_by_its_version_and_gates() {
    let none: &[(&str, bool)] = &[];
    for (version, gates, hints) in [
        ("v1.29.15", none, Some(Hints::ZonesWhereAsked)),
        ("v1.30.14", none, Some(Hints::ZonesWhereAsked)),
        ("v1.30.14", &[("ServiceTrafficDistribution", true)], Some(Hints::Zones)),
        ("1.31", none, Some(Hints::Zones)),
        ("v1.32.5-eks-1", &[("ServiceTrafficDistribution", false)], Some(Hints::ZonesWhereAsked)),
        ("v1.32.5", &[("TopologyAwareHints", false)], Some(Hints::None)),
        ("v1.33.13", &[("TopologyAwareHints", false)], Some(Hints::Zones)),
        ("v1.33.13", &[("PreferSameTrafficDistribution", true)], Some(Hints::NodesAndZones)),
        ("v1.34.4", none, Some(Hints::NodesAndZones)),
        ("v1.34.4", &[("PreferSameTrafficDistribution", false)], Some(Hints::Zones)),
        ("v1.34.4", &[("SomethingElse", false)], Some(Hints::NodesAndZones)),
        ("v1.32.5", &[("AllBeta", false)], None),
        ("latest", none, None),
        ("v2.0.0", none, None),
    ] {
        let gates = gates.iter().map(|(name, on)| ((*name).to_owned(), *on)).collect();
        assert_eq!(Hints::of_version(version, &gates), hints, "{version} {gates:?}");
    }
    let unknown = Settings::read(&snapshot(&[]), &Told::default()).proxy;
    assert_eq!(unknown.possible_hints(), Hints::OF_VERSIONS);
    let told = Told { hints: Some(Setting { value: Hints::Zones, source: Source::Told }), ..Told::default() };
    assert_eq!(Settings::read(&snapshot(&[]), &told).proxy.possible_hints(), [Hints::Zones]);
}
