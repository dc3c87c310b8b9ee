//! The marker: how the rig knows that every node decides by the objects that were written, without sleeping.
//!
//! On every node two pods of the rig's own stand beside those of the world, `ask` and `answer`, and a policy closes `answer`. To wait,
//! one object of each kind that decides is written, each opening one port of `answer` for `ask`: what Felix tells the kernel of a later
//! object of a kind, it tells after an earlier one of that kind. When the packets of all kinds get through on all nodes, whatever was
//! written before decides there, and the objects of the marker are deleted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use policy::access::{Port, Protocol};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::scene::Scene;
use crate::agent::{Outcome, Probe};
use crate::world::{Listener, PodLayout, World};

/// The name of the marker's objects.
pub const MARKER: &str = "rig-marker";
/// The namespace of the rig's own pods.
pub(super) const NAMESPACE: &str = "rig-system";
/// How long the kernel may take to decide by what was written: Felix takes a tenth of a second, or four seconds where it starts again.
const PATIENCE: Duration = Duration::from_secs(30);
/// The ports of `answer` that one kind opens, in turn, so that what an earlier marker opened is not taken for this one.
const TURNS: u16 = 16;
/// The first port of each kind: through a set of networks, through a HostEndpoint, by a policy of Calico, by one of Kubernetes.
const PORTS: [u16; 4] = [7000, 7100, 7200, 7300];
/// Before every policy of the world.
const ORDER: f64 = -1e9;

/// Adds the rig's own pods to a world.
pub(super) fn add_to(world: &mut World) {
    let metadata = |name: &str, role: &str| json!({ "name": name, "namespace": NAMESPACE, "labels": { "rig": role } });
    world.objects.push(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": NAMESPACE } }));
    world.objects.push(json!({
        "apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": { "name": "rig-closed", "namespace": NAMESPACE },
        "spec": { "selector": "rig == 'answer'", "types": ["Ingress"] },
    }));
    for (at, node) in world.layout.nodes.iter().enumerate() {
        for (role, host) in [("ask", 1), ("answer", 2)] {
            let name = format!("{role}-{}", node.name);
            let mut addresses: Vec<IpAddr> = vec![Ipv4Addr::new(198, 18, u8::try_from(at).unwrap_or(u8::MAX), host).into()];
            if world.layout.dual_stack() {
                // What is told to one family of tables may be told to the other a moment later.
                let at = u16::try_from(at).unwrap_or(u16::MAX);
                addresses.push(Ipv6Addr::new(0xfd00, 0x198, 0, 0, 0, 0, at, host.into()).into());
            }
            let ips: Vec<Value> = addresses.iter().map(|address| json!({ "ip": address })).collect();
            world.objects.push(json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": metadata(&name, role),
                "spec": { "nodeName": node.name, "containers": [{ "name": "main", "image": "none" }] },
                "status": { "phase": "Running", "podIP": addresses[0], "podIPs": ips },
            }));
            let ports = PORTS.iter().flat_map(|first| (0..TURNS).map(move |turn| first + turn));
            let listeners = ports.map(|port| Listener(Port { protocol: Protocol::Udp, port })).collect();
            world.layout.pods.push(PodLayout {
                namespace: NAMESPACE.to_owned(),
                name,
                node: node.name.clone(),
                addresses,
                listeners: if role == "answer" { listeners } else { Vec::new() },
            });
        }
    }
}

fn addresses(scene: &Scene, role: &str, node: &str) -> Result<Vec<IpAddr>> {
    let name = format!("{role}-{node}");
    let pod = scene.world().layout.pods.iter().find(|pod| pod.namespace == NAMESPACE && pod.name == name);
    pod.map(|pod| pod.addresses.clone()).with_context(|| format!("the rig has no pod `{name}`"))
}

/// Waits until every node decides by all that was written before. `turn` counts the waits.
pub(super) async fn settle(scene: &Scene, turn: u32) -> Result<()> {
    let turn = u16::try_from(turn % u32::from(TURNS))?;
    let nodes: Vec<&str> = scene.world().layout.nodes.iter().map(|node| node.name.as_str()).collect();
    let asking = nodes.iter().map(|node| addresses(scene, "ask", node)).collect::<Result<Vec<_>>>()?.concat();
    let ports = PORTS.map(|first| first + turn);
    // All at once: kinds do not wait for each other, and a run of the tests waits hundreds of times.
    let written = objects(&asking, ports, turn);
    scene.remove_all(written.to_vec()).await?;
    scene.create(written.to_vec()).await.context("writing the marker")?;
    let deadline = Instant::now() + PATIENCE;
    for node in nodes {
        let agent = scene.agent(&format!("{NAMESPACE}/ask-{node}"));
        let mut probes = Vec::new();
        for to in addresses(scene, "answer", node)? {
            probes.extend(ports.map(|port| Probe { patience_ms: 150, ..Probe::new(Protocol::Udp, SocketAddr::new(to, port)) }));
        }
        loop {
            let outcomes = agent.send(&probes)?;
            if outcomes.iter().all(Outcome::is_allowed) {
                break;
            }
            if scene.failure().is_some() {
                bail!("a program of the rig ended");
            }
            ensure!(
                Instant::now() < deadline,
                "`{node}` does not decide by what was written, after {} s: {outcomes:?} (sets, HostEndpoints, policies of Calico, of Kubernetes)",
                PATIENCE.as_secs()
            );
            sleep(Duration::from_millis(20)).await;
        }
    }
    scene.remove_all(written.to_vec()).await
}

/// One object of each kind; the global policy means the set and the HostEndpoint.
fn objects(asking: &[IpAddr], ports: [u16; 4], turn: u16) -> [Value; 5] {
    let calico = "projectcalico.org/v3";
    let label = |kind: &str| json!({ MARKER: format!("{kind}-{turn}") });
    let selects = |kind: &str, port: u16| {
        json!({
            "action": "Allow", "protocol": "UDP", "destination": { "ports": [port] },
            "source": { "selector": format!("{MARKER} == '{kind}-{turn}'") },
        })
    };
    let nets: Vec<String> = asking.iter().map(|address| format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 })).collect();
    let answer = "rig == 'answer'";
    [
        json!({
            "apiVersion": calico, "kind": "GlobalNetworkSet", "metadata": { "name": MARKER, "labels": label("set") },
            "spec": { "nets": nets },
        }),
        json!({
            "apiVersion": calico, "kind": "HostEndpoint", "metadata": { "name": MARKER, "labels": label("host") },
            "spec": { "node": MARKER, "interfaceName": "none", "expectedIPs": asking },
        }),
        json!({
            "apiVersion": calico, "kind": "NetworkPolicy", "metadata": { "name": MARKER, "namespace": NAMESPACE },
            "spec": {
                "selector": answer, "types": ["Ingress"], "order": ORDER,
                "ingress": [{ "action": "Allow", "protocol": "UDP", "destination": { "ports": [ports[2]] } }],
            },
        }),
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": { "name": MARKER, "namespace": NAMESPACE },
            "spec": {
                "podSelector": { "matchLabels": { "rig": "answer" } }, "policyTypes": ["Ingress"],
                "ingress": [{ "ports": [{ "protocol": "UDP", "port": ports[3] }] }],
            },
        }),
        json!({
            "apiVersion": calico, "kind": "GlobalNetworkPolicy", "metadata": { "name": MARKER },
            "spec": {
                "selector": answer, "types": ["Ingress"], "order": ORDER,
                "ingress": [selects("set", ports[0]), selects("host", ports[1])],
            },
        }),
    ]
}
