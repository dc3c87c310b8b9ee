//! The pages and server functions of [`app`], with what they find in their context.

use super::refusal::{Refusal, wants_a_page};
use super::site::Site;
use app::backend::{Backend, BackendHandle};
use axum::Router;
use axum::extract::Request;
use http::request::Parts;
use http::{Method, StatusCode};
use leptos::config::LeptosOptions;
use leptos::nonce::Nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes as _, render_app_async_with_context};
use policy::view::Caller;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;

/// Every page and server function; where none matches, the page that says so.
///
/// Their answers are compressed, though what an attacker has reflected in a page shortens with what else is in it (BREACH): nothing that is
/// worth guessing stands in one. The session is a cookie, requests are told from forged ones by their origin and not by a token, and a nonce
/// is used once.
pub(super) fn routes(site: &Site, backend: Arc<dyn Backend>) -> Router {
    // Must be what the wasm was compiled with: `.cargo/config.toml`.
    let options =
        LeptosOptions::builder().output_name("portcullis").site_root(site.folder().display().to_string()).site_pkg_dir("pkg").build();
    let context = move || {
        provide_context(BackendHandle(Arc::clone(&backend)));
        let Some(request) = use_context::<Parts>() else { return };
        if let Some(nonce) = request.extensions.get::<Nonce>() {
            provide_context(nonce.clone());
        }
        if let Some(caller) = request.extensions.get::<Caller>() {
            provide_context(caller.clone());
        }
    };
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let missing = render_app_async_with_context(context.clone(), shell.clone());
    Router::new()
        .leptos_routes_with_context(&options, app::routes(), context, shell)
        .fallback(move |request: Request| {
            let missing = missing.clone();
            async move {
                if request.method() != Method::GET || !wants_a_page(request.headers()) {
                    return Refusal::NotFound { path: request.uri().path().to_owned() }.answer(request.headers());
                }
                let mut response = missing(request).await;
                *response.status_mut() = StatusCode::NOT_FOUND;
                response
            }
        })
        .layer(CompressionLayer::new())
        .with_state(options)
}
