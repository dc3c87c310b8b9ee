//! Requests through the real router, over the backend of an empty cluster.

mod backend;
mod doors;
mod events;
mod export;
mod foreign;
mod headers;
mod limits;
mod log;
mod serving;
mod sign_in;

use super::{Limits, Parts, Sessions, Site, router};
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use backend::{Fake, Mood};
use http::{Method, Request, header};
use http_body_util::BodyExt as _;
use leptos_axum::AxumRouteListing;
use policy::view::Event;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

const HOST: &str = "127.0.0.1:8787";
const ASSETS: [&str; 5] =
    ["/pkg/portcullis.js", "/pkg/portcullis.wasm", "/pkg/portcullis.css", "/pkg/__wasm_split.js", "/pkg/split_later.wasm"];

/// A router, and one browser before it.
struct Browser {
    router: Router,
    secret: String,
    cookie: Option<String>,
    events: broadcast::Sender<Event>,
    ending: CancellationToken,
    _site: TempDir,
}

impl Browser {
    fn new(mood: Mood) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("pkg")).expect("a folder");
        for path in ASSETS {
            let file = folder.path().join(&path[1..]);
            std::fs::write(&file, path.repeat(100)).expect("a file");
            std::fs::write(file.with_added_extension("br"), format!("brotli of {path}")).expect("a file");
        }
        let (sessions, secret) = Sessions::new("ada");
        let parts = Parts {
            backend: Arc::new(Fake(mood)),
            events: broadcast::channel(4).0,
            sessions: Arc::new(sessions),
            address: address(),
            site: Site::open(folder.path()).expect("it is whole"),
            limits: Limits { wait: Duration::from_millis(500), ..Limits::default() },
            ending: CancellationToken::new(),
        };
        let (events, ending) = (parts.events.clone(), parts.ending.clone());
        Self { router: router(parts), secret: secret.reveal().to_owned(), cookie: None, events, ending, _site: folder }
    }

    /// A browser that has followed the printed link.
    async fn signed_in(mood: Mood) -> Self {
        let mut browser = Self::new(mood);
        let entered = browser.send(get(&format!("/enter?secret={}", browser.secret))).await;
        let cookie = entered.headers()[header::SET_COOKIE].to_str().expect("text");
        browser.cookie = Some(cookie.split(';').next().expect("a cookie").to_owned());
        browser
    }

    async fn send(&self, request: http::request::Builder) -> Response {
        self.send_with(request, Body::empty()).await
    }

    async fn send_with(&self, mut request: http::request::Builder, body: Body) -> Response {
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer")
    }
}

fn address() -> SocketAddr {
    HOST.parse().expect("an address")
}

fn request(method: Method, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header(header::HOST, HOST)
}

fn get(path: &str) -> http::request::Builder {
    request(Method::GET, path)
}

/// As a browser asks for a page.
fn visit(path: &str) -> http::request::Builder {
    get(path).header(header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")
}

/// A page that needs nothing in the cluster.
fn a_page() -> String {
    let pages = app::routes();
    let paths = pages.iter().map(AxumRouteListing::path).filter(|path| !path.contains('{'));
    paths.max_by_key(|path| path.ends_with("/services")).expect("a page").to_owned()
}

async fn bytes(response: Response) -> Vec<u8> {
    response.into_body().collect().await.expect("a body").to_bytes().into()
}

async fn text(response: Response) -> String {
    String::from_utf8(bytes(response).await).expect("text")
}

/// The path of a server function.
fn function(name: &str) -> String {
    let end = format!("/{name}");
    server_fn::axum::server_fn_paths().map(|(path, _)| path).find(|path| path.ends_with(&end)).expect("a server function").to_owned()
}
