//! The gate: without a living session there is no way to any page, server function, route, stream or asset.

use super::refusal::Refusal;
use super::sign_in::Door;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, Method};
use policy::view::Caller;
use std::net::SocketAddr;

/// Lets signed-in requests pass, with their [`super::session::Visit`] and [`policy::view::Caller`] on them.
pub(super) async fn ask(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let Some(visit) = door.visit(request.headers()) else {
        let again = came_from_elsewhere(request.method(), request.headers()).then(|| request.uri().to_string());
        return Refusal::NotSignedIn { again }.answer(request.headers());
    };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
    let caller = Caller { way: peer.and_then(|peer| door.way(peer)), ..visit.caller.clone() };
    request.extensions_mut().insert(caller.clone());
    request.extensions_mut().insert(visit);
    let mut response = next.run(request).await;
    response.extensions_mut().insert(caller); // for the log
    response
}

/// Whether a link on another site led here: the browser held its strict cookie back, so it may well be signed in.
fn came_from_elsewhere(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::GET && headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}
