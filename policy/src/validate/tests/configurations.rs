//! Configurations of BGP, Felix and the controllers.

use super::{check_objects, check_specs};
use crate::object::Kind;
use serde_json::{Value, json};

#[test]
fn bgp() {
    let block = |field: &str, cidr: &str| json!({field: [{"cidr": cidr}]});
    let secret = json!({"secretKeyRef": {"name": "test-secret", "key": "bgp-password"}});
    check_specs(
        Kind::BgpConfiguration,
        &[
            (json!({"logSeverityScreen": "Info"}), ""),
            (json!({"logSeverityScreen": "info"}), "spec.logSeverityScreen"),
            (json!({"logSeverityScreen": "INFO"}), "spec.logSeverityScreen"),
            (block("serviceClusterIPs", "1.2.3.4"), ""),
            (block("serviceExternalIPs", "8.8.8.8"), ""),
            (block("serviceLoadBalancerIPs", "10.0.0.0/24"), ""),
            (block("serviceClusterIPs", "x.x.x.x"), "spec.serviceClusterIPs[0].cidr"),
            (block("serviceExternalIPs", "y.y.y.y"), "spec.serviceExternalIPs[0].cidr"),
            (block("serviceLoadBalancerIPs", "10.0.0.1/24"), "spec.serviceLoadBalancerIPs[0].cidr"),
            (block("serviceClusterIPs", "fdf5:1234::102:304"), ""),
            (json!({"nodeToNodeMeshEnabled": true, "nodeMeshPassword": secret}), ""),
            (json!({"nodeToNodeMeshEnabled": false, "nodeMeshPassword": secret}), "spec.nodeMeshPassword"),
            (json!({"nodeToNodeMeshEnabled": true, "nodeMeshMaxRestartTime": "200s"}), ""),
            (json!({"nodeToNodeMeshEnabled": false, "nodeMeshMaxRestartTime": "200s"}), "spec.nodeMeshMaxRestartTime"),
            (json!({"nodeMeshMaxRestartTime": "200"}), "spec.nodeMeshMaxRestartTime"),
            (json!({"ignoredInterfaces": ["valid_iface*", "interface_name"]}), ""),
            (json!({"ignoredInterfaces": ["*"]}), "spec.ignoredInterfaces[0]"),
            (json!({"listenPort": 179}), ""),
            (json!({"listenPort": 65536}), "spec.listenPort"),
            (json!({"asNumber": 64512}), ""),
            (json!({"asNumber": "64512"}), ""),
            (json!({"asNumber": "1.10"}), ""),
            (json!({"asNumber": 4_294_967_296_i64}), "spec.asNumber"),
            (json!({"asNumber": "1.65536"}), "spec.asNumber"),
            (json!({"asNumber": "one"}), "spec.asNumber"),
        ],
    );
    let node = |spec: Value| json!({"metadata": {"name": "node.a"}, "spec": spec});
    check_objects(
        Kind::BgpConfiguration,
        &[
            (node(json!({"logSeverityScreen": "Info"})), ""),
            (node(json!({"asNumber": 64512})), "spec.asNumber"),
            (node(block("serviceClusterIPs", "10.0.0.0/24")), "spec.serviceClusterIPs"),
            (node(json!({"nodeToNodeMeshEnabled": true})), "spec.nodeToNodeMeshEnabled"),
        ],
    );
}

#[test]
fn bgp_peers() {
    check_specs(
        Kind::BgpPeer,
        &[
            (json!({}), ""),
            (json!({"peerIP": "10.0.0.254", "asNumber": 64512, "node": "node-a"}), ""),
            (json!({"peerIP": "10.0.0.254:1790", "nodeSelector": "has(rack)"}), ""),
            (json!({"peerIP": "fd00::1"}), ""),
            (json!({"peerIP": "[fd00::1]:179"}), ""),
            (json!({"peerIP": "10.0.0"}), "spec.peerIP"),
            (json!({"peerIP": "10.0.0.254:0"}), "spec.peerIP"),
            (json!({"peerIP": "10.0.0.254:65536"}), "spec.peerIP"),
            (json!({"peerSelector": "rr == 'true'"}), ""),
            (json!({"peerSelector": "rr =="}), "spec.peerSelector"),
            (json!({"nodeSelector": "has("}), "spec.nodeSelector"),
            (json!({"node": "Node_A"}), "spec.node"),
            (json!({"node": "node-a", "nodeSelector": "all()"}), "spec.node"),
            (json!({"peerIP": "10.0.0.254", "peerSelector": "all()"}), "spec.peerIP"),
            (json!({"asNumber": 64512, "peerSelector": "all()"}), "spec.asNumber"),
            (json!({"asNumber": "one", "peerIP": "10.0.0.254"}), "spec.asNumber"),
            (json!({"peerIP": "10.0.0.254", "reachableBy": "10.0.0.1"}), ""),
            (json!({"peerIP": "10.0.0.254", "reachableBy": "fd00::1"}), "spec.reachableBy"),
            (json!({"reachableBy": "10.0.0.1"}), "spec.reachableBy"),
        ],
    );
}

#[test]
fn bgp_communities() {
    let advertised = |communities: Value| json!([{"cidr": "192.168.10.0/28", "communities": communities}]);
    let defined = |community: Value| json!({"communities": [community], "prefixAdvertisements": advertised(json!(["100:100"]))});
    let used = |communities: Value| json!({"prefixAdvertisements": advertised(communities)});
    check_specs(
        Kind::BgpConfiguration,
        &[
            (json!({"communities": [{"name": "community-test", "value": "101:5695"}]}), "spec.communities"),
            (defined(json!({"value": "536:785"})), "spec.communities[0].name"),
            (defined(json!({"name": "community-test"})), "spec.communities[0].value"),
            (defined(json!({"name": "community-test", "value": "100:520"})), ""),
            (defined(json!({"name": "community-test", "value": "100:520:56"})), ""),
            (defined(json!({"name": "community-test", "value": "100"})), "spec.communities[0].value"),
            (defined(json!({"name": "community-test", "value": "ab-n"})), "spec.communities[0].value"),
            (defined(json!({"name": "community-test", "value": "65536:999999"})), "spec.communities[0].value"),
            (defined(json!({"name": "community-test", "value": "4147483647:999999"})), "spec.communities[0].value"),
            (json!({"prefixAdvertisements": [{"communities": ["100:5964"]}]}), "spec.prefixAdvertisements[0].cidr"),
            (json!({"prefixAdvertisements": [{"cidr": "192.168.10.0/28"}]}), "spec.prefixAdvertisements[0].communities"),
            (used(json!(["100:5964:50"])), ""),
            (used(json!(["100:5964", "200:594"])), ""),
            (used(json!(["100:5964:1147483647", "100:5223"])), ""),
            (used(json!(["100:1147483647"])), "spec.prefixAdvertisements[0].communities[0]"),
            (used(json!(["100:100:5147483647"])), "spec.prefixAdvertisements[0].communities[0]"),
            (used(json!(["nonexistent-community"])), "spec.prefixAdvertisements[0].communities[0]"),
            (
                json!({
                    "communities": [{"name": "community-test", "value": "101:5695"}],
                    "prefixAdvertisements": advertised(json!(["community-test", "8988:202"])),
                }),
                "",
            ),
        ],
    );
}

/// Values of one field of a FelixConfiguration that are valid, and some that are not.
fn felix(field: &str, valid: &[Value], invalid: &[Value]) {
    for value in valid {
        check_specs(Kind::FelixConfiguration, &[(json!({field: value}), "")]);
    }
    for value in invalid {
        let found = super::fields(Kind::FelixConfiguration, &super::mk(Kind::FelixConfiguration, &json!({field: value})));
        assert!(found.iter().any(|name| name.starts_with(&format!("spec.{field}"))), "{field}: {value}: {found:?}");
    }
}

#[test]
fn felix_choices() {
    felix("iptablesBackend", &[json!("Legacy"), json!("NFT"), json!("Auto")], &[json!("badVal")]);
    felix("defaultEndpointToHostAction", &[json!("Drop"), json!("Accept"), json!("Return")], &[json!("drop")]);
    felix("iptablesFilterAllowAction", &[json!("Accept")], &[json!("Drop")]);
    felix("iptablesMangleAllowAction", &[json!("Return")], &[json!("Drop")]);
    felix("iptablesFilterDenyAction", &[json!("Drop"), json!("Reject")], &[json!("Accept")]);
    felix("logSeverityScreen", &[json!("Fatal"), json!("Warning"), json!("")], &[json!("badVal")]);
    felix("logSeverityFile", &[json!("Debug")], &[json!("badVal")]);
    felix("logSeveritySys", &[json!("Info")], &[json!("badVal"), json!("Critical"), json!(1)]);
    felix("bpfLogLevel", &[json!("Info"), json!("Debug"), json!("Off")], &[json!("badVal")]);
    felix("bpfExternalServiceMode", &[json!("Tunnel"), json!("DSR")], &[json!("Foo")]);
    felix("awsSrcDstCheck", &[json!("DoNothing"), json!("Enable"), json!("Disable")], &[json!("enable"), json!("badVal")]);
    felix("bpfHostNetworkedNATWithoutCTLB", &[json!("Disabled"), json!("Enabled")], &[json!("enabled"), json!("BadVal")]);
    felix("bpfConnectTimeLoadBalancing", &[json!("TCP"), json!("Enabled"), json!("Disabled")], &[json!("BadVal")]);
    felix("serviceLoopPrevention", &[json!("Drop"), json!("Reject"), json!("Disabled")], &[json!("Wibbly")]);
    felix("windowsManageFirewallRules", &[json!("Disabled"), json!("Enabled")], &[json!("blah")]);
}

#[test]
fn felix_values() {
    let seven = json!(["3000:4000", "5000:6000", "7000:8000", "8000:9000", "10000:11000", "12000:13000", 15000]);
    let eight = json!(["3000:4000", "5000:6000", "7000:8000", "8000:9000", "10000:11000", "12000:13000", "14000:15000", "16000:17000"]);
    felix("kubeNodePortRanges", &[seven], &[eight, json!(["testport"]), json!(["9:8"]), json!("80"), json!([{}])]);
    let nodes = [json!(["1.1.1.1", "1.1.1.2/32", "1.1.3.0/23"])];
    felix("externalNodesList", &nodes, &[json!(["foobar", "1.1.1.1"]), json!(["abcd::1", "abef::2/128"])]);
    let long = json!("my-region-has-a-very-long-and-extremely-interesting-name");
    felix("openstackRegion", &[json!(""), json!("foo")], &[json!("FOO"), long]);
    felix("iptablesNATOutgoingInterfaceFilter", &[json!("cali-123")], &[json!("cali@123")]);
    felix("bpfForceTrackPacketsFromIfaces", &[json!(["docker+"]), json!(["docker0", "docker1"])], &[json!(["cali-123", "cali@456"])]);
    felix("bpfExtToServiceConnmark", &[json!(0), json!(0xffff_ffff_i64)], &[json!(-1), json!(0x1_0000_0000_i64)]);
    let patterns = [json!("eth.*"), json!("^(eth0|bond[0-9]+)$"), json!(r"(?:a\(|[]\]])*"), json!("[[:alpha:]]{1,3}?|a{,2}b{")];
    let broken = [
        json!("*"),
        json!("a|+"),
        json!("(a"),
        json!("a)"),
        json!("[a"),
        json!("a\\"),
        json!("(*a)"),
        json!("a**"),
        json!("x{2,1}"),
        json!("(?=a)"),
        json!("x{1001}"),
    ];
    felix("bpfDataIfacePattern", &patterns, &broken);
    felix("mtuIfacePattern", &patterns, &broken);
    felix(
        "prometheusMetricsHost",
        &[json!("localhost"), json!("10.0.0.1"), json!("fe80::ea7a:70fa:cf74:25d5")],
        &[json!("localhost#"), json!("0: 1::1")],
    );
    let not_v4 = [json!("999.999.999.999"), json!("1.2.3.4/32"), json!("aabb:aabb::ffff")];
    felix("natOutgoingAddress", &[json!("1.2.3.4")], &not_v4);
    felix("deviceRouteSourceAddress", &[json!("1.2.3.4")], &not_v4);
    let not_v6 = [json!("1.2.3.4"), json!("xyz:::"), json!("aabb:aabb::ffff/128")];
    felix("deviceRouteSourceAddressIPv6", &[json!("aabb:aabb::ffff")], &not_v6);
    felix("wireguardListeningPort", &[json!(12345)], &[json!(99999), json!(0)]);
    felix("wireguardRoutingRulePriority", &[json!(12345)], &[json!(99999)]);
    felix("wireguardInterfaceName", &[json!("wg0")], &[json!("wg&0")]);
    felix("featureGates", &[json!("a=b,c="), json!(" a=b"), json!("a=b,")], &[json!("a"), json!("=b"), json!("a-b=c")]);
    felix(
        "reportingInterval",
        &[json!("0s"), json!("1m30.5s"), json!("0"), json!("1h2m3s4ms")],
        &[json!("30"), json!("s"), json!("1.2.3s"), json!(30), json!("")],
    );
    let override_of = |name: &str, timeout: &str| json!([{"name": name, "timeout": timeout}]);
    felix(
        "healthTimeoutOverrides",
        &[override_of("Valid", "0s")],
        &[override_of("Valid", "-1ns"), override_of("%", "10ns"), override_of("", "10ns")],
    );
    let port = |protocol: &str, port: i64, net: &str| json!([{"protocol": protocol, "port": port, "net": net}]);
    let failsafes = [port("UDP", 0, ""), port("TCP", 20, "10.0.0.0/8"), port("SCTP", 20, ""), json!([])];
    felix(
        "failsafeInboundHostPorts",
        &failsafes,
        &[port("jolly-UDP", 0, ""), port("tcp", 1, ""), port("TCP", 65536, ""), port("TCP", 1, "x")],
    );
    felix("failsafeOutboundHostPorts", &failsafes, &[port("ICMP", 0, "")]);
}

#[test]
fn felix_route_tables() {
    let range = |min: i64, max: i64| json!({"min": min, "max": max});
    felix("routeTableRange", &[range(1, 250), range(8, 8)], &[range(0, 250), range(-5, 250), range(50, 45), range(1, 253), json!("x")]);
    felix(
        "routeTableRanges",
        &[json!([range(1, 10000)]), json!([range(8, 8), range(7, 7)])],
        &[
            json!([range(0, 250)]),
            json!([range(-5, 250)]),
            json!([range(50, 45)]),
            json!([range(1, 0xf_0000_0000)]),
            json!([range(1, 0x1_0000)]),
            json!([range(1, 2), range(3, 4), range(5, 0x1_0000)]),
            json!([range(i64::MIN, i64::MAX)]),
        ],
    );
    let both = json!({"routeTableRange": range(1, 250), "routeTableRanges": [range(1, 250)]});
    check_specs(Kind::FelixConfiguration, &[(both, "spec.routeTableRange")]);
}

#[test]
fn controllers() {
    let node = |node: Value| json!({"controllers": {"node": node}});
    let template = |template: Value| json!({"hostEndpoint": {"autoCreate": "Enabled", "templates": [template]}});
    check_specs(
        Kind::KubeControllersConfiguration,
        &[
            (json!({}), ""),
            (json!({"healthChecks": "invalid"}), "spec.healthChecks"),
            (json!({"healthChecks": "Enabled"}), ""),
            (json!({"logSeverityScreen": "invalid"}), "spec.logSeverityScreen"),
            (json!({"logSeverityScreen": "Error"}), ""),
            (json!({"etcdV3CompactionPeriod": "12m0s"}), ""),
            (json!({"controllers": {}}), ""),
            (json!({"controllers": {"node": {}, "policy": {}, "workloadEndpoint": {}, "serviceAccount": {}, "namespace": {}}}), ""),
            (node(json!({"reconcilerPeriod": "5m0s"})), ""),
            (node(json!({"reconcilerPeriod": "soon"})), "spec.controllers.node.reconcilerPeriod"),
            (json!({"controllers": {"policy": {"reconcilerPeriod": "5"}}}), "spec.controllers.policy.reconcilerPeriod"),
            (node(json!({"syncLabels": "yes"})), "spec.controllers.node.syncLabels"),
            (node(json!({"syncLabels": "Disabled"})), ""),
            (node(json!({"hostEndpoint": {"autoCreate": "Totally"}})), "spec.controllers.node.hostEndpoint.autoCreate"),
            (node(json!({"hostEndpoint": {"autoCreate": "Enabled"}})), ""),
            (node(json!({"hostEndpoint": {}})), ""),
            (node(template(json!({"interfaceCIDRs": ["10.0.0.0/8"], "nodeSelector": "has(zone)"}))), ""),
            (node(template(json!({"interfacePattern": "^(eth0|bond[01])$"}))), ""),
            (node(template(json!({"interfacePattern": "eth("}))), "spec.controllers.node.hostEndpoint.templates[0].interfacePattern"),
            (
                node(template(json!({"interfaceCIDRs": ["10.0.0.0/8"], "nodeSelector": "has("}))),
                "spec.controllers.node.hostEndpoint.templates[0].nodeSelector",
            ),
            (node(template(json!({}))), "spec.controllers.node.hostEndpoint.templates[0].interfaceCIDRs"),
        ],
    );
}
