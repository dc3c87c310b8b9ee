//! Whether the API server lets Portcullis write, asked before anything is written.

use super::RequestError;
use super::requests::send;
use kube::Client;
use policy::plan::rights::{Refused, Right};
use serde_json::{Value, json};

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// The rights of these that are not there, or of which it is not known; of their objects the first that is refused.
pub(super) async fn refused(client: &Client, rights: Vec<Right>) -> Vec<(Right, Refused)> {
    let asked = rights.into_iter().map(|right| of(client, right));
    futures::future::join_all(asked).await.into_iter().flatten().collect()
}

/// Why the right is not there; none where one of its names has it, or each of its objects.
async fn of(client: &Client, mut right: Right) -> Option<(Right, Refused)> {
    let mut why = None;
    for name in &right.names {
        match of_name(client, &right, name).await {
            None => return None,
            Some(refused @ Refused::Unknown(_)) => return Some((right, refused)),
            refused => why = refused,
        }
    }
    if right.objects.is_empty() {
        return why.map(|why| (right, why));
    }
    for name in &right.objects {
        if let Some(refused) = of_name(client, &right, name).await {
            right.objects = vec![name.clone()];
            return Some((right, refused));
        }
    }
    None
}

async fn of_name(client: &Client, right: &Right, name: &str) -> Option<Refused> {
    match review(client, right, name).await {
        Ok(reason) => reason.map(Refused::Denied),
        // An API server that has no rights refuses none, as the sandbox.
        Err(RequestError::NotFound | RequestError::Refused { status: 404, .. }) => None,
        Err(error) => Some(Refused::Unknown(error.to_string())),
    }
}

/// Why the API server would refuse; none where it would not.
async fn review(client: &Client, right: &Right, name: &str) -> Result<Option<String>, RequestError> {
    let attributes =
        json!({"group": "projectcalico.org", "resource": right.resource, "verb": right.verb, "namespace": right.namespace, "name": name});
    let body =
        json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}});
    let request = http::Request::post(REVIEWS).header(http::header::CONTENT_TYPE, "application/json").body(body.to_string().into_bytes());
    let request = request.map_err(|error| super::requests::meaning(kube::Error::HttpError(error)))?;
    let answer: Value = send(client, request).await?;
    let status = &answer["status"];
    let reason = ["reason", "evaluationError"].into_iter().filter_map(|field| status[field].as_str()).find(|text| !text.is_empty());
    Ok((status["allowed"] != true).then(|| reason.unwrap_or_default().to_owned()))
}
