//! kube-proxy on a node, and whether the kernel knows the Services from it.

use std::net::IpAddr;
use std::path::Path;

use serde_json::Value;
use tokio::process::Command;

use super::data_plane::{on_node, pod_ranges};
use super::folder::RunFolder;
use super::programs::Programs;
use crate::world::{DataPlane, World};

/// Where it says that it is ready.
pub(super) const READY: [&str; 2] = ["127.0.0.1:10256", "/healthz"];

/// What starts it. With nftables it is in its own mode for it: Calico asks for that (its documentation of 3.30, "Enable nftables").
pub(super) fn command(world: &World, run: &RunFolder, programs: &Programs, node: &str, home: &Path) -> Command {
    let mut command = on_node(node, home, &programs.program("kube-proxy"));
    command.arg(format!("--kubeconfig={}", run.inner_kubeconfig().display())).arg(format!("--hostname-override={node}"));
    // Without it there is no source translation, and backends on other nodes break.
    command.arg(format!("--cluster-cidr={}", pod_ranges(world).join(",")));
    command.arg(match world.data_plane {
        DataPlane::IptablesLegacy | DataPlane::IptablesNft => "--proxy-mode=iptables",
        DataPlane::Nftables => "--proxy-mode=nftables",
    });
    command.args([
        "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0",
        "--conntrack-tcp-timeout-close-wait=0",
        "--healthz-bind-address=127.0.0.1:10256",
        "--metrics-bind-address=127.0.0.1:10249",
        "--iptables-min-sync-period=100ms",
    ]);
    command
}

/// What one family of addresses is looked at with on a node, and what that prints of every cluster IP that has a pod.
pub(super) struct Served {
    /// The command that prints what the kernel does with Services.
    pub(super) shown_by: &'static [&'static str],
    addresses: Vec<String>,
}

/// The cluster IPs of Services that have a pod, by family, as they are printed.
pub(super) fn served(world: &World) -> [Served; 2] {
    let of = |six: bool| {
        let bits = if six { 128 } else { 32 };
        let printed = |ip: IpAddr| match world.data_plane {
            DataPlane::IptablesLegacy | DataPlane::IptablesNft => format!("-d {ip}/{bits} "),
            // The key of a map by address, protocol and port.
            DataPlane::Nftables => format!(" {ip} . "),
        };
        cluster_ips(world, six).into_iter().map(printed).collect()
    };
    let [four, six]: [&'static [&'static str]; 2] = match world.data_plane {
        DataPlane::IptablesLegacy | DataPlane::IptablesNft => [&["/run/bin/iptables-save"], &["/run/bin/ip6tables-save"]],
        DataPlane::Nftables => [&["nft", "list", "table", "ip", "kube-proxy"], &["nft", "list", "table", "ip6", "kube-proxy"]],
    };
    [Served { shown_by: four, addresses: of(false) }, Served { shown_by: six, addresses: of(true) }]
}

fn cluster_ips(world: &World, six: bool) -> Vec<IpAddr> {
    let family = if six { "IPv6" } else { "IPv4" };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut addresses = Vec::new();
    for service in world.objects.iter().filter(|object| object["kind"] == "Service") {
        let of = |slice: &&Value| {
            slice["kind"] == "EndpointSlice"
                && slice["metadata"]["namespace"] == service["metadata"]["namespace"]
                && slice["metadata"]["labels"]["kubernetes.io/service-name"] == service["metadata"]["name"]
        };
        let mut slices = world.objects.iter().filter(of).filter(|slice| slice["addressType"] == family);
        if slices.any(|slice| list(&slice["endpoints"]).iter().any(|endpoint| endpoint["conditions"]["ready"] == true)) {
            let own = list(&service["spec"]["clusterIPs"]).into_iter().filter_map(|ip| ip.as_str()?.parse::<IpAddr>().ok());
            addresses.extend(own.filter(|ip| ip.is_ipv6() == six));
        }
    }
    addresses
}

impl Served {
    /// Whether all of these addresses are translated on a node, or, where its traffic policy leaves a Service no pod there, dropped.
    pub(super) async fn on(&self, node: &str, home: &Path) -> bool {
        let Some((program, arguments)) = self.shown_by.split_first() else { return false };
        let Ok(output) = on_node(node, home, Path::new(program)).args(arguments).output().await else { return false };
        let shown = String::from_utf8_lossy(&output.stdout);
        self.addresses.iter().all(|address| shown.contains(address.as_str()))
    }
}
