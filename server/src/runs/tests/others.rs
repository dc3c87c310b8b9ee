//! Other people change objects too; blockers and empty plans.

use super::scene::{Scene, object, policy, reason, set};
use super::world::Fault;
use crate::cluster::RequestError;
use crate::history::fixtures::caller;
use crate::runs::RunError;
use policy::finding::{Finding, Severity};
use policy::view::{RunId, RunState, StepState};

fn refuse(scene: &Scene, request: usize) {
    scene.world.fault(request..=request, Fault::NotDone(RequestError::Unfit { message: "no".into() }));
}

#[tokio::test]
async fn what_others_changed_since_is_kept_and_said() {
    for (key, index) in [(set("clients"), 0), (policy("pods"), 2)] {
        let scene = Scene::new().await;
        refuse(&scene, 5);
        let theirs = object(&key, "theirs");
        scene.world.meanwhile(5, &key, Some(theirs.clone()));
        let run = scene.run().await;
        assert_eq!(run.state, RunState::Failed, "{run:#?}");
        assert_eq!(run.steps[index].state, StepState::Kept);
        assert!(run.message.contains("1 object left alone"), "{}", run.message);
        let mut expected = scene.before.clone();
        expected.insert(key.clone(), theirs["spec"].clone());
        assert_eq!(scene.world.contents(), expected, "the rest is as before");
    }
}

#[tokio::test]
async fn what_others_took_away_stays_away() {
    let scene = Scene::new().await;
    refuse(&scene, 5);
    scene.world.meanwhile(5, &policy("pods"), None);
    let run = scene.run().await;
    assert_eq!((run.state, run.steps[2].state), (RunState::Failed, StepState::Kept), "{run:#?}");
    assert_eq!(scene.world.live(&policy("pods")), None);
}

#[tokio::test]
async fn what_others_made_again_is_kept() {
    let scene = Scene::new().await;
    refuse(&scene, 5);
    scene.world.meanwhile(5, &set("old"), Some(object(&set("old"), "another")));
    let run = scene.run().await;
    assert_eq!((run.state, run.steps[3].state), (RunState::Failed, StepState::Kept), "{run:#?}");
}

#[tokio::test]
async fn an_object_that_was_touched_but_says_the_same_is_put_back() {
    let scene = Scene::new().await;
    refuse(&scene, 5);
    scene.world.meanwhile(5, &set("clients"), Some(object(&set("clients"), "new")));
    let run = scene.run().await;
    scene.check(&run, "touched");
    assert_eq!(run.state, RunState::PutBack, "{run:#?}");
}

#[tokio::test]
async fn a_change_that_came_first_fails_the_step() {
    let scene = Scene::new().await;
    scene.world.meanwhile(3, &policy("pods"), Some(object(&policy("pods"), "theirs")));
    let run = scene.run().await;
    assert_eq!((run.state, run.steps[2].state), (RunState::PutBack, StepState::Failed), "{run:#?}");
    assert_eq!(scene.world.contents()[&policy("pods")]["says"], "theirs");
}

#[tokio::test]
async fn a_blocker_or_an_empty_plan_never_begins() {
    let scene = Scene::new().await;
    let mut blocked = scene.plan.clone();
    blocked.findings.push(Finding {
        severity: Severity::Blocker,
        id: "failsafe-port".into(),
        what: "Port 22 is a failsafe port.".into(),
        objects: Vec::new(),
        field: String::new(),
        why: String::new(),
        action: "Use another port.".into(),
        packet: None,
    });
    let error = scene.runs.start(&blocked, &caller(), &reason(), &[None], None).await.unwrap_err();
    assert_eq!(error.to_string(), "The plan cannot be applied: Port 22 is a failsafe port. Use another port.");
    let mut empty = scene.plan.clone();
    empty.steps.clear();
    assert!(matches!(scene.runs.start(&empty, &caller(), &reason(), &[None], None).await, Err(RunError::Nothing)));
    assert!(matches!(scene.runs.view(RunId(77)).await, Err(RunError::NoRun { run: RunId(77) })));
    assert_eq!(scene.world.requests(), 0);
    assert!(scene.history.open_run().await.unwrap().is_none());
}
