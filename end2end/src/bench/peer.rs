//! The difference between two folders of files, beside what network-config-analyzer takes for it and says of it: the same files, the same
//! machine, one after the other. Both times are those of the whole command: starting, reading and comparing.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// The programs that are compared.
pub struct Programs {
    /// `nca` of network-config-analyzer.
    pub peer: PathBuf,
    /// An optimised `portcullis`.
    pub portcullis: PathBuf,
}

/// How many policies there are.
const POLICIES: u32 = 400;
/// How often Portcullis is asked; the middle time counts. The peer is asked once: it takes long.
const ROUNDS: usize = 5;

/// What the policies act on.
#[derive(Clone, Copy, PartialEq)]
enum On {
    Pods,
    /// Hosts, before translation: what the peer passes over.
    Hosts,
}

/// One pair of folders, and what both say of it.
#[derive(Debug)]
pub(super) struct Compared {
    what: &'static str,
    peer: Duration,
    peer_sees: bool,
    own: Duration,
    own_sees: bool,
}

/// Compares both programs on policies that allow a /16 each, one of which is widened to a /8.
pub(super) fn compare(folder: &Path, programs: &Programs) -> Result<Vec<Compared>> {
    [("on pods", On::Pods), ("at hosts, before translation", On::Hosts)]
        .map(|(what, on)| compared(folder, programs, what, on))
        .into_iter()
        .collect()
}

fn compared(folder: &Path, programs: &Programs, what: &'static str, on: On) -> Result<Compared> {
    let name = if on == On::Pods { "pods" } else { "hosts" };
    let [before, after] = ["before", "after"].map(|side| folder.join(name).join(side));
    write(&before, &objects(on, false))?;
    write(&after, &objects(on, true))?;
    let (peer, said) = timed(
        Command::new(&programs.peer)
            .arg("--semantic_diff")
            .arg(&after)
            .args(["-p".as_ref(), after.as_os_str(), "-n".as_ref(), after.as_os_str()])
            .args(["-b".as_ref(), before.as_os_str(), "-pb".as_ref(), before.as_os_str(), "-nb".as_ref(), before.as_os_str()]),
    )?;
    let text = String::from_utf8_lossy(&said.stdout);
    let (equal, differ) = (
        text.contains("the same set of policies") || text.contains("are semantically equivalent"),
        text.contains("not semantically equivalent"),
    );
    ensure!(equal != differ, "network-config-analyzer says neither that they are equal nor that they differ: {text}");
    let mut times = Vec::new();
    let mut own_sees = false;
    for _ in 0..ROUNDS {
        let (time, said) = timed(Command::new(&programs.portcullis).arg("diff").arg(&before).arg(&after))?;
        let code = said.status.code();
        ensure!(matches!(code, Some(0 | 1)), "`portcullis diff` ended with {code:?}: {}", String::from_utf8_lossy(&said.stderr));
        own_sees = code == Some(1);
        times.push(time);
    }
    times.sort_unstable();
    Ok(Compared { what, peer, peer_sees: differ, own: times[ROUNDS / 2], own_sees })
}

fn timed(command: &mut Command) -> Result<(Duration, Output)> {
    let begin = Instant::now();
    let said = command.output().with_context(|| format!("starting `{}`", command.get_program().to_string_lossy()))?;
    Ok((begin.elapsed(), said))
}

/// A file for each kind, one JSON document after the other: YAML to both.
fn write(folder: &Path, objects: &[Value]) -> Result<()> {
    fs::create_dir_all(folder)?;
    let text: Vec<String> = objects.iter().map(|object| format!("---\n{object}\n")).collect();
    fs::write(folder.join("objects.yaml"), text.concat()).with_context(|| format!("writing {}", folder.display()))
}

/// 10 nodes with a HostEndpoint each, 20 Services with two pods each, and the policies.
fn objects(on: On, wide: bool) -> Vec<Value> {
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "shop"}}}),
        json!({"apiVersion": "projectcalico.org/v3", "kind": "IPPool", "metadata": {"name": "pods"}, "spec": {"cidr": "192.168.0.0/16"}}),
    ];
    for n in 0..10 {
        let address = format!("10.0.1.{}", n + 1);
        objects.push(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("node-{n}")},
            "status": {"addresses": [{"type": "InternalIP", "address": address}]}}));
        objects.push(json!({"apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint",
            "metadata": {"name": format!("node-{n}-eth0"), "labels": {"edge": "true"}},
            "spec": {"node": format!("node-{n}"), "interfaceName": "eth0", "expectedIPs": [address], "profiles": ["projectcalico-default-allow"]}}));
    }
    for n in 0..20 {
        objects.extend(service(n));
    }
    objects.extend((0..POLICIES).map(|n| policy(on, n, wide)));
    if on == On::Hosts {
        let spec = json!({"order": 1_000_000, "selector": "edge == 'true'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true,
            "ingress": [{"action": "Deny", "destination": {"nets": ["10.20.30.0/24"]}}]});
        objects
            .push(json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {"name": "rest"}, "spec": spec}));
    }
    objects
}

fn service(n: u32) -> Vec<Value> {
    let name = format!("svc-{n}");
    let pod = |at: u32| (format!("{name}-{at}"), format!("192.168.{n}.{}", at + 1), format!("node-{}", (2 * n + at) % 10));
    let mut objects = Vec::new();
    let mut endpoints = Vec::new();
    for (pod, address, node) in [pod(0), pod(1)] {
        endpoints.push(json!({"addresses": [address], "conditions": {"ready": true}, "nodeName": node,
            "targetRef": {"kind": "Pod", "name": pod, "namespace": "shop"}}));
        objects.push(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod, "namespace": "shop", "labels": {"app": name}},
            "spec": {"nodeName": node, "containers": [{"name": "web", "image": "web", "ports": [{"name": "http", "containerPort": 8080}]}]},
            "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}}));
    }
    let address = format!("10.20.30.{}", n + 1);
    objects.push(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"type": "ClusterIP", "clusterIP": address, "clusterIPs": [address], "selector": {"app": name},
            "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]}}));
    objects.push(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": format!("{name}-1"), "namespace": "shop", "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4", "endpoints": endpoints, "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}));
    objects
}

/// One policy, which lets a /16 in; the eighth is the one that is widened.
fn policy(on: On, n: u32, wide: bool) -> Value {
    let net = if wide && n == 7 { "50.0.0.0/8".to_owned() } else { format!("50.{}.0.0/16", n % 250) };
    let spec = match on {
        On::Pods => json!({"order": n, "selector": format!("app == 'svc-{}'", n % 20), "types": ["Ingress"],
            "ingress": [{"action": "Allow", "protocol": "TCP", "source": {"nets": [net]}, "destination": {"ports": [8080]}}]}),
        On::Hosts => json!({"order": n, "selector": "edge == 'true'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true,
            "ingress": [{"action": "Allow", "protocol": "TCP", "source": {"nets": [net]},
                "destination": {"nets": [format!("10.20.30.{}/32", n % 20 + 1)], "ports": [80]}}]}),
    };
    json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {"name": format!("policy-{n}")}, "spec": spec})
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, peer, peer_sees, own, own_sees } = self;
        let says = |sees: &bool| if *sees { "they differ" } else { "no change" };
        let ratio = peer.as_secs_f64() / own.as_secs_f64();
        write!(
            f,
            "| {POLICIES} policies {what} | {:.2} s | {:.1} ms | 1/{ratio:.0} | {} | {} |",
            peer.as_secs_f64(),
            1e3 * own.as_secs_f64(),
            says(peer_sees),
            says(own_sees)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::object::{AnyObject, Kind};
    use policy::reach::diff::{Side, of_snapshots};
    use policy::reach::settings::{Settings, Told};
    use policy::snapshot::Snapshot;

    fn read(objects: &[Value]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        Kind::ALL.into_iter().for_each(|kind| snapshot.set_all(kind, Vec::new()));
        for object in objects {
            let kind = Kind::find(object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap()).unwrap();
            snapshot.insert(AnyObject::decode(kind, object).unwrap());
        }
        snapshot
    }

    #[test]
    fn the_files_differ_in_one_policy_that_widens_who_gets_in() {
        for on in [On::Pods, On::Hosts] {
            let [before, after] = [false, true].map(|wide| read(&objects(on, wide)));
            let settings = Settings::read(&before, &Told::default());
            let sides = [&before, &after].map(|snapshot| Side { snapshot, settings: &settings });
            let diff = of_snapshots(sides[0], sides[1], None).unwrap();
            assert!(
                diff.summary.starts_with("Lets ") && diff.summary.contains("`shop/svc-7`") && diff.summary.ends_with("denies nobody."),
                "{}",
                diff.summary
            );
        }
    }

    #[test]
    fn a_row_says_the_ratio_and_what_both_say() {
        let row =
            Compared { what: "on pods", peer: Duration::from_secs(20), peer_sees: false, own: Duration::from_millis(20), own_sees: true };
        assert_eq!(row.to_string(), "| 400 policies on pods | 20.00 s | 20.0 ms | 1/1000 | no change | they differ |");
    }
}
