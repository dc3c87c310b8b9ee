//! The settings that decided, each with where it was read.

use crate::reach::settings::{DataPlane, FailsafePort, Line, NodePorts, ProxyMode, Setting, Settings, Source, ToHost};
use crate::reach::verdict::{Answer, Stage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A setting in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingRow {
    /// What it is.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where it was read.
    pub source: String,
    /// Whether it is not known, and taken to be what most clusters have.
    pub assumed: bool,
}

/// The settings that an answer hangs on.
pub(super) fn decided(settings: &Settings, answer: &Answer) -> Vec<SettingRow> {
    let stages: BTreeSet<Stage> = answer.paths.iter().flat_map(|journey| &journey.hops).map(|hop| hop.stage).collect();
    let nodes: BTreeSet<&str> = answer.paths.iter().flat_map(|journey| &journey.hops).map(|hop| hop.node.as_str()).collect();
    let felix = &settings.felix;
    let mut rows = vec![
        row("Calico", &settings.line, |line| line_in_words(*line).to_owned()),
        row("Data plane", &felix.data_plane, |plane| data_plane_in_words(*plane).to_owned()),
    ];
    if nodes.is_empty() || stages.iter().any(|stage| *stage < Stage::Translation) {
        rows.push(row("Failsafe ports, inbound", &felix.failsafe_inbound, |ports| ports_in_words(ports)));
    }
    if stages.contains(&Stage::HostEgress) {
        rows.push(row("Failsafe ports, outbound", &felix.failsafe_outbound, |ports| ports_in_words(ports)));
    }
    if stages.contains(&Stage::Host) && stages.contains(&Stage::PodEgress) {
        rows.push(row("Pods to their own node", &felix.endpoint_to_host, |what| to_host_in_words(*what).to_owned()));
    }
    if stages.contains(&Stage::Translation) {
        let none = || "none: no source is translated for cluster IPs".to_owned();
        rows.push(row("kube-proxy", &settings.proxy.mode, |mode| proxy_in_words(*mode).to_owned()));
        rows.push(row("kube-proxy's range of pods", &settings.proxy.cluster_cidrs, |ranges| {
            if ranges.is_empty() { none() } else { ranges.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ") }
        }));
        if settings.proxy.node_ports.value != NodePorts::default_of(settings.proxy.mode.value) {
            rows.push(row("NodePorts", &settings.proxy.node_ports, |at| match at {
                NodePorts::Primary => "at the primary address of each node".to_owned(),
                NodePorts::In(ranges) => {
                    format!("at addresses of nodes in {}", ranges.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
                }
            }));
        }
        rows.extend(settings.proxy.hints.as_ref().map(|hints| row("Hints of endpoints", hints, |hints| hints.in_words().to_owned())));
    }
    if stages.contains(&Stage::BetweenNodes) {
        for (name, of) in [("WireGuard", &felix.wireguard.v4), ("WireGuard, IPv6", &felix.wireguard.v6)] {
            let hosts = felix.wireguard.hosts.value;
            let words = || if hosts { "for pods, and for what nodes send to each other" } else { "for pods" };
            rows.extend(of.enabled.value.then(|| row(name, &of.enabled, |_| words().to_owned())));
        }
    }
    let own = settings.nodes.keys().filter(|node| nodes.contains(node.as_str())).count();
    if own > 0 {
        let value = format!("{own} of these nodes have settings of their own, which count there");
        rows.push(SettingRow { name: "By node".to_owned(), value, source: "FelixConfiguration of the node".to_owned(), assumed: false });
    }
    rows
}

fn row<T>(name: &str, setting: &Setting<T>, words: impl FnOnce(&T) -> String) -> SettingRow {
    SettingRow {
        name: name.to_owned(),
        value: words(&setting.value),
        source: setting.source.to_string(),
        assumed: setting.source == Source::Assumed,
    }
}

const fn line_in_words(line: Line) -> &'static str {
    match line {
        Line::V3_27 => "3.27",
        Line::V3_28 => "3.28",
        Line::V3_29 => "3.29",
        Line::V3_30 => "3.30",
        Line::V3_31 => "3.31",
    }
}

const fn data_plane_in_words(plane: DataPlane) -> &'static str {
    match plane {
        DataPlane::Iptables => "iptables",
        DataPlane::Nftables => "nftables",
        DataPlane::Ebpf => "eBPF",
    }
}

const fn proxy_in_words(mode: ProxyMode) -> &'static str {
    match mode {
        ProxyMode::Iptables => "iptables",
        ProxyMode::Nftables => "nftables",
        ProxyMode::Ipvs => "IPVS",
    }
}

const fn to_host_in_words(what: ToHost) -> &'static str {
    match what {
        ToHost::Drop => "dropped",
        ToHost::Accept => "accepted",
        ToHost::Return => "left to host policy",
    }
}

fn ports_in_words(ports: &[FailsafePort]) -> String {
    if ports.is_empty() {
        return "none".to_owned();
    }
    let word = |port: &FailsafePort| {
        let protocol = match port.protocol {
            6 => "TCP".to_owned(),
            17 => "UDP".to_owned(),
            132 => "SCTP".to_owned(),
            other => other.to_string(),
        };
        let net = port.net.map(|net| format!(" for {net}")).unwrap_or_default();
        format!("{protocol} {}{net}", port.port)
    };
    ports.iter().map(word).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Protocol;
    use crate::reach::packet::{Carries, Client, Destination, Entry, Question};
    use crate::reach::sets::testing::{Cluster, VIP};
    use crate::reach::settings::{Hints, Told};
    use crate::reach::trace;
    use serde_json::{Value, json};

    /// The rows of a packet that comes in at `b` for the pod on `a`, of these names.
    fn rows(felix: Value, told: &Told, names: &[&str]) -> Vec<(String, String)> {
        let cluster = Cluster::page().with(json!({"kind": "FelixConfiguration", "metadata": {"name": "default"}, "spec": felix}));
        let snapshot = cluster.snapshot();
        let settings = Settings::read(&snapshot, told);
        let question = Question {
            client: Client::Outside { address: "50.60.1.1".parse().unwrap() },
            to: Destination::Address { address: VIP.parse().unwrap() },
            carries: Carries::Ports { protocol: Protocol::Tcp, port: 80, source_port: None },
            entry: Entry { node: Some("b".to_owned()), interface: None },
        };
        let all = decided(&settings, &trace::ask(&snapshot, &settings, &question));
        all.into_iter().filter(|row| names.contains(&row.name.as_str())).map(|row| (row.name, row.value)).collect()
    }

    #[test]
    fn what_encrypts_and_which_hints_count_is_shown_where_it_is_known() {
        let names = ["WireGuard", "WireGuard, IPv6", "Hints of endpoints"];
        assert_eq!(rows(json!({}), &Told::default(), &names), []);
        let told = Told { hints: Some(Setting { value: Hints::Zones, source: Source::Told }), ..Told::default() };
        let row = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let hints = row("Hints of endpoints", "of zones (1.31 and later)");
        assert_eq!(rows(json!({"wireguardEnabled": true}), &told, &names), [hints.clone(), row("WireGuard", "for pods")]);
        let hosts = json!({"wireguardEnabledV6": true, "wireguardHostEncryptionEnabled": true});
        assert_eq!(rows(hosts, &told, &names), [hints, row("WireGuard, IPv6", "for pods, and for what nodes send to each other")]);
    }
}
