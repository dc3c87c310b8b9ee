//! How long reachability takes: of many policies, and of one Service in a large cluster. Measured by hand: machines differ.
//!
//! `cargo run --release -p policy --example reach`; with `one` behind it only of one Service
//!
//! Last result (2026-11-26, wall time on two cores shared by some ten busy programs): one Service among 10,000, with 1,000 of 5,000 policies
//! at every host: asked 88 ms, edited, asked again and compared 158 ms, 83 ms with what was found out before; every other that it touches
//! besides 305 ms; a plan 4.3 ms; what it is held to 275 ms, with 20 sentences 434 ms (100,000 nets of sets are read for it; 66 ms of CPU in
//! the cluster of `--seed big`, and some 10 ms for each Service that a sentence is about); a template for drafts 587 ms. The snapshot of
//! `--seed big`, read object by object, is at most 130 MB; here 233 MB, most of it what all the JSON took while it was made.
//! With fewer busy programs (2026-11-25): the diff of 400 host policies 5 to 17 ms, of 10,000 0.25 to 0.35 s, growing with the number of
//! policies to the power of 1.13.
#![expect(clippy::expect_used, reason = "a cluster that cannot be made ends the measurement")]

use policy::access::{Access, Adoption, Change, HostEndpoints, Intent};
use policy::object::{AnyObject, Kind, ObjectKey, ServiceRef};
use policy::plan::plan;
use policy::reach::diff::{Side, of_service as diff_of_service, of_service_keeping, of_snapshots, of_snapshots_keeping};
use policy::reach::safety::Safeguards;
use policy::reach::sets::{Kept, of_service};
use policy::reach::settings::{Settings, Told};
use policy::reach::template::{self, Shape};
use policy::snapshot::Snapshot;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SERVICES: u32 = 10_000;
const SLICES: u32 = 12_000;
const PODS: u32 = 30_000;
const NODES: u32 = 5_000;
const POLICIES: u32 = 5_000;
const NAMESPACES: u32 = 200;

fn octets(n: u32) -> String {
    format!("{}.{}.{}", n >> 16, n >> 8 & 255, n & 255)
}

fn namespace(n: u32) -> String {
    format!("team-{}", n % NAMESPACES)
}

fn read(snapshot: &mut Snapshot, kind: Kind, objects: &[Value]) {
    snapshot.set_all(kind, objects.iter().map(|object| AnyObject::decode(kind, object).expect("an object")).collect());
}

fn pod(n: u32, service: u32, nodes: u32) -> Value {
    let address = format!("192.{}", octets(n));
    json!({"metadata": {"name": format!("p-{n}"), "namespace": namespace(service), "labels": {"app": format!("a-{service}"), "managed-by": "helm"}},
        "spec": {"nodeName": format!("n-{}", n % nodes), "containers": [{"ports": [{"containerPort": 8080}]}]},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}})
}

fn service(n: u32) -> Value {
    json!({"metadata": {"name": format!("s-{n}"), "namespace": namespace(n)}, "spec": {"type": "NodePort", "clusterIP": format!("11.{}", octets(n)),
        "clusterIPs": [format!("11.{}", octets(n))], "selector": {"app": format!("a-{n}")},
        "ports": [{"name": "http", "port": 80, "targetPort": 8080, "nodePort": if n == 0 { 30080 } else { 0 }}]}})
}

fn slice(n: u32, services: u32, pods: u32, nodes: u32) -> Value {
    let service = n % services;
    let endpoints: Vec<Value> = (0..pods / services)
        .map(|at| at * services + service)
        .map(|pod| {
            json!({"addresses": [format!("192.{}", octets(pod))], "nodeName": format!("n-{}", pod % nodes), "conditions": {"ready": true},
            "targetRef": {"kind": "Pod", "name": format!("p-{pod}"), "namespace": namespace(service)}})
        })
        .collect();
    json!({"metadata": {"name": format!("e-{n}"), "namespace": namespace(service), "labels": {"kubernetes.io/service-name": format!("s-{service}")}},
        "addressType": "IPv4", "endpoints": endpoints, "ports": [{"name": "http", "port": 8080}]})
}

/// Pod policies of the Services, one edge policy for Service 0 and for a hundred others, as Portcullis writes them.
fn global(n: u32) -> Value {
    let vip = format!("11.{}/32", octets(n));
    json!({"metadata": {"name": format!("edge-{n}")}, "spec": {"order": n, "selector": "edge == 'true'", "types": ["Ingress"], "preDNAT": true,
        "applyOnForward": true, "ingress": [
            {"action": "Allow", "protocol": "TCP", "source": {"selector": format!("clients == 'c-{n}'"), "namespaceSelector": "global()"},
                "destination": {"nets": [vip], "ports": [80]}},
            {"action": "Deny", "destination": {"nets": [vip]}}]}})
}

fn guard(n: u32) -> Value {
    json!({"metadata": {"name": format!("guard-{n}"), "namespace": namespace(n)}, "spec": {"order": 500, "selector": format!("app == 'a-{n}'"),
        "types": ["Ingress"], "ingress": [
            {"action": "Allow", "protocol": "TCP", "source": {"selector": format!("clients == 'c-{n}' || edge == 'true'"), "namespaceSelector": "global()"},
                "destination": {"ports": [8080]}},
            {"action": "Allow", "protocol": "TCP", "source": {"selector": "projectcalico.org/orchestrator == 'k8s'", "namespaceSelector": "all()"},
                "destination": {"ports": [8080]}}]}})
}

fn clients(n: u32, more: u32) -> Value {
    let nets: Vec<String> = (0..1_000 + more).map(|net| format!("50.{}.{}.0/24", 60 + (net >> 8), net & 255)).collect();
    json!({"metadata": {"name": format!("c-{n}"), "labels": {"clients": format!("c-{n}")}}, "spec": {"nets": nets}})
}

fn cluster(services: u32, slices: u32, pods: u32, nodes: u32, edges: u32, guards: u32) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let named = |name: String| json!({"metadata": {"name": name, "labels": {"team": name}}});
    for kind in Kind::ALL {
        read(&mut snapshot, kind, &match kind {
            Kind::Namespace => (0..NAMESPACES).map(|n| named(namespace(n))).collect::<Vec<_>>(),
            Kind::Node => (0..nodes).map(|n| json!({"metadata": {"name": format!("n-{n}")}, "status": {"addresses": [{"type": "InternalIP", "address": format!("10.{}", octets(n))}]}})).collect(),
            Kind::HostEndpoint => (0..nodes).map(|n| json!({"apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint",
                "metadata": {"name": format!("h-{n}"), "labels": {"edge": "true", "kubernetes.io/hostname": format!("n-{n}")}},
                "spec": {"node": format!("n-{n}"), "interfaceName": "eth0", "expectedIPs": [format!("10.{}", octets(n))], "profiles": ["projectcalico-default-allow"]}})).collect(),
            Kind::Service => (0..services).map(service).collect(),
            Kind::EndpointSlice => (0..slices).map(|n| slice(n, services, pods, nodes)).collect(),
            Kind::Pod => (0..pods).map(|n| pod(n, n % services, nodes)).collect(),
            Kind::IpPool => vec![json!({"metadata": {"name": "pods"}, "spec": {"cidr": "192.0.0.0/8"}})],
            Kind::GlobalNetworkPolicy => (0..edges).map(global).collect(),
            Kind::NetworkPolicy => (0..guards).map(guard).collect(),
            Kind::GlobalNetworkSet => (0..edges.min(100)).map(|n| clients(n, 0)).collect(),
            _ => Vec::new(),
        });
    }
    snapshot
}

fn with(snapshot: &Snapshot, kind: Kind, object: &Value) -> Snapshot {
    let mut snapshot = snapshot.clone();
    snapshot.insert(AnyObject::decode(kind, object).expect("an object"));
    snapshot
}

fn quantiles(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

fn times<T>(rounds: u32, mut run: impl FnMut() -> T) -> (Duration, Duration) {
    quantiles(
        (0..rounds)
            .map(|_| {
                let start = Instant::now();
                std::hint::black_box(run());
                start.elapsed()
            })
            .collect(),
    )
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("VmRSS unknown").to_owned()
}

fn many_policies() {
    println!(
        "semantic diff, files of N host policies (one widened from a /16 to a /8), 20 Services, 40 pods, 10 nodes; objects already read:"
    );
    let mut points = Vec::new();
    for policies in [100_u32, 400, 1_000, 3_000, 10_000] {
        let build = |wide: bool| {
            let mut snapshot = cluster(20, 20, 40, 10, 0, 20);
            let policy = |n: u32| {
                let net = if n == 7 && wide { "50.0.0.0/8".to_owned() } else { format!("50.{}.0.0/16", n % 250) };
                json!({"metadata": {"name": format!("host-{n}")}, "spec": {"order": n, "selector": "edge == 'true'", "types": ["Ingress"], "preDNAT": true,
                    "applyOnForward": true, "ingress": [
                    {"action": "Allow", "protocol": "TCP", "source": {"nets": [net]}, "destination": {"nets": [format!("11.0.0.{}/32", n % 20)], "ports": [80]}}]}})
            };
            let mut all: Vec<Value> = (0..policies).map(policy).collect();
            all.push(json!({"metadata": {"name": "rest"}, "spec": {"order": 1_000_000, "selector": "edge == 'true'", "types": ["Ingress"], "preDNAT": true,
                "applyOnForward": true, "ingress": [{"action": "Deny", "destination": {"nets": ["11.0.0.0/8"]}}]}}));
            read(&mut snapshot, Kind::GlobalNetworkPolicy, &all);
            snapshot
        };
        let (before, after) = (build(false), build(true));
        let settings = Settings::read(&before, &Told::default());
        let sides = [&before, &after].map(|snapshot| Side { snapshot, settings: &settings });
        let diff = of_snapshots(sides[0], sides[1], None).expect("a difference");
        let (p50, p99) = times(30, || of_snapshots(sides[0], sides[1], None));
        // Every Service compared, whether touched or not.
        let (all, _) = times(10, || {
            (0..20)
                .map(|n| diff_of_service(sides[0], sides[1], &ServiceRef::new(&namespace(n), &format!("s-{n}")).expect("a name")))
                .filter(Result::is_ok)
                .count()
        });
        println!("  {policies:>6} policies: p50 {p50:?} p99 {p99:?}, all Services one by one {all:?}; {}", diff.summary);
        points.push((f64::from(policies).ln(), p50.as_secs_f64().ln()));
    }
    let n = points.iter().fold(0.0, |n, _| n + 1.0);
    let (x, y) = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0 / n, sum.1 + point.1 / n));
    let slope = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>()
        / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>();
    println!("  time grows with the number of policies to the power of {slope:.2}");
}

fn one_service() {
    let empty = memory();
    let edges = 1_000;
    let start = Instant::now();
    let snapshot = cluster(SERVICES, SLICES, PODS, NODES, edges, POLICIES - edges);
    println!(
        "{SERVICES} Services, {SLICES} slices, {PODS} pods, {NODES} nodes, {POLICIES} policies ({edges} at every host), made and indexed in {:?}; before {empty}, now {}",
        start.elapsed(),
        memory()
    );
    let settings = Settings::read(&snapshot, &Told::default());
    let service = ServiceRef::new(&namespace(0), "s-0").expect("a name");
    let start = Instant::now();
    let reach = of_service(&snapshot, &settings, &service).expect("an answer");
    println!(
        "of_service, the first time (nodes are grouped): {:?}; {} addresses, {} groups, {} bytes of JSON, {}",
        start.elapsed(),
        reach.addresses.len(),
        reach.addresses.iter().map(|at| at.groups.len()).sum::<usize>(),
        serde_json::to_vec(&reach).expect("JSON").len(),
        memory()
    );
    let (p50, p99) = times(200, || of_service(&snapshot, &settings, &service));
    println!("of_service: p50 {p50:?} p99 {p99:?}");
    let mut more = 0;
    let (p50, p99) = times(200, || {
        more += 1;
        let after = with(&snapshot, Kind::GlobalNetworkSet, &clients(0, more));
        let sides = [&snapshot, &after].map(|snapshot| Side { snapshot, settings: &settings });
        diff_of_service(sides[0], sides[1], &service).expect("a difference")
    });
    println!("its clients edited: the event, before, after and diff, anew: p50 {p50:?} p99 {p99:?}");
    let mut kept = Kept::default();
    let (p50, p99) = times(200, || {
        more += 1;
        let after = with(&snapshot, Kind::GlobalNetworkSet, &clients(0, more));
        let sides = [&snapshot, &after].map(|snapshot| Side { snapshot, settings: &settings });
        of_service_keeping(sides[0], sides[1], &service, &mut kept).expect("a difference")
    });
    println!("the same, with what was found out before: p50 {p50:?} p99 {p99:?}");
    let change = Change {
        service: service.clone(),
        intent: Intent::Guard(Access::default()),
        host_endpoints: HostEndpoints::Existing,
        adoption: Adoption::default(),
    };
    let (p50, p99) = times(50, || plan(&snapshot, &change).expect("a plan"));
    println!("a plan: p50 {p50:?} p99 {p99:?}");
    for sentences in [0_u32, 20] {
        let sentence = |n: u32| format!("50.{n}.0.0/16 must never reach {}/s-{n}", namespace(n)).parse().expect("a sentence");
        let safeguards = Safeguards { sentences: (0..sentences).map(sentence).collect(), ..Safeguards::default() };
        let made = plan(&snapshot, &change).expect("a plan");
        let (p50, p99) = times(20, || made.clone().held_to_keeping(&snapshot, &settings, &safeguards, &mut kept));
        println!("what it is held to, with {sentences} sentences about as many Services: p50 {p50:?} p99 {p99:?}");
    }
    let shape = Shape::of(&change).expect("a shape");
    let (p50, p99) = times(20, || template::make(&snapshot, &settings, &shape, &mut kept).expect("a template"));
    println!("a template for drafts: p50 {p50:?} p99 {p99:?}");
    let (p50, p99) = times(50, || {
        more += 1;
        let after = with(&snapshot, Kind::GlobalNetworkSet, &clients(0, more));
        let sides = [&snapshot, &after].map(|snapshot| Side { snapshot, settings: &settings });
        of_snapshots_keeping(sides[0], sides[1], Some(&service), &mut kept).expect("a difference")
    });
    println!("the same, and every other Service that it touches: p50 {p50:?} p99 {p99:?}");
    let mut gone = snapshot.clone();
    gone.remove(&ObjectKey::new(Kind::GlobalNetworkPolicy, "", "edge-0"));
    let start = Instant::now();
    let sides = [&snapshot, &gone].map(|snapshot| Side { snapshot, settings: &settings });
    let diff = of_snapshots(sides[0], sides[1], Some(&service)).expect("a difference");
    println!("its edge policy taken away: {:?} after the event; {} compared; {}", start.elapsed(), diff.compared, diff.summary);
    println!("{}", memory());
}

fn main() {
    // A measurement of memory begins in a process that holds nothing.
    if std::env::args().nth(1).is_none_or(|part| part != "one") {
        many_policies();
    }
    one_service();
}
