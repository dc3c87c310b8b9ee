//! Portcullis' own way to the API server: by which address of this machine, to which of the server.

use super::Place;
use http::Uri;
use policy::reach::lockout::Way;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::{UdpSocket, lookup_host};
use tokio::sync::OnceCell;

/// How long the name of the API server may take to be looked up.
const LOOK_UP: Duration = Duration::from_secs(2);

/// The way, found out when it is asked for first.
#[derive(Debug)]
pub(super) struct OwnWay {
    /// The address of the API server; none for the sandbox, which is in this process.
    server: Option<String>,
    found: OnceCell<Option<Way>>,
}

impl OwnWay {
    pub(super) fn to(place: &Place) -> Self {
        Self { server: (!place.sandbox).then(|| place.server.clone()), found: OnceCell::new() }
    }

    /// The way; none where it stays on this machine, or cannot be told.
    pub(super) async fn get(&self) -> Option<Way> {
        let server = self.server.as_deref()?;
        *self.found.get_or_init(|| async { tokio::time::timeout(LOOK_UP, find(server)).await.ok().flatten() }).await
    }
}

async fn find(server: &str) -> Option<Way> {
    let uri: Uri = server.parse().ok()?;
    let host = uri.host()?.trim_matches(['[', ']']);
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
    let to = lookup_host((host, port)).await.ok()?.next()?;
    if to.ip().is_loopback() {
        return None;
    }
    // Connecting a socket of UDP sends nothing, and has the kernel choose the address that it would send from.
    let any: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await.ok()?;
    socket.connect(to).await.ok()?;
    let from = socket.local_addr().ok()?.ip();
    (!from.is_loopback()).then_some(Way { from, to: to.ip(), port: to.port() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_way_that_stays_on_the_machine_is_none() {
        let way = async |server: &str, sandbox| OwnWay::to(&Place { name: String::new(), sandbox, server: server.to_owned() }).get().await;
        for server in ["https://127.0.0.1:6443", "https://[::1]:6443", "", "no address at all"] {
            assert_eq!(way(server, false).await, None, "{server}");
        }
        assert_eq!(way("https://10.0.1.1:6443", true).await, None);
        if let Some(found) = way("https://10.255.0.1", false).await {
            assert_eq!((found.to, found.port), ("10.255.0.1".parse().unwrap(), 443));
            assert!(!found.from.is_loopback() && !found.from.is_unspecified());
        }
    }
}
