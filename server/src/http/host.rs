//! The check of `Host`: a name that somebody made point at this machine (DNS rebinding) reaches nothing.

use super::refusal::Refusal;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header;
use std::net::SocketAddr;
use std::sync::Arc;

/// The hosts that requests may name; the first is the one to tell people.
#[derive(Clone)]
pub(super) struct Hosts(Arc<[String]>);

impl Hosts {
    /// The address that is listened on, and `localhost` with its port.
    pub(super) fn of(address: SocketAddr) -> Self {
        let mut hosts = vec![address.to_string(), format!("localhost:{}", address.port())];
        if address.port() == 80 {
            // Browsers leave the default port out.
            hosts.extend([address.to_string().trim_end_matches(":80").to_owned(), "localhost".to_owned()]);
        }
        Self(hosts.into())
    }

    fn have(&self, host: &str) -> bool {
        self.0.iter().any(|own| own.eq_ignore_ascii_case(host))
    }
}

/// Turns away what names another host, several, or none.
pub(super) async fn check(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    match named(&request).into_iter().find(|host| !hosts.have(host)) {
        None => next.run(request).await,
        Some(host) => Refusal::WrongHost { host, own: hosts.0[0].clone() }.answer(request.headers()),
    }
}

/// The hosts that a request names: in its header, and in its first line, which may carry one of its own that would win (RFC 9112, 3.2.2).
fn named(request: &Request) -> Vec<String> {
    let headers: Vec<_> = request.headers().get_all(header::HOST).iter().collect();
    let header = match headers[..] {
        [host] => String::from_utf8_lossy(host.as_bytes()).into_owned(),
        _ => String::new(),
    };
    let line = request.uri().authority().map(|authority| authority.as_str().to_owned());
    std::iter::once(header).chain(line).collect()
}
