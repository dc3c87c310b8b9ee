//! Answering: every connection and every datagram is told who answers and which address is seen.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use policy::access::{Port, Protocol};
use socket2::{Domain, SockRef, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

use super::Greeting;

/// How long a connection may stay open with nothing said on it: a client whose reset was dropped does not come back.
const IDLE: Duration = Duration::from_secs(60);

/// Begins to answer on `port`, for both families where the namespace has them.
pub(super) fn on(port: Port, name: &str) -> Result<()> {
    let families: [IpAddr; 2] = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
    for address in families.map(|address| SocketAddr::new(address, port.port)) {
        let name = name.to_owned();
        match port.protocol {
            Protocol::Tcp => {
                let listener = TcpListener::from_std(socket(address, Type::STREAM)?.into())?;
                tokio::spawn(async move {
                    loop {
                        if let Ok((stream, peer)) = listener.accept().await {
                            tokio::spawn(greet(stream, peer, name.clone()));
                        }
                    }
                });
            }
            Protocol::Udp => {
                let socket = UdpSocket::from_std(socket(address, Type::DGRAM)?.into())?;
                tokio::spawn(async move {
                    let mut bytes = [0; 64];
                    loop {
                        if let Ok((_, peer)) = socket.recv_from(&mut bytes).await {
                            socket.send_to(&greeting(&name, peer), peer).await.ok();
                        }
                    }
                });
            }
            Protocol::Sctp => bail!("this kernel has no SCTP: nothing can listen on {port}"),
        }
    }
    Ok(())
}

fn socket(address: SocketAddr, kind: Type) -> Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, None)?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    if kind == Type::STREAM {
        socket.set_reuse_address(true)?;
        // Outside, every address answers, and none of them is on an interface.
        if address.is_ipv6() {
            socket.set_ip_transparent_v6(true)?;
        } else {
            socket.set_ip_transparent_v4(true)?;
        }
    }
    socket.bind(&address.into()).with_context(|| format!("listening on {address}"))?;
    if kind == Type::STREAM {
        socket.listen(1024)?;
    }
    Ok(socket)
}

async fn greet(mut stream: TcpStream, peer: SocketAddr, name: String) {
    // The client closes first, with a reset: no connection lingers on either side.
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).ok();
    // One greeting unasked, and one for whatever else is said.
    while stream.write_all(&greeting(&name, peer)).await.is_ok() {
        let heard = tokio::time::timeout(IDLE, stream.read(&mut [0; 64])).await;
        if !matches!(heard, Ok(Ok(length)) if length > 0) {
            return;
        }
    }
}

fn greeting(by: &str, peer: SocketAddr) -> Vec<u8> {
    let greeting = Greeting { by: by.to_owned(), seen: peer.ip().to_canonical() };
    serde_json::to_vec(&greeting).unwrap_or_default()
}
