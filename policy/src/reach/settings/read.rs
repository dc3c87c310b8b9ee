//! Reading the settings where they live.
//!
//! Felix takes each of its settings by itself: from its environment, else from the FelixConfiguration of its node, else from that of the
//! name `default` (`SourcesInDescendingOrder` in `felix/config/config_params.go` at v3.28.5), else its default. What it cannot parse stops
//! it or falls back to the default; here the next place is looked at, because a Felix that does not start keeps the rules it made before.

use super::{
    DataPlane, FailsafePort, FelixSettings, Line, NodePorts, Outgoing, ProxyMode, ProxySettings, Setting, Settings, Source, ToHost, Told,
    WireGuard, WireGuardOf,
};
use crate::cidr::{Cidr, CidrSet};
use crate::object::{ClusterInformation, FelixConfiguration, FelixConfigurationSpec, IpPool, Object, Pod, ProtoPort};
use crate::snapshot::Snapshot;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// How the names of FelixConfigurations of one node begin (`configurationprocessor.go:84` at v3.28.5).
const NODE_PREFIX: &str = "node.";

/// Felix' default failsafe ports (`felix/config/config_params.go:359` at v3.28.5).
const FAILSAFE_INBOUND: &str = "tcp:22,udp:68,tcp:179,tcp:2379,tcp:2380,tcp:5473,tcp:6443,tcp:6666,tcp:6667";
/// The same, outbound (`felix/config/config_params.go:360` at v3.28.5).
const FAILSAFE_OUTBOUND: &str = "udp:53,udp:67,tcp:179,tcp:2379,tcp:2380,tcp:5473,tcp:6443,tcp:6666,tcp:6667";

impl Settings {
    /// Reads the settings from the objects of the cluster and from what is told besides.
    #[must_use]
    pub fn read(snapshot: &Snapshot, told: &Told) -> Self {
        let line = line(snapshot, told);
        let proxy = proxy(snapshot, told);
        let felix = |node: Option<&str>| Felix { snapshot, told, node }.settings(line.value, proxy.mode.value);
        let nodes: BTreeMap<String, FelixSettings> = snapshot
            .iter::<FelixConfiguration>()
            .filter_map(|configuration| configuration.metadata.name.strip_prefix(NODE_PREFIX))
            .map(|node| (node.to_owned(), felix(Some(node))))
            .collect();
        Self { felix: felix(None), nodes, proxy, line }
    }
}

fn as_told<T>(value: T) -> Setting<T> {
    Setting { value, source: Source::Told }
}

fn line(snapshot: &Snapshot, told: &Told) -> Setting<Line> {
    if let Some(line) = told.line {
        return as_told(line);
    }
    let information = snapshot.get::<ClusterInformation>("", "default");
    let read = information.and_then(|information| {
        let source = Source::Object { key: information.key(), field: "spec.calicoVersion".to_owned() };
        Line::of_version(&information.spec.calico_version).map(|value| Setting { value, source })
    });
    read.unwrap_or(Setting { value: Line::V3_28, source: Source::Assumed })
}

impl Line {
    /// The line of a version as `v3.28.5`: what is older than all lines counts as the first, what is newer as the last; none for what is
    /// no version.
    #[must_use]
    pub fn of_version(version: &str) -> Option<Self> {
        let mut parts = version.strip_prefix('v').unwrap_or(version).split('.');
        let (major, minor): (u32, u32) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(match (major, minor) {
            (0..=2, _) | (3, 0..=27) => Self::V3_27,
            (3, 28) => Self::V3_28,
            (3, 29) => Self::V3_29,
            (3, 30) => Self::V3_30,
            _ => Self::V3_31,
        })
    }

    /// Whether it has tiers of policies (from 3.29).
    #[must_use]
    pub fn has_tiers(self) -> bool {
        self >= Self::V3_29
    }

    /// Whether Felix hears of staged policies (`libcalico-go/lib/backend/syncersv1/felixsyncer/felixsyncerv1.go:50` at v3.30.1).
    #[must_use]
    pub fn has_staged_policies(self) -> bool {
        self >= Self::V3_30
    }
}

fn proxy(snapshot: &Snapshot, told: &Told) -> ProxySettings {
    let assumed = || Setting { value: ProxyMode::Iptables, source: Source::Assumed };
    // `--cluster-cidr` is mostly the range of all pools.
    let of_pods = |pool: &&Arc<IpPool>| {
        let uses = &pool.spec.allowed_uses;
        uses.is_empty() || uses.iter().any(|used| used == "Workload")
    };
    let pools = || -> Vec<Cidr> { snapshot.iter::<IpPool>().filter(of_pods).filter_map(|pool| pool.spec.cidr.parse().ok()).collect() };
    // Where there are no pools, the pods that there are: some range kube-proxy knows, or backends on other nodes could not answer.
    let ranges = || if pools().is_empty() { addresses_of_pods(snapshot) } else { pools() };
    let mode = told.proxy_mode.clone().unwrap_or_else(assumed);
    let node_ports = || Setting { value: NodePorts::default_of(mode.value), source: Source::Default };
    ProxySettings {
        node_ports: told.node_ports.clone().unwrap_or_else(node_ports),
        mode,
        cluster_cidrs: told.cluster_cidrs.clone().unwrap_or_else(|| Setting { value: ranges(), source: Source::Assumed }),
        hints: told.hints.clone(),
    }
}

fn addresses_of_pods(snapshot: &Snapshot) -> Vec<Cidr> {
    let pods = snapshot.iter::<Pod>().filter(|pod| !pod.spec.host_network);
    let addresses = pods.flat_map(|pod| &pod.status.pod_ips).filter_map(|ip| Cidr::try_from(ip.ip.parse::<IpAddr>().ok()?).ok());
    addresses.collect::<CidrSet>().cidrs()
}

/// Where the settings of one Felix are looked for.
struct Felix<'a> {
    snapshot: &'a Snapshot,
    told: &'a Told,
    node: Option<&'a str>,
}

impl Felix<'_> {
    fn settings(&self, line: Line, proxy: ProxyMode) -> FelixSettings {
        let ports = |name: &str, read: fn(&FelixConfigurationSpec) -> Option<&[ProtoPort]>, default: &str| {
            self.setting(name, |spec| read(spec).map(written), failsafes, || failsafes(default).unwrap_or_default())
        };
        let to_host_action = |spec: &FelixConfigurationSpec| spec.default_endpoint_to_host_action.clone();
        let prefixes = |text: &str| Some(text.split(',').map(|prefix| prefix.trim().to_owned()).collect());
        FelixSettings {
            data_plane: self.data_plane(line, proxy),
            failsafe_inbound: ports("failsafeInboundHostPorts", |spec| spec.failsafe_inbound_host_ports.as_deref(), FAILSAFE_INBOUND),
            failsafe_outbound: ports("failsafeOutboundHostPorts", |spec| spec.failsafe_outbound_host_ports.as_deref(), FAILSAFE_OUTBOUND),
            endpoint_to_host: self.setting("defaultEndpointToHostAction", to_host_action, to_host, || ToHost::Drop),
            interface_prefixes: self.setting("interfacePrefix", |spec| spec.interface_prefix.clone(), prefixes, || vec!["cali".to_owned()]),
            wireguard: self.wireguard(),
            outgoing: self.outgoing(line),
            appended: self.setting("chainInsertMode", |spec| spec.text("chainInsertMode"), insert_mode, || false),
            vxlan_port: self.setting("vxlanPort", |spec| spec.text("vxlanPort"), |text| text.trim().parse().ok(), || 4_789),
            interface_exclude: self.setting(
                "interfaceExclude",
                |spec| spec.text("interfaceExclude"),
                |text| Some(text.split(',').map(|name| name.trim().to_owned()).collect()),
                || vec!["kube-ipvs0".to_owned()],
            ),
        }
    }

    fn outgoing(&self, line: Line) -> Outgoing {
        let text = |name: &str| self.setting(name, |spec| spec.text(name), |text| Some(text.trim().to_owned()), String::new);
        let flag = |name: &str| self.setting(name, |spec| spec.text(name), boolean, || false);
        let exclusions = |text: &str| match text.to_ascii_lowercase().as_str() {
            "ippoolsonly" => Some(false),
            "ippoolsandhostips" => Some(line >= Line::V3_31),
            _ => None,
        };
        let name = "natOutgoingExclusions";
        Outgoing {
            address: text("natOutgoingAddress"),
            interface: text("iptablesNATOutgoingInterfaceFilter"),
            spares_nodes: self.setting(name, |spec| spec.text(name), exclusions, || false),
            vxlan: flag("allowVXLANPacketsFromWorkloads"),
            ipip: flag("allowIPIPPacketsFromWorkloads"),
        }
    }

    /// With the defaults of `felix/config/config_params.go:165` at v3.28.5.
    fn wireguard(&self) -> WireGuard {
        let flag = |name: &str, read: fn(&FelixConfigurationSpec) -> Option<bool>| {
            self.setting(name, |spec| read(spec).map(|value| value.to_string()), boolean, || false)
        };
        let port = |name: &str, default: u16| self.setting(name, |spec| spec.text(name), |text| text.trim().parse().ok(), || default);
        let interface = |name: &str, default: &str| {
            self.setting(name, |spec| spec.text(name), |text| Some(text.trim().to_owned()), || default.to_owned())
        };
        let [v4, v6] = WireGuard::INTERFACES;
        WireGuard {
            v4: WireGuardOf {
                enabled: flag("wireguardEnabled", |spec| spec.wireguard_enabled),
                port: port("wireguardListeningPort", 51_820),
                interface: interface("wireguardInterfaceName", v4),
            },
            v6: WireGuardOf {
                enabled: flag("wireguardEnabledV6", |spec| spec.wireguard_enabled_v6),
                port: port("wireguardListeningPortV6", 51_821),
                interface: interface("wireguardInterfaceNameV6", v6),
            },
            hosts: flag("wireguardHostEncryptionEnabled", |spec| spec.wireguard_host_encryption_enabled),
        }
    }

    /// eBPF where it is switched on; else nftables where that is (from 3.29), by `Auto` where kube-proxy uses it
    /// (`NFTablesMode` in `felix/config/config_params.go` at v3.30); else iptables.
    fn data_plane(&self, line: Line, proxy: ProxyMode) -> Setting<DataPlane> {
        if let Some(value) = self.told.data_plane {
            return as_told(value);
        }
        let ebpf = self.setting("bpfEnabled", |spec| spec.bpf_enabled.map(|value| value.to_string()), boolean, || false);
        if ebpf.value {
            return Setting { value: DataPlane::Ebpf, source: ebpf.source };
        }
        if line < Line::V3_29 {
            return Setting { value: DataPlane::Iptables, source: Source::Default };
        }
        let by_proxy = if proxy == ProxyMode::Nftables { DataPlane::Nftables } else { DataPlane::Iptables };
        let mode = |text: &str| match text.to_ascii_lowercase().as_str() {
            "enabled" => Some(DataPlane::Nftables),
            "disabled" => Some(DataPlane::Iptables),
            "auto" => Some(by_proxy),
            _ => None,
        };
        let default = || if line >= Line::V3_31 { by_proxy } else { DataPlane::Iptables };
        self.setting("nftablesMode", |spec| spec.nftables_mode.clone(), mode, default)
    }

    /// The setting of this name, as Felix resolves it.
    fn setting<T>(
        &self,
        name: &str,
        read: impl Fn(&FelixConfigurationSpec) -> Option<String>,
        parse: impl Fn(&str) -> Option<T>,
        default: impl Fn() -> T,
    ) -> Setting<T> {
        let variable = format!("FELIX_{}", name.to_ascii_uppercase());
        if let Some(environment) = &self.told.felix {
            let found = environment.variables.iter().find(|(key, _)| key.eq_ignore_ascii_case(&variable));
            if let Some(value) = found.and_then(|(_, text)| parse(text)) {
                return Setting { value, source: Source::Environment { of: environment.of.clone(), variable } };
            }
        }
        let of_node = self.node.map(|node| format!("{NODE_PREFIX}{node}"));
        for configuration in of_node.iter().map(String::as_str).chain(["default"]) {
            let Some(configuration) = self.snapshot.get::<FelixConfiguration>("", configuration) else { continue };
            // An empty text counts as none (`configurationprocessor.go:218` at v3.28.5).
            if let Some(value) = read(&configuration.spec).filter(|text| !text.is_empty()).and_then(|text| parse(&text)) {
                return Setting { value, source: Source::Object { key: configuration.key(), field: format!("spec.{name}") } };
            }
        }
        Setting { value: default(), source: Source::Default }
    }
}

/// As Felix gets the list of an object (`protoPortSliceToString` in `felixconfigprocessor.go:50` at v3.28.5): an empty one is `none`.
fn written(ports: &[ProtoPort]) -> String {
    if ports.is_empty() {
        return "none".to_owned();
    }
    let one = |port: &ProtoPort| {
        let protocol = port.protocol.to_ascii_lowercase();
        match port.net.as_str() {
            "" => format!("{protocol}:{}", port.port),
            net if net.contains(':') => format!("{protocol}:[{net}]:{}", port.port),
            net => format!("{protocol}:{net}:{}", port.port),
        }
    };
    ports.iter().map(one).collect::<Vec<_>>().join(",")
}

/// `PROTOCOL:NET:PORT`, `PROTOCOL:PORT` or `PORT`, with commas between; `none` (`felix/config/param_types.go:358` at v3.28.5). One
/// entry that does not parse spoils the list.
fn failsafes(text: &str) -> Option<Vec<FailsafePort>> {
    if text.eq_ignore_ascii_case("none") {
        return Some(Vec::new());
    }
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(failsafe).collect()
}

fn failsafe(entry: &str) -> Option<FailsafePort> {
    let (rest, bracketed) = match entry.split_once('[').and_then(|(before, rest)| Some((before, rest.split_once("]:")?))) {
        Some((before, (net, after))) => (format!("{before}{after}"), Some(net)),
        None => (entry.to_owned(), None),
    };
    let parts: Vec<&str> = rest.split(':').collect();
    let (protocol, net, port) = match parts.as_slice() {
        [port] => ("tcp", bracketed, *port),
        [protocol, port] => (*protocol, bracketed, *port),
        [protocol, net, port] => (*protocol, Some(*net), *port),
        _ => return None,
    };
    let protocol = match protocol.to_ascii_lowercase().as_str() {
        "tcp" => 6,
        "udp" => 17,
        _ => return None,
    };
    let net = match net {
        None | Some("") => None,
        Some(net) => Some(masked(net)?),
    };
    Some(FailsafePort { protocol, port: port.parse().ok()?, net })
}

/// A net or an address; host bits are cut off, as Go's `net.ParseCIDR` does.
fn masked(text: &str) -> Option<Cidr> {
    let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    Cidr::try_from(net.trunc()).ok()
}

/// As `BoolParam` (`felix/config/param_types.go:78` at v3.28.5).
fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "t" => Some(true),
        "false" | "0" | "no" | "n" | "f" => Some(false),
        _ => None,
    }
}

/// Whether Felix' rules come behind those of others.
fn insert_mode(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "insert" => Some(false),
        "append" => Some(true),
        _ => None,
    }
}

fn to_host(text: &str) -> Option<ToHost> {
    match text.to_ascii_lowercase().as_str() {
        "drop" => Some(ToHost::Drop),
        "accept" => Some(ToHost::Accept),
        "return" => Some(ToHost::Return),
        _ => None,
    }
}
