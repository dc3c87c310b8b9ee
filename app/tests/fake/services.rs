//! Services of every state.

use super::{at, example, history, service};
use app::backend::Problem;
use policy::access::{Access, ClientGroup, ClientRange, GroupRange, HostEndpoints, InCluster, Interface};
use policy::cidr::CidrSet;
use policy::object::ServiceRef;
use policy::reach::pods_alone::Offer;
use policy::view::*;

/// How many there are in all: enough for many windows.
const TOTAL: u32 = 10_012;

/// The access of the page's example.
pub(crate) fn access() -> Access {
    let range = |cidr: &str, ports: &[&str], note: &str| ClientRange {
        cidr: cidr.parse().expect("a range"),
        ports: ports.iter().map(|port| port.parse().expect("a port")).collect(),
        note: note.to_owned(),
    };
    Access {
        clients: vec![
            range("50.60.0.0/16", &[], "Customer network, ticket 4711"),
            range("203.0.113.0/24", &["TCP/443"], "Office"),
            range("2001:db8:40::/48", &[], ""),
        ],
        in_cluster: InCluster::Unchanged,
        load_balancers: Vec::new(),
        groups: Vec::new(),
        enforced: policy::access::Enforced::NodesAndPods,
    }
}

fn user(service: &str) -> GroupUser {
    let besides = CidrSet::new();
    GroupUser { service: service.parse().expect("a Service"), ports: Vec::new(), note: String::new(), other: None, besides }
}

/// A group that is used, one that is not, and one that is gone.
pub(crate) fn groups() -> GroupsView {
    let row = |name: &str, cidrs: &[&str], defined, used_by: &[&str]| GroupRow {
        group: ClientGroup {
            name: name.parse().expect("a name"),
            ranges: cidrs.iter().map(|cidr| GroupRange { cidr: cidr.parse().expect("a range"), note: "Berlin".to_owned() }).collect(),
        },
        defined,
        addresses: "65,792 addresses".to_owned(),
        used_by: used_by.iter().map(|service| user(service)).collect(),
    };
    GroupsView {
        rows: vec![
            row("gone", &[], false, &["web/front"]),
            row("office", &["50.60.0.0/16", "203.0.113.0/24"], true, &["default/svc-a", "default/svc-b"]),
            row("partner", &["198.51.100.0/24"], true, &[]),
        ],
    }
}

fn address(kind: AddressKind, text: &str, exposed: Option<bool>) -> Address {
    Address { kind, text: text.to_owned(), exposed }
}

/// The row of the `number`th Service.
pub(crate) fn row(number: u32) -> ServiceRow {
    let name = match number {
        0 => "default/svc-a".to_owned(),
        1 => "default/svc-b".to_owned(),
        2 => "web/front".to_owned(),
        n => format!("team-{}/service-{n}", n % 17),
    };
    let octets = (number / 250, number % 250);
    let cluster_ip = address(AddressKind::ClusterIp, &format!("10.20.{}.{}", 30 + octets.0, octets.1 + 40), Some(number % 6 != 3));
    let (state, clients) = match number % 6 {
        0 => (ServiceState::Guarded, "2 ranges · 65,792 addresses"),
        1 => (ServiceState::Open, ""),
        2 => (ServiceState::Drifted, "1 range · 256 addresses"),
        3 => (ServiceState::Internal, ""),
        4 => (ServiceState::Changing, "3 ranges · 1,280 addresses"),
        _ => (ServiceState::Unknown, ""),
    };
    let mut addresses = vec![cluster_ip];
    if number % 6 == 2 {
        addresses.push(address(AddressKind::LoadBalancerIp, "198.51.100.7", Some(true)));
        addresses.push(address(AddressKind::NodePort, ":30443", Some(true)));
    }
    if number % 6 == 5 {
        addresses.push(address(AddressKind::ClusterIp, "fd00:20::5", None));
    }
    ServiceRow {
        service: service(&name),
        kind: if number % 6 == 2 { "LoadBalancer" } else { "ClusterIP" }.to_owned(),
        addresses,
        ports: if number % 6 == 3 {
            vec!["UDP/53".parse().expect("a port")]
        } else {
            vec!["TCP/80".parse().expect("a port"), "TCP/443".parse().expect("a port")]
        },
        traffic: if number % 6 == 2 { "external Local" } else { "Cluster" }.to_owned(),
        state,
        clients: clients.to_owned(),
        changed: (!clients.is_empty()).then(|| at(240 - i64::from(number % 200))),
    }
}

/// A window, filtered by all that the pages can ask for.
pub(crate) fn window(query: &ServiceQuery) -> ServiceWindow {
    let matches = |row: &ServiceRow| {
        (query.text.is_empty()
            || row.service.to_string().contains(&query.text)
            || row.addresses.iter().any(|a| a.text.contains(&query.text)))
            && (query.namespace.is_empty() || row.service.namespace() == query.namespace)
            && query.state.is_none_or(|state| row.state == state)
            && (!query.exposed || row.addresses.iter().any(|a| a.exposed == Some(true)))
    };
    let rows: Vec<ServiceRow> = (0..TOTAL).map(row).filter(matches).collect();
    ServiceWindow {
        matching: u32::try_from(rows.len()).expect("fits"),
        total: TOTAL,
        from: query.from,
        rows: rows.into_iter().skip(query.from as usize).take(query.rows as usize).collect(),
        namespaces: vec!["default".to_owned(), "team-0".to_owned(), "team-1".to_owned(), "web".to_owned()],
    }
}

/// Its pods do not see the clients everywhere.
fn offer() -> Offer {
    Offer {
        holds: false,
        why: vec![
            "At 10.20.30.40 (cluster IP) a client of `default/svc-a` that enters by another node than the pod's comes to the pod with that node's \
             address, not its own."
                .to_owned(),
        ],
        actions: vec!["Guard it at the nodes and at the pods; or set `internalTrafficPolicy: Local`.".to_owned()],
    }
}

/// One Service.
pub(crate) fn detail(service: &ServiceRef) -> Result<ServiceDetail, Problem> {
    let row = (0..TOTAL)
        .map(row)
        .find(|row| row.service == *service)
        .ok_or_else(|| Problem::NotFound(format!("The cluster has no Service `{service}`.")))?;
    let guarded = !row.clients.is_empty();
    let interface = Interface::try_from("eth0".to_owned()).expect("an interface");
    Ok(ServiceDetail {
        advertised: vec![AdvertisedView {
            address: "10.20.30.40".to_owned(),
            by: "every node as part of 10.20.30.0/24".to_owned(),
            to: vec!["They all tell 10.0.0.254, AS 64512, by BGPPeer `tor`.".to_owned()],
        }],
        scope: example::scope(service),
        access: guarded.then(access),
        host_endpoints: if guarded { HostEndpoints::Existing } else { HostEndpoints::Named { interface } },
        pods_alone: offer(),
        not_alone: if row.state == ServiceState::Changing { vec![super::cluster::findings().remove(0)] } else { Vec::new() },
        ready: 3,
        backends: 4,
        backend_nodes: 2,
        revisions: if guarded { history::rows(service) } else { Vec::new() },
        run: (row.state == ServiceState::Changing).then_some(RunId(7)),
        by_hand: (row.state == ServiceState::Open).then(|| super::by_hand::found(service)),
        moved: (row.state == ServiceState::Drifted).then(|| super::cluster::findings().remove(0)),
        row,
    })
}
