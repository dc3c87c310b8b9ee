//! Listening on loopback, and ending well.

use axum::Router;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long requests may still take once the server ends.
const GRACE: Duration = Duration::from_secs(10);

/// An address of this machine that only this machine reaches, and a port; port 0 takes a free one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen(SocketAddr);

/// Why a text is not a [`Listen`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotALoopbackAddress {
    /// It is no address with a port.
    #[error("write ADDRESS:PORT, as 127.0.0.1:8787 or [::1]:8787; port 0 takes a free one")]
    Unreadable,
    /// Others could reach it.
    #[error(
        "only this machine may reach Portcullis as yet, because its printed link is all that keeps others out and HTTP carries it in the \
         clear: listen on 127.0.0.1 or [::1], and reach it from afar through `ssh -L`"
    )]
    Reachable,
}

impl FromStr for Listen {
    type Err = NotALoopbackAddress;

    fn from_str(text: &str) -> Result<Self, NotALoopbackAddress> {
        let address = match text.strip_prefix("localhost:") {
            Some(port) => SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port.parse().map_err(|_| NotALoopbackAddress::Unreadable)?),
            None => text.parse::<SocketAddr>().map_err(|_| NotALoopbackAddress::Unreadable)?,
        };
        if address.ip().is_loopback() { Ok(Self(address)) } else { Err(NotALoopbackAddress::Reachable) }
    }
}

/// Why the server does not serve.
#[derive(Debug, thiserror::Error)]
pub enum NotServing {
    /// Another program has the port.
    #[error("{address} is taken by another program, perhaps another Portcullis: choose another port with --listen, 0 takes a free one")]
    Taken {
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Address {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Serving broke.
    #[error("serving ended: {0}")]
    Broke(#[from] io::Error),
}

/// Takes the address; the listener's own address has the port that was chosen.
///
/// # Errors
/// When it is taken, or cannot be listened on.
pub async fn bind(listen: Listen) -> Result<(TcpListener, SocketAddr), NotServing> {
    let Listen(address) = listen;
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bound.await.map_err(|source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => NotServing::Taken { address },
        _ => NotServing::Address { address, source },
    })
}

/// Serves until `ending` is cancelled, then until the requests under way are answered, or [`GRACE`] has passed.
///
/// # Errors
/// When serving breaks.
pub async fn serve(listener: TcpListener, router: Router, ending: CancellationToken) -> Result<(), NotServing> {
    let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(ending.clone().cancelled_owned());
    let grace = async {
        ending.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = server => Ok(ended?),
        () = grace => {
            tracing::warn!(seconds = GRACE.as_secs(), "requests still under way were cut off");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_listened_on() {
        for fits in ["127.0.0.1:8787", "127.9.9.9:0", "[::1]:8787", "localhost:80"] {
            assert!(fits.parse::<Listen>().is_ok(), "{fits}");
        }
        for reachable in ["0.0.0.0:8787", "192.168.1.7:8787", "[::]:8787", "[::ffff:127.0.0.1]:8787", "[2001:db8::1]:1"] {
            assert_eq!(reachable.parse::<Listen>(), Err(NotALoopbackAddress::Reachable), "{reachable}");
        }
        for unreadable in ["", "8787", ":8787", "127.0.0.1", "localhost", "localhost:", "localhost:65536", "example.org:80", "::1:80"] {
            assert_eq!(unreadable.parse::<Listen>(), Err(NotALoopbackAddress::Unreadable), "{unreadable}");
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_named_with_the_way_out() {
        let (_listener, address) = bind(Listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))).await.expect("a free port");
        let error = bind(Listen(address)).await.expect_err("the port is taken").to_string();
        assert!(error.contains(&address.to_string()) && error.contains("--listen"), "{error}");
    }
}
