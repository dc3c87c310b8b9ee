//! A client whose requests fail as a test wants it.

use http::{Method, Request, Response, StatusCode};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What goes wrong with one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection breaks before the request is sent.
    Reset,
    /// The request is done, and the connection breaks before the answer.
    AnswerLost,
    /// The API server answers this status, and does nothing.
    Answer(u16),
    /// The API server does it, and answers this status all the same.
    DoneButAnswer(u16),
}

#[derive(Default)]
struct State {
    writes: usize,
    fault: Option<(usize, Fault)>,
    down: bool,
    down_after: Option<usize>,
    without_rights: bool,
}

/// What goes wrong.
#[derive(Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<State>>);

impl Faults {
    /// A client that passes requests on to `inner`, or lets them fail.
    pub(crate) fn over(&self, inner: &Client) -> Client {
        let (faults, inner) = (self.clone(), inner.clone());
        let answer = move |request| {
            let (faults, inner) = (faults.clone(), inner.clone());
            async move { faults.pass(inner, request).await }
        };
        Client::new(tower::service_fn(answer), "default")
    }

    /// The `n`th write from now, from 1, fails so.
    pub(crate) fn at(&self, n: usize, fault: Fault) {
        self.with(|state| *state = State { fault: Some((n, fault)), ..State::default() });
    }

    /// Nothing is answered any more, when `n` writes have been done.
    pub(crate) fn down_after(&self, n: usize) {
        self.with(|state| *state = State { down_after: Some(n), down: n == 0, ..State::default() });
    }

    /// The API server says that nothing may be written.
    pub(crate) fn take_rights(&self) {
        self.with(|state| state.without_rights = true);
    }

    /// All is well again.
    pub(crate) fn heal(&self) {
        self.with(|state| *state = State::default());
    }

    /// Writes that came since.
    pub(crate) fn writes(&self) -> usize {
        self.with(|state| state.writes)
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap())
    }

    async fn pass(&self, inner: Client, request: Request<Body>) -> Result<Response<Body>, kube::Error> {
        let review = request.uri().path().ends_with("/selfsubjectaccessreviews");
        if review && self.with(|state| state.without_rights) {
            let denied = json!({"kind": "SelfSubjectAccessReview", "status": {"allowed": false, "reason": "not yours"}});
            return Ok(json_answer(StatusCode::CREATED, &denied));
        }
        // To ask about a right writes nothing.
        let write = [Method::POST, Method::PUT, Method::DELETE].contains(request.method()) && !review;
        let (down, fault) = self.with(|state| {
            if write && !state.down {
                state.writes += 1;
                state.down = state.down_after.is_some_and(|n| state.writes > n);
            }
            (state.down, state.fault.filter(|(n, _)| write && *n == state.writes).map(|(_, fault)| fault))
        });
        if down {
            return Err(reset());
        }
        match fault {
            None => inner.send(request).await,
            Some(Fault::Reset) => Err(reset()),
            Some(Fault::Answer(status)) => Ok(answer(status)),
            Some(Fault::AnswerLost) => inner.send(request).await.and(Err(reset())),
            Some(Fault::DoneButAnswer(status)) => inner.send(request).await.map(|_| answer(status)),
        }
    }
}

fn reset() -> kube::Error {
    kube::Error::Service(Box::new(std::io::Error::new(std::io::ErrorKind::ConnectionReset, "connection reset by the test")))
}

fn answer(status: u16) -> Response<Body> {
    let reason = if status == 409 { "Conflict" } else { "Fault" };
    let body =
        json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status, "reason": reason, "message": "injected" });
    json_answer(StatusCode::from_u16(status).unwrap(), &body)
}

fn json_answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string().into_bytes()));
    *response.status_mut() = status;
    response
}
