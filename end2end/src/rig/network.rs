//! The network of a world: namespaces joined by veth pairs, all inside the box.
//!
//! ```text
//! outside ==in1,in2..== fabric ==e1== node-a ==cali..== pods
//!         ----main-----        ==e2== node-b ==cali..== pods
//!                              ==cp== the box itself: etcd and the API servers
//! ```
//!
//! `fabric` is a router with the routes that BGP would give it. `outside` holds every address that is not the cluster's. A probe from
//! there chooses its way into the cluster by the mark of its socket: mark N leaves by `inN`, and what enters the fabric there goes to the
//! Nth interface of a node when it is meant for a Service. Answers come back over `main`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use sha1::{Digest, Sha1};

use super::certificates::ADDRESS;
use super::data_plane::pod_ranges;
use super::{SERVICE_RANGES, marker};
use crate::world::{Encapsulation, Layout, PodLayout, World};

/// The router.
const FABRIC: &str = "fabric";
/// Everything that is not the cluster.
pub(super) const OUTSIDE: &str = "outside";
/// The fabric's address on every link, and the address of who is across, where it needs one.
const GATEWAY: (&str, &str) = ("169.254.1.254", "fe80::1");
const ACROSS: (&str, &str) = ("169.254.1.253", "fe80::2");
/// The table of the routes that make every address an own one.
const EVERYTHING: u32 = 9999;
/// The link to `outside` that answers take.
const MAIN: &str = "main";

/// The namespace of a pod.
pub(super) fn pod_namespace(pod: &PodLayout) -> String {
    format!("pod.{}.{}", pod.namespace, pod.name)
}

/// Makes all of it.
pub(super) fn make(world: &World) -> Result<()> {
    let layout = &world.layout;
    let pods: Vec<&PodLayout> = layout.pods.iter().collect();
    let namespaces = [FABRIC.to_owned(), OUTSIDE.to_owned()].into_iter();
    let nodes = layout.nodes.iter().map(|node| node.name.clone());
    let names: Vec<String> = namespaces.chain(nodes).chain(pods.iter().map(|pod| pod_namespace(pod))).collect();
    std::fs::create_dir_all("/run/netns").context("making a folder for namespaces")?;
    batch(None, &names.iter().fold(String::new(), |text, name| text + &format!("netns add {name}\n")))?;
    for name in &names {
        script(name, SETTINGS)?;
    }
    batch(None, &links(layout))?;
    batch(Some(FABRIC), &fabric(world))?;
    batch(Some(OUTSIDE), &outside(layout))?;
    for node in &layout.nodes {
        batch(Some(&node.name), &of_node(layout, &node.name))?;
        script(&node.name, TRACKS)?;
    }
    for pod in pods {
        batch(Some(&pod_namespace(pod)), &of_pod(pod))?;
    }
    // The box is the control plane; its own address is on `lo`.
    batch(None, &format!("link set cp up\nroute add {0} dev cp scope link\nroute add default via {0} dev cp\n", GATEWAY.0))
}

fn links(layout: &Layout) -> String {
    let mut text = format!("link add {MAIN} netns {OUTSIDE} type veth peer name {MAIN} netns {FABRIC}\n");
    text += &format!("link add cp type veth peer name cp netns {FABRIC}\n");
    for (at, node, interface) in layout.entries() {
        text += &format!("link add e{at} netns {FABRIC} type veth peer name {} netns {}\n", interface.name, node.name);
        text += &format!("link add in{at} netns {FABRIC} type veth peer name in{at} netns {OUTSIDE}\n");
    }
    for pod in &layout.pods {
        let names = (interface(pod), pod_namespace(pod));
        text += &format!("link add {} netns {} address ee:ee:ee:ee:ee:ee type veth peer name eth0 netns {}\n", names.0, pod.node, names.1);
    }
    text
}

/// What Calico calls the host's end of a pod's link: `cali` and the first 11 hexadecimal digits of SHA-1 over `NAMESPACE.NAME`
/// (Calico 3.28 `libcalico-go/lib/backend/k8s/conversion/workload_endpoint_default.go`, `VethNameForWorkload`).
fn interface(pod: &PodLayout) -> String {
    let hash = Sha1::digest(format!("{}.{}", pod.namespace, pod.name));
    let hex = hash.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    });
    format!("cali{}", &hex[..11])
}

fn fabric(world: &World) -> String {
    let layout = &world.layout;
    let mut text = String::from("link set lo up\n");
    let links = layout.entries().flat_map(|(at, ..)| [format!("e{at}"), format!("in{at}")]);
    for link in links.chain([MAIN.to_owned(), "cp".to_owned()]) {
        text += &format!("link set {link} up\naddress add {}/32 dev {link}\naddress add {}/64 dev {link} nodad\n", GATEWAY.0, GATEWAY.1);
    }
    text += &format!("route add {ADDRESS}/32 dev cp scope link\n");
    // Outside answers at every address: what is the cluster's and has no way below must not go there.
    for range in pod_ranges(world).into_iter().chain(SERVICE_RANGES) {
        text += &format!("route add blackhole {range}\n");
    }
    text += &format!("route add default via {} dev {MAIN} onlink\n-6 route add default via {} dev {MAIN}\n", ACROSS.0, ACROSS.1);
    for (at, node, interface) in layout.entries() {
        for address in &interface.addresses {
            text += &format!("route add {} dev e{at} scope link\n", whole(*address));
        }
        let inbound = |destination: &str, family: IpAddr| {
            let Some(gateway) = interface.addresses.iter().find(|own| own.is_ipv4() == family.is_ipv4()) else { return String::new() };
            format!("route add {destination} via {gateway} dev e{at} onlink table {}\n", 1000 + at)
        };
        for range in SERVICE_RANGES {
            if let Some(first) = range.split('/').next().and_then(|first| first.parse().ok()) {
                text += &inbound(range, first);
            }
        }
        for address in &layout.service_addresses {
            text += &inbound(&whole(*address), *address);
        }
        for family in ["-4", "-6"] {
            text += &format!("{family} rule add iif in{at} lookup {} priority 100\n", 1000 + at);
        }
        // Where pods are encapsulated, which IPv6 never is here, the network knows the nodes alone.
        let routed = layout.pods.iter().filter(|pod| pod.node == node.name && interface.name == "eth0");
        for pod in routed.filter(|pod| pod.namespace != marker::NAMESPACE) {
            for address in pod.addresses.iter().filter(|address| world.encapsulation == Encapsulation::None || address.is_ipv6()) {
                let Some(gateway) = interface.addresses.iter().find(|own| own.is_ipv4() == address.is_ipv4()) else { continue };
                text += &format!("route add {} via {gateway} dev e{at} onlink\n", whole(*address));
            }
        }
    }
    text
}

fn outside(layout: &Layout) -> String {
    let mut text = format!("link set lo up\nlink set {MAIN} up\n");
    text += &format!("address add {}/32 dev {MAIN}\naddress add {}/64 dev {MAIN} nodad\n", ACROSS.0, ACROSS.1);
    text += &format!("route add default via {} dev {MAIN} onlink\n-6 route add default via {} dev {MAIN}\n", GATEWAY.0, GATEWAY.1);
    for family in ["-4", "-6"] {
        text += &format!("{family} route add local default dev lo table {EVERYTHING}\n");
        text += &format!("{family} rule add iif {MAIN} lookup {EVERYTHING} priority 100\n");
    }
    for (at, ..) in layout.entries() {
        text += &format!("link set in{at} up\naddress add {}/64 dev in{at} nodad\n", ACROSS.1);
        for (family, gateway) in [("-4", GATEWAY.0), ("-6", GATEWAY.1)] {
            text += &format!("{family} route add default via {gateway} dev in{at} onlink table {}\n", 1000 + at);
            text += &format!("{family} rule add fwmark {at} lookup {} priority 200\n", 1000 + at);
            text += &format!("{family} rule add iif in{at} lookup {EVERYTHING} priority 100\n");
        }
    }
    text
}

fn of_node(layout: &Layout, node: &str) -> String {
    let mut text = String::from("link set lo up\n");
    for (_, _, interface) in layout.entries().filter(|(_, of, _)| of.name == node) {
        let name = &interface.name;
        text += &format!("link set {name} up\n");
        for address in &interface.addresses {
            let nodad = if address.is_ipv6() { " nodad" } else { "" };
            text += &format!("address add {} dev {name}{nodad}\n", whole(*address));
        }
        if name == "eth0" {
            text += &format!("route add {0} dev eth0 scope link\nroute add default via {0} dev eth0\n", GATEWAY.0);
            text += &format!("-6 route add default via {} dev eth0\n", GATEWAY.1);
        }
    }
    for pod in layout.pods.iter().filter(|pod| pod.node == node) {
        text += &format!("link set {} up\n", interface(pod));
    }
    text
}

/// As Calico's CNI plugin leaves a pod: no neighbour but the host's end of its link.
fn of_pod(pod: &PodLayout) -> String {
    let mut text = String::from("link set lo up\nlink set eth0 up\n");
    for address in &pod.addresses {
        let nodad = if address.is_ipv6() { " nodad" } else { "" };
        text += &format!("address add {} dev eth0{nodad}\n", whole(*address));
    }
    text += "route add 169.254.1.1 dev eth0 scope link\nroute add default via 169.254.1.1 dev eth0\n";
    text + "-6 route add default via fe80::ecee:eeff:feee:eeee dev eth0\n"
}

fn whole(address: IpAddr) -> String {
    format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 })
}

/// Makes the kernel of a node track connections from the beginning, as that of a real node does: without a rule that looks at them
/// it begins in the middle of those that Felix has to the API. What comes next of these is then dropped as new where a HostEndpoint
/// is closed, and Felix hears of nothing until it asks whether its connection lives, half a minute later.
const TRACKS: &str = "
    nft add table inet rig
    nft 'add chain inet rig tracks { type filter hook output priority 0; }'
    nft add rule inet rig tracks ct state established counter
";

/// Kernel settings of a namespace: it forwards, takes what comes by any link, and uses an address at once.
const SETTINGS: &str = "
    for family in ipv4/conf/all ipv4/conf/default; do echo 0 > /proc/sys/net/$family/rp_filter; done
    echo 1 > /proc/sys/net/ipv4/ip_forward
    echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
    for conf in all default; do echo 0 > /proc/sys/net/ipv6/conf/$conf/accept_dad; echo 0 > /proc/sys/net/ipv6/conf/$conf/accept_ra; done
";

/// Runs a shell script in a namespace.
fn script(namespace: &str, text: &str) -> Result<()> {
    let output = Command::new("ip").args(["netns", "exec", namespace, "sh", "-ec", text]).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("the kernel of namespace `{namespace}` cannot be set up: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// Runs lines of `ip`, in a namespace or in the box itself. A line may begin with its family, as `ip` itself takes it.
fn batch(namespace: Option<&str>, lines: &str) -> Result<()> {
    let of = |family: &str| lines.lines().filter_map(|line| line.strip_prefix(family)).fold(String::new(), |text, line| text + line + "\n");
    let plain = lines.lines().filter(|line| !line.starts_with('-')).fold(String::new(), |text, line| text + line + "\n");
    run(namespace, None, &plain)?;
    for family in ["-4", "-6"] {
        run(namespace, Some(family), &of(&format!("{family} ")))?;
    }
    Ok(())
}

fn run(namespace: Option<&str>, family: Option<&str>, lines: &str) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut command = Command::new("ip");
    command.args(family);
    if let Some(name) = namespace {
        command.args(["-n", name]);
    }
    let mut child = command
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("starting `ip`")?;
    child.stdin.take().context("`ip` has no input")?.write_all(lines.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let at = said.lines().find_map(|line| line.strip_prefix("Command failed -:")).and_then(|at| at.trim().parse::<usize>().ok());
        let line = at.and_then(|at| lines.lines().nth(at - 1)).unwrap_or_default();
        bail!("in {}: `ip {line}`: {}", namespace.unwrap_or("the box"), said.trim());
    }
    Ok(())
}
