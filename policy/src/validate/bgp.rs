//! BGPConfigurations (`validateBGPConfigurationSpec`, and `ValidateDefaultOnlyFields` of `clientv3/bgpconfig.go`), and BGPPeers
//! (`validateBGPPeerSpec`).

use super::address::cidr_or_address;
use super::names;
use super::report::{At, Report};
use super::value::{self, shown};
use crate::object::{BgpConfigurationSpec, BgpPeerSpec, IntOrString};
use crate::selector::Selector;
use serde_json::Value;
use std::collections::BTreeSet;

const AS_NUMBER: &str = "an AS number is a number below 2^32, or two below 2^16 with a dot between";
const NET: &str = "a range is an address or a CIDR without host bits, as 10.20.30.0/24";

/// One BGPConfiguration; `name` is `default`, or `node.NAME` for settings of one node.
pub(super) fn configuration(report: &mut Report, at: At<'_>, name: &str, spec: &BgpConfigurationSpec) {
    for (field, blocks) in [
        ("serviceClusterIPs", &spec.service_cluster_ips),
        ("serviceExternalIPs", &spec.service_external_ips),
        ("serviceLoadBalancerIPs", &spec.service_load_balancer_ips),
    ] {
        for (index, block) in blocks.iter().enumerate() {
            let at = at.field(field);
            report.check(block.cidr.is_empty() || is_net(&block.cidr), at.item(index).field("cidr"), &block.cidr, NET);
        }
    }
    if let Some(port) = spec.listen_port {
        // 0 is "not given" in Calico's Go struct.
        report.check((0..=65535).contains(&port), at.field("listenPort"), port, "the BGP port is a number from 1 to 65535");
    }
    if let Some(number) = &spec.as_number {
        report.check(is_as_number(number), at.field("asNumber"), number, AS_NUMBER);
    }
    value::each(
        report,
        at,
        &spec.other,
        &[
            ("logSeverityScreen", value::Rule::OneOf(value::LOG_LEVELS)),
            ("nodeMeshMaxRestartTime", value::Rule::Duration),
            ("bindMode", value::Rule::OneOf(&["None", "NodeIP"])),
        ],
    );
    for (index, interface) in value::list(report, at.field("ignoredInterfaces"), spec.other.get("ignoredInterfaces")).iter().enumerate() {
        let valid = |text: &str| {
            text != "*"
                && (1..=15).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.*-".contains(&byte))
        };
        let rule = "an ignored interface has at most 15 letters, digits, `_`, `.`, `-` and `*`, and is not `*` alone";
        report.check(interface.as_str().is_some_and(valid), at.field("ignoredInterfaces").item(index), shown(interface), rule);
    }
    communities(report, at, spec);
    mesh(report, at, name, spec);
}

/// One BGPPeer.
pub(super) fn peer(report: &mut Report, at: At<'_>, spec: &BgpPeerSpec) {
    let both = |one: &str, other: &str| !one.is_empty() && !other.is_empty();
    report.check(
        spec.node.is_empty() || names::is_name(&spec.node),
        at.field("node"),
        &spec.node,
        "a node is named in lower-case letters, digits, `-` and `.`",
    );
    for (field, selector) in [("nodeSelector", &spec.node_selector), ("peerSelector", &spec.peer_selector)] {
        if let Err(error) = Selector::parse(selector) {
            report.add(at.field(field), selector, error);
        }
    }
    let address = "a peer is an address, with a port if need be: 10.0.0.254, 10.0.0.254:1790, [fd00::1]:1790";
    report.check(spec.peer_ip.is_empty() || spec.peer().is_some(), at.field("peerIP"), &spec.peer_ip, address);
    report.check(!both(&spec.node, &spec.node_selector), at.field("node"), &spec.node, "`node` cannot stand beside `nodeSelector`");
    report.check(
        !both(&spec.peer_ip, &spec.peer_selector),
        at.field("peerIP"),
        &spec.peer_ip,
        "`peerIP` cannot stand beside `peerSelector`",
    );
    if let Some(number) = &spec.as_number {
        report.check(is_as_number(number), at.field("asNumber"), number, AS_NUMBER);
        let none = matches!(number, IntOrString::Int(0));
        report.check(none || spec.peer_selector.is_empty(), at.field("asNumber"), number, "`asNumber` cannot stand beside `peerSelector`");
    }
    if !spec.reachable_by.is_empty() {
        let same = |gateway: std::net::IpAddr| spec.peer().is_some_and(|(peer, _)| peer.is_ipv4() == gateway.is_ipv4());
        let rule = "`reachableBy` is an address of the family of `peerIP`";
        report.check(spec.reachable_by.parse().is_ok_and(same), at.field("reachableBy"), &spec.reachable_by, rule);
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn is_net(text: &str) -> bool {
    cidr_or_address(text).is_some_and(super::address::Net::is_exact)
}

/// What only a node-to-node mesh uses, and what only the configuration `default` may set.
fn mesh(report: &mut Report, at: At<'_>, name: &str, spec: &BgpConfigurationSpec) {
    let other = |field: &str| spec.other.get(field).is_some_and(|value| !value.is_null());
    if spec.node_to_node_mesh_enabled == Some(false) {
        for field in ["nodeMeshPassword", "nodeMeshMaxRestartTime"] {
            report.check(!other(field), at.field(field), "", "the field needs the node-to-node mesh, which is switched off here");
        }
    }
    if name == "default" {
        return;
    }
    for (field, set) in [
        ("nodeToNodeMeshEnabled", spec.node_to_node_mesh_enabled.is_some()),
        ("asNumber", spec.as_number.is_some()),
        ("serviceLoadBalancerIPs", !spec.service_load_balancer_ips.is_empty()),
        ("serviceExternalIPs", !spec.service_external_ips.is_empty()),
        ("serviceClusterIPs", !spec.service_cluster_ips.is_empty()),
        ("nodeMeshPassword", other("nodeMeshPassword")),
        ("nodeMeshMaxRestartTime", other("nodeMeshMaxRestartTime")),
    ] {
        report.check(!set, at.field(field), "", "only the BGPConfiguration named `default` may set this field");
    }
}

fn communities(report: &mut Report, at: At<'_>, spec: &BgpConfigurationSpec) {
    let defined = value::list(report, at.field("communities"), spec.other.get("communities"));
    let advertisements = value::list(report, at.field("prefixAdvertisements"), spec.other.get("prefixAdvertisements"));
    const VALUE: &str = "a community is AA:NN with both below 2^16, or AA:NN:MM with all below 2^32";
    let mut names = BTreeSet::new();
    for (index, community) in defined.iter().enumerate() {
        let at = at.field("communities");
        let at = at.item(index);
        let (name, value) = (text(community, "name"), text(community, "value"));
        report.check(names::is_name(name), at.field("name"), name, "a community has a lower-case DNS name");
        report.check(is_community(value), at.field("value"), value, VALUE);
        names.insert(name);
    }
    let unused = advertisements.is_empty() && !defined.is_empty();
    report.check(!unused, at.field("communities"), "", "communities are used by prefixAdvertisements, and there are none");
    for (index, advertisement) in advertisements.iter().enumerate() {
        let at = at.field("prefixAdvertisements");
        let at = at.item(index);
        let cidr = text(advertisement, "cidr");
        report.check(is_net(cidr), at.field("cidr"), cidr, NET);
        let used = advertisement.get("communities").and_then(Value::as_array);
        report.check(used.is_some(), at.field("communities"), "", "a prefix advertisement has a list of communities");
        for (index, community) in used.into_iter().flatten().enumerate() {
            let known = community.as_str().is_some_and(|text| is_community(text) || names.contains(text));
            let rule = format_args!("{VALUE}, or the name of one in spec.communities").to_string();
            report.check(known, at.field("communities").item(index), shown(community), rule);
        }
    }
}

fn is_community(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(4, ':').collect();
    let max = match parts.len() {
        2 => u64::from(u16::MAX),
        3 => u64::from(u32::MAX),
        _ => return false,
    };
    parts.iter().all(|part| number(part).is_some_and(|number| number <= max))
}

/// `numorstring.ASNumber`.
fn is_as_number(number_or_text: &IntOrString) -> bool {
    match number_or_text {
        IntOrString::Int(n) => u32::try_from(*n).is_ok(),
        IntOrString::String(text) => match text.split_once('.') {
            Some((high, low)) => [high, low].iter().all(|part| number(part).is_some_and(|n| n <= u64::from(u16::MAX))),
            None => number(text).is_some_and(|n| n <= u64::from(u32::MAX)),
        },
    }
}

fn number(digits: &str) -> Option<u64> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}
