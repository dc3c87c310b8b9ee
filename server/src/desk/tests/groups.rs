//! Client groups: made, used, changed with one plan over the Services that use them, and taken back.

use super::scene::{Scene, guard, svc_a};
use crate::cluster::Objects;
use crate::history::fixtures::caller;
use app::backend::Problem;
use policy::access::{Access, Asked, Change, ClientGroup, GroupChange, GroupRange, GroupUse, Intent};
use policy::object::ServiceRef;
use policy::plan::Write;
use policy::view::{RunState, RunView, ServiceQuery, ServiceState};

fn ranges(cidrs: &[&str]) -> Vec<GroupRange> {
    cidrs.iter().map(|cidr| GroupRange { cidr: cidr.parse().unwrap(), note: "Berlin".to_owned() }).collect()
}

fn office(cidrs: Option<&[&str]>) -> Asked {
    GroupChange::of("office".parse().unwrap(), cidrs.map(ranges)).into()
}

fn with_office(service: &ServiceRef) -> Change {
    let of = GroupUse { name: "office".parse().unwrap(), ports: Vec::new(), note: "ticket 7".to_owned(), ranges: Vec::new() };
    let mut change = guard(service, &["203.0.113.0/24"]);
    if let Intent::Guard(access) = &mut change.intent {
        *access = Access { groups: vec![of], ..access.clone() };
    }
    change
}

async fn apply(scene: &Scene, asked: Asked) -> RunView {
    let digest = scene.desk.make_plan(&caller(), asked).await.unwrap();
    let run = scene.apply_plan(digest).await;
    assert_eq!(run.state, RunState::Done, "{run:#?}");
    run
}

async fn held(scene: &Scene, service: &ServiceRef) -> Vec<String> {
    let access = scene.desk.service(service.clone()).await.unwrap().access.unwrap();
    access.groups.iter().flat_map(|of| of.ranges.iter().map(ToString::to_string)).collect()
}

#[tokio::test]
async fn a_group_is_changed_for_all_and_taken_back() {
    let scene = Scene::new().await;
    let other = scene.desk.services(ServiceQuery::default()).await.unwrap().rows.into_iter().map(|row| row.service).find(|s| *s != svc_a());
    let other = other.expect("the sandbox has another Service");
    apply(&scene, office(Some(&["50.60.0.0/16"]))).await;
    assert_eq!(scene.desk.groups_view().await.unwrap().rows[0].used_by, []);
    apply(&scene, with_office(&svc_a()).into()).await;
    apply(&scene, with_office(&other).into()).await;
    let view = scene.desk.groups_view().await.unwrap();
    assert_eq!(view.rows[0].group, ClientGroup { name: "office".parse().unwrap(), ranges: ranges(&["50.60.0.0/16"]) });
    assert_eq!(view.rows[0].used_by.len(), 2);

    // One plan over both.
    apply(&scene, office(Some(&["50.60.0.0/16", "50.61.0.0/16"]))).await;
    for service in [svc_a(), other.clone()] {
        assert_eq!(held(&scene, &service).await, ["50.60.0.0/16", "50.61.0.0/16"]);
        let row = scene.row(&service).await;
        assert_eq!(row.state, ServiceState::Guarded, "what a group's own set says is no Service's drift");
        assert!(row.clients.starts_with("office · 3 ranges · "), "{}", row.clients);
    }
    let found = scene.desk.services(ServiceQuery { text: "office".to_owned(), ..ServiceQuery::default() }).await.unwrap();
    assert_eq!(found.matching, 2, "groups are found by their name");

    // It is one revision, and is taken back in one go.
    let latest = scene.desk.service(svc_a()).await.unwrap().revisions[0].clone();
    assert_eq!(latest.services.len(), 2);
    let back = scene.desk.take_back(&caller(), latest.id).await.unwrap();
    assert_eq!(scene.apply_plan(back).await.state, RunState::Done);
    for service in [svc_a(), other] {
        assert_eq!(held(&scene, &service).await, ["50.60.0.0/16"]);
    }

    // In use it is not deleted.
    let digest = scene.desk.make_plan(&caller(), office(None)).await.unwrap();
    let shown = scene.desk.plan(&caller(), digest.clone()).await.unwrap();
    assert!(shown.plan.findings.iter().any(|finding| finding.id == "group-used"), "{:#?}", shown.plan.findings);
    assert!(matches!(scene.desk.apply(&caller(), digest, "because".into()).await, Err(Problem::Refused(_))));
}

#[tokio::test]
async fn a_group_that_is_changed_beside_portcullis_is_a_finding_with_its_plan() {
    let scene = Scene::new().await;
    apply(&scene, office(Some(&["50.60.0.0/16"]))).await;
    apply(&scene, with_office(&svc_a()).into()).await;
    assert_eq!(scene.desk.service(svc_a()).await.unwrap().moved, None);
    let digest = scene.desk.make_plan(&caller(), office(Some(&["50.60.0.0/16", "50.61.0.0/16"]))).await.unwrap();
    let step = scene.desk.plan(&caller(), digest).await.unwrap().plan.steps.remove(0);
    let Write::Replace { object, resource_version, .. } = &step.write else { panic!("{step:#?}") };
    scene.elsewhere().replace(&step.key, object, resource_version).await.unwrap();
    scene.until("the group is another", async |desk| desk.service(svc_a()).await.unwrap().moved.is_some()).await;
    let moved = scene.desk.service(svc_a()).await.unwrap().moved.unwrap();
    assert_eq!(moved.id, "group-differs");
    assert_eq!(moved.what, "What `shop/svc-a` lets in of `office` is not what the cluster has under that name.");
    // The access as it is, planned again, makes up for it.
    let access = scene.desk.service(svc_a()).await.unwrap().access.unwrap();
    apply(&scene, Change { intent: Intent::Guard(access), ..with_office(&svc_a()) }.into()).await;
    assert_eq!(held(&scene, &svc_a()).await, ["50.60.0.0/16", "50.61.0.0/16"]);
    assert_eq!(scene.desk.service(svc_a()).await.unwrap().moved, None);
}

/// Somebody writes another range into the object of a kind, at the API.
async fn write_into(scene: &Scene, key: &policy::object::ObjectKey, net: &str) {
    let mut object = scene.live(key).await.unwrap();
    object["spec"]["nets"].as_array_mut().unwrap().push(net.into());
    let version = object["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    scene.elsewhere().replace(key, &object, &version).await.unwrap();
}

#[tokio::test]
async fn a_group_that_is_written_into_beside_portcullis_has_drifted_and_is_undone() {
    let scene = Scene::new().await;
    apply(&scene, office(Some(&["50.60.0.0/16"]))).await;
    apply(&scene, with_office(&svc_a()).into()).await;
    assert_eq!(scene.desk.group_drifts().await.unwrap(), []);
    let key = policy::object::ObjectKey::new(policy::object::Kind::GlobalNetworkSet, "", &policy::names::group_set("office", 0));
    write_into(&scene, &key, "6.6.6.0/24").await;
    scene.until("the group has drifted", async |desk| !desk.group_drifts().await.unwrap().is_empty()).await;

    let drift = scene.desk.group_drifts().await.unwrap().remove(0);
    assert_eq!((drift.name.as_str(), drift.services.as_slice()), ("office", [svc_a()].as_slice()));
    assert_eq!(drift.what, "In the cluster `6.6.6.0/24` was added.");
    assert_eq!(scene.desk.beside(svc_a()).await.unwrap().groups, std::slice::from_ref(&drift));
    let checks = scene.desk.checks().await.unwrap();
    let found = checks.iter().find(|finding| finding.id == "group-drifted").expect("it is a finding of the cluster");
    assert!(found.what.contains("`office`") && found.why.contains("`shop/svc-a` uses it"), "{found:#?}");

    let undo = scene.desk.roll_back(&caller(), drift.revision).await.unwrap();
    assert_eq!(scene.apply_plan(undo).await.state, RunState::Done);
    scene.until("it is as it was applied", async |desk| desk.group_drifts().await.unwrap().is_empty()).await;
}
