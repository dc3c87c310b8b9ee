//! Faults of the API under a whole job, over the wire.

use super::scene::{Scene, guard, open_up, svc_a};
use crate::cluster::tests::faulty::{Fault, Faults};
use crate::history::fixtures::caller;
use policy::plan::Plan;
use policy::view::{RunState, RunView, ServiceState};
use serde_json::Value;

/// Each object of the plan is as planned, or as it was before it.
async fn check(scene: &Scene, plan: &Plan, run: &RunView, case: &str) {
    for step in &plan.steps {
        let live = scene.live(&step.key).await;
        let is = |expected: Option<&Value>| match (&live, expected) {
            (None, None) => true,
            (Some(live), Some(expected)) => !policy::diff::differs(live, expected),
            _ => false,
        };
        let (before, planned) = (is(step.write.before()), is(step.write.after()));
        match run.state {
            RunState::Done => assert!(planned, "{case}: {} is not as planned", step.key),
            RunState::PutBack | RunState::Reverted => assert!(before, "{case}: {} is not as before", step.key),
            _ => assert!(before || planned, "{case}: {} is neither as planned nor as before", step.key),
        }
    }
}

async fn plan_of(scene: &Scene) -> Plan {
    let digest = scene.desk.make_plan(&caller(), guard(&svc_a(), &["50.60.0.0/16"]).into()).await.unwrap();
    scene.desk.plan(&caller(), digest).await.unwrap().plan
}

#[tokio::test]
async fn one_fault_at_any_write_ends_in_all_or_nothing() {
    let faults = Faults::default();
    let scene = Scene::with(&faults).await;
    let plan = plan_of(&scene).await;
    assert!(plan.steps.len() >= 4, "sets, HostEndpoints and policies: {:#?}", plan.summary);
    for n in 1..=plan.steps.len() {
        let kinds = [
            Fault::Reset,
            Fault::AnswerLost,
            Fault::Answer(409),
            Fault::Answer(403),
            Fault::Answer(422),
            Fault::Answer(500),
            Fault::DoneButAnswer(500),
            Fault::DoneButAnswer(504),
        ];
        for fault in kinds {
            let case = format!("write {n}: {fault:?}");
            let plan = plan_of(&scene).await;
            faults.at(n, fault);
            let run = scene.apply_plan(plan.digest.clone()).await;
            let refused = matches!(fault, Fault::Answer(status) if status < 500);
            assert_eq!(run.state, if refused { RunState::PutBack } else { RunState::Done }, "{case}: {run:#?}");
            check(&scene, &plan, &run, &case).await;
            faults.heal();
            if !refused {
                scene.apply(open_up(&svc_a())).await;
            }
            assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Open, "{case}");
        }
    }
}

/// The cluster goes away in the middle of a run, and Portcullis ends too; when both are back, the run is shown and can be reverted.
#[tokio::test]
async fn a_run_that_lost_its_cluster_and_its_process_is_reverted() {
    for n in [1, 3] {
        let case = format!("gone after {n} writes");
        let faults = Faults::default();
        let scene = Scene::with(&faults).await;
        let plan = plan_of(&scene).await;
        faults.down_after(n);
        let run = scene.desk.apply(&caller(), plan.digest.clone(), "because".into()).await.unwrap();
        scene.until("the cluster is gone", async |_| faults.writes() > n).await;
        let scene = scene.restart().await;
        assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Changing, "{case}");
        assert_eq!(scene.desk.service(svc_a()).await.unwrap().run, Some(run));
        let open = scene.desk.open_runs().await.unwrap();
        assert_eq!((open.len(), open[0].id, open[0].state), (1, run, RunState::Interrupted), "{case}: {open:#?}");
        assert!(open[0].steps[0].message.contains("as planned"), "{case}: {open:#?}");
        check(&scene, &plan, &open[0], &case).await;
        // Nothing else begins meanwhile.
        let again = plan_of(&scene).await.digest;
        let refused = scene.desk.apply(&caller(), again, "because".into()).await.unwrap_err();
        assert!(refused.to_string().contains(&format!("Run {run} is not finished")), "{case}: {refused}");
        assert_eq!(scene.desk.revert(&caller(), run).await.unwrap(), run);
        let reverted = scene.ended(run).await;
        assert_eq!(reverted.state, RunState::Reverted, "{case}: {reverted:#?}");
        check(&scene, &plan, &reverted, &case).await;
        assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Open, "{case}");
    }
}

/// A run that failed is found later: among the revisions, at its Service, with the ways on; and no more once something was applied.
#[tokio::test]
async fn a_failed_run_is_found_later_and_resolved_by_what_lands() {
    let faults = Faults::default();
    let scene = Scene::with(&faults).await;
    let all = policy::view::HistoryQuery::default;
    let of = |service| policy::view::HistoryQuery { service: Some(service), ..all() };
    scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    let digest = scene.desk.make_plan(&caller(), guard(&svc_a(), &["50.61.0.0/16"]).into()).await.unwrap();
    faults.at(2, Fault::Answer(403));
    let run = scene.apply_plan(digest.clone()).await;
    assert_eq!(run.state, RunState::PutBack, "{run:#?}");
    faults.heal();

    let found = scene.desk.unlanded(all()).await.unwrap();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].id, found[0].state, found[0].unresolved, &found[0].plan), (run.id, RunState::PutBack, true, &digest));
    assert!(found[0].message.contains("Step 2 of"), "{}", found[0].message);
    assert_eq!(scene.desk.unlanded(of(svc_a())).await.unwrap(), found);
    assert_eq!(scene.desk.unlanded(of("shop/svc-b".parse().unwrap())).await.unwrap(), []);
    assert_eq!(scene.desk.beside(svc_a()).await.unwrap().unlanded, found);
    // It stands before what came after it, and after what came before.
    let first = policy::view::HistoryQuery { before: Some(policy::view::RevisionId(1)), ..all() };
    assert_eq!(scene.desk.unlanded(first).await.unwrap(), []);

    scene.apply(guard(&svc_a(), &["50.62.0.0/16"])).await;
    let found = scene.desk.unlanded(all()).await.unwrap();
    assert_eq!(found.iter().map(|run| run.unresolved).collect::<Vec<_>>(), [false], "something was applied since");
}

/// What a run that failed found is planned again.
#[tokio::test]
async fn the_way_back_from_a_failed_run_is_what_it_found() {
    let faults = Faults::default();
    let scene = Scene::with(&faults).await;
    scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    let digest = scene.desk.make_plan(&caller(), guard(&svc_a(), &["50.61.0.0/16"]).into()).await.unwrap();
    faults.at(1, Fault::Answer(403));
    let run = scene.apply_plan(digest).await;
    faults.heal();
    scene.apply(guard(&svc_a(), &["50.62.0.0/16"])).await;
    let back = scene.desk.take_back_run(&caller(), run.id).await.unwrap();
    assert_eq!(scene.apply_plan(back).await.state, RunState::Done);
    let access = scene.desk.service(svc_a()).await.unwrap().access.unwrap();
    assert_eq!(access, super::scene::access(&["50.60.0.0/16"]).normalised());
    assert!(scene.desk.take_back_run(&caller(), policy::view::RunId(99)).await.is_err());
}
