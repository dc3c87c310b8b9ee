//! The agent's process, and the handle by which it is asked.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use policy::access::Port;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::Semaphore;

use super::{Answer, Held, Load, Outcome, Probe, Request, listen, load, send};

/// How many probes are under way at a time: each holds up to two sockets, and a process may have 1,024 files open.
const AT_ONCE: usize = 400;

/// The agent's life: it answers on `ports` under `name` and takes requests at `socket`, relative to the working directory (the path of a
/// socket may be no longer than 107 bytes).
///
/// # Errors
/// When a port or the socket is taken.
pub fn run(name: &str, socket: &Path, ports: &[Port]) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        for port in ports {
            listen::on(*port, name)?;
        }
        let listener = UnixListener::bind(socket).with_context(|| format!("opening {}", socket.display()))?;
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = tokio::io::BufReader::new(read).lines();
                let mut open = None;
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer = match serde_json::from_str(&line) {
                        Ok(Request::Send(probes)) => Answer::Outcomes(all(probes).await),
                        Ok(Request::Open(probe)) => Answer::Outcomes(vec![send::open(probe, &mut open).await]),
                        Ok(Request::Again) => Answer::Outcomes(vec![send::again(&mut open).await]),
                        Ok(Request::Load { probe, millis }) => Answer::Load(load::measure(probe, Duration::from_millis(millis)).await),
                        Err(_) => return,
                    };
                    let Ok(mut answer) = serde_json::to_vec(&answer) else { return };
                    answer.push(b'\n');
                    if write.write_all(&answer).await.is_err() {
                        return;
                    }
                }
            });
        }
    })
}

/// Sends them, many at a time, and keeps their order.
async fn all(probes: Vec<Probe>) -> Vec<Outcome> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let running: Vec<_> = probes
        .into_iter()
        .map(|probe| {
            let places = Arc::clone(&places);
            tokio::spawn(async move {
                let _place = places.acquire().await;
                send::send(probe).await
            })
        })
        .collect();
    let mut outcomes = Vec::with_capacity(running.len());
    for probe in running {
        outcomes.push(probe.await.unwrap_or_else(|error| Outcome::Unsent(error.to_string())));
    }
    outcomes
}

/// An agent, as tests hold it.
#[derive(Clone, Debug)]
pub struct Agent(PathBuf);

impl Agent {
    /// The agent at a socket.
    #[must_use]
    pub fn at(socket: PathBuf) -> Self {
        Self(socket)
    }

    /// Whether it takes requests.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.connect().is_ok()
    }

    /// Has all probes sent at once, and gives what became of each.
    ///
    /// # Errors
    /// When the agent is gone.
    pub fn send(&self, probes: &[Probe]) -> Result<Vec<Outcome>> {
        match self.request(&Request::Send(probes.to_vec()))? {
            Answer::Outcomes(outcomes) => Ok(outcomes),
            Answer::Load(_) => bail!("the agent at {} answers another question", self.0.display()),
        }
    }

    /// Has one new connection after the other opened for `span`, and gives what they cost.
    ///
    /// # Errors
    /// When the agent is gone, or no connection can be opened.
    pub fn load(&self, probe: Probe, span: Duration) -> Result<Load> {
        match self.request(&Request::Load { probe, millis: u64::try_from(span.as_millis())? })? {
            Answer::Load(load) => load.map_err(|why| anyhow!("no load from {}: {why}", self.0.display())),
            Answer::Outcomes(_) => bail!("the agent at {} answers another question", self.0.display()),
        }
    }

    fn request(&self, request: &Request) -> Result<Answer> {
        let mut stream = self.connect()?;
        let mut request = serde_json::to_vec(request)?;
        request.push(b'\n');
        stream.write_all(&request)?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("the agent at {} ended", self.0.display()))
    }

    /// Has a TCP connection opened that stays open, and gives what became of that.
    ///
    /// # Errors
    /// When the agent is gone.
    pub fn open(&self, probe: Probe) -> Result<(Held, Outcome)> {
        let mut held = Held::new(self.connect()?);
        let outcome = held.request(&Request::Open(probe))?;
        Ok((held, outcome))
    }

    /// Through the open folder, as the path itself may be longer than a socket's may be.
    fn connect(&self) -> Result<UnixStream> {
        let gone = || format!("no agent at {}", self.0.display());
        let folder = File::open(self.0.parent().with_context(gone)?).with_context(gone)?;
        let name = self.0.file_name().with_context(gone)?;
        let path = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
        fs::metadata(&path).with_context(gone)?;
        UnixStream::connect(&path).with_context(gone)
    }
}
