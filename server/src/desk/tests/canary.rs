//! One node first, from the plan to its end, over the sandbox; and what Prometheus is told meanwhile.

use super::scene::{Scene, guard, svc_a};
use crate::cluster::Objects as _;
use crate::history::fixtures::caller;
use crate::http::metrics;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use policy::access::{Asked, Canary};
use policy::plan::Role;
use policy::view::{RunState, ServiceState};
use tower::ServiceExt as _;

/// What Prometheus is told.
async fn scraped(scene: &Scene) -> String {
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let response = metrics(scene.desk.clone()).oneshot(request).await.unwrap();
    assert!(response.status().is_success());
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

fn says(text: &str, line: &str) -> bool {
    text.lines().any(|has| has == line)
}

async fn held(scene: &Scene) -> policy::view::RunView {
    let asked = Asked::Canary(Canary { change: guard(&svc_a(), &["50.60.0.0/16"]), canary: "node-a".to_owned() });
    let digest = scene.desk.make_plan(&caller(), asked).await.unwrap();
    let plan = scene.desk.plan(&caller(), digest.clone()).await.unwrap().plan;
    assert!(!plan.blocked(), "{:#?}", plan.findings);
    assert!(plan.summary.ends_with("Tried at node-a first."), "{}", plan.summary);
    scene.apply_plan(digest).await
}

#[tokio::test]
async fn a_guard_is_tried_at_one_node_and_goes_on() {
    let scene = Scene::new().await;
    let run = held(&scene).await;
    assert_eq!(run.state, RunState::Held, "{run:#?}");
    let written = run.steps.iter().take_while(|step| step.state == policy::view::StepState::Done).last().unwrap();
    assert_eq!(written.role, Role::Canary);
    assert!(run.message.contains("node-a decides as planned, the other nodes as before"), "{}", run.message);
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Changing);
    assert!(says(&scraped(&scene).await, "portcullis_open_runs{state=\"waiting\"} 1"));

    scene.desk.go_on(&caller(), run.id).await.unwrap();
    let done = scene.ended(run.id).await;
    assert_eq!(done.state, RunState::Done, "{done:#?}");
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Guarded);
    assert!(scene.live(&written.key).await.is_none(), "what was tried at one node is gone");
    assert!(!scraped(&scene).await.contains("portcullis_open_runs{"));
    let back = scene.desk.take_back(&caller(), done.revision.unwrap()).await.unwrap();
    assert_eq!(scene.apply_plan(back).await.state, RunState::Done);
    assert_eq!(scene.row(&svc_a()).await.state, ServiceState::Open);
}

#[tokio::test]
async fn a_node_that_is_not_there_is_refused_by_name() {
    let scene = Scene::new().await;
    let asked = Asked::Canary(Canary { change: guard(&svc_a(), &["50.60.0.0/16"]), canary: "node-z".to_owned() });
    let refused = scene.desk.make_plan(&caller(), asked).await.unwrap_err().to_string();
    assert!(refused.starts_with("The cluster has no node `node-z`: it has `node-a`, `node-b`"), "{refused}");
}

#[tokio::test]
async fn a_guard_that_is_tried_at_one_node_is_taken_back_after_a_restart() {
    let scene = Scene::new().await;
    let run = held(&scene).await;
    let scene = scene.restart().await;
    assert_eq!(scene.desk.run(run.id).await.unwrap().state, RunState::Held);
    scene.desk.revert(&caller(), run.id).await.unwrap();
    let back = scene.ended(run.id).await;
    assert_eq!(back.state, RunState::Reverted, "{back:#?}");
    for step in &back.steps {
        assert!(scene.live(&step.key).await.is_none(), "{} is left", step.key);
    }
}

#[tokio::test]
async fn prometheus_is_told_how_services_stand_and_whose_guard_does_not_fit_any_more() {
    let scene = Scene::new().await;
    scene.apply(guard(&svc_a(), &["50.60.0.0/16"])).await;
    let before = scraped(&scene).await;
    assert!(says(&before, "portcullis_cluster_connected 1") && says(&before, "portcullis_services{state=\"guarded\"} 1"), "{before}");
    assert!(!before.contains("guard-outdated") && before.ends_with("# EOF\n"), "{before}");

    let key = svc_a().key();
    let mut service = scene.live(&key).await.unwrap();
    service["spec"]["externalIPs"] = serde_json::json!(["203.0.113.7"]);
    let version = service["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    scene.elsewhere().replace(&key, &service, &version).await.unwrap();
    let told = async |_: &crate::desk::Desk| {
        says(&scraped(&scene).await, "portcullis_service_moved{finding=\"guard-outdated\",namespace=\"shop\",service=\"svc-a\"} 1")
    };
    scene.until("Prometheus is told", told).await;
    assert!(says(&scraped(&scene).await, "portcullis_findings{finding=\"guard-outdated\",severity=\"warning\"} 1"));
}
