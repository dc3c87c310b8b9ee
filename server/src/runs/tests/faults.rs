//! Every fault at every request.

use super::scene::Scene;
use super::world::Fault;
use crate::cluster::RequestError;
use policy::view::{RunState, StepState};
use std::time::Duration;

fn refusals() -> Vec<RequestError> {
    let message = || "no".to_owned();
    vec![
        RequestError::Conflict { message: message() },
        RequestError::Forbidden { message: message() },
        RequestError::Unfit { message: message() },
        RequestError::Unauthorized,
        RequestError::MissingApi { api: "projectcalico.org/v3".into() },
        RequestError::Refused { status: 400, reason: "BadRequest".into(), message: message() },
    ]
}

fn unclear() -> Vec<RequestError> {
    let server = |status| RequestError::Server { status, reason: String::new(), message: "broke".into() };
    vec![
        RequestError::Timeout { limit: Duration::from_secs(10) },
        RequestError::Connection { why: "connection reset".into() },
        RequestError::Answer { why: "no JSON".into() },
        server(500),
        server(503),
        server(504),
    ]
}

#[tokio::test]
async fn without_faults_every_step_lands() {
    let scene = Scene::new().await;
    let run = scene.run().await;
    scene.check(&run, "no fault");
    assert_eq!(run.state, RunState::Done);
    assert!(run.steps.iter().all(|s| s.state == StepState::Done && s.message.is_empty()), "{run:#?}");
    let objects = scene.history.objects(run.revision.unwrap()).await.unwrap();
    assert_eq!(objects.len(), 5);
    assert_eq!(objects[0].after, scene.world.live(&scene.plan.steps[0].key), "as the API server has it, uid and all");
    assert_eq!((objects[0].before.as_ref(), objects[3].after.as_ref()), (None, None));
}

/// One fault at the `n`th request, for every `n` that a run has: it ends by itself, all or nothing.
#[tokio::test]
async fn any_one_fault_ends_in_all_or_nothing() {
    for (again, steps) in [(false, 5), (true, 8)] {
        any_one_fault(again, steps).await;
    }
}

async fn any_one_fault(again: bool, steps: usize) {
    let mut scene = Scene::new().await;
    scene.again = again;
    scene.reset().await;
    scene.run().await;
    let requests = scene.world.requests();
    assert_eq!(requests, steps);
    let mut ended = [0, 0];
    for n in 1..=requests {
        let clear = refusals().into_iter().map(Fault::NotDone);
        let open = unclear().into_iter().flat_map(|e| [Fault::NotDone(e.clone()), Fault::AnswerLost(e)]);
        for fault in clear.chain(open).chain([Fault::NotDone(RequestError::Busy { message: "later".into() })]) {
            let case = format!("request {n}: {fault:?}");
            scene.reset().await;
            scene.world.fault(n..=n, fault.clone());
            let run = scene.run().await;
            scene.check(&run, &case);
            let refused = matches!(&fault, Fault::NotDone(error) if !error.passing());
            let expected = if refused { RunState::PutBack } else { RunState::Done };
            assert_eq!(run.state, expected, "{case}: what is safe to try again is tried again; {run:#?}");
            ended[usize::from(refused)] += 1;
        }
    }
    assert_eq!(ended, [steps * 13, steps * 6]);
}

/// From the `n`th request on the API server is gone, having done the `n`th or not; later it is back.
#[tokio::test]
async fn a_cluster_that_goes_away_leaves_a_run_that_can_be_reverted() {
    let mut scene = Scene::new().await;
    for (n, again, steps) in (1..=7).map(|n| (n, false, 5)).chain((1..=10).map(|n| (n, true, 8))) {
        scene.again = again;
        for done in [false, true] {
            let case = format!("gone from request {n}, which was done: {done}");
            let down = RequestError::Connection { why: "connection refused".into() };
            scene.reset().await;
            scene.world.fault(n..=n, if done { Fault::AnswerLost(down.clone()) } else { Fault::NotDone(down.clone()) });
            scene.world.fault(n + 1..=usize::MAX, Fault::NotDone(down));
            let run = scene.run().await;
            scene.check(&run, &case);
            assert_eq!(run.state, if n <= steps { RunState::Interrupted } else { RunState::Done }, "{case}: {run:#?}");
            scene.settle(&run, &case).await;
        }
    }
}

/// A refusal, and then the API server fails `m` requests later while objects are put back.
#[tokio::test]
async fn a_fault_while_putting_back_is_tried_again() {
    let mut scene = Scene::new().await;
    for n in 2..=5 {
        for m in 1..=8 {
            for fault in unclear().into_iter().flat_map(|e| [Fault::NotDone(e.clone()), Fault::AnswerLost(e)]) {
                let case = format!("refused at {n}, then at {m} more {fault:?}");
                scene.reset().await;
                scene.world.fault(n..=n, Fault::NotDone(RequestError::Unfit { message: "no".into() }));
                scene.world.fault(n + m..=n + m, fault);
                let run = scene.run().await;
                scene.check(&run, &case);
                assert_eq!(run.state, RunState::PutBack, "{case}: {run:#?}");
                assert_eq!(run.steps[n - 1].state, StepState::Failed, "{case}: {run:#?}");
            }
        }
    }
}

/// The request is still on its way when the engine gives up on it, and lands later.
#[tokio::test]
async fn a_write_that_lands_late_is_found() {
    let mut scene = Scene::new().await;
    for n in 1..=5 {
        for after in 1..=4 {
            let case = format!("request {n} lands {after} requests late");
            let error = RequestError::Timeout { limit: Duration::from_secs(10) };
            scene.reset().await;
            scene.world.fault(n..=n, Fault::Late { error, after });
            let run = scene.run().await;
            scene.check(&run, &case);
            assert_eq!(run.state, RunState::Done, "{case}: {run:#?}");
        }
    }
}

/// Nothing but timeouts while going forward, and a write that lands only when it has been given up.
#[tokio::test]
async fn a_write_that_lands_after_it_was_given_up_is_put_back() {
    let mut scene = Scene::new().await;
    // Three tries and their reads are requests 1 to 6; the first look while putting back is the 7th.
    for after in 6..=7 {
        let case = format!("lands {after} requests late");
        let error = RequestError::Timeout { limit: Duration::from_secs(10) };
        scene.reset().await;
        scene.world.fault(1..=1, Fault::Late { error: error.clone(), after });
        scene.world.fault(2..=6, Fault::NotDone(error));
        let run = scene.run().await;
        scene.check(&run, &case);
        assert_eq!(run.state, RunState::PutBack, "{case}: {run:#?}");
    }
}

#[tokio::test]
async fn a_step_that_fails_says_why_and_what_was_put_back() {
    let scene = Scene::new().await;
    scene.world.fault(3..=3, Fault::NotDone(RequestError::Unfit { message: "spec.selector: bad".into() }));
    let run = scene.run().await;
    let states: Vec<_> = run.steps.iter().map(|s| s.state).collect();
    assert_eq!(states, [StepState::PutBack, StepState::PutBack, StepState::Failed, StepState::Waiting, StepState::Waiting]);
    assert!(run.steps[2].message.contains("spec.selector: bad"), "{run:#?}");
    assert!(run.message.contains("Step 3 of 5") && run.message.contains("spec.selector: bad"), "{}", run.message);
    assert!(run.message.contains("2 objects put back as before."), "{}", run.message);
}
