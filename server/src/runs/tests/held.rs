//! A run that waits behind a step: it goes on or goes back when somebody says so, also after a restart.

use super::kills::drop_after;
use super::scene::{Scene, object, reason};
use crate::history::fixtures::caller;
use crate::runs::RunError;
use policy::view::{RunState, StepState};

/// The step behind which it waits, from 0.
const HELD: usize = 2;

async fn held() -> Scene {
    let mut scene = Scene::new().await;
    scene.hold(HELD);
    scene
}

#[tokio::test]
async fn it_waits_behind_the_step_and_goes_on_when_told() {
    for restart in [false, true] {
        let mut scene = held().await;
        let run = scene.run().await;
        assert_eq!((run.state, run.message.as_str()), (RunState::Held, "It waits after step 3 of 5."));
        let states: Vec<_> = run.steps.iter().map(|step| step.state).collect();
        use StepState::{Done, Waiting};
        assert_eq!(states, [Done, Done, Done, Waiting, Waiting]);
        if restart {
            scene.restart().await;
            assert_eq!(scene.view(run.id).await.state, RunState::Held, "as for the last process");
        }
        let other = scene.runs.start(&scene.plan, &caller(), &reason(), &[None], None).await.unwrap_err();
        assert!(other.to_string().contains(&format!("Run {}", run.id)), "{other}");
        scene.runs.go_on(run.id).await.unwrap();
        scene.idle().await;
        let done = scene.view(run.id).await;
        assert_eq!(done.state, RunState::Done, "{done:#?}");
        scene.check(&done, "gone on");
        assert!(matches!(scene.runs.go_on(run.id).await, Err(RunError::NotHeld { .. })));
    }
}

#[tokio::test]
async fn it_is_taken_back_when_told() {
    for restart in [false, true] {
        let mut scene = held().await;
        let run = scene.run().await;
        if restart {
            scene.restart().await;
        }
        scene.runs.revert(run.id).await.unwrap();
        scene.idle().await;
        let back = scene.view(run.id).await;
        assert_eq!(back.state, RunState::Reverted, "{back:#?}");
        assert_eq!(scene.world.contents(), scene.before);
        assert!(scene.history.open_run().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn what_moved_while_it_waited_fails_the_next_step_and_all_is_put_back() {
    let scene = held().await;
    let run = scene.run().await;
    let next = &scene.plan.steps[HELD + 1].key;
    scene.world.put(next, Some(&object(next, "somebody else's")));
    scene.runs.go_on(run.id).await.unwrap();
    scene.idle().await;
    let back = scene.view(run.id).await;
    assert_eq!(back.state, RunState::PutBack, "{back:#?}");
    assert!(back.message.starts_with("Step 4 of 5"), "{}", back.message);
}

#[tokio::test]
async fn a_run_that_does_not_wait_does_not_go_on() {
    let scene = Scene::new().await;
    let run = scene.run().await;
    assert_eq!(run.state, RunState::Done);
    let refused = scene.runs.go_on(run.id).await.unwrap_err().to_string();
    assert_eq!(refused, "Run 1 does not wait for anybody: there is nothing to go on with.");
    assert!(matches!(scene.runs.go_on(policy::view::RunId(99)).await, Err(RunError::NoRun { .. })));
}

#[tokio::test]
async fn killed_anywhere_before_and_after_the_wait() {
    let mut seen = Vec::new();
    for polls in 0.. {
        let case = format!("killed after {polls} polls");
        let mut scene = held().await;
        let run = scene.begin().await;
        let waits = drop_after(polls, scene.runs.forward(run)).await;
        let view = scene.outlive(run, &case).await;
        seen.push(view.state);
        if waits {
            assert_eq!(view.state, RunState::Held, "{case}");
            break;
        }
    }
    for polls in 0.. {
        let case = format!("gone on, killed after {polls} polls");
        let mut scene = held().await;
        let run = scene.run().await.id;
        let ended = drop_after(polls, scene.runs.forward(run)).await;
        let view = scene.outlive(run, &case).await;
        seen.push(view.state);
        if ended {
            assert_eq!(view.state, RunState::Done, "{case}");
            break;
        }
    }
    for state in [RunState::PutBack, RunState::Interrupted, RunState::Held, RunState::Done] {
        assert!(seen.contains(&state), "never {state:?} in {seen:?}");
    }
}
