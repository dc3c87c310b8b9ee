//! Commands on a cluster that answers.

use super::run;
use crate::http::{bind, serve};
use crate::sandbox::Sandbox;
use axum::response::IntoResponse as _;
use axum::{Json, Router, routing};
use http::StatusCode;
use serde_json::json;
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// A kubeconfig of an API server of which this is the answer on rights; it serves until the test ends.
async fn kubeconfig(folder: &Path, reviews: Option<(bool, &'static str)>) {
    let sandbox = Sandbox::open(&folder.join("sandbox.db")).await.unwrap();
    let mut router = sandbox.router();
    if let Some((allowed, reason)) = reviews {
        let status = json!({"kind": "SelfSubjectAccessReview", "status": {"allowed": allowed, "reason": reason}});
        let review = routing::post(async move || (StatusCode::CREATED, Json(status.clone())).into_response());
        router = Router::new().route("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review).fallback_service(router);
    }
    let (listener, address) = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    tokio::spawn(serve(listener, router, CancellationToken::new()));
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": format!("http://{address}")}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    });
    std::fs::write(folder.join("config"), config.to_string()).unwrap();
}

#[tokio::test]
async fn a_plan_of_a_cluster_knows_whether_it_may_be_written() {
    const PLAN: &str = "plan --kubeconfig FOLDER/config --service shop/svc-a --host-endpoints named:eth0 --allow 50.60.0.0/16";
    for (reviews, code) in [(None, 0), (Some((true, "")), 0), (Some((false, "no RBAC policy matched")), 1)] {
        let folder = tempfile::tempdir().unwrap();
        kubeconfig(folder.path(), reviews).await;
        let answer = run(PLAN, folder.path()).await;
        assert_eq!(answer.code, code, "{reviews:?}: {}", answer.err);
        let said = "Portcullis may not create globalnetworksets";
        assert_eq!(answer.err.contains(said), code == 1, "{reviews:?}: {}", answer.err);
    }
}
