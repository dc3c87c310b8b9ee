//! The whole job: plan, apply, drift, compare, roll back, open.

use super::scene::{Scene, access, guard, open_up, svc_a};
use crate::cluster::Objects;
use crate::history::fixtures::caller;
use policy::access::{Asked, Intent};
use policy::object::{Kind, ObjectKey, ServiceRef};
use policy::plan::Role;
use policy::view::{HistoryQuery, RevisionId, RunState, RunStep, ServiceState, Standing, StepState};
use serde_json::json;

#[tokio::test]
async fn guard_narrow_roll_back_and_open_again() {
    let scene = Scene::new().await;
    let desk = &scene.desk;
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Open);

    // Plan.
    let digest = desk.make_plan(&caller(), guard(&svc_a(), &["50.60.0.0/16", "198.51.100.0/24"]).into()).await.unwrap();
    let shown = desk.plan(&caller(), digest.clone()).await.unwrap();
    assert_eq!((&shown.standing, shown.run, shown.roll_back_to), (&Standing::Fresh, None, None), "{shown:#?}");
    assert!(!shown.plan.blocked(), "{:#?}", shown.plan.findings);

    let planned: Vec<serde_json::Value> = serde_saphyr::from_multiple(&shown.plan.export()).unwrap();
    let manifests: Vec<_> = shown.plan.steps.iter().filter_map(|step| step.write.after()).map(policy::diff::manifest).collect();
    assert_eq!(planned, manifests, "what is exported reads back as what is written");

    // Apply.
    let run = scene.apply_plan(digest.clone()).await;
    assert_eq!(run.state, RunState::Done, "{run:#?}");
    assert!(run.steps.iter().all(|step| step.state == StepState::Done));
    for step in &shown.plan.steps {
        let live = scene.live(&step.key).await.unwrap();
        assert!(!policy::diff::differs(&live, step.write.after().unwrap()), "{} reads back without a spurious diff", step.key);
    }
    let detail = desk.service(svc_a()).await.unwrap();
    assert_eq!(detail.row.state, ServiceState::Guarded, "not drifted, not changing: {:#?}", detail.row);
    assert_eq!(detail.access, Some(access(&["50.60.0.0/16", "198.51.100.0/24"]).normalised()));
    assert_eq!(detail.revisions.len(), 1);
    assert!(detail.row.changed.is_some() && detail.run.is_none());
    assert_eq!(detail.host_endpoints, guard(&svc_a(), &[]).host_endpoints, "the choice is kept");
    let applied = desk.plan(&caller(), digest.clone()).await.unwrap();
    assert_eq!((applied.run, applied.standing), (Some(run.id), Standing::InForce));

    // Narrow.
    let second = scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    assert_eq!(second.state, RunState::Done, "{second:#?}");
    let first = desk.plan(&caller(), digest).await.unwrap().standing;
    assert!(matches!(first, Standing::Stale { .. }), "another access is in force: {first:#?}");

    // What it did to clients is kept as its plan said it; from the cluster as it is now it cannot be told any more.
    let told = desk.reach_of_revision(RevisionId(2)).await.unwrap().unwrap();
    assert!(told.sentence.contains("256 addresses"), "{}", told.sentence);
    assert!(told.rows.iter().any(policy::view::ReachRow::differs));
    let now = desk.reach_of_plan(desk.revision(RevisionId(2)).await.unwrap().row.plan).await.unwrap();
    assert_ne!(now.sentence, told.sentence);

    // Compare.
    let compared = desk.compare(RevisionId(2), RevisionId(1), None).await.unwrap();
    assert_eq!((compared.from.id, compared.to.id), (RevisionId(1), RevisionId(2)), "time goes forward");
    assert_eq!(compared.access_to, Some(access(&["50.60.0.0/16"]).normalised()));
    assert!(compared.objects.iter().any(|o| o.role == Role::ClientSet && !o.diff.fields.is_empty()), "{compared:#?}");
    assert!(compared.objects.iter().all(|o| o.role != Role::HostEndpoint), "what did not change is not shown");
    let exported = desk.revision(RevisionId(1)).await.unwrap().export();
    let exported: Vec<serde_json::Value> = serde_saphyr::from_multiple(&exported).unwrap();
    assert_eq!(exported.len(), planned.len());
    assert!(std::iter::zip(&exported, &planned).all(|(live, planned)| !policy::diff::differs(live, planned)), "{exported:#?}");
    let revision = desk.revision(RevisionId(2)).await.unwrap();
    assert_eq!((revision.run, revision.row.latest, revision.row.reason.as_str()), (second.id, true, "because"));
    assert_eq!(revision.changes[0].before, Some(access(&["50.60.0.0/16", "198.51.100.0/24"]).normalised()));

    // Roll back: a plan of its own.
    let digest = desk.roll_back(&caller(), RevisionId(1)).await.unwrap();
    let back = desk.plan(&caller(), digest.clone()).await.unwrap();
    assert_eq!(back.roll_back_to, Some(RevisionId(1)));
    assert_eq!(scene.apply_plan(digest).await.state, RunState::Done);
    assert_eq!(desk.service(svc_a()).await.unwrap().access, Some(access(&["50.60.0.0/16", "198.51.100.0/24"]).normalised()));

    // Open: everything of ours goes.
    let opened = scene.apply(open_up(&svc_a())).await;
    assert_eq!(opened.state, RunState::Done, "{opened:#?}");
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Open);
    let all = desk.history(HistoryQuery { service: Some(svc_a()), ..HistoryQuery::default() }).await.unwrap();
    assert_eq!((all.rows.len(), all.more, all.rows[0].latest, all.rows[1].latest), (4, false, true, false));
    for row in &all.rows {
        for object in desk.revision(row.id).await.unwrap().objects {
            assert_eq!(scene.live(&object.key).await, None, "{} is gone", object.key);
        }
    }
}

#[tokio::test]
async fn what_others_change_shows_as_drift_and_makes_plans_stale() {
    let scene = Scene::new().await;
    let run = scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    let pending = scene.desk.make_plan(&caller(), guard(&svc_a(), &["10.0.0.0/8"]).into()).await.unwrap();

    let edge = run.steps.iter().find(|step| step.role == Role::EdgePolicy).unwrap().key.clone();
    let mut object = scene.live(&edge).await.unwrap();
    let version = object["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    object["spec"]["order"] = json!(1);
    scene.elsewhere().replace(&edge, &object, &version).await.unwrap();
    scene.until("drift", async |desk| desk.service(svc_a()).await.unwrap().row.state == ServiceState::Drifted).await;
    let changed = scene.desk.beside(svc_a()).await.unwrap().changed;
    assert_eq!(changed, [format!("{edge} says something else in `/spec/order`.")]);
    let drifted =
        async |desk: &crate::desk::Desk| desk.checks().await.unwrap().into_iter().filter(|finding| finding.id == "object-drifted").count();
    assert_eq!(drifted(&scene.desk).await, 1);

    let shown = scene.desk.plan(&caller(), pending.clone()).await.unwrap();
    let Standing::Stale { moved, now: Some(now) } = shown.standing else { panic!("{:?}", shown.standing) };
    assert_eq!(moved, ["Portcullis' own objects (changed)"]);
    assert!(scene.desk.plan(&caller(), now).await.is_ok(), "the plan of now can be looked at");
    let refused = scene.desk.apply(&caller(), pending, "because".into()).await.unwrap_err();
    assert!(refused.to_string().contains("moved"), "{refused}");
    assert_eq!(scene.live(&edge).await.unwrap()["spec"]["order"], 1, "nothing was changed");

    // Applying the same access again mends it.
    let mended = scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    assert_eq!(mended.state, RunState::Done, "{mended:#?}");
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Guarded);
    assert_eq!(drifted(&scene.desk).await, 0);
}

#[tokio::test]
async fn an_edge_policy_that_others_change_shows_on_every_service_under_it() {
    let scene = Scene::new().await;
    let svc_b: ServiceRef = "shop/svc-b".parse().unwrap();
    // On the port that both have.
    let alike = |service: &ServiceRef| {
        let mut change = guard(service, &["50.60.0.0/16"]);
        let Intent::Guard(access) = &mut change.intent else { unreachable!() };
        access.clients[0].ports = vec!["TCP/80".parse().unwrap()];
        change
    };
    // The second brings the policy that both are under, once the first comes to it.
    scene.apply(alike(&svc_a())).await;
    let second = scene.apply(alike(&svc_b)).await;
    scene.apply(guard(&svc_a(), &["70.80.0.0/16"])).await;
    let first = scene.apply(alike(&svc_a())).await;
    let edge = second.steps.iter().find(|step| step.role == Role::EdgePolicy).unwrap().key.clone();
    assert!(first.steps.iter().all(|step| step.key != edge), "it is guarded alike: {:#?}", first.steps);

    let mut object = scene.live(&edge).await.unwrap();
    let version = object["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    object["spec"]["order"] = json!(1);
    scene.elsewhere().replace(&edge, &object, &version).await.unwrap();
    for service in [svc_a(), svc_b.clone()] {
        scene.until("drift", async |desk| desk.service(service.clone()).await.unwrap().row.state == ServiceState::Drifted).await;
    }

    // Each that is mended leaves the policy that says something else by now; with the last, it goes.
    for service in [svc_a(), svc_b.clone()] {
        let mended = scene.apply(alike(&service)).await;
        assert_eq!(mended.state, RunState::Done, "{mended:#?}");
    }
    for service in [svc_a(), svc_b] {
        assert_eq!(scene.row(&service).await.state, ServiceState::Guarded);
    }
    assert_eq!(scene.live(&edge).await, None);
}

#[tokio::test]
async fn what_others_delete_shows_as_drift() {
    let scene = Scene::new().await;
    let run = scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    let pods = run.steps.iter().find(|step| step.role == Role::PodPolicy).unwrap().key.clone();
    let live = scene.live(&pods).await.unwrap();
    let text = |field: &str| live["metadata"][field].as_str().unwrap().to_owned();
    scene.elsewhere().delete(&pods, &text("uid"), &text("resourceVersion")).await.unwrap();
    scene.until("drift", async |desk| desk.service(svc_a()).await.unwrap().row.state == ServiceState::Drifted).await;
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let scene = Scene::new().await;
    let digest = scene.desk.make_plan(&caller(), guard(&svc_a(), &["50.60.0.0/16"]).into()).await.unwrap();
    scene.apply_plan(digest.clone()).await;
    let before = scene.desk.service(svc_a()).await.unwrap();
    let scene = scene.restart().await;
    let after = scene.desk.service(svc_a()).await.unwrap();
    assert_eq!((&after.row, &after.access, &after.revisions), (&before.row, &before.access, &before.revisions));
    assert!(scene.desk.open_runs().await.unwrap().is_empty());
    assert!(scene.desk.plan(&caller(), digest).await.unwrap().run.is_some());
}

#[tokio::test]
async fn heartbeats_leave_a_plan_fresh() {
    let scene = Scene::new().await;
    let digest = scene.desk.make_plan(&caller(), guard(&svc_a(), &["50.60.0.0/16"]).into()).await.unwrap();
    let key = ObjectKey::new(Kind::Service, "shop", "svc-a");
    let mut object = scene.live(&key).await.unwrap();
    let version = object["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    object["metadata"]["annotations"]["somebody/elses"] = json!("note");
    let after = scene.elsewhere().replace(&key, &object, &version).await.unwrap();
    assert_ne!(after["metadata"]["resourceVersion"], version);
    assert_eq!(scene.desk.plan(&caller(), digest.clone()).await.unwrap().standing, Standing::Fresh);
    assert_eq!(scene.apply_plan(digest).await.state, RunState::Done);
}

#[tokio::test]
async fn several_services_are_changed_in_one_run_and_taken_back_in_one() {
    let scene = Scene::new().await;
    let desk = &scene.desk;
    let svc_b: ServiceRef = "shop/svc-b".parse().unwrap();
    scene.apply(guard(&svc_a(), &["10.0.0.0/8"])).await;
    let asked = Asked::together(vec![guard(&svc_a(), &["50.60.0.0/16"]), guard(&svc_b, &["50.60.0.0/16"])]).unwrap();
    let digest = desk.make_plan(&caller(), asked).await.unwrap();
    let shown = desk.plan(&caller(), digest.clone()).await.unwrap();
    assert!(!shown.plan.blocked(), "{:#?}", shown.plan.findings);
    assert_eq!(shown.plan.change.to_string(), "2 Services");
    let reach = desk.reach_of_plan(digest.clone()).await.unwrap();
    let touched: Vec<String> = reach.others.iter().map(|other| other.service.to_string()).collect();
    assert_eq!((reach.rows.len(), touched), (0, vec!["shop/svc-a".to_owned(), "shop/svc-b".to_owned()]));
    assert!(
        desk.paths_of_plan(digest.clone(), None).await.unwrap().is_none() && desk.page_of_plan(digest.clone()).await.unwrap().is_none()
    );

    let run = scene.apply_plan(digest).await;
    assert_eq!(run.state, RunState::Done, "{run:#?}");
    for service in [svc_a(), svc_b.clone()] {
        let detail = desk.service(service).await.unwrap();
        assert_eq!((detail.row.state, detail.access), (ServiceState::Guarded, Some(access(&["50.60.0.0/16"]).normalised())));
    }
    let revision = desk.revision(RevisionId(2)).await.unwrap();
    assert_eq!((revision.row.subject().as_str(), revision.row.latest, revision.changes.len()), ("2 Services", true, 2));
    assert_eq!(revision.changes[0].before, Some(access(&["10.0.0.0/8"]).normalised()));
    assert_eq!(revision.changes[1].before, None);
    // Of each Service's history it is a part, and each of its objects is one Service's.
    let of_b = desk.history(HistoryQuery { service: Some(svc_b.clone()), ..HistoryQuery::default() }).await.unwrap();
    assert_eq!(of_b.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [RevisionId(2)]);
    let compared = desk.compare(RevisionId(1), RevisionId(2), None).await.unwrap();
    assert_eq!((compared.service, compared.access_to), (svc_a(), Some(access(&["50.60.0.0/16"]).normalised())));
    let refused = desk.compare(RevisionId(1), RevisionId(2), Some(svc_b.clone())).await.unwrap_err();
    assert!(refused.to_string().contains("did not both change `shop/svc-b`"), "{refused}");

    // One mistake, taken back in one go: each Service is as it was.
    let digest = desk.take_back(&caller(), RevisionId(2)).await.unwrap();
    assert_eq!(scene.apply_plan(digest).await.state, RunState::Done);
    assert_eq!(desk.service(svc_a()).await.unwrap().access, Some(access(&["10.0.0.0/8"]).normalised()));
    assert_eq!(scene.row(&svc_b).await.state, ServiceState::Open);
    // And that is a revision, to be rolled back to or from like any other.
    let digest = desk.roll_back(&caller(), RevisionId(2)).await.unwrap();
    assert_eq!(scene.apply_plan(digest).await.state, RunState::Done);
    assert_eq!(scene.row(&svc_b).await.state, ServiceState::Guarded);
}

#[tokio::test]
async fn what_others_changed_is_kept_as_a_revision_or_undone_by_a_plan() {
    let scene = Scene::new().await;
    let desk = &scene.desk;
    let run = scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    let refused = desk.keep_as_it_is(&caller(), svc_a(), "why".into()).await.unwrap_err();
    assert!(refused.to_string().contains("nothing to keep"), "{refused}");

    let set = run.steps.iter().find(|step| step.role == Role::ClientSet).unwrap().key.clone();
    let widen = async |net: &str| {
        let mut object = scene.live(&set).await.unwrap();
        let version = object["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
        object["spec"]["nets"] = json!(["50.60.0.0/16", net]);
        scene.elsewhere().replace(&set, &object, &version).await.unwrap();
        scene.until("drift", async |desk| desk.service(svc_a()).await.unwrap().row.state == ServiceState::Drifted).await;
    };
    widen("70.80.0.0/16").await;
    let kept = desk.keep_as_it_is(&caller(), svc_a(), "the partner was let in by hand".into()).await.unwrap();
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Guarded, "what is there is what was applied last");
    let revision = desk.revision(kept).await.unwrap();
    assert_eq!((revision.row.reason.as_str(), revision.row.latest), ("the partner was let in by hand", true));
    assert_eq!(revision.changes[0].before, Some(access(&["50.60.0.0/16"]).normalised()));
    assert_eq!(revision.changes[0].after, Some(access(&["50.60.0.0/16", "70.80.0.0/16"]).normalised()));
    assert_eq!(revision.objects.iter().map(|object| &object.key).collect::<Vec<_>>(), [&set]);
    assert_eq!(scene.live(&set).await.unwrap()["spec"]["nets"][1], "70.80.0.0/16", "nothing was written");
    assert_eq!(desk.run(revision.run).await.unwrap().state, RunState::Done);

    // The next change of others is undone: a plan to what was kept.
    widen("90.90.0.0/16").await;
    let undo = desk.undo_drift(&caller(), svc_a()).await.unwrap();
    assert_eq!(scene.apply_plan(undo).await.state, RunState::Done);
    assert_eq!(desk.service(svc_a()).await.unwrap().access, revision.changes[0].after);
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Guarded);
}

#[tokio::test]
async fn drift_of_a_service_is_undone_for_it_alone() {
    let scene = Scene::new().await;
    let desk = &scene.desk;
    let svc_b: ServiceRef = "shop/svc-b".parse().unwrap();
    let missing = desk.undo_drift(&caller(), svc_a()).await.unwrap_err();
    assert!(missing.to_string().contains("nothing to go back to"), "{missing}");
    let both = Asked::together(vec![guard(&svc_a(), &["50.60.0.0/16"]), guard(&svc_b, &["50.60.0.0/16"])]).unwrap();
    let run = scene.apply_plan(desk.make_plan(&caller(), both).await.unwrap()).await;
    // The other one was changed since: that stays.
    scene.apply(guard(&svc_b, &["90.90.0.0/16"])).await;
    let of_a = |step: &&RunStep| step.role == Role::ClientSet && step.key.name.contains("svc-a");
    let set = run.steps.iter().find(of_a).unwrap().key.clone();
    let mut object = scene.live(&set).await.unwrap();
    let version = object["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    object["spec"]["nets"] = json!(["50.60.0.0/16", "70.80.0.0/16"]);
    scene.elsewhere().replace(&set, &object, &version).await.unwrap();
    scene.until("drift", async |desk| desk.service(svc_a()).await.unwrap().row.state == ServiceState::Drifted).await;
    let undo = desk.undo_drift(&caller(), svc_a()).await.unwrap();
    let plan = desk.plan(&caller(), undo.clone()).await.unwrap().plan;
    assert_eq!(plan.steps.iter().map(|step| &step.key).collect::<Vec<_>>(), [&set]);
    assert_eq!(scene.apply_plan(undo).await.state, RunState::Done);
    assert_eq!(desk.service(svc_b).await.unwrap().access, Some(access(&["90.90.0.0/16"]).normalised()));
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Guarded);
}

/// A Service that was deleted and created again: its page says whose guard it is, and not that somebody changed anything.
#[tokio::test]
async fn what_guarded_an_earlier_service_is_said_on_the_page_of_the_new_one_and_taken_away() {
    let scene = Scene::new().await;
    let run = scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    let mut object = scene.live(&svc_a().key()).await.unwrap();
    let text = |pointer: &str| object.pointer(pointer).and_then(serde_json::Value::as_str).unwrap().to_owned();
    scene.elsewhere().delete(&svc_a().key(), &text("/metadata/uid"), &text("/metadata/resourceVersion")).await.unwrap();
    for field in ["uid", "resourceVersion", "creationTimestamp"] {
        object["metadata"].as_object_mut().unwrap().remove(field);
    }
    scene.elsewhere().create(&svc_a().key(), &object).await.unwrap();
    scene.until("the new Service", async |desk| desk.beside(svc_a()).await.unwrap().earlier.is_some()).await;
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Drifted);
    assert_eq!(scene.desk.beside(svc_a()).await.unwrap().changed, Vec::<String>::new());
    assert_eq!(scene.desk.service(svc_a()).await.unwrap().access, None);

    let digest = scene.desk.make_plan(&caller(), open_up(&svc_a()).into()).await.unwrap();
    assert_eq!(scene.apply_plan(digest).await.state, RunState::Done);
    assert_eq!(scene.desk.beside(svc_a()).await.unwrap().earlier, None);
    for step in run.steps {
        assert_eq!(scene.live(&step.key).await, None, "{} is gone", step.key);
    }
}

#[tokio::test]
async fn what_guarded_a_service_that_is_gone_is_found_and_taken_away() {
    let scene = Scene::new().await;
    let desk = &scene.desk;
    let run = scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    let live = scene.live(&svc_a().key()).await.unwrap();
    let text = |pointer: &str| live.pointer(pointer).and_then(serde_json::Value::as_str).unwrap().to_owned();
    scene.elsewhere().delete(&svc_a().key(), &text("/metadata/uid"), &text("/metadata/resourceVersion")).await.unwrap();
    let found = async |desk: &crate::desk::Desk| {
        let findings = desk.checks().await.unwrap();
        findings.into_iter().find(|finding| finding.id == policy::checks::GUARD_WITHOUT_SERVICE)
    };
    scene.until("the finding", async |desk| found(desk).await.is_some()).await;
    assert_eq!(found(desk).await.unwrap().objects[0], svc_a().key());

    let digest = desk.make_plan(&caller(), open_up(&svc_a()).into()).await.unwrap();
    let shown = desk.plan(&caller(), digest.clone()).await.unwrap();
    assert!(shown.plan.summary.contains("which is gone"), "{}", shown.plan.summary);
    desk.reach_of_plan(digest.clone()).await.unwrap();
    assert!(desk.paths_of_plan(digest.clone(), None).await.unwrap().is_none());
    assert_eq!(scene.apply_plan(digest).await.state, RunState::Done);
    assert!(found(desk).await.is_none());
    for step in run.steps {
        assert_eq!(scene.live(&step.key).await, None, "{} is gone", step.key);
    }
    let refused = desk.make_plan(&caller(), open_up(&svc_a()).into()).await.unwrap_err();
    assert!(refused.to_string().contains("shop/svc-a"), "{refused}");
}
