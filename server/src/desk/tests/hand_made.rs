//! What somebody made by hand: shown, taken over, and put back as it was.

use super::scene::{Scene, svc_a};
use crate::cluster::Objects;
use crate::history::fixtures::caller;
use app::backend::Problem;
use policy::access::{Adoption, InCluster, Interface};
use policy::diff::{differs, manifest};
use policy::finding::Severity;
use policy::object::{Kind, Node, ObjectKey, ServiceRef, key_of};
use policy::plan::Role;
use policy::recipe::{PageHosts, documented, documented_host_endpoint};
use policy::scope::Scope;
use policy::view::{HistoryQuery, RevisionId, RunState, ServiceState};
use serde_json::{Value, json};

/// The page's objects for `svc-a`, made by somebody at the API, without those about other things.
async fn by_hand(scene: &Scene) -> Vec<Value> {
    let state = scene.desk.read().unwrap();
    let scope = Scope::of(&state.snapshot, &svc_a()).unwrap();
    let nodes = state.snapshot.iter::<Node>();
    let hosts = nodes.map(|node| documented_host_endpoint(node, &Interface::default(), PageHosts::WithAddressesAndProfile));
    let mut objects: Vec<Value> = hosts.collect();
    objects.extend(documented(&scope, &super::scene::access(&["50.60.0.0/16"])));
    for object in &mut objects {
        object["metadata"]["annotations"] = json!({"example.org/why": "after the page"});
        scene.elsewhere().create(&key(object), object).await.unwrap();
    }
    objects
}

fn key(object: &Value) -> ObjectKey {
    let kind = Kind::find(object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap()).unwrap();
    key_of(kind, object)
}

async fn found(scene: &Scene) -> policy::reach::safety::ByHand {
    scene
        .until("what was made by hand", async |desk| {
            desk.service(svc_a()).await.unwrap().by_hand.is_some_and(|found| found.hand_made.taken().len() > 1)
        })
        .await;
    scene.desk.service(svc_a()).await.unwrap().by_hand.unwrap()
}

#[tokio::test]
async fn taken_over_and_put_back() {
    let scene = Scene::new().await;
    let objects = by_hand(&scene).await;
    let found = found(&scene).await;
    assert_eq!(found.finding.severity, Severity::Warning, "{}", found.finding.why);
    assert!(found.finding.why.contains("where the pod is on another node than they enter by"), "{}", found.finding.why);
    assert_eq!(found.hand_made.access.in_cluster, InCluster::Nobody);
    let checks = scene.desk.checks().await.unwrap();
    assert!(checks.iter().any(|finding| finding.id == "hand-made" && finding.what == found.finding.what), "{checks:#?}");

    // The list says what the page of the Service says.
    let in_the_list = scene.desk.open_by_hand(policy::view::ServiceQuery::default()).await.unwrap();
    assert_eq!(in_the_list.iter().map(ToString::to_string).collect::<Vec<_>>(), ["orders/intake", "shop/svc-a"]);

    let run = scene.apply(found.change.clone()).await;
    assert_eq!(run.state, RunState::Done, "{run:#?}");
    let taken: Vec<ObjectKey> = run.steps.iter().filter(|step| step.role == Role::HandMade).map(|step| step.key.clone()).collect();
    assert_eq!(taken.len(), found.hand_made.taken().len());
    for key in &taken {
        assert_eq!(scene.live(key).await, None, "{key} is gone");
    }
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Guarded);
    assert_eq!(scene.desk.service(svc_a()).await.unwrap().by_hand, None);

    // Back to before the first revision there is.
    let digest = scene.desk.take_back(&caller(), RevisionId(1)).await.unwrap();
    let back = scene.apply_plan(digest).await;
    assert_eq!(back.state, RunState::Done, "{back:#?}");
    for object in &objects {
        let live = scene.live(&key(object)).await.expect("it is there again");
        assert!(!differs(&live, object), "as it was: {live:#}\n{object:#}");
        assert_eq!(manifest(&live)["metadata"]["annotations"], object["metadata"]["annotations"]);
    }
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Open, "what is theirs again is no drift");

    // And there again: by the revision that took it over.
    let digest = scene.desk.roll_back(&caller(), RevisionId(1)).await.unwrap();
    let again = scene.apply_plan(digest).await;
    assert_eq!(again.state, RunState::Done, "{again:#?}");
    for key in &taken {
        assert_eq!(scene.live(key).await, None, "{key} is gone again");
    }
    let history = scene.desk.history(HistoryQuery { service: Some(svc_a()), ..HistoryQuery::default() }).await.unwrap();
    assert_eq!(history.rows.len(), 3);
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Guarded);
}

/// What somebody who tries the sandbox sees of it.
#[tokio::test]
async fn the_sandbox_has_a_service_that_somebody_guarded_by_hand() {
    let scene = Scene::new().await;
    let intake: ServiceRef = "orders/intake".parse().unwrap();
    let found = scene.desk.service(intake.clone()).await.unwrap().by_hand.unwrap();
    assert_eq!(found.finding.what, "`orders/intake` is guarded by hand: by `allow-clients-intake`.");
    assert!(
        found.finding.why.contains("65,792 addresses are shut out where the pod is on another node than they enter by"),
        "{}",
        found.finding.why
    );
    let rows: Vec<String> = found.hand_made.access.clients.iter().map(|row| format!("{} {}", row.cidr, row.note)).collect();
    assert_eq!(rows, ["50.60.0.0/16 allow-clients-intake, rule 1", "70.80.90.0/24 allow-clients-intake, rule 1"]);
    let run = scene.apply(found.change).await;
    assert_eq!(run.state, RunState::Done, "{run:#?}");
    assert_eq!(scene.row(&intake).await.state, ServiceState::Guarded);
}

#[tokio::test]
async fn what_others_do_to_what_is_theirs_is_no_drift() {
    let scene = Scene::new().await;
    by_hand(&scene).await;
    let change = found(&scene).await.change;
    scene.apply(change).await;
    scene.apply_plan(scene.desk.take_back(&caller(), RevisionId(1)).await.unwrap()).await;
    let gate = ObjectKey::new(Kind::GlobalNetworkPolicy, "", "allow-cluster-ips");
    let mut live = scene.live(&gate).await.unwrap();
    let version = live["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    live["spec"]["order"] = json!(3);
    scene.elsewhere().replace(&gate, &live, &version).await.unwrap();
    let read = async |desk: &crate::desk::Desk| {
        let state = desk.read().unwrap();
        policy::plan::live(&state.snapshot, &gate).is_some_and(|live| live["spec"]["order"].as_f64() == Some(3.0))
    };
    scene.until("the edit", read).await;
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Open);
}

#[tokio::test]
async fn nobody_puts_objects_in_by_a_plan() {
    let scene = Scene::new().await;
    let object = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {"name": "mine"}, "spec": {}});
    let mut change = super::scene::open_up(&svc_a());
    change.adoption = Adoption { restored: vec![object], ..Adoption::default() };
    let refused = scene.desk.make_plan(&caller(), change.into()).await.unwrap_err();
    assert!(matches!(refused, Problem::Refused(_)), "{refused}");
    let none: ServiceRef = "shop/none".parse().unwrap();
    assert!(scene.desk.service(none).await.is_err());
}
