//! Every page over fixed values, for looking at them: `cargo run -p app --features ssr --example pages`, then open
//! `http://127.0.0.1:3999`. It wants `target/site/pkg`, which `cargo xtask run` makes.

#[path = "../tests/fake/mod.rs"]
#[expect(clippy::expect_used, reason = "its values are fixed")]
mod fake;

use app::backend::BackendHandle;
use axum::Router;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use leptos::prelude::*;
use leptos_axum::LeptosRoutes;
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), std::io::Error> {
    let options = LeptosOptions::builder().output_name("portcullis").site_pkg_dir("pkg").build();
    let routes = app::routes();
    let context = || {
        provide_context(BackendHandle(Arc::new(fake::Fake)));
        provide_context(fake::caller());
    };
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let router =
        Router::new().route("/pkg/{file}", get(file)).leptos_routes_with_context(&options, routes, context, shell).with_state(options);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3999").await?;
    println!("http://127.0.0.1:3999");
    axum::serve(listener, router).await
}

/// One of the three files that a page loads.
async fn file(Path(file): Path<String>) -> impl IntoResponse {
    let kind = match file.rsplit('.').next() {
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        _ => "application/wasm",
    };
    ([(CONTENT_TYPE, kind)], tokio::fs::read(std::path::Path::new("target/site/pkg").join(file)).await.unwrap_or_default())
}
