//! The cluster and its findings.

use super::at;
use policy::finding::{Finding, Severity};
use policy::object::{Kind, ObjectKey};
use policy::scope::Owner;
use policy::view::{Cell, ClusterView, Connection, CoverageRow, CoverageView, KindView, SentenceRow, SentenceState, SentencesView};

/// The cluster, all but one kind heard.
pub(crate) fn view() -> ClusterView {
    let kind = |kind: &str, objects, problem: &str| KindView { kind: kind.to_owned(), objects, problem: problem.to_owned() };
    ClusterView {
        name: "sandbox".to_owned(),
        sandbox: true,
        server: "http://sandbox.invalid".to_owned(),
        connection: Connection::Connected,
        kubernetes: "v1.34.1".to_owned(),
        calico: "v3.27.0".to_owned(),
        kinds: vec![
            kind("Service", Some(12), ""),
            kind("Pod", Some(10_240), ""),
            kind("HostEndpoint", Some(0), ""),
            kind("IPPool", None, "The API server answered 403: the account may not list ippools."),
        ],
        facts: vec![
            ("Pod ranges".to_owned(), "192.168.0.0/16".to_owned()),
            ("Advertised".to_owned(), "10.20.30.0/24".to_owned()),
            ("Data plane".to_owned(), "iptables".to_owned()),
        ],
        version: 41,
    }
}

/// One of each severity, and two for the same action.
pub(crate) fn findings() -> Vec<Finding> {
    let finding = |severity, id: &str, what: &str, key: ObjectKey, why: &str, action: &str| Finding {
        severity,
        id: id.to_owned(),
        what: what.to_owned(),
        objects: vec![key],
        field: String::new(),
        why: why.to_owned(),
        action: action.to_owned(),
        packet: None,
    };
    let service = |name: &str| ObjectKey::new(Kind::Service, "default", name);
    vec![
        finding(
            Severity::Blocker,
            "foreign-policy-on-new-host-endpoint",
            "GlobalNetworkPolicy `deny-hosts` would select every HostEndpoint that this change creates.",
            ObjectKey::new(Kind::GlobalNetworkPolicy, "", "deny-hosts"),
            "The moment the HostEndpoints exist it cuts all traffic to the nodes but failsafe ports.",
            "Give `deny-hosts` a selector that leaves out the edge, or choose automatic HostEndpoints.",
        ),
        finding(
            Severity::Warning,
            "not-advertised",
            "`10.20.40.9` of `default/svc-c` is advertised by no BGPConfiguration.",
            service("svc-c"),
            "Clients outside have no route to it, so guarding it changes nothing for them.",
            "Add the range to `serviceClusterIPs` of the default BGPConfiguration.",
        ),
        finding(
            Severity::Warning,
            "not-advertised",
            "`10.20.40.10` of `default/svc-d` is advertised by no BGPConfiguration.",
            service("svc-d"),
            "Clients outside have no route to it, so guarding it changes nothing for them.",
            "Add the range to `serviceClusterIPs` of the default BGPConfiguration.",
        ),
        finding(
            Severity::Unknown,
            "kind-unknown",
            "IPPools could not be read.",
            ObjectKey::new(Kind::IpPool, "", "all"),
            "Whether a range covers pods cannot be told.",
            "Let the account list `ippools.projectcalico.org`.",
        ),
        finding(
            Severity::Info,
            "cluster-ip-not-pinned",
            "The cluster IP of `default/svc-a` would change if the Service were created anew.",
            service("svc-a"),
            "Its policies name the address.",
            "Write `spec.clusterIP` into the Service's manifest.",
        ),
    ]
}

/// One that holds, one that does not, one that cannot be told.
pub(crate) fn sentences() -> SentencesView {
    let row = |sentence: &str, reason: &str, state| SentenceRow {
        sentence: sentence.parse().expect("a sentence"),
        caller: "local operator".to_owned(),
        reason: reason.to_owned(),
        added: at(30),
        state,
    };
    let packet = policy::reach::written::Written {
        client: "50.60.0.0".to_owned(),
        to: "default/svc-a".to_owned(),
        port: "443".to_owned(),
        protocol: "TCP".to_owned(),
        node: "node-1".to_owned(),
        ..Default::default()
    };
    let what = "It fails for 65,536 addresses: a packet of `50.60.0.0` on TCP 443 gets there by `node-1` at `10.20.30.40`.".to_owned();
    let broken = SentenceState::Broken { what, packet: Some(packet) };
    let unknown = SentenceState::Unknown { why: "The cluster has no Service `default/gone`.".to_owned() };
    SentencesView::of(vec![
        row("10.9.0.0/16 must never reach `default/svc-a`", "guests of the office", SentenceState::Holds),
        row("50.60.0.0/16 must never reach `default/svc-a` on TCP 443", "the contract ended", broken),
        row("50.61.0.0/16 must always reach `default/gone`", "partners", unknown),
    ])
}

/// Nodes that are covered in three ways.
pub(crate) fn coverage() -> CoverageView {
    let row = |nodes, named: &[&str], receives, cells: [Cell; 3]| CoverageRow {
        nodes,
        named: named.iter().map(|name| (*name).to_owned()).collect(),
        receives,
        cells: cells.into(),
    };
    CoverageView {
        interfaces: vec!["eth0".to_owned(), "eth1".to_owned()],
        rows: vec![
            row(1, &["node-9"], true, [Cell::Nothing, Cell::Absent, Cell::Nothing]),
            row(4_998, &["node-1", "node-2", "node-3"], true, [Cell::Named(Owner::Ours), Cell::Nothing, Cell::All(Owner::Automatic)]),
            row(1, &["quiet"], false, [Cell::Nothing, Cell::Nothing, Cell::Nothing]),
        ],
        unknown: String::new(),
    }
}
