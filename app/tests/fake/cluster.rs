//! The cluster and its findings.

use policy::finding::{Finding, Severity};
use policy::object::{Kind, ObjectKey};
use policy::view::{ClusterView, Connection, KindView};

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
