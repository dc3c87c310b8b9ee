//! What is refused, and how it is said.

use super::scene::{Scene, guard, open, open_over, svc_a};
use crate::cluster::tests::faulty::Faults;
use crate::desk::OpenError;
use crate::history::HistoryError;
use crate::history::fixtures::caller;
use crate::sandbox::Sandbox;
use app::backend::Problem;
use policy::view::{RevisionId, RunId, ServiceQuery};
use std::time::{Duration, Instant};

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let scene = Scene::new().await;
    let desk = &scene.desk;
    let nothing = "shop/nothing".parse().unwrap();
    let plan = "0".repeat(64).parse().unwrap();
    let problems = [
        desk.service(nothing).await.map(|_| ()),
        desk.make_plan(&caller(), guard(&"shop/nothing".parse().unwrap(), &[]).into()).await.map(|_| ()),
        desk.plan(&caller(), plan).await.map(|_| ()),
        desk.run(RunId(9)).await.map(|_| ()),
        desk.revert(&caller(), RunId(9)).await.map(|_| ()),
        desk.revision(RevisionId(9)).await.map(|_| ()),
        desk.compare(RevisionId(8), RevisionId(9), None).await.map(|_| ()),
        desk.roll_back(&caller(), RevisionId(9)).await.map(|_| ()),
        desk.apply(&caller(), "1".repeat(64).parse().unwrap(), "why".into()).await.map(|_| ()),
    ];
    for problem in problems {
        let Err(Problem::NotFound(said)) = problem else { panic!("{problem:?}") };
        assert!(said.starts_with("There is no "), "{said}");
    }
}

#[tokio::test]
async fn a_change_needs_a_reason_that_fits() {
    let scene = Scene::new().await;
    let digest = scene.desk.make_plan(&caller(), guard(&svc_a(), &["50.60.0.0/16"]).into()).await.unwrap();
    for reason in ["", "  ", &"x".repeat(501)] {
        let refused = scene.desk.apply(&caller(), digest.clone(), reason.to_owned()).await.unwrap_err();
        assert!(matches!(&refused, Problem::Refused(said) if said.contains("reason")), "{refused}");
    }
    assert!(scene.desk.open_runs().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_plan_with_a_blocker_is_not_applied() {
    let scene = Scene::new().await;
    // A headless Service has no address to guard.
    let digest = scene.desk.make_plan(&caller(), guard(&"payments/ledger".parse().unwrap(), &["50.60.0.0/16"]).into()).await.unwrap();
    let shown = scene.desk.plan(&caller(), digest.clone()).await.unwrap();
    assert!(shown.plan.blocked(), "{:#?}", shown.plan.findings);
    let refused = scene.desk.apply(&caller(), digest, "because".into()).await.unwrap_err();
    assert!(matches!(&refused, Problem::Refused(said) if said.starts_with("The plan cannot be applied: ")), "{refused}");
}

#[tokio::test]
async fn a_plan_that_may_not_be_written_says_so_before_anything_is() {
    let faults = Faults::default();
    let scene = Scene::with(&faults).await;
    let digest = scene.desk.make_plan(&caller(), guard(&svc_a(), &["50.60.0.0/16"]).into()).await.unwrap();
    assert!(!scene.desk.plan(&caller(), digest.clone()).await.unwrap().plan.blocked());
    faults.take_rights();
    let shown = scene.desk.plan(&caller(), digest.clone()).await.unwrap().plan;
    let missing = shown.findings.iter().find(|finding| finding.id == "right-missing").unwrap();
    assert!(missing.what.starts_with("Portcullis may not create globalnetworksets"), "{missing:#?}");
    let refused = scene.desk.apply(&caller(), digest, "because".into()).await.unwrap_err();
    assert!(matches!(&refused, Problem::Refused(said) if said.contains("may not create")), "{refused}");
    assert_eq!(faults.writes(), 0);
}

#[tokio::test]
async fn revisions_of_two_services_are_not_compared() {
    let scene = Scene::new().await;
    scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    scene.apply(guard(&"shop/svc-b".parse().unwrap(), &["50.60.0.0/16"])).await;
    let refused = scene.desk.compare(RevisionId(1), RevisionId(2), None).await.unwrap_err();
    assert!(matches!(&refused, Problem::Refused(said) if said.contains("svc-a") && said.contains("svc-b")), "{refused}");
}

#[tokio::test]
async fn a_data_folder_belongs_to_one_cluster_and_one_process() {
    let scene = Scene::new().await;
    let folder = scene.dir.path().join("data");
    let Err(OpenError::History(error)) = open(&scene.sandbox, folder.clone()).await else { panic!("two processes") };
    assert!(matches!(error, HistoryError::InUse { .. }), "{error}");
    scene.desk.close().await;
    drop(scene.desk);
    let other = Sandbox::open(&scene.dir.path().join("other.db")).await.unwrap();
    let Err(OpenError::History(error)) = open(&other, folder).await else { panic!("two clusters") };
    assert!(matches!(error, HistoryError::OtherCluster { .. }), "{error}");
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::open(&dir.path().join("sandbox.db")).await.unwrap();
    let faults = Faults::default();
    faults.down_after(0);
    let desk = open_over(faults.over(&sandbox.client()), dir.path().join("data")).await.unwrap();
    for problem in [
        desk.services(ServiceQuery::default()).await.map(|_| ()),
        desk.make_plan(&caller(), guard(&svc_a(), &[]).into()).await.map(|_| ()),
        desk.checks().await.map(|_| ()),
    ] {
        let Err(Problem::Unreachable(said)) = problem else { panic!("{problem:?}") };
        assert!(said.contains("connection reset"), "{said}");
    }
    assert!(desk.history(Default::default()).await.unwrap().rows.is_empty(), "the history is there all the same");

    // It comes back: the pages have it, and the history is bound to it.
    faults.heal();
    let digest = async || desk.make_plan(&caller(), guard(&svc_a(), &["50.60.0.0/16"]).into()).await;
    let begun = Instant::now();
    let digest = loop {
        match digest().await {
            Ok(digest) => break digest,
            Err(problem) => assert!(begun.elapsed().as_secs() < 60, "{problem}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    while let Err(problem) = desk.apply(&caller(), digest.clone(), "because".into()).await {
        assert!(matches!(problem, Problem::Unreachable(_)) && begun.elapsed().as_secs() < 60, "{problem}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
