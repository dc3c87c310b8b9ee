//! The process ends, anywhere.

use super::scene::{Scene, reason};
use super::world::Fault;
use crate::cluster::RequestError;
use crate::history::fixtures::caller;
use crate::runs::RunError;
use policy::view::{RunState, StepState};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Drives a future until it has been polled `left` times, then drops it where it is.
pub(super) struct DropAfter<F> {
    inner: Pin<Box<F>>,
    left: usize,
}

impl<F: Future> Future for DropAfter<F> {
    /// Whether it came to its end.
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        if self.left == 0 {
            return Poll::Ready(false);
        }
        self.left -= 1;
        self.inner.as_mut().poll(cx).map(|_| true)
    }
}

pub(super) fn drop_after<F: Future>(left: usize, inner: F) -> DropAfter<F> {
    DropAfter { inner: Box::pin(inner), left }
}

/// Kills the engine at every point where it waits, with `prepare` done to the cluster first; starts another; reverts where that is offered.
async fn kill_everywhere(name: &str, again: bool, prepare: impl Fn(&Scene)) -> Vec<RunState> {
    let mut scene = Scene::new().await;
    scene.again = again;
    let mut seen = Vec::new();
    for polls in 0.. {
        let case = format!("{name}, killed after {polls} polls");
        scene.reset().await;
        prepare(&scene);
        let run = scene.begin().await;
        let ended = drop_after(polls, scene.runs.forward(run)).await;
        let view = scene.outlive(run, &case).await;
        seen.push(view.state);
        if ended {
            assert_ne!(view.state, RunState::Interrupted, "{case}");
            return seen;
        }
    }
    unreachable!()
}

#[tokio::test]
async fn killed_anywhere_while_going_forward() {
    for again in [false, true] {
        let seen = kill_everywhere("forward", again, |_| ()).await;
        assert!(seen.len() > 30, "only {} points: the engine was hardly cut", seen.len());
        for state in [RunState::PutBack, RunState::Interrupted, RunState::Done] {
            assert!(seen.contains(&state), "never {state:?} in {seen:?}");
        }
    }
}

#[tokio::test]
async fn killed_anywhere_while_putting_back() {
    for (again, last) in [(false, 5), (true, 8)] {
        let refuse = |scene: &Scene| scene.world.fault(last..=last, Fault::NotDone(RequestError::Unfit { message: "no".into() }));
        let seen = kill_everywhere("back", again, refuse).await;
        assert!(seen.len() > 50, "only {} points: the engine was hardly cut", seen.len());
        assert_eq!(seen.last(), Some(&RunState::PutBack));
    }
}

#[tokio::test]
async fn killed_anywhere_while_reverting() {
    let mut scene = Scene::new().await;
    for polls in 0.. {
        let case = format!("killed after {polls} polls of the revert");
        scene.reset().await;
        let run = scene.begin().await;
        // Into the middle of the run.
        assert!(!drop_after(25, scene.runs.forward(run)).await);
        scene.restart().await;
        assert_eq!(scene.view(run).await.state, RunState::Interrupted, "{case}");
        scene.history.set_stage(run, crate::history::Stage::Reverting, "").await.unwrap();
        let ended = drop_after(polls, scene.runs.go_back(run)).await;
        let view = scene.outlive(run, &case).await;
        if ended {
            assert_eq!(view.state, RunState::Reverted, "{case}");
            return;
        }
    }
}

#[tokio::test]
async fn an_interrupted_run_is_read_back_and_blocks_the_next() {
    let mut scene = Scene::new().await;
    let down = RequestError::Connection { why: "reset".into() };
    scene.world.fault(3..=3, Fault::AnswerLost(down.clone()));
    scene.world.fault(4..=usize::MAX, Fault::NotDone(down));
    let run = scene.run().await.id;
    scene.world.heal();
    scene.restart().await;
    let view = scene.view(run).await;
    assert_eq!(view.state, RunState::Interrupted);
    assert!(view.steps[0].message.contains("as planned"), "{view:#?}");
    assert!(view.steps[2].message.contains("as planned"), "the answer was lost, the write was not; {view:#?}");
    assert_eq!((view.steps[3].state, view.steps[3].message.as_str()), (StepState::Waiting, ""));
    let error = scene.runs.start(&scene.plan, &caller(), &reason(), &[None], None).await.unwrap_err();
    assert!(error.to_string().contains(&format!("Run {run}")), "{error}");
    scene.settle(&view, "after a restart").await;
    assert!(matches!(scene.runs.revert(run).await, Err(RunError::NotInterrupted { .. })));
}

#[tokio::test]
async fn shutting_down_finishes_the_step_and_leaves_the_rest() {
    let mut scene = Scene::new().await;
    let run = scene.begin().await;
    scene.runs.shutdown().await;
    scene.runs.forward(run).await;
    assert_eq!(scene.world.requests(), 0);
    assert!(matches!(scene.runs.start(&scene.plan, &caller(), &reason(), &[None], None).await, Err(RunError::Stopping)));
    scene.restart().await;
    assert_eq!(scene.view(run).await.state, RunState::PutBack);

    scene.reset().await;
    let run = scene.runs.start(&scene.plan, &caller(), &reason(), &[None], None).await.unwrap();
    while scene.world.requests() < 2 {
        tokio::task::yield_now().await;
    }
    scene.runs.shutdown().await;
    scene.restart().await;
    let view = scene.view(run).await;
    assert_eq!(view.state, RunState::Interrupted, "{view:#?}");
    assert!(view.steps.iter().all(|s| matches!(s.state, StepState::Done | StepState::Waiting)), "no step is cut: {view:#?}");
    scene.settle(&view, "after a shutdown").await;
}

/// The disk fills up at some point of the run: it stops where it is, and when there is room again it can be reverted.
#[tokio::test]
async fn a_run_whose_journal_cannot_be_written_stops_and_is_reverted() {
    let mut scene = Scene::new().await;
    let mut stopped = 0;
    for pages in 0..12 {
        let case = format!("room for {pages} pages");
        scene.reset().await;
        for step in &mut scene.plan.steps {
            // Large enough that each step of the journal takes pages of its own.
            if let policy::plan::Write::Create { object } = &mut step.write {
                object["metadata"]["annotations"] = serde_json::json!({ "large": "x".repeat(6000) });
            }
        }
        let run = scene.begin().await;
        scene.history.room_for(pages).await;
        scene.runs.forward(run).await;
        scene.history.room_for(100_000).await;
        let view = scene.view(run).await;
        scene.check(&view, &case);
        stopped += usize::from(view.state == RunState::Interrupted);
        scene.restart().await;
        let view = scene.view(run).await;
        scene.check(&view, &case);
        scene.settle(&view, &case).await;
    }
    assert!(stopped >= 3, "the disk was full in {stopped} runs only");
}
