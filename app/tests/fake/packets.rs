//! What becomes of packets to `default/svc-a`: the customer network gets in, and with the plan the office too. `web/front` has 200 nodes,
//! of which one has a policy of its own.

use app::backend::Problem;
use policy::access::Port;
use policy::cidr::{Cidr, CidrSet};
use policy::object::{Kind, ObjectKey, ServiceRef};
use policy::reach::live::{Cut, OpenConnections};
use policy::reach::packet::{Backend, Client, Interface, PathKey};
use policy::reach::settings::{
    DataPlane, FailsafePort, FelixSettings, Line, NodePorts, Outgoing, ProxyMode, ProxySettings, Setting, Settings, Source, ToHost,
    WireGuard, WireGuardOf,
};
use policy::reach::verdict::{Action, Answer, Hop, Journey, PathKind, Stage, Unknown, Verdict};
use policy::reach::written::Written;
use policy::view::{Alike, AskView, Class, OtherReach, PathPort, PathView, RangeList, ReachRow, ReachView, parts};
use std::net::IpAddr;

fn set(texts: &[&str]) -> CidrSet {
    texts.iter().map(|text| text.parse::<Cidr>().expect("a range")).collect()
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// Who gets in.
fn allowed(planned: bool) -> CidrSet {
    if planned { set(&["50.60.0.0/16", "203.0.113.0/24"]) } else { set(&["50.60.0.0/16"]) }
}

/// A question, answered by who gets in.
pub(crate) fn ask(written: Written, planned: bool) -> Result<AskView, Problem> {
    let question = written.read().map_err(|error| Problem::Refused(error.to_string()))?;
    let client = match question.client {
        Client::Outside { address } => Some(address),
        Client::Pod { .. } | Client::Node { .. } => None,
    };
    let nodes = if written.to == "web/front" { 200 } else { 2 };
    let answer = |planned| match client {
        Some(client) => answer(nodes, client, planned),
        None => unknown(),
    };
    let planned = planned.then(|| answer(true));
    Ok(AskView::of(Written::from(&question), &answer(false), planned.as_ref(), &settings()))
}

/// An answer that cannot be given.
fn unknown() -> Answer {
    let mut journey = journey(0, 0, address("192.0.2.1"), false);
    journey.verdict = Verdict::Unknown(Unknown::NotRead(Kind::NetworkPolicy));
    journey.hops.truncate(1);
    Answer::of(vec![journey])
}

fn name(node: usize) -> String {
    format!("node-{}", node + 1)
}

/// Every path of a client through `nodes` nodes to a pod on the first two.
fn answer(nodes: usize, client: IpAddr, planned: bool) -> Answer {
    Answer::of((0..nodes).flat_map(|node| [0, 1].map(|pod| journey(node, pod, client, planned))).collect())
}

fn hop(stage: Stage, node: usize, action: Action, why: &str) -> Hop {
    Hop { stage, node: name(node), object: None, rule: None, action, field: String::new(), why: why.to_owned() }
}

fn by(mut hop: Hop, kind: Kind, namespace: &str, name: &str, rule: Option<u32>, field: &str) -> Hop {
    hop.object = Some(ObjectKey::new(kind, namespace, name));
    hop.rule = rule;
    field.clone_into(&mut hop.field);
    hop
}

fn journey(node: usize, pod: usize, client: IpAddr, planned: bool) -> Journey {
    let path = PathKey {
        node: name(node),
        interface: Some(Interface::Named("eth0".to_owned())),
        address: address("10.20.30.40"),
        backend: Some(Backend {
            pod: Some(format!("default/a-{}", pod + 1)),
            node: Some(name(pod)),
            address: address(&format!("192.168.{}.2", pod + 1)),
            port: 8443,
        }),
    };
    let edge = "portcullis-edge-svc-a-1f3a";
    let mut hops = vec![hop(Stage::Failsafe, node, Action::Continue, "TCP 443 is no failsafe port")];
    if !allowed(planned).contains(client) || node == 6 {
        let why = format!("rule 2 of `{edge}` denies what no rule before it allows to `10.20.30.40`");
        hops.push(by(hop(Stage::PreDnat, node, Action::Deny, &why), Kind::GlobalNetworkPolicy, "", edge, Some(1), "destination.selector"));
        return Journey { path, verdict: Verdict::Denied, source_seen_by_pod: None, hops };
    }
    let why = format!("`{client}` is in the client set that rule 1 of `{edge}` allows");
    hops.push(by(hop(Stage::PreDnat, node, Action::Allow, &why), Kind::GlobalNetworkPolicy, "", edge, Some(0), "source.selector"));
    let why = format!("`10.20.30.40:443` becomes `192.168.{}.2:8443`: `default/a-{}`", pod + 1, pod + 1);
    hops.push(by(hop(Stage::Translation, node, Action::Translate, &why), Kind::Service, "default", "svc-a", None, ""));
    if node != pod {
        let why = format!("the source becomes `10.0.0.1{node}`, the address of `{}`", name(node));
        hops.push(hop(Stage::SourceTranslation, node, Action::Translate, &why));
        hops.push(hop(Stage::BetweenNodes, pod, Action::Continue, "it comes in by `eth0` and meets no policy there"));
    }
    let why = "the source is in the addresses of the cluster's nodes, which rule 1 allows";
    let policy = "portcullis-pods-svc-a-1f3a";
    hops.push(by(hop(Stage::Pod, pod, Action::Allow, why), Kind::NetworkPolicy, "default", policy, Some(0), "source.nets[0]"));
    Journey { path, verdict: Verdict::Allowed, source_seen_by_pod: Some(client), hops }
}

/// The picture.
pub(crate) fn paths(service: ServiceRef, port: Option<Port>, planned: bool) -> PathView {
    let ports: Vec<PathPort> =
        ["TCP/80", "TCP/443"].iter().map(|text| PathPort { port: text.parse().expect("a port"), node_port: false }).collect();
    let shown = ports.iter().copied().find(|shown| Some(shown.port) == port).unwrap_or(ports[0]);
    let nodes = if service.name() == "front" { 200 } else { 2 };
    let class = |clients: CidrSet| {
        let example = clients.first().filter(IpAddr::is_ipv4)?;
        let planned = planned.then(|| answer(nodes, example, true));
        Some(Class { now: answer(nodes, example, false), example, clients, planned })
    };
    let classes = parts(&[allowed(false), allowed(true)]).into_iter().filter_map(class).collect();
    PathView::of(service, ports, shown, classes, &Alike::default())
}

/// Who can reach it.
pub(crate) fn reach(changed: bool) -> ReachView {
    let list = |set: &CidrSet| RangeList::from(set);
    let (before, after) = (allowed(false), allowed(changed));
    let row = |address: &str, port: &str| ReachRow {
        address: address.to_owned(),
        port: port.to_owned(),
        kinds: vec![PathKind::SameNode, PathKind::OtherNode],
        before: list(&before),
        after: list(&after),
        gained: list(&after.difference(&before)),
        lost: RangeList::default(),
        partly: RangeList::default(),
        unknown: RangeList::default(),
    };
    let others = changed.then(|| OtherReach {
        service: super::service("web/front"),
        sentence: "Denies 16 addresses on TCP 80 that it let in.".to_owned(),
        rows: vec![ReachRow {
            before: list(&set(&["0.0.0.0/0"])),
            after: list(&set(&["0.0.0.0/0"]).difference(&set(&["198.51.100.0/28"]))),
            gained: RangeList::default(),
            lost: list(&set(&["198.51.100.0/28"])),
            ..row("10.20.30.42", "TCP 80")
        }],
    });
    ReachView {
        sentence: if changed {
            "Lets 256 more addresses reach `default/svc-a` on TCP 80 and TCP 443; denies nobody.".to_owned()
        } else {
            "65,536 addresses can reach `default/svc-a`, on every path.".to_owned()
        },
        rows: vec![row("10.20.30.40", "TCP 80"), row("10.20.30.40", "TCP 443")],
        others: others.into_iter().collect(),
        unknown: Vec::new(),
        open_connections: changed.then(open_connections),
    }
}

/// What stays open of the other Service's clients.
pub(crate) fn open_connections() -> OpenConnections {
    let command = "conntrack -D -p tcp --orig-dst 10.20.30.42 --orig-port-dst 80 --orig-src 198.51.100.0/28";
    OpenConnections {
        sentences: vec!["Connections that are open stay.".to_owned(), "To cut them, run these commands.".to_owned()],
        cuts: vec![Cut { nodes: vec!["node-1".to_owned(), "node-2".to_owned()], more_nodes: 3, commands: vec![command.to_owned()] }],
    }
}

/// Settings of every source.
fn settings() -> Settings {
    fn default<T>(value: T) -> Setting<T> {
        Setting { value, source: Source::Default }
    }
    let encryption =
        |port: u16, interface: &str| WireGuardOf { enabled: default(false), port: default(port), interface: default(interface.to_owned()) };
    let ports = [(6, 22), (17, 68), (6, 179), (6, 2379), (6, 2380), (6, 5473), (6, 6443), (6, 6666), (6, 6667)];
    let ports: Vec<FailsafePort> = ports.into_iter().map(|(protocol, port)| FailsafePort { protocol, port, net: None }).collect();
    let key = ObjectKey::new(Kind::ClusterInformation, "", "default");
    Settings {
        line: Setting { value: Line::V3_28, source: Source::Object { key, field: "spec.calicoVersion".to_owned() } },
        felix: FelixSettings {
            data_plane: default(DataPlane::Iptables),
            failsafe_inbound: default(ports.clone()),
            failsafe_outbound: default(ports),
            endpoint_to_host: default(ToHost::Drop),
            interface_prefixes: default(vec!["cali".to_owned()]),
            wireguard: WireGuard { v4: encryption(51_820, "wireguard.cali"), v6: encryption(51_821, "wg-v6.cali"), hosts: default(false) },
            outgoing: Outgoing {
                address: default(String::new()),
                interface: default(String::new()),
                spares_nodes: default(false),
                vxlan: default(false),
                ipip: default(false),
            },
            appended: default(false),
            vxlan_port: default(4_789),
            interface_exclude: default(vec!["kube-ipvs0".to_owned()]),
        },
        nodes: std::collections::BTreeMap::new(),
        proxy: ProxySettings {
            mode: Setting { value: ProxyMode::Iptables, source: Source::Assumed },
            cluster_cidrs: Setting { value: vec!["192.168.0.0/16".parse().expect("a range")], source: Source::Assumed },
            hints: None,
            node_ports: default(NodePorts::default_of(ProxyMode::Iptables)),
        },
    }
}
