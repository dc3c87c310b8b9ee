//! How long a plan, and an event, take on a large cluster. Measured by hand, and without a bound: machines differ.
//!
//! `cargo run --release -p policy --example scale`
//!
//! Last result (2026-11-23, two busy cores): a plan 40 ms; a clone 3 µs; the event of a pod 0.3 ms, of a Namespace 2 ms, of a policy on
//! every HostEndpoint 160 ms, of a policy on everything 360 ms; the whole cluster read in 3.6 s, 2.7 s of it the GlobalNetworkPolicies.
#![expect(clippy::expect_used, reason = "a cluster that cannot be made ends the measurement")]

#[path = "../tests/common/mod.rs"]
mod common;

use common::{access, guard, pod, service};
use policy::access::{Change, HostEndpoints};
use policy::object::{AnyObject, Kind, ObjectKey};
use policy::plan::plan;
use policy::reach::diff::target;
use policy::reach::safety::Safeguards;
use policy::reach::sets::Kept;
use policy::reach::settings::{Settings, Told};
use policy::snapshot::Snapshot;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SERVICES: u32 = 10_000;
const NODES: u32 = 5_000;
const POLICIES: u32 = 5_000;
const NAMESPACES: u32 = 200;

/// The object in the namespace that its number says; the first Service is `shop/svc-a`, as in the other tests.
fn placed(mut object: Value, n: u32) -> Value {
    if !n.is_multiple_of(NAMESPACES) {
        object["metadata"]["namespace"] = json!(format!("team-{}", n % NAMESPACES));
    }
    object
}

fn octets(n: u32) -> String {
    format!("{}.{}.{}", n >> 16, n >> 8 & 255, n & 255)
}

fn objects(kind: Kind) -> Vec<Value> {
    let calico = |kind: &str, name: String, labels: Value, spec: Value| json!({"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": {"name": name, "labels": labels}, "spec": spec});
    let numbered = |kinds: u32, place: u32| (0..POLICIES).filter(move |n| n % kinds == place);
    match kind {
        Kind::Namespace => (1..NAMESPACES)
            .map(|n| format!("team-{n}"))
            .chain(["shop".to_owned()])
            .map(|name| json!({"metadata": {"name": name, "labels": {"team": name}}}))
            .collect(),
        Kind::Node => (0..NODES)
            .map(|n| json!({"metadata": {"name": format!("n-{n}")}, "status": {"addresses": [{"type": "InternalIP", "address": format!("10.{}", octets(n))}]}}))
            .collect(),
        Kind::HostEndpoint => (0..NODES)
            .map(|n| {
                let labels = json!({"kubernetes.io/hostname": format!("n-{n}"), "kubernetes.io/os": "linux", "k8s-role": "node"});
                let spec = json!({"node": format!("n-{n}"), "interfaceName": "eth0", "expectedIPs": [format!("10.{}", octets(n))]});
                calico("HostEndpoint", format!("n-{n}"), labels, spec)
            })
            .collect(),
        Kind::Service => (0..SERVICES)
            .map(|n| {
                let name = if n == 0 { "svc-a".to_owned() } else { format!("svc-{n}") };
                let ports = json!([{"port": 80, "targetPort": 8080}]);
                placed(service(&name, &format!("11.{}", octets(n)), json!({"app": format!("a-{n}")}), ports), n)
            })
            .collect(),
        Kind::Pod => (0..3 * SERVICES)
            .map(|n| {
                let of = n / 3;
                let labels = json!({"app": format!("a-{of}"), "pod-template-hash": format!("h{of}"), "managed-by": "helm"});
                placed(pod(&format!("p-{n}"), &format!("n-{}", n % NODES), labels), of)
            })
            .collect(),
        Kind::BgpConfiguration => vec![json!({"metadata": {"name": "default"}, "spec": {"serviceClusterIPs": [{"cidr": "11.0.0.0/8"}]}})],
        Kind::KubernetesNetworkPolicy => numbered(5, 0)
            .map(|n| placed(json!({"metadata": {"name": format!("k-{n}"), "namespace": "shop"}, "spec": {"podSelector": {"matchLabels": {"app": format!("a-{n}")}}}}), n))
            .collect(),
        Kind::NetworkPolicy => numbered(5, 1)
            .chain(numbered(5, 2))
            .map(|n| {
                let mut policy = calico("NetworkPolicy", format!("c-{n}"), json!({}), json!({"order": n, "selector": format!("app == 'a-{n}'"), "types": ["Ingress"]}));
                policy["metadata"]["namespace"] = json!("shop");
                placed(policy, n)
            })
            .collect(),
        Kind::GlobalNetworkPolicy => numbered(5, 3)
            .map(|n| (n, json!({"order": n, "selector": "k8s-role == 'node'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true})))
            .chain(numbered(5, 4).map(|n| (n, json!({"order": n, "namespaceSelector": format!("team == 'team-{}'", n % NAMESPACES), "types": ["Ingress"]}))))
            .map(|(n, spec)| calico("GlobalNetworkPolicy", format!("g-{n}"), json!({}), spec))
            .collect(),
        _ => Vec::new(),
    }
}

fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    let took: Duration = start.elapsed();
    println!("{what}: {took:?}");
    result
}

fn main() {
    let mut snapshot = Snapshot::default();
    for kind in Kind::ALL {
        let read: Vec<AnyObject> = objects(kind).iter().map(|o| AnyObject::decode(kind, o).expect("an object")).collect();
        timed(&format!("{} of {kind} read in", read.len()), || snapshot.set_all(kind, read));
    }
    let before = timed("a clone", || snapshot.clone());
    let decode = |kind, value: &Value| AnyObject::decode(kind, value).expect("an object");
    let one_pod = decode(Kind::Pod, &pod("new", "n-1", json!({"app": "a-0", "pod-template-hash": "new"})));
    timed("a pod's event", || snapshot.insert(one_pod));
    let edge = json!({"metadata": {"name": "new"}, "spec": {"selector": "k8s-role == 'node'", "preDNAT": true, "applyOnForward": true}});
    let edge = decode(Kind::GlobalNetworkPolicy, &edge);
    timed("the event of a policy on every HostEndpoint", || snapshot.insert(edge));
    let everywhere = decode(Kind::GlobalNetworkPolicy, &json!({"metadata": {"name": "everywhere"}, "spec": {"selector": "all()"}}));
    timed("the event of a policy on everything", || snapshot.insert(everywhere));
    let relabelled = decode(Kind::Namespace, &json!({"metadata": {"name": "shop", "labels": {"team": "s"}}}));
    timed("a Namespace's event", || snapshot.insert(relabelled));
    timed("a pod's end", || snapshot.remove(&ObjectKey::new(Kind::Pod, "shop", "new")));
    let change = Change { host_endpoints: HostEndpoints::Existing, ..guard(access(&["50.60.0.0/16"])) };
    let (settings, mut kept) = (Settings::read(&snapshot, &Told::default()), Kept::default());
    let first = plan(&snapshot, &change).expect("a plan");
    let snapshot = timed("its Service guarded", || target(&snapshot, &first));
    for round in 0..3 {
        let change = Change { host_endpoints: HostEndpoints::Existing, ..guard(access(&["50.60.0.0/16", &format!("50.7{round}.0.0/16")])) };
        let plan = timed(&format!("plan {round}"), || plan(&snapshot, &change)).expect("a plan");
        assert!(!plan.steps.is_empty());
        let hold = || plan.held_to_keeping(&snapshot, &settings, &Safeguards::default(), &mut kept);
        timed("  what it is held to", hold);
    }
    assert!(before != snapshot, "a clone does not see what comes after it");
}
