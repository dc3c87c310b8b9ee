//! The sandbox driven through its router and through `kube::Client`.

mod auto_host_endpoints;
mod controllers;
mod persistence;
mod requests;
mod seed;
mod selectors;
mod watches;
mod writes;

use super::{Limits, Sandbox};
use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;
use tower::ServiceExt;

/// A new sandbox in a folder of its own.
struct World {
    sandbox: Sandbox,
    _folder: TempDir,
}

impl World {
    async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    async fn with(limits: Limits) -> Self {
        let folder = TempDir::new().unwrap();
        let sandbox = Sandbox::open_with(&folder.path().join("sandbox.db"), limits).await.unwrap();
        Self { sandbox, _folder: folder }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.sandbox.router().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
        self.send(Request::builder().method(method).uri(path).body(body.to_string().into()).unwrap()).await
    }

    async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.call(Method::POST, path, body).await
    }

    async fn put(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.call(Method::PUT, path, body).await
    }

    async fn delete(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.call(Method::DELETE, path, body).await
    }

    /// Creates an object that has to be accepted.
    async fn created(&self, path: &str, body: &Value) -> Value {
        let (status, object) = self.post(path, body).await;
        assert_eq!(status, StatusCode::CREATED, "{object}");
        object
    }

    /// The lines of a watch that come within `patience`, as `TYPE NAME`.
    async fn watch(&self, query: &str, patience: Duration) -> Vec<String> {
        let lines = self.watch_lines(query, patience).await;
        lines.iter().map(|line| format!("{} {}", text(&line["type"]), text(&line["object"]["metadata"]["name"]))).collect()
    }

    async fn watch_lines(&self, query: &str, patience: Duration) -> Vec<Value> {
        let response = self.sandbox.router().oneshot(Request::get(query).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let mut body = response.into_body();
        let mut lines = String::new();
        while let Ok(Some(frame)) = tokio::time::timeout(patience, body.frame()).await {
            lines.push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
        }
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Long enough for a watch to give what it has, and short enough to wait for.
const MOMENT: Duration = Duration::from_millis(100);
const SETS: &str = "/apis/projectcalico.org/v3/globalnetworksets";
const SLICES: &str = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices";

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn mk_set(name: &str, nets: &[&str]) -> Value {
    json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "metadata": {"name": name}, "spec": {"nets": nets}})
}

fn mk_slice(name: &str, labels: Value) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "labels": labels},
        "addressType": "IPv4",
        "endpoints": [],
    })
}

/// What a refusal says: code and reason, in the body as well as in the status line.
fn refusal((status, body): &(StatusCode, Value)) -> (u16, String) {
    assert_eq!(body["kind"], "Status", "{body}");
    assert_eq!(body["status"], "Failure", "{body}");
    assert_eq!(body["code"], status.as_u16(), "{body}");
    assert_ne!(text(&body["message"]), "", "{body}");
    (status.as_u16(), text(&body["reason"]))
}

fn refused(code: u16, reason: &str) -> (u16, String) {
    (code, reason.to_owned())
}
