//! Asking: one probe is one new connection, or one datagram.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use policy::access::Protocol;
use socket2::{Domain, SockRef, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::time::{sleep, timeout};

use super::{Greeting, Outcome, Probe};

/// Sends it and waits for what becomes of it.
pub(super) async fn send(probe: Probe) -> Outcome {
    let patience = Duration::from_millis(probe.patience_ms);
    let result = match probe.protocol {
        Protocol::Tcp => connection(probe, patience).await,
        Protocol::Udp => datagram(probe, patience).await,
        Protocol::Sctp => return Outcome::Unsent("this kernel has no SCTP".to_owned()),
    };
    result.unwrap_or_else(failed)
}

/// A connection that stays open, and how long an answer on it may take.
pub(super) struct Open(TcpStream, Duration);

/// Opens a TCP connection and keeps it in `kept`.
pub(super) async fn open(probe: Probe, kept: &mut Option<Open>) -> Outcome {
    let patience = Duration::from_millis(probe.patience_ms);
    let result = async {
        let Some(mut stream) = connect(probe, patience).await? else { return Ok(Outcome::Denied) };
        let outcome = listen(&mut stream, patience).await?;
        *kept = Some(Open(stream, patience));
        Ok(outcome)
    };
    result.await.unwrap_or_else(failed)
}

/// Says something on the connection that is open, and waits for the answer.
pub(super) async fn again(kept: &mut Option<Open>) -> Outcome {
    let Some(Open(stream, patience)) = kept else { return Outcome::Unsent("no connection is open".to_owned()) };
    let result = async {
        stream.write_all(b"?").await?;
        // Connected it is: that nothing comes back now means that packets are dropped.
        Ok(match listen(stream, *patience).await? {
            Outcome::Silent => Outcome::Denied,
            outcome => outcome,
        })
    };
    result.await.unwrap_or_else(failed)
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to `unwrap_or_else`")]
fn failed(error: io::Error) -> Outcome {
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            Outcome::Refused
        }
        // The kernel says so of a datagram that its own rules drop on the way out.
        ErrorKind::TimedOut | ErrorKind::PermissionDenied => Outcome::Denied,
        _ => Outcome::Unsent(error.to_string()),
    }
}

async fn connection(probe: Probe, patience: Duration) -> io::Result<Outcome> {
    match connect(probe, patience).await? {
        Some(mut stream) => listen(&mut stream, patience).await,
        None => Ok(Outcome::Denied),
    }
}

/// A new connection; none when nothing came back in time. A packet may be lost without anybody's will, and the kernel repeats the first one
/// only after a second: so a second attempt is made halfway, while the first may still be answered.
async fn connect(probe: Probe, patience: Duration) -> io::Result<Option<TcpStream>> {
    let first = attempt(probe);
    tokio::pin!(first);
    if let Ok(connected) = timeout(patience / 2, &mut first).await {
        return connected.map(Some);
    }
    tokio::select! {
        connected = &mut first => connected.map(Some),
        connected = attempt(probe), if probe.source_port.is_none() => connected.map(Some),
        () = sleep(patience / 2) => Ok(None),
    }
}

async fn attempt(probe: Probe) -> io::Result<TcpStream> {
    let socket = TcpSocket::from_std_stream(socket(probe, Type::STREAM)?.into());
    let stream = socket.connect(probe.to).await?;
    // No TIME_WAIT: the next probe may use the same ports.
    SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
    Ok(stream)
}

async fn listen(stream: &mut TcpStream, patience: Duration) -> io::Result<Outcome> {
    let mut bytes = [0; 512];
    match timeout(patience, stream.read(&mut bytes)).await {
        Ok(Ok(length)) if length > 0 => Ok(heard(&bytes[..length])),
        Ok(Err(error)) => Err(error),
        Ok(Ok(_)) | Err(_) => Ok(Outcome::Silent),
    }
}

async fn datagram(mut probe: Probe, patience: Duration) -> io::Result<Outcome> {
    probe.source_port = Some(probe.source_port.unwrap_or_else(next_port));
    let socket = UdpSocket::from_std(socket(probe, Type::DGRAM)?.into())?;
    socket.connect(probe.to).await?;
    let mut bytes = [0; 512];
    // A datagram may be lost without anybody's will: three are sent.
    for _ in 0..3 {
        socket.send(b"who?").await?;
        if let Ok(length) = timeout(patience / 3, socket.recv(&mut bytes)).await {
            return Ok(heard(&bytes[..length?]));
        }
    }
    Ok(Outcome::Denied)
}

/// A port that no datagram of the last minutes came from. The kernel's own choice repeats itself, and what comes from the port of an earlier datagram
/// belongs to that connection: it gets through whatever the policies say by now.
fn next_port() -> u16 {
    const FIRST: u16 = 33_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % (u16::MAX - FIRST)
}

fn heard(bytes: &[u8]) -> Outcome {
    match serde_json::from_slice::<Greeting>(bytes) {
        Ok(Greeting { by, seen }) => Outcome::Allowed { by, seen },
        Err(_) => Outcome::Silent,
    }
}

/// A socket with the probe's source. The mark chooses the way into the cluster.
pub(super) fn socket(probe: Probe, kind: Type) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(probe.to), kind, None)?;
    socket.set_nonblocking(true)?;
    if let Some(entry) = probe.entry {
        socket.set_mark(entry)?;
    }
    if probe.source.is_some() {
        // Every address that is not the cluster's is outside, and none of them is on an interface there.
        if probe.to.is_ipv6() {
            socket.set_ip_transparent_v6(true)?;
        } else {
            socket.set_ip_transparent_v4(true)?;
        }
    }
    if probe.source.is_some() || probe.source_port.is_some() {
        let any: IpAddr = if probe.to.is_ipv6() { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
        if probe.source_port.is_some() {
            socket.set_reuse_address(true)?;
        }
        socket.bind(&SocketAddr::new(probe.source.unwrap_or(any), probe.source_port.unwrap_or(0)).into())?;
    }
    Ok(socket)
}
