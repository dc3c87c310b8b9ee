//! An API, as a case sees it: plain requests and what they answer.

use anyhow::{Context, Result, bail, ensure};
use http::{Method, Request};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use policy::object::Kind;
use serde_json::{Value, json};
use std::time::Duration;

/// Long enough for a real API server to tell what it knows.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Fields of `metadata` that servers set.
const SERVER_SET: [&str; 6] = ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink"];

/// An API under test.
#[derive(Clone)]
pub struct Api {
    client: Client,
}

/// What a request answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status code.
    pub code: u16,
    /// The body; null where it is no JSON.
    pub body: Value,
}

impl Answer {
    /// The object, which has to have been accepted.
    ///
    /// # Errors
    /// It was refused.
    pub fn accepted(self) -> Result<Value> {
        ensure!(self.code == 200 || self.code == 201, "refused with {}: {}", self.code, self.body);
        Ok(self.body)
    }

    /// That the request was refused with this code and this `reason`.
    ///
    /// # Errors
    /// It was not, or the body is no `Status` that says so.
    pub fn refused(&self, code: u16, reason: &str) -> Result<()> {
        let said = json!([self.code, self.body["kind"], self.body["status"], self.body["code"], self.body["reason"]]);
        let reason = if reason.is_empty() { Value::Null } else { json!(reason) };
        let expected = json!([code, "Status", "Failure", code, reason]);
        ensure!(said == expected, "expected {expected}, got {said}: {}", self.body["message"]);
        Ok(())
    }
}

impl Api {
    /// The API behind `client`.
    #[must_use]
    pub const fn new(client: Client) -> Self {
        Self { client }
    }

    /// Sends a request as it is.
    ///
    /// # Errors
    /// No answer came.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.client.send(request.body(Body::from(body))?).await?;
        let code = response.status().as_u16();
        let bytes = response.into_body().collect().await?.to_bytes();
        Ok(Answer { code, body: serde_json::from_slice(&bytes).unwrap_or_default() })
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Answer> {
        self.send(method, path, &[("content-type", "application/json")], body.to_string().into_bytes()).await
    }

    /// GET.
    ///
    /// # Errors
    /// No answer came.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, &[], Vec::new()).await
    }

    /// POST.
    ///
    /// # Errors
    /// No answer came.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.call(Method::POST, path, body).await
    }

    /// PUT.
    ///
    /// # Errors
    /// No answer came.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Answer> {
        self.call(Method::PUT, path, body).await
    }

    /// DELETE with options.
    ///
    /// # Errors
    /// No answer came.
    pub async fn delete(&self, path: &str, options: &Value) -> Result<Answer> {
        self.call(Method::DELETE, path, options).await
    }

    /// Puts back what is at `path` with a change, again where a controller was faster. Gives the object before, and as it is stored.
    ///
    /// # Errors
    /// It is refused, or changes whenever it is put.
    pub(super) async fn change(&self, path: &str, change: impl Fn(&mut Value)) -> Result<(Value, Value)> {
        for _ in 0..100 {
            let before = self.get(path).await?.accepted()?;
            let mut after = before.clone();
            change(&mut after);
            let answer = self.put(path, &after).await?;
            if answer.code != 409 {
                return Ok((before, answer.accepted()?));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("{path} changes whenever it is put")
    }

    /// Makes sure that nothing is at `path`.
    ///
    /// # Errors
    /// It cannot be deleted.
    pub async fn clear(&self, path: &str) -> Result<()> {
        let answer = self.delete(path, &json!({"gracePeriodSeconds": 0})).await?;
        if matches!(answer.code, 200 | 202 | 404) { Ok(()) } else { bail!("{path} cannot be deleted: {}", answer.body) }
    }

    /// The resourceVersion of the list at `path`.
    ///
    /// # Errors
    /// It cannot be listed.
    pub async fn revision(&self, path: &str) -> Result<String> {
        let list = self.get(path).await?.accepted()?;
        Ok(text(&list["metadata"]["resourceVersion"]))
    }

    /// The events of a watch, until none came for a while or it ended.
    ///
    /// # Errors
    /// The watch is refused, or tells what is no event.
    pub async fn watch(&self, path: &str) -> Result<Vec<Value>> {
        self.watch_for(path, PATIENCE).await
    }

    /// The same with another patience.
    ///
    /// # Errors
    /// As [`Api::watch`].
    pub async fn watch_for(&self, path: &str, patience: Duration) -> Result<Vec<Value>> {
        let response = self.client.send(Request::get(path).body(Body::empty())?).await?;
        ensure!(response.status() == 200, "the watch {path} is refused with {}", response.status());
        let mut body = response.into_body();
        let mut lines = Vec::new();
        while let Ok(Some(frame)) = tokio::time::timeout(patience, body.frame()).await {
            lines.extend(frame?.into_data().unwrap_or_default());
        }
        let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).context("a line of the watch")).collect()
    }
}

/// `TYPE NAME` of events.
#[must_use]
pub(super) fn told(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| format!("{} {}", text(&event["type"]), text(&event["object"]["metadata"]["name"]))).collect()
}

/// An object less what servers set.
#[must_use]
pub(super) fn less_server_set(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|field, _| !SERVER_SET.contains(&field.as_str()));
    }
    object
}

/// Where the objects of a kind are; `namespace` is empty for those that have none.
#[must_use]
pub(super) fn place(kind: Kind, namespace: &str) -> String {
    let base = if kind.group().is_empty() { "/api/v1".to_owned() } else { format!("/apis/{}", kind.api_version()) };
    if namespace.is_empty() { format!("{base}/{}", kind.plural()) } else { format!("{base}/namespaces/{namespace}/{}", kind.plural()) }
}

/// An object of a kind.
#[must_use]
pub(super) fn object(kind: Kind, name: &str, rest: Value) -> Value {
    let mut object = json!({"apiVersion": kind.api_version(), "kind": kind.name(), "metadata": {"name": name}});
    if let (Some(object), Value::Object(rest)) = (object.as_object_mut(), rest) {
        object.extend(rest);
    }
    object
}

/// The text of a JSON string; empty for anything else.
#[must_use]
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// That two values are equal.
///
/// # Errors
/// They are not; the message shows both.
pub(super) fn same(what: &str, found: &Value, expected: &Value) -> Result<()> {
    ensure!(found == expected, "{what}: expected {expected}, got {found}");
    Ok(())
}
