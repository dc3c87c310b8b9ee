//! Nodes are given time to decide by a write before one that counts on it.

use super::scene::Scene;
use policy::view::RunState;
use std::time::{Duration, Instant};

const SETTLE: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_run_waits_between_roles_that_count_on_each_other() {
    let mut scene = Scene::new().await;
    scene.slow_nodes(SETTLE);
    let begin = Instant::now();
    let run = scene.run().await;
    // Its roles are set, HostEndpoint, pod policy, set, edge policy: three pairs count on each other.
    assert!(begin.elapsed() >= SETTLE * 3, "{:?}", begin.elapsed());
    assert_eq!(run.state, RunState::Done, "{run:#?}");
}

#[tokio::test]
async fn a_run_that_is_stopped_does_not_wait() {
    let mut scene = Scene::new().await;
    scene.slow_nodes(Duration::from_secs(3600));
    let run = scene.begin().await;
    let stopped = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        scene.runs.shutdown().await;
    };
    tokio::time::timeout(Duration::from_secs(30), async { tokio::join!(scene.runs.forward(run), stopped) }).await.unwrap();
    assert_eq!(scene.view(run).await.state, RunState::Interrupted);
}
