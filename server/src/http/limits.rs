//! What one request may take: how long its body may be, how long its answer may take, and that a panic is an answer too.

use super::log::RequestId;
use super::refusal::Refusal;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// What one request may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest body, in bytes.
    pub body: usize,
    /// The longest time to the head of an answer. It covers the reading of a body that trickles in; a stream goes on after its head.
    pub wait: Duration,
}

impl Default for Limits {
    /// A list of 10,000 ranges with a note each, as a form encodes it, is about half of this.
    fn default() -> Self {
        Self { body: 4 << 20, wait: Duration::from_secs(30) }
    }
}

/// Reads the body, unless it is too long. What reads it further in knows no limit of its own.
pub(super) async fn read(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let too_long = Refusal::TooLong { limit: limits.body };
    let (head, body) = request.into_parts();
    if body.size_hint().lower() > limits.body as u64 {
        return too_long.answer(&head.headers);
    }
    match Limited::new(body, limits.body).collect().await {
        Ok(body) => next.run(Request::from_parts(head, Body::from(body.to_bytes()))).await,
        Err(error) if error.is::<LengthLimitError>() => too_long.answer(&head.headers),
        Err(error) => Refusal::Cut { why: error.to_string() }.answer(&head.headers),
    }
}

/// Answers in time, whatever happens inside.
pub(super) async fn hold(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
    // What a panic leaves behind is dropped with the request: locks here recover from poison, and all else is immutable.
    match tokio::time::timeout(limits.wait, AssertUnwindSafe(next.run(request)).catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
            tracing::error!(said = said.unwrap_or("nothing"), "a request panicked");
            Refusal::Broke { request: id }.answer(&headers)
        }
        Err(_) => {
            tracing::error!(seconds = limits.wait.as_secs_f32(), "a request took too long");
            Refusal::TooSlow { request: id }.answer(&headers)
        }
    }
}
