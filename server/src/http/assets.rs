//! What the browser loads under `/pkg`: script, wasm and style sheet, as they were built, with their brotli twins.

use super::refusal::Refusal;
use super::site::Site;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use tower_http::services::ServeDir;

/// Serves the site's files. Their names do not change with their content: a browser asks each time whether the one it has, named by its
/// ETag, is still right.
pub(super) fn service(site: &Site) -> Router {
    let files = ServeDir::new(site.pkg()).precompressed_br().append_index_html_on_directories(false);
    Router::new().fallback_service(files).layer(from_fn(answer))
}

async fn answer(request: Request, next: Next) -> Response {
    let (headers, path) = (request.headers().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    match response.status() {
        StatusCode::NOT_FOUND => return Refusal::NotFound { path: format!("/pkg{path}") }.answer(&headers),
        status if status.is_success() || status == StatusCode::NOT_MODIFIED => {
            let answer = response.headers_mut();
            answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
            answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        _ => {}
    }
    response
}
