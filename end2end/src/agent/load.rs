//! Load: one new TCP connection after the other, each closed with a reset, and how long each took to come about.

use std::io;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use socket2::Type;

use super::{Probe, send};

/// What new connections cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// How many came about in a second.
    pub per_second: f64,
    /// How long half of them took at most to come about, in microseconds.
    pub median_us: f64,
    /// How long 99 of 100 took at most, in microseconds.
    pub p99_us: f64,
}

/// Opens connections for `span`, in a thread of its own.
pub(super) async fn measure(probe: Probe, span: Duration) -> Result<Load, String> {
    let connections = tokio::task::spawn_blocking(move || connect(probe, span));
    connections.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

fn connect(probe: Probe, span: Duration) -> io::Result<Load> {
    let patience = Duration::from_millis(probe.patience_ms);
    let mut took = Vec::new();
    let begin = Instant::now();
    while begin.elapsed() < span {
        let socket = send::socket(probe, Type::STREAM)?;
        // Without a reset each would leave TIME_WAIT behind, which slows down the ones that follow.
        socket.set_linger(Some(Duration::ZERO))?;
        let started = Instant::now();
        socket.connect_timeout(&probe.to.into(), patience)?;
        took.push(started.elapsed());
    }
    let per_second = took.len() as f64 / begin.elapsed().as_secs_f64();
    took.sort_unstable();
    let at = |share: usize| took.get((took.len() * share / 100).min(took.len().saturating_sub(1))).map_or(0.0, |it| it.as_secs_f64() * 1e6);
    Ok(Load { per_second, median_us: at(50), p99_us: at(99) })
}
