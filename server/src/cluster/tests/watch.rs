//! The watch caches under faults.

use super::fake::Fake;
use crate::cluster::watch::Pace;
use crate::cluster::{Cluster, ClusterState};
use crate::history::fixtures::ticking;
use policy::object::{Kind, Node, ObjectKey, Service};
use policy::view::Connection;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const SERVICES: &str = "/api/v1/services";
const NODES: &str = "/api/v1/nodes";

fn service(name: &str, version: &str) -> Value {
    json!({ "metadata": { "name": name, "namespace": "shop", "uid": name, "resourceVersion": version }, "spec": { "clusterIP": "10.0.0.1" } })
}

fn watch(fake: &Fake) -> Cluster {
    let pace = Pace { pulse: Duration::from_millis(20), longest_pause: Duration::from_millis(10) };
    Cluster::watch_at(fake.client(), ticking(), pace)
}

async fn until(cluster: &Cluster, what: &str, reached: impl Fn(&ClusterState) -> bool) -> Arc<ClusterState> {
    let mut changes = cluster.changes();
    let found = tokio::time::timeout(Duration::from_secs(120), changes.wait_for(|state| reached(state))).await;
    found.unwrap_or_else(|_| panic!("{what} within two minutes; is {:?}", cluster.state().connection())).unwrap().clone()
}

fn connected(state: &ClusterState) -> bool {
    state.connection() == Connection::Connected
}

async fn names(cluster: &Cluster, expected: &[&str]) {
    let has = |state: &ClusterState| state.snapshot.iter::<Service>().map(|s| s.metadata.name.clone()).collect::<Vec<_>>() == expected;
    until(cluster, &format!("Services {expected:?}"), has).await;
}

#[tokio::test]
async fn ready_when_every_kind_was_listed() {
    let fake = Fake::default();
    fake.set(|b| b.lists.insert(SERVICES, vec![service("a", "5")]));
    let cluster = watch(&fake);
    let first = cluster.state();
    assert!(matches!(first.connection(), Connection::Connecting { ref waiting_for } if waiting_for.len() == Kind::ALL.len()));
    assert!(!first.ready());
    let state = until(&cluster, "connected", connected).await;
    assert!(state.ready());
    assert_eq!(state.snapshot.count(Kind::Service), Some(1));
    assert_eq!(state.snapshot.count(Kind::Pod), Some(0), "known to be none");
}

#[tokio::test]
async fn changes_arrive() {
    let fake = Fake::default();
    let cluster = watch(&fake);
    until(&cluster, "connected", connected).await;
    while fake.watches(SERVICES) == 0 {
        tokio::task::yield_now().await;
    }
    fake.event(SERVICES, "ADDED", &service("b", "101"));
    fake.event(SERVICES, "ADDED", &service("a", "102"));
    names(&cluster, &["a", "b"]).await;
    fake.event(SERVICES, "DELETED", &service("a", "103"));
    names(&cluster, &["b"]).await;
}

#[tokio::test]
async fn heartbeats_wake_nobody() {
    let node = |version: &str, beat: &str| {
        json!({ "metadata": { "name": "n", "uid": "n", "resourceVersion": version },
            "status": { "conditions": [{ "type": "Ready", "lastHeartbeatTime": beat }], "addresses": [] } })
    };
    let fake = Fake::default();
    fake.set(|b| b.lists.insert(NODES, vec![node("5", "1")]));
    let cluster = watch(&fake);
    let before = until(&cluster, "connected", connected).await;
    while fake.watches(NODES) == 0 {
        tokio::task::yield_now().await;
    }
    fake.event(NODES, "MODIFIED", &node("101", "2"));
    fake.event(NODES, "ADDED", &json!({ "metadata": { "name": "m", "uid": "m", "resourceVersion": "102" } }));
    let after = until(&cluster, "second node", |s| s.snapshot.count(Kind::Node) == Some(2)).await;
    assert_eq!(after.snapshot_version, before.snapshot_version + 1, "the heartbeat made no version of its own");
    assert!(Arc::ptr_eq(before.snapshot.get::<Node>("", "n").unwrap(), after.snapshot.get::<Node>("", "n").unwrap()));
}

#[tokio::test]
async fn an_expired_watch_lists_anew() {
    let fake = Fake::default();
    fake.set(|b| b.expire = u32::try_from(Kind::ALL.len()).unwrap());
    let cluster = watch(&fake);
    until(&cluster, "connected", connected).await;
    fake.set(|b| b.lists.insert(SERVICES, vec![service("late", "200")]));
    names(&cluster, &["late"]).await;
    assert!(connected(&cluster.state()), "an expired watch is nothing to report");
}

#[tokio::test]
async fn an_expired_watch_of_calico_s_lists_anew() {
    const SETS: &str = "/apis/projectcalico.org/v3/globalnetworksets";
    let fake = Fake::default();
    let cluster = watch(&fake);
    until(&cluster, "connected", connected).await;
    fake.set(|b| b.lists.insert(SETS, vec![json!({ "metadata": { "name": "late", "resourceVersion": "400" } })]));
    // As Calico's API server 3.28.5 says it: without the code.
    let message = "too old resource version: 1 (366)";
    let expired = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "message": message, "reason": "InternalError" });
    fake.event(SETS, "ERROR", &expired);
    until(&cluster, "the new list", |s| s.snapshot.count(Kind::GlobalNetworkSet) == Some(1)).await;
    assert!(connected(&cluster.state()), "an expired watch is nothing to report");
}

#[tokio::test]
async fn a_cluster_that_goes_away_is_said_and_found_again() {
    let fake = Fake::default();
    fake.set(|b| b.lists.insert(SERVICES, vec![service("a", "5")]));
    let cluster = watch(&fake);
    until(&cluster, "connected", connected).await;
    fake.set(|b| b.down = true);
    fake.hang_up();
    let lost = until(&cluster, "disconnected", |s| matches!(s.connection(), Connection::Disconnected { .. })).await;
    assert_eq!(lost.snapshot.count(Kind::Service), Some(1), "what was read is still shown");
    let Connection::Disconnected { why, .. } = lost.connection() else { unreachable!() };
    assert!(why.contains("connection refused"), "{why}");
    fake.set(|b| b.down = false);
    // No event comes by: the watches alone tell that it is back.
    until(&cluster, "connected again", connected).await;
}

#[tokio::test]
async fn a_cluster_that_is_not_there_at_first_is_found_later() {
    let fake = Fake::default();
    fake.set(|b| b.down = true);
    let cluster = watch(&fake);
    let lost = until(&cluster, "disconnected", |s| matches!(s.connection(), Connection::Disconnected { .. })).await;
    assert!(!lost.ready());
    fake.set(|b| b.down = false);
    until(&cluster, "connected", connected).await;
}

#[tokio::test]
async fn a_missing_api_is_said_and_the_rest_is_shown() {
    let fake = Fake::default();
    fake.set(|b| {
        b.missing = vec!["projectcalico.org"];
        b.lists.insert(SERVICES, vec![service("a", "5")]);
    });
    let cluster = watch(&fake);
    let state = until(&cluster, "a missing API", |s| matches!(s.connection(), Connection::MissingApi { .. })).await;
    let Connection::MissingApi { kinds } = state.connection() else { unreachable!() };
    assert_eq!(kinds.len(), Kind::ALL.iter().filter(|k| k.in_every_line() && k.group() == "projectcalico.org").count());
    assert_eq!(state.snapshot.unknown(Kind::HostEndpoint), Some("the cluster has no API projectcalico.org/v3"));
    assert_eq!(state.snapshot.count(Kind::Tier), Some(0), "Calico before 3.29 has no tiers");
    assert_eq!(state.snapshot.count(Kind::Service), Some(1));
    assert!(state.ready());
    fake.set(|b| b.missing.clear());
    let state = until(&cluster, "connected", connected).await;
    assert_eq!(state.snapshot.count(Kind::HostEndpoint), Some(0));
}

#[tokio::test]
async fn an_object_that_cannot_be_read_hides_no_other() {
    let broken = json!({ "metadata": { "name": "broken", "namespace": "shop", "resourceVersion": "6" }, "spec": "no object" });
    let fake = Fake::default();
    fake.set(|b| b.lists.insert(SERVICES, vec![broken, service("a", "5"), json!(7)]));
    let cluster = watch(&fake);
    let state = until(&cluster, "connected", connected).await;
    assert_eq!(state.snapshot.count(Kind::Service), Some(1));
    let unreadable: Vec<_> = state.snapshot.unreadable().map(|(key, _)| key.clone()).collect();
    assert!(unreadable.contains(&ObjectKey::new(Kind::Service, "shop", "broken")), "{unreadable:?}");
    let view = state.kind_views().into_iter().find(|v| v.kind == "Service").unwrap();
    assert_eq!((view.objects, view.problem.as_str()), (Some(1), "2 objects cannot be read"));
}

#[tokio::test]
async fn a_kind_that_may_not_be_read_hides_no_other() {
    let fake = Fake::default();
    fake.set(|b| {
        b.forbidden = vec![NODES];
        b.lists.insert(SERVICES, vec![service("a", "5")]);
    });
    let cluster = watch(&fake);
    let state = until(&cluster, "a forbidden kind", |s| matches!(s.connection(), Connection::Forbidden { .. })).await;
    let Connection::Forbidden { kinds, why } = state.connection() else { unreachable!() };
    assert_eq!(kinds, ["Node"]);
    assert!(why.contains("not yours"), "{why}");
    assert!(state.ready(), "there is nothing more to wait for");
    assert_eq!((state.snapshot.count(Kind::Service), state.snapshot.count(Kind::Node)), (Some(1), None));
    fake.set(|b| b.forbidden.clear());
    until(&cluster, "connected", connected).await;
}
