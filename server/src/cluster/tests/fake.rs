//! A few URLs of an API server, with the faults that a test asks for.

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use http::{Method, Request, Response, StatusCode};
use kube::Client;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// A request as it came in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) method: Method,
    pub(super) uri: String,
    pub(super) body: Option<Value>,
}

/// How the fake behaves.
#[derive(Default)]
pub(super) struct Behaviour {
    /// The lists, by path.
    pub(super) lists: BTreeMap<&'static str, Vec<Value>>,
    /// Answers for requests that neither list nor watch, in order.
    pub(super) answers: VecDeque<Answer>,
    /// The API server cannot be reached.
    pub(super) down: bool,
    /// The API groups that are not there.
    pub(super) missing: Vec<&'static str>,
    /// The paths that may not be read.
    pub(super) forbidden: Vec<&'static str>,
    /// Watches are refused as expired, this many times.
    pub(super) expire: u32,
    pub(super) seen: Vec<Seen>,
    watches: BTreeMap<String, Vec<mpsc::UnboundedSender<String>>>,
}

/// One answer.
pub(super) enum Answer {
    Json(u16, Value),
    Text(u16, &'static str),
    Silence,
    Break,
}

#[derive(Clone, Default)]
pub(super) struct Fake(Arc<Mutex<Behaviour>>);

impl Fake {
    pub(super) fn client(&self) -> Client {
        let fake = self.clone();
        Client::new(tower::service_fn(move |request| fake.clone().answer(request)), "default")
    }

    pub(super) fn set<T>(&self, change: impl FnOnce(&mut Behaviour) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }

    pub(super) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let fake = Self::default();
        fake.set(|b| b.answers = answers.into_iter().collect());
        fake
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.set(|b| b.seen.clone())
    }

    /// Sends an event to every watch of `path`.
    pub(super) fn event(&self, path: &str, kind: &str, object: &Value) {
        let line = format!("{}\n", json!({ "type": kind, "object": object }));
        self.set(|b| {
            for watch in b.watches.get(path).into_iter().flatten() {
                let _closed = watch.send(line.clone());
            }
        });
    }

    /// Ends every watch.
    pub(super) fn hang_up(&self) {
        self.set(|b| b.watches.clear());
    }

    /// How many watches of `path` were begun.
    pub(super) fn watches(&self, path: &str) -> usize {
        let begins = |seen: &Seen| seen.uri.starts_with(&format!("{path}?")) && seen.uri.contains("watch=true");
        self.seen().iter().filter(|seen| begins(seen)).count()
    }

    async fn answer(self, request: Request<kube::client::Body>) -> Result<Response<Body>, std::io::Error> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(Body::new(body), usize::MAX).await.unwrap();
        let uri = parts.uri.to_string();
        let (path, query) = uri.split_once('?').unwrap_or((&uri, ""));
        let answer = self.set(|b| {
            b.seen.push(Seen { method: parts.method.clone(), uri: uri.clone(), body: serde_json::from_slice(&body).ok() });
            if b.down {
                return Err(std::io::Error::other("connection refused"));
            }
            if b.missing.iter().any(|group| path.contains(group)) {
                return Ok(text(404, "404 page not found"));
            }
            if b.forbidden.contains(&path) {
                let status = json!({ "kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden", "message": "not yours" });
                return Ok(answer_json(403, &status));
            }
            if path == "/version" {
                return Ok(answer_json(
                    200,
                    &json!({ "major": "1", "minor": "29", "gitVersion": "v1.29.15", "gitCommit": "", "gitTreeState": "",
                    "buildDate": "", "goVersion": "", "compiler": "", "platform": "" }),
                ));
            }
            if let Some(answer) = b.answers.pop_front() {
                return match answer {
                    Answer::Json(status, body) => Ok(answer_json(status, &body)),
                    Answer::Text(status, body) => Ok(text(status, body)),
                    Answer::Silence => Ok(Response::new(Body::empty())),
                    Answer::Break => Err(std::io::Error::other("connection reset")),
                };
            }
            if query.contains("watch=true") {
                return Ok(b.watch(path));
            }
            let items = b.lists.get(path).cloned().unwrap_or_default();
            Ok(answer_json(200, &json!({ "metadata": { "resourceVersion": "100" }, "items": items })))
        });
        match answer {
            // `Answer::Silence` is the one answer without a body.
            Ok(response) if HttpBody::is_end_stream(response.body()) => std::future::pending().await,
            other => other,
        }
    }
}

impl Behaviour {
    fn watch(&mut self, path: &str) -> Response<Body> {
        let (send, mut receive) = mpsc::unbounded_channel::<String>();
        if self.expire > 0 {
            self.expire -= 1;
            let gone = json!({ "kind": "Status", "status": "Failure", "code": 410, "reason": "Expired", "message": "too old" });
            return answer_json(200, &json!({ "type": "ERROR", "object": gone }));
        }
        self.watches.entry(path.to_owned()).or_default().push(send);
        let lines = futures::stream::poll_fn(move |cx| receive.poll_recv(cx).map(|line| line.map(|l| Ok::<_, Infallible>(Bytes::from(l)))));
        Response::new(Body::from_stream(lines))
    }
}

fn answer_json(status: u16, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

fn text(status: u16, body: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}
