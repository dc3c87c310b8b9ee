//! The door to the browser: pages, server functions, assets and events behind one router, and all that stands in front of them.
//!
//! A request passes, from outside in: the log, the security headers, the limit of its time, the check of `Host`, the check of its origin, the
//! gate that asks for a session, the limit of its body, and then its route. Each is one file; [`router`] puts them together and is what tests drive.

mod assets;
mod events;
mod export;
mod gate;
mod headers;
mod host;
mod limits;
mod log;
mod metrics;
mod origin;
mod pages;
mod plain;
mod refusal;
mod serve;
mod session;
mod sign_in;
mod site;

pub use limits::Limits;
pub use metrics::metrics;
pub use serve::{Listen, NotALoopbackAddress, NotServing, bind, serve};
pub use session::{Secret, Sessions};
pub use sign_in::link;
pub use site::{NoSite, Site};

use app::backend::Backend;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};
use http::Method;
use policy::view::Event;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::csrf::CsrfLayer;

/// What the router is made of.
#[derive(Clone)]
pub struct Parts {
    /// The use cases.
    pub backend: Arc<dyn Backend>,
    /// What the stream at `/events` passes on.
    pub events: broadcast::Sender<Event>,
    /// Who is signed in.
    pub sessions: Arc<Sessions>,
    /// The address that is listened on: what `Host` must name.
    pub address: SocketAddr,
    /// The built pages.
    pub site: Site,
    /// What one request may take.
    pub limits: Limits,
    /// Cancelled when the server ends: streams end with it.
    pub ending: CancellationToken,
}

/// Everything that Portcullis answers over HTTP.
pub fn router(parts: Parts) -> Router {
    let Parts { backend, events, sessions, address, site, limits, ending } = parts;
    let door = sign_in::Door::new(Arc::clone(&sessions), address);
    let hosts = host::Hosts::of(address);

    let mut inside = pages::routes(&site, Arc::clone(&backend)).nest_service("/pkg", assets::service(&site));
    for (_, path, route) in own_routes(&door, events::Source { events, ending }, &backend) {
        inside = inside.route(path, route);
    }
    let inside = inside
        .layer(ServiceBuilder::new().layer(from_fn_with_state(door.clone(), gate::ask)).layer(from_fn_with_state(limits, limits::read)));
    // The limit of a request's length is ours alone.
    let inside = inside.layer(DefaultBodyLimit::disable());
    inside.route("/enter", get(sign_in::enter).with_state(door)).route(plain::STYLE, get(plain::style)).layer(
        ServiceBuilder::new()
            .layer(from_fn(log::record))
            .layer(from_fn(headers::secure))
            .layer(from_fn_with_state(limits, limits::hold))
            .layer(from_fn_with_state(hosts, host::check))
            .layer(from_fn(origin::check))
            .layer(CsrfLayer::new()),
    )
}

/// The routes that are neither page nor server function nor asset, and stand behind the gate; the test that knocks on every door lists them.
fn own_routes(door: &sign_in::Door, source: events::Source, backend: &Arc<dyn Backend>) -> Vec<(Method, &'static str, MethodRouter)> {
    vec![
        (Method::GET, "/plans/{digest}/objects.yaml", get(export::plan).with_state(Arc::clone(backend))),
        (Method::GET, "/revisions/{id}/objects.yaml", get(export::revision).with_state(Arc::clone(backend))),
        (Method::GET, "/services/{namespace}/{name}/access.yaml", get(export::access).with_state(Arc::clone(backend))),
        (Method::GET, "/groups/{name}/group.yaml", get(export::group).with_state(Arc::clone(backend))),
        (Method::GET, "/events", get(events::stream).with_state(source)),
        (Method::POST, "/sign-out", post(sign_in::leave).with_state(door.clone())),
    ]
}

#[cfg(test)]
mod tests;
