//! The list of Services, and the cluster's page.

use super::scene::{Scene, guard, svc_a};
use crate::desk::rows::Rows;
use policy::object::{AnyObject, Kind};
use policy::snapshot::Snapshot;
use policy::view::{Connection, ServiceQuery, ServiceState};
use serde_json::json;
use std::time::Instant;

fn looking_for(text: &str) -> ServiceQuery {
    ServiceQuery { text: text.to_owned(), ..ServiceQuery::default() }
}

#[tokio::test]
async fn the_list_is_filtered_and_counted() {
    let scene = Scene::new().await;
    let list = async |query| scene.desk.services(query).await.unwrap();
    let all = list(ServiceQuery::default()).await;
    assert_eq!(all.matching, all.total);
    assert_eq!(all.rows.len(), all.total as usize);
    assert!(all.rows.is_sorted_by(|a, b| a.service <= b.service));
    assert!(all.namespaces.contains(&"media".to_owned()) && all.namespaces.is_sorted());

    let by_address = list(looking_for("10.20.30.40")).await;
    assert_eq!((by_address.rows[0].service.clone(), by_address.total), (svc_a(), all.total));
    assert!(list(looking_for(" SVC-A ")).await.matching >= 1, "case and blanks do not matter");
    assert_eq!(list(looking_for("no such thing")).await.matching, 0);

    let media = list(ServiceQuery { namespace: "media".into(), ..ServiceQuery::default() }).await;
    assert!(media.matching > 0 && media.rows.iter().all(|row| row.service.namespace() == "media"));
    let exposed = list(ServiceQuery { exposed: true, ..ServiceQuery::default() }).await;
    assert!(exposed.matching > 0 && exposed.matching < all.total);
    assert!(exposed.rows.iter().all(|row| row.addresses.iter().any(|a| a.exposed == Some(true))));
    let open = list(ServiceQuery { state: Some(ServiceState::Open), ..ServiceQuery::default() }).await;
    assert!(open.matching > 0 && open.rows.iter().all(|row| row.state == ServiceState::Open));

    let window = list(ServiceQuery { from: 2, rows: 3, ..ServiceQuery::default() }).await;
    assert_eq!((window.from, window.rows.as_slice()), (2, &all.rows[2..5]));
    let beyond = list(ServiceQuery { from: u32::MAX, rows: u32::MAX, ..ServiceQuery::default() }).await;
    assert_eq!((beyond.from, beyond.rows.len(), beyond.matching), (all.total, 0, all.total));
}

#[tokio::test]
async fn clients_are_found_by_range_and_by_an_address_in_it() {
    let scene = Scene::new().await;
    scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    for text in ["50.60.0.0/16", "50.60.1.2"] {
        let found = scene.desk.services(looking_for(text)).await.unwrap();
        assert_eq!(found.rows.iter().map(|row| row.service.clone()).collect::<Vec<_>>(), [svc_a()], "{text}");
    }
    assert_eq!(scene.desk.services(looking_for("50.61.1.2")).await.unwrap().matching, 0);
}

#[tokio::test]
async fn the_cluster_is_described() {
    let scene = Scene::new().await;
    let view = scene.desk.cluster_view();
    assert_eq!((view.name.as_str(), view.sandbox, &view.connection), ("sandbox", true, &Connection::Connected));
    assert!(!view.kubernetes.is_empty() && !view.calico.is_empty(), "{view:#?}");
    assert_eq!(view.kinds.len(), Kind::ALL.len());
    assert!(view.kinds.iter().all(|kind| kind.objects.is_some() && kind.problem.is_empty()), "{:#?}", view.kinds);
    let fact = |name: &str| view.facts.iter().find(|(of, _)| of == name).unwrap_or_else(|| panic!("{name}")).1.clone();
    assert!(fact("Pools of pod addresses").contains("192.168.0.0/16"), "{:#?}", view.facts);
    assert!(fact("Advertised ranges").contains("cluster IPs"), "{:#?}", view.facts);
}

#[tokio::test]
async fn every_finding_of_the_cluster_is_there() {
    let scene = Scene::new().await;
    let findings = scene.desk.checks().await.unwrap();
    assert!(!findings.is_empty());
    assert!(findings.iter().all(|f| !f.what.is_empty() && !f.id.is_empty()));
}

/// No timing is asserted, but one that would mean a product over Services.
#[test]
fn ten_thousand_services_are_listed_at_once() {
    let mut snapshot = Snapshot::default();
    let services = (0..10_000).map(|n| {
        let service = json!({ "metadata": { "name": format!("svc-{n}"), "namespace": format!("team-{}", n % 50), "uid": n.to_string() },
            "spec": { "type": "ClusterIP", "clusterIP": format!("10.96.{}.{}", n / 250, n % 250 + 1), "clusterIPs": [format!("10.96.{}.{}", n / 250, n % 250 + 1)],
                "ports": [{ "port": 443, "protocol": "TCP" }], "selector": { "app": n.to_string() } } });
        AnyObject::decode(Kind::Service, &service).unwrap()
    });
    snapshot.set_all(Kind::Service, services.collect());
    snapshot.set_all(Kind::BgpConfiguration, Vec::new());
    snapshot.set_all(Kind::GlobalNetworkPolicy, Vec::new());
    let begun = Instant::now();
    let rows = Rows::of(&snapshot, &crate::desk::drift::LastApplied::default());
    let window = rows.window(&ServiceQuery { text: "svc-77".into(), rows: 50, ..ServiceQuery::default() });
    assert_eq!((window.total, window.matching, window.rows.len()), (10_000, 111, 50));
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}
