//! One line for each request: who, what, the outcome. Neither query nor headers are in it, so no secret and no cookie is.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use policy::view::Caller;
use std::fmt;
use std::time::Instant;
use tracing::Instrument as _;

/// What the log calls a request; 16 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestId(String);

impl Default for RequestId {
    fn default() -> Self {
        Self(format!("{:016x}", rand::random::<u64>()))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The response header with the request's [`RequestId`].
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names the request, and logs how it went; all that is logged on its way carries the name.
pub(super) async fn record(mut request: Request, next: Next) -> Response {
    let id = RequestId::default();
    let span = tracing::info_span!("request", %id);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(id.clone());
    let began = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let who = response.extensions().get::<Caller>().map_or("nobody", |caller| caller.id.as_str());
    let (status, ms) = (response.status().as_u16(), began.elapsed().as_millis());
    tracing::info!(parent: &span, who, %method, path, status, ms, "answered");
    if let Ok(id) = HeaderValue::try_from(id.0) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
