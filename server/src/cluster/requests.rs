//! Plain and conditional requests for single objects.

use super::{ClusterState, Objects, Reply, RequestError};
use kube::Client;
use kube::api::{DeleteParams, GetParams, PostParams, Preconditions};
use kube::core::{Request, Status};
use policy::object::{Kind, ObjectKey};
use policy::snapshot::Snapshot;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch::Receiver;

/// How long an answer is waited for. API servers answer within a second; their own limit is 60 s, too long for a run that somebody watches.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long the watches may take to show what was written. They take milliseconds.
const CATCH_UP: Duration = Duration::from_secs(2);

/// Requests over a client.
#[derive(Clone)]
pub struct Requests {
    client: Client,
    timeout: Duration,
    state: Receiver<Arc<ClusterState>>,
}

impl Requests {
    pub(crate) const fn new(client: Client, state: Receiver<Arc<ClusterState>>) -> Self {
        Self { client, timeout: TIMEOUT, state }
    }

    #[cfg(test)]
    pub(super) fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    async fn send<T: DeserializeOwned>(&self, key: &ObjectKey, request: http::Request<Vec<u8>>) -> Result<T, RequestError> {
        send_within(self.timeout, &self.client, request).await.map_err(|error| match error {
            // A 404 without a Status of its own says that not the object but its whole API is missing.
            RequestError::Refused { status: 404, .. } => RequestError::MissingApi { api: key.kind.api_version().to_owned() },
            error => error,
        })
    }

    async fn read(&self, key: &ObjectKey) -> Result<Option<Value>, RequestError> {
        let request = path(key).get(&key.name, &GetParams::default()).map_err(unsendable)?;
        match self.send(key, request).await {
            Ok(object) => Ok(Some(object)),
            Err(RequestError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Objects for Requests {
    fn get<'a>(&'a self, key: &'a ObjectKey) -> Reply<'a, Option<Value>> {
        Box::pin(self.read(key))
    }

    fn create<'a>(&'a self, key: &'a ObjectKey, object: &'a Value) -> Reply<'a, Value> {
        Box::pin(async move {
            let request = path(key).create(&PostParams::default(), object.to_string().into_bytes()).map_err(unsendable)?;
            self.send(key, request).await
        })
    }

    fn replace<'a>(&'a self, key: &'a ObjectKey, object: &'a Value, resource_version: &'a str) -> Reply<'a, Value> {
        Box::pin(async move {
            let mut object = object.clone();
            // Without it a PUT would be unconditional where the API allows that.
            match object.get_mut("metadata").and_then(Value::as_object_mut) {
                Some(metadata) if !resource_version.is_empty() => {
                    metadata.insert("resourceVersion".to_owned(), resource_version.into());
                }
                _ => return Err(unsendable("the object has no metadata, or no resourceVersion to compare")),
            }
            let request = path(key).replace(&key.name, &PostParams::default(), object.to_string().into_bytes()).map_err(unsendable)?;
            self.send(key, request).await
        })
    }

    fn delete<'a>(&'a self, key: &'a ObjectKey, uid: &'a str, resource_version: &'a str) -> Reply<'a, ()> {
        Box::pin(async move {
            let Some(live) = self.read(key).await? else { return Err(RequestError::NotFound) };
            let is = |field: &str, expected: &str| live.pointer(field).and_then(Value::as_str) == Some(expected);
            if !is("/metadata/uid", uid) || !is("/metadata/resourceVersion", resource_version) {
                return Err(RequestError::Conflict { message: "it is not at the version that was last seen".to_owned() });
            }
            let preconditions = Preconditions { uid: Some(uid.to_owned()), resource_version: Some(resource_version.to_owned()) };
            let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
            let request = path(key).delete(&key.name, &params).map_err(unsendable)?;
            self.send::<Value>(key, request).await.map(|_status_or_object| ())
        })
    }

    fn seen<'a>(&'a self, versions: &'a [(ObjectKey, Option<String>)]) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        let mut state = self.state.clone();
        Box::pin(async move {
            let all = |state: &Arc<ClusterState>| versions.iter().all(|(key, version)| shows(&state.snapshot, key, version.as_deref()));
            // A watch that is behind, or broken, catches up later: a page that is shown before is only a little wrong.
            let _in_time = tokio::time::timeout(CATCH_UP, state.wait_for(all)).await;
        })
    }
}

/// Whether the snapshot is at least as new as this version of the object. Versions are numbers in every API server that there is; where they
/// are not, only the same one counts.
fn shows(snapshot: &Snapshot, key: &ObjectKey, version: Option<&str>) -> bool {
    match (snapshot.find(key), version) {
        (None, version) => version.is_none(),
        (Some(_), None) => false,
        (Some(object), Some(version)) => {
            let shown = &object.meta().resource_version;
            let number = |text: &str| text.parse::<u64>().ok();
            shown == version || number(shown).zip(number(version)).is_some_and(|(shown, version)| shown >= version)
        }
    }
}

/// Sends a request and reads its answer.
pub(super) async fn send<T: DeserializeOwned>(client: &Client, request: http::Request<Vec<u8>>) -> Result<T, RequestError> {
    send_within(TIMEOUT, client, request).await
}

async fn send_within<T: DeserializeOwned>(limit: Duration, client: &Client, request: http::Request<Vec<u8>>) -> Result<T, RequestError> {
    match tokio::time::timeout(limit, client.request(request)).await {
        Ok(answer) => answer.map_err(meaning),
        Err(_elapsed) => Err(RequestError::Timeout { limit }),
    }
}

/// What an error of the client means for a request.
pub(super) fn meaning(error: kube::Error) -> RequestError {
    match error {
        kube::Error::Api(status) => refusal(*status),
        kube::Error::SerdeError(why) => RequestError::Answer { why: why.to_string() },
        kube::Error::FromUtf8(why) => RequestError::Answer { why: why.to_string() },
        kube::Error::BuildRequest(why) => unsendable(why),
        other => RequestError::Connection { why: innermost(&other) },
    }
}

fn refusal(status: Status) -> RequestError {
    let Status { code, reason, message, .. } = status;
    match (code, reason.as_str()) {
        (409, "AlreadyExists") => RequestError::AlreadyExists,
        (409, _) => RequestError::Conflict { message },
        (404, "NotFound") => RequestError::NotFound,
        (403, _) => RequestError::Forbidden { message },
        (401, _) => RequestError::Unauthorized,
        (422, _) => RequestError::Unfit { message },
        (429, _) => RequestError::Busy { message },
        (400..=499, _) => RequestError::Refused { status: code, reason, message },
        _ => RequestError::Server { status: code, reason, message },
    }
}

/// The cause at the end of the chain: the sentences above it only repeat that a request failed.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn unsendable(why: impl std::fmt::Display) -> RequestError {
    RequestError::Refused { status: 400, reason: "NotSent".to_owned(), message: why.to_string() }
}

fn path(key: &ObjectKey) -> Request {
    Request::new(collection(key.kind, &key.namespace))
}

/// The URL of a kind's objects; of all namespaces where `namespace` is empty.
fn collection(kind: Kind, namespace: &str) -> String {
    let root = if kind.group().is_empty() { "api" } else { "apis" };
    let within = if namespace.is_empty() { String::new() } else { format!("namespaces/{namespace}/") };
    format!("/{root}/{}/{within}{}", kind.api_version(), kind.plural())
}
