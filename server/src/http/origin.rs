//! The check of a request's origin. Writes from elsewhere are tower-http's [`CsrfLayer`](tower_http::csrf::CsrfLayer), which leaves GET alone;
//! here are reads from elsewhere: only a navigation may come from another origin, so no page can open the stream or fetch an asset.
//!
//! A page on another port of this machine is *same-site*, and a strict cookie travels with its requests: only *same-origin* is ours.

use super::refusal::Refusal;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;
use tower_http::csrf::ProtectionError;

/// Turns away what pages of other origins send, and puts the words to what the layer inside refuses.
pub(super) async fn check(request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    if is_foreign(&headers) && !is_navigation(&headers) {
        return Refusal::CrossOrigin.answer(&headers);
    }
    let response = next.run(request).await;
    if response.extensions().get::<ProtectionError>().is_some() { Refusal::CrossOrigin.answer(&headers) } else { response }
}

fn is_foreign(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

fn is_navigation(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate") && headers.get("sec-fetch-dest").is_some_and(|to| to == "document")
}
