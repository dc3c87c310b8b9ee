//! Connections carried across the wall of the box: loopback outside, a Unix socket between, kube-apiserver inside.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// Outside: carries each connection of `listener` to the Unix socket.
pub(super) async fn inward(listener: TcpListener, socket: &'static str) {
    loop {
        let Ok((mut outer, _)) = listener.accept().await else { continue };
        tokio::spawn(async move {
            // The two ends see a broken connection themselves; there is nobody else to tell.
            at_once(&outer);
            if let Ok(mut inner) = UnixStream::connect(socket).await {
                copy_bidirectional(&mut outer, &mut inner).await.ok();
            }
        });
    }
}

/// Inside: carries each connection of the Unix socket to `target`.
pub(super) async fn onward(listener: UnixListener, target: SocketAddr) {
    loop {
        let Ok((mut outer, _)) = listener.accept().await else { continue };
        tokio::spawn(async move {
            if let Ok(mut inner) = TcpStream::connect(target).await {
                at_once(&inner);
                copy_bidirectional(&mut outer, &mut inner).await.ok();
            }
        });
    }
}

/// Sends what comes without waiting for more: else a request or its answer that comes in two pieces waits 40 ms for an acknowledgement.
fn at_once(stream: &TcpStream) {
    stream.set_nodelay(true).ok();
}
