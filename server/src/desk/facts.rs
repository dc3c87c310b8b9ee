//! Facts about the cluster, in pairs for its page.

use policy::object::{
    BgpConfiguration, ClusterInformation, FelixConfiguration, HostEndpoint, IpPool, Kept, Kind, KubeControllersConfiguration, Node,
};
use policy::snapshot::Snapshot;

/// Calico's version; empty where it is not known.
pub(super) fn calico_version(snapshot: &Snapshot) -> String {
    snapshot.get::<ClusterInformation>("", "default").map(|info| info.spec.calico_version.clone()).unwrap_or_default()
}

type Fact = fn(&Snapshot) -> String;

/// What was detected. A kind that was not read gives no fact but the reason.
pub(super) fn of(snapshot: &Snapshot) -> Vec<(String, String)> {
    let facts: [(&str, Kind, Fact); 6] = [
        ("Nodes", Kind::Node, |s| s.iter::<Node>().count().to_string()),
        ("Advertised ranges", Kind::BgpConfiguration, advertised),
        ("Pools of pod addresses", Kind::IpPool, pools),
        ("Data plane", Kind::FelixConfiguration, data_plane),
        ("HostEndpoints", Kind::HostEndpoint, host_endpoints),
        ("Automatic HostEndpoints", Kind::KubeControllersConfiguration, automatic),
    ];
    facts
        .into_iter()
        .map(|(name, kind, fact)| {
            (name.to_owned(), snapshot.unknown(kind).map_or_else(|| fact(snapshot), |why| format!("not known: {why}")))
        })
        .collect()
}

fn advertised(snapshot: &Snapshot) -> String {
    let Some(bgp) = snapshot.get::<BgpConfiguration>("", "default") else {
        return "none: there is no BGPConfiguration `default`".to_owned();
    };
    let spec = &bgp.spec;
    let lists = [
        ("cluster IPs", &spec.service_cluster_ips),
        ("external IPs", &spec.service_external_ips),
        ("load-balancer IPs", &spec.service_load_balancer_ips),
    ];
    let named = lists.iter().filter(|(_, blocks)| !blocks.is_empty()).map(|(what, blocks)| {
        let blocks: Vec<&str> = blocks.iter().map(|block| block.cidr.as_str()).collect();
        format!("{what} {}", blocks.join(", "))
    });
    or_none(named.collect(), "; ")
}

fn pools(snapshot: &Snapshot) -> String {
    let pools = snapshot.iter::<IpPool>().map(|pool| {
        let spec = &pool.spec;
        let on = |mode: &str| !mode.is_empty() && mode != "Never";
        let mut notes: Vec<String> = Vec::new();
        if on(&spec.ipip_mode) {
            notes.push(format!("IP in IP {}", spec.ipip_mode));
        }
        if on(&spec.vxlan_mode) {
            notes.push(format!("VXLAN {}", spec.vxlan_mode));
        }
        if spec.disabled {
            notes.push("disabled".to_owned());
        }
        if notes.is_empty() { spec.cidr.clone() } else { format!("{} ({})", spec.cidr, notes.join(", ")) }
    });
    or_none(pools.collect(), ", ")
}

fn data_plane(snapshot: &Snapshot) -> String {
    let Some(felix) = snapshot.get::<FelixConfiguration>("", "default") else {
        return "iptables: there is no FelixConfiguration `default`".to_owned();
    };
    if felix.spec.bpf_enabled == Some(true) {
        "eBPF".to_owned()
    } else if felix.spec.nftables_mode.as_deref() == Some("Enabled") {
        "nftables".to_owned()
    } else {
        "iptables".to_owned()
    }
}

fn host_endpoints(snapshot: &Snapshot) -> String {
    let covered: std::collections::BTreeSet<&str> =
        snapshot.iter::<Kept<HostEndpoint>>().map(|endpoint| endpoint.spec.node.as_str()).collect();
    let nodes = snapshot.iter::<Node>().filter(|node| covered.contains(node.metadata.name.as_str())).count();
    format!("{}, on {nodes} of {} nodes", snapshot.iter::<Kept<HostEndpoint>>().count(), snapshot.iter::<Node>().count())
}

fn automatic(snapshot: &Snapshot) -> String {
    let node = snapshot.get::<Kept<KubeControllersConfiguration>>("", "default").and_then(|c| c.spec.controllers.node.clone());
    match node {
        Some(node) if node.host_endpoint.auto_create == "Enabled" => "made by Calico's controller".to_owned(),
        _ => "not made".to_owned(),
    }
}

fn or_none(list: Vec<String>, separator: &str) -> String {
    if list.is_empty() { "none".to_owned() } else { list.join(separator) }
}
