//! What goes over the wire, and what the answers mean.

use super::fake::{Answer, Fake};
use crate::cluster::{Objects, RequestError, Requests};
use http::Method;
use policy::object::{Kind, ObjectKey};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

fn policy() -> ObjectKey {
    ObjectKey::new(Kind::GlobalNetworkPolicy, "", "edge")
}

fn object() -> Value {
    json!({ "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": { "name": "edge", "uid": "u1", "resourceVersion": "7" }, "spec": { "order": 1 } })
}

fn status(code: u16, reason: &str) -> Answer {
    Answer::Json(code, json!({ "kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": "the message" }))
}

fn requests(answers: impl IntoIterator<Item = Answer>) -> (Fake, Requests) {
    let fake = Fake::answering(answers);
    let requests = Requests::new(fake.client(), watch::channel(Arc::default()).1);
    (fake, requests)
}

#[tokio::test]
async fn a_create_is_a_plain_post() {
    let (fake, requests) = requests([Answer::Json(201, object())]);
    assert_eq!(requests.create(&policy(), &object()).await, Ok(object()));
    let seen = fake.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].method.clone(), seen[0].uri.as_str()), (Method::POST, "/apis/projectcalico.org/v3/globalnetworkpolicies?"));
    assert_eq!(seen[0].body, Some(object()));
}

#[tokio::test]
async fn a_replace_carries_the_version_last_seen() {
    let (fake, requests) = requests([Answer::Json(200, object())]);
    requests.replace(&policy(), &object(), "6").await.unwrap();
    let seen = fake.seen();
    assert_eq!((seen[0].method.clone(), seen[0].uri.as_str()), (Method::PUT, "/apis/projectcalico.org/v3/globalnetworkpolicies/edge?"));
    assert_eq!(seen[0].body.as_ref().unwrap()["metadata"]["resourceVersion"], "6");
}

#[tokio::test]
async fn a_replace_without_a_version_is_never_sent() {
    let (fake, requests) = requests([]);
    requests.replace(&policy(), &object(), "").await.unwrap_err();
    assert_eq!(fake.seen(), []);
}

#[tokio::test]
async fn a_delete_reads_first_and_names_the_uid() {
    let (fake, requests) = requests([Answer::Json(200, object()), Answer::Json(200, json!({ "kind": "Status", "status": "Success" }))]);
    requests.delete(&policy(), "u1", "7").await.unwrap();
    let seen = fake.seen();
    assert_eq!(seen[0].method, Method::GET);
    assert_eq!((seen[1].method.clone(), seen[1].uri.as_str()), (Method::DELETE, "/apis/projectcalico.org/v3/globalnetworkpolicies/edge?"));
    assert_eq!(seen[1].body.as_ref().unwrap()["preconditions"], json!({ "uid": "u1", "resourceVersion": "7" }));
}

#[tokio::test]
async fn a_delete_stops_where_the_object_has_moved() {
    for (uid, version) in [("u1", "6"), ("u0", "7")] {
        let (fake, requests) = requests([Answer::Json(200, object())]);
        let error = requests.delete(&policy(), uid, version).await.unwrap_err();
        assert!(matches!(error, RequestError::Conflict { .. }), "{error}");
        assert_eq!(fake.seen().len(), 1, "nothing but the read was sent");
    }
}

#[tokio::test]
async fn namespaced_objects_are_found_in_their_namespace() {
    let (fake, requests) = requests([status(404, "NotFound")]);
    assert_eq!(requests.get(&ObjectKey::new(Kind::NetworkPolicy, "shop", "pods")).await, Ok(None));
    assert_eq!(fake.seen()[0].uri, "/apis/projectcalico.org/v3/namespaces/shop/networkpolicies/pods");
}

#[tokio::test]
async fn answers_mean_what_they_say() {
    let message = || "the message".to_owned();
    let table = [
        (status(409, "Conflict"), RequestError::Conflict { message: message() }, false),
        (status(409, "AlreadyExists"), RequestError::AlreadyExists, false),
        (status(404, "NotFound"), RequestError::NotFound, false),
        (Answer::Text(404, "404 page not found"), RequestError::MissingApi { api: "projectcalico.org/v3".into() }, false),
        (status(403, "Forbidden"), RequestError::Forbidden { message: message() }, false),
        (status(401, "Unauthorized"), RequestError::Unauthorized, false),
        (status(422, "Invalid"), RequestError::Unfit { message: message() }, false),
        (status(429, "TooManyRequests"), RequestError::Busy { message: message() }, false),
        (status(400, "BadRequest"), RequestError::Refused { status: 400, reason: "BadRequest".into(), message: message() }, false),
        (status(500, "InternalError"), RequestError::Server { status: 500, reason: "InternalError".into(), message: message() }, true),
        (
            status(503, "ServiceUnavailable"),
            RequestError::Server { status: 503, reason: "ServiceUnavailable".into(), message: message() },
            true,
        ),
        (Answer::Break, RequestError::Connection { why: "connection reset".into() }, true),
    ];
    for (answer, expected, unclear) in table {
        let (_fake, requests) = requests([answer]);
        let error = requests.create(&policy(), &object()).await.unwrap_err();
        assert_eq!((&error, error.unclear()), (&expected, unclear));
    }
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_unclear() {
    let (_fake, requests) = requests([Answer::Text(200, "<html>")]);
    let error = requests.create(&policy(), &object()).await.unwrap_err();
    assert!(matches!(error, RequestError::Answer { .. }) && error.unclear(), "{error}");
}

#[tokio::test]
async fn silence_ends_in_time() {
    let limit = Duration::from_millis(20);
    let (_fake, requests) = requests([Answer::Silence]);
    let requests = requests.with_timeout(limit);
    let error = requests.create(&policy(), &object()).await.unwrap_err();
    assert_eq!(error, RequestError::Timeout { limit });
    assert!(error.unclear());
}
