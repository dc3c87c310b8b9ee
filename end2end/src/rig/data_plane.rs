//! What runs on every node: Felix and kube-proxy, each with its own files and the flavour of `iptables` that the world asks for; and the
//! agents in every namespace.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use policy::access::{Port, Protocol};
use tokio::process::Command;

use super::boxed::MEMORY;
use super::folder::RunFolder;
use super::kube_proxy;
use super::network::{self, OUTSIDE, pod_namespace};
use super::process::{Process, until};
use super::programs::Programs;
use crate::agent::Agent;
use crate::world::{DataPlane, Encapsulation, Line, Listener, World};

/// How long a node's programs may take until they answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Felix ends with this status when its configuration changes, to be started again (Calico 3.28 `felix/daemon/daemon.go`).
const FELIX_CHANGED: i32 = 129;
/// Where Felix says that it is ready.
const FELIX_READY: [&str; 2] = ["127.0.0.1:9099", "/readiness"];

/// What answers at every address outside: where hosts and pods of the cluster may want to go.
const OUTSIDE_LISTENS: Listener = Listener(Port { protocol: Protocol::Tcp, port: 8080 });

/// Starts everything but the API.
pub(super) async fn start(world: &World, run: &RunFolder, programs: &Programs, processes: &mut Vec<Process>) -> Result<()> {
    network::make(world).context("making the network")?;
    for node in &world.layout.nodes {
        let home = furnish(world, &node.name)?;
        let proxy = kube_proxy::command(world, run, programs, &node.name, &home);
        processes.push(Process::start(&format!("kube-proxy.{}", node.name), proxy, &run.logs())?);
        let felix = felix(world, run, programs, &node.name, &home);
        processes.push(Process::start(&format!("calico-felix.{}", node.name), felix, &run.logs())?.again_after(FELIX_CHANGED));
    }
    fs::create_dir(run.agents()).context("making a folder for the agents")?;
    let mut agents = vec![(OUTSIDE.to_owned(), OUTSIDE.to_owned(), vec![OUTSIDE_LISTENS])];
    agents.extend(world.layout.nodes.iter().map(|node| (node.name.clone(), node.name.clone(), node.listeners.clone())));
    agents.extend(world.layout.pods.iter().map(|pod| (pod_namespace(pod), pod.full_name(), pod.listeners.clone())));
    for (namespace, name, listeners) in &agents {
        processes.push(agent(run, namespace, name, listeners)?);
    }
    for (_, name, _) in &agents {
        let agent = Agent::at(run.agent(name));
        until(processes, &format!("the agent of `{name}`"), &agent_name(name), PATIENCE, async || agent.answers()).await?;
    }
    let served = kube_proxy::served(world);
    for node in &world.layout.nodes {
        let (felix, proxy) = (format!("calico-felix.{}", node.name), format!("kube-proxy.{}", node.name));
        for (what, by, ready) in [("Felix", &felix, FELIX_READY), ("kube-proxy", &proxy, kube_proxy::READY)] {
            until(processes, &format!("{what} on `{}`", node.name), by, PATIENCE, async || healthy(&node.name, ready).await).await?;
        }
        // It says that it is ready once one family is.
        for family in &served {
            let home = Path::new(MEMORY).join("nodes").join(&node.name);
            let what = format!("every Service in `{}` on `{}`", family.shown_by.join(" "), node.name);
            until(processes, &what, &proxy, PATIENCE, async || family.on(&node.name, &home).await).await?;
        }
    }
    Ok(())
}

/// The files of a node that are not the machine's: `/run` (the lock of `iptables`), `/var/lib`, and the programs of its flavour.
fn furnish(world: &World, node: &str) -> Result<PathBuf> {
    let home = Path::new(MEMORY).join("nodes").join(node);
    for folder in ["run", "run/bin", "lib"] {
        fs::create_dir_all(home.join(folder)).with_context(|| format!("making the files of `{node}`"))?;
    }
    let flavour = world.data_plane.flavour();
    for family in ["iptables", "ip6tables"] {
        for tool in ["", "-save", "-restore"] {
            let program = format!("/usr/sbin/{family}-{flavour}{tool}");
            symlink(&program, home.join("run/bin").join(format!("{family}{tool}"))).with_context(|| format!("linking {program}"))?;
        }
    }
    Ok(home)
}

/// A command on a node, with the node's own files.
pub(super) fn on_node(node: &str, home: &Path, program: &Path) -> Command {
    let script = "mount --bind \"$1/lib\" /var/lib; mount --bind \"$1/run\" /run; shift; exec \"$@\"";
    let mut command = Command::new("ip");
    command.args(["netns", "exec", node, "sh", "-ec", script, "node"]).arg(home).arg(program);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("/run/bin:{path}"));
    command
}

/// The first range of each family among the pools.
pub(super) fn pod_ranges(world: &World) -> Vec<&str> {
    let pools = world.objects.iter().filter(|object| object["kind"] == "IPPool");
    let ranges: Vec<&str> = pools.filter_map(|pool| pool["spec"]["cidr"].as_str()).collect();
    let first = |six: bool| ranges.iter().copied().find(|range| range.contains(':') == six);
    [first(false), first(true)].into_iter().flatten().collect()
}

fn felix(world: &World, run: &RunFolder, programs: &Programs, node: &str, home: &Path) -> Command {
    let mut command = on_node(node, home, &programs.program("calico-felix"));
    command.env("KUBECONFIG", run.inner_kubeconfig());
    let vxlan = world.encapsulation == Encapsulation::Vxlan;
    if world.calico == Line::V3_30 {
        command.env("FELIX_NFTABLESMODE", if world.data_plane == DataPlane::Nftables { "Enabled" } else { "Disabled" });
        // It looks for eBPF programs to take away also where it uses none, and is built without what that needs; spelt as it is read
        // (Calico 3.30 `felix/bpf/nat/connecttime.go`).
        command.env("FELIX_DebugSkipCTLBCleanup", "true");
        // It tells its CNI plugin of endpoints in a folder that is not here.
        command.env("FELIX_ENDPOINTSTATUSPATHPREFIX", "none");
    }
    for (name, value) in [
        ("DATASTORETYPE", "kubernetes"),
        ("FELIXHOSTNAME", node),
        ("IPV6SUPPORT", if world.layout.dual_stack() { "true" } else { "false" }),
        ("USAGEREPORTINGENABLED", "false"),
        ("LOGFILEPATH", "none"),
        ("LOGSEVERITYSYS", "none"),
        ("LOGSEVERITYSCREEN", "Warning"),
        ("IPTABLESBACKEND", world.data_plane.flavour()),
        ("HEALTHENABLED", "true"),
        ("HEALTHHOST", "127.0.0.1"),
        ("BPFENABLED", "false"),
        ("IPINIPENABLED", "false"),
        ("VXLANENABLED", if vxlan { "true" } else { "false" }),
        ("ROUTESOURCE", "CalicoIPAM"),
    ] {
        command.env(format!("FELIX_{name}"), value);
    }
    command
}

fn agent(run: &RunFolder, namespace: &str, name: &str, listeners: &[Listener]) -> Result<Process> {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]).arg(std::env::current_exe()?).args(["agent", "--name", name, "--socket"]);
    // Relative to the run folder, where the box works: the path of a socket is short.
    command.arg(run.agent(name).strip_prefix(run.path()).unwrap_or(Path::new("")));
    // This kernel has no SCTP.
    for Listener(port) in listeners.iter().filter(|listener| listener.0.protocol != Protocol::Sctp) {
        command.args(["--port", &port.to_string()]);
    }
    Process::start(&agent_name(name), command, &run.logs())
}

/// What the process is called that is the agent of a pod, of a node, or of outside.
fn agent_name(name: &str) -> String {
    format!("agent.{}", name.replace('/', "."))
}

/// Whether a program says on its node that it is ready.
async fn healthy(node: &str, [address, path]: [&str; 2]) -> bool {
    let Ok(program) = std::env::current_exe() else { return false };
    let mut command = Command::new("ip");
    command.args(["netns", "exec", node]).arg(program).args(["healthy", address, path]);
    command.output().await.is_ok_and(|output| output.status.success())
}
