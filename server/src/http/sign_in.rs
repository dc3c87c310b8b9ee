//! The way in and the way out: `/enter` takes the printed link's secret for a cookie, `/sign-out` ends the session.

use super::plain;
use super::refusal::Refusal;
use super::session::{Secret, Sessions, Visit};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, Method, StatusCode, header};
use policy::reach::lockout::Way;
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// The link that opens Portcullis at `address`, once.
#[must_use]
pub fn link(address: SocketAddr, secret: &Secret) -> String {
    format!("http://{address}/enter?secret={}", secret.reveal())
}

/// Reads and writes the session's cookie.
#[derive(Clone)]
pub(super) struct Door {
    sessions: Arc<Sessions>,
    cookie: Arc<str>,
    address: SocketAddr,
}

impl Door {
    /// The port is in the cookie's name: cookies of one host are shared by all its ports, and two of us may run beside each other.
    pub(super) fn new(sessions: Arc<Sessions>, address: SocketAddr) -> Self {
        Self { sessions, cookie: format!("portcullis-{}", address.port()).into(), address }
    }

    /// The way of a browser to the page; none on the same machine, or where all addresses are listened on.
    pub(super) fn way(&self, peer: SocketAddr) -> Option<Way> {
        let (from, to) = (peer.ip().to_canonical(), self.address.ip().to_canonical());
        let afar = !from.is_loopback() && !to.is_loopback() && !to.is_unspecified() && from != to;
        afar.then_some(Way { from, to, port: self.address.port() })
    }

    /// Who makes a request with these headers.
    pub(super) fn visit(&self, request: &HeaderMap) -> Option<Visit> {
        self.sessions.visit(self.token(request)?, Instant::now())
    }

    fn token<'a>(&self, request: &'a HeaderMap) -> Option<&'a str> {
        let cookies = request.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok()).flat_map(|c| c.split(';'));
        cookies.filter_map(|cookie| cookie.trim().split_once('=')).find_map(|(name, token)| (name == &*self.cookie).then_some(token))
    }

    // Without `Secure`: docs/decisions/session-on-loopback.md.
    fn set_cookie(&self, token: &str, more: &str) -> [(header::HeaderName, String); 1] {
        [(header::SET_COOKIE, format!("{}={token}; HttpOnly; SameSite=Strict; Path=/{more}", self.cookie))]
    }
}

/// The query of the printed link.
#[derive(Deserialize)]
pub(super) struct Knock {
    #[serde(default)]
    secret: String,
}

/// Takes the secret for a session, and goes to the first page.
pub(super) async fn enter(State(door): State<Door>, method: Method, headers: HeaderMap, Query(knock): Query<Knock>) -> Response {
    // A HEAD, as link checkers send, must not use the link up.
    if method != Method::GET {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    match door.sessions.exchange(&knock.secret, Instant::now()) {
        Some(token) => (door.set_cookie(token.reveal(), ""), welcome(&headers)).into_response(),
        // The link opened again in the browser that used it, as a restored tab does.
        None if door.visit(&headers).is_some() => welcome(&headers),
        None => Refusal::UsedLink.answer(&headers),
    }
}

/// On to the first page. A browser that followed the link from a page of another site would not send a strict cookie along a redirect:
/// it gets a page instead, which goes on by itself.
fn welcome(headers: &HeaderMap) -> Response {
    if headers.get("sec-fetch-site").is_none_or(|site| site == "none" || site == "same-origin") {
        return Redirect::to("/").into_response();
    }
    (plain::HTML, plain::page_that_goes_to("/", "Signed in", "<p><a href=\"/\">Go on to the Services</a></p>")).into_response()
}

/// Ends the session.
pub(super) async fn leave(State(door): State<Door>, headers: HeaderMap) -> Response {
    if let Some(token) = door.token(&headers) {
        door.sessions.end(token);
    }
    let body = "<p>This browser is signed out. For a new link, stop Portcullis with Ctrl-C and start it again.</p>";
    (door.set_cookie("", "; Max-Age=0"), plain::HTML, plain::page("Signed out", body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_on_the_same_machine_has_no_way_that_could_be_cut() {
        let way = |listens: &str, peer: &str| {
            let (sessions, _) = Sessions::new("ada");
            Door::new(Arc::new(sessions), listens.parse().expect("an address")).way(peer.parse().expect("an address"))
        };
        let afar = Way { from: [198, 51, 100, 7].into(), to: [10, 0, 2, 1].into(), port: 8787 };
        assert_eq!(way("10.0.2.1:8787", "198.51.100.7:50000"), Some(afar));
        assert_eq!(way("10.0.2.1:8787", "[::ffff:198.51.100.7]:50000"), Some(afar));
        for (listens, peer) in
            [("127.0.0.1:8787", "127.0.0.1:50000"), ("10.0.2.1:8787", "10.0.2.1:50000"), ("0.0.0.0:8787", "198.51.100.7:50000")]
        {
            assert_eq!(way(listens, peer), None, "{listens} {peer}");
        }
    }
}
