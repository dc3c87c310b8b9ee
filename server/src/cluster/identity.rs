//! Which cluster this is.

use super::RequestError;
use super::requests::{meaning, send};
use k8s_openapi::apimachinery::pkg::version::Info;
use kube::Client;
use serde_json::Value;

/// Which cluster this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The uid of the Namespace kube-system: it lives as long as the cluster does.
    pub uid: String,
    /// Kubernetes' version, `v1.29.15`.
    pub kubernetes: String,
}

pub(super) async fn of(client: &Client) -> Result<Identity, RequestError> {
    let namespace: Value = send(client, get("/api/v1/namespaces/kube-system")?).await?;
    let uid = namespace.pointer("/metadata/uid").and_then(Value::as_str).filter(|uid| !uid.is_empty());
    let Some(uid) = uid else { return Err(RequestError::Answer { why: "the Namespace kube-system has no uid".to_owned() }) };
    Ok(Identity { uid: uid.to_owned(), kubernetes: version(client).await?.git_version })
}

/// The version of the API server; asked often, it tells whether it can be reached.
pub(super) async fn version(client: &Client) -> Result<Info, RequestError> {
    send(client, get("/version")?).await
}

fn get(path: &str) -> Result<http::Request<Vec<u8>>, RequestError> {
    http::Request::get(path).body(Vec::new()).map_err(|error| meaning(kube::Error::HttpError(error)))
}
