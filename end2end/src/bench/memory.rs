//! The memory of the server on the sandbox's big cluster.

use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// It is ready once it has not grown for so long.
const RESTED: Duration = Duration::from_secs(5);
/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// What counts as growth, in KiB.
const GROWTH: u64 = 1024;

/// The files without which the server does not run (`server/src/http/site.rs`).
const PAGES: [&str; 5] = ["portcullis.js", "portcullis.wasm", "portcullis.css", "__wasm_split.js", "split_later.wasm"];

/// What the server holds, in KiB, as `/proc/PID/status` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    /// All that is resident.
    resident: u64,
    /// Of it, what is not pages of files (the program itself).
    anonymous: u64,
}

/// Starts an optimised server on a new sandbox with the big cluster, and looks once it has read all of it.
pub(super) fn measure(folder: &Path, portcullis: &Path) -> Result<Memory> {
    fs::create_dir_all(folder)?;
    let mut server = Server::start(folder, portcullis)?;
    let begin = Instant::now();
    let (mut last, mut since) = (server.memory()?, Instant::now());
    while since.elapsed() < RESTED {
        if begin.elapsed() > PATIENCE {
            bail!("the server on the big sandbox has grown for {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(200));
        let now = server.memory()?;
        if now.resident > last.resident + GROWTH {
            (last, since) = (now, Instant::now());
        }
    }
    server.memory()
}

/// Ends with this value.
struct Server(Child);

impl Server {
    fn start(folder: &Path, portcullis: &Path) -> Result<Self> {
        // It asks for pages; nobody opens one.
        let site = folder.join("site");
        fs::create_dir_all(site.join("pkg"))?;
        PAGES.iter().try_for_each(|name| fs::write(site.join("pkg").join(name), ""))?;
        let mut command = Command::new(portcullis);
        command.args(["serve", "--sandbox", "--seed", "big", "--listen", "127.0.0.1:0", "--data"]).arg(folder.join("data"));
        // What keeps it from running is said beside the figures.
        let child = command.arg("--site").arg(site).env("RUST_LOG", "error").stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut server = Self(child.with_context(|| format!("starting `{}`", portcullis.display()))?);
        // It prints its link once the sandbox is there, and reads it from then on.
        let mut printed = BufReader::new(server.0.stdout.take().context("the server has no standard output")?);
        if printed.read_line(&mut String::new())? == 0 {
            bail!("the server on the big sandbox does not begin");
        }
        Ok(server)
    }

    fn memory(&mut self) -> Result<Memory> {
        if let Some(ended) = self.0.try_wait()? {
            bail!("the server on the big sandbox ended by itself: {ended}");
        }
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        Memory::read(&status).with_context(|| format!("the system does not say what a process holds: {status}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.0.kill().and_then(|()| self.0.wait());
    }
}

impl Memory {
    /// What `/proc/PID/status` says.
    fn read(status: &str) -> Option<Self> {
        let figure = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.trim().strip_suffix(" kB")?.parse().ok()
        };
        Some(Self { resident: figure("VmRSS")?, anonymous: figure("RssAnon")? })
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |kib: u64| kib.div_ceil(1024);
        write!(f, "| {} MiB | {} MiB |", mib(self.resident), mib(self.anonymous))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_process_is_read_and_told() {
        let memory = Memory::read("Name:\tportcullis\nVmRSS:\t  204044 kB\nRssAnon:\t  180792 kB\nRssFile:\t   23252 kB\n").unwrap();
        assert_eq!(memory, Memory { resident: 204_044, anonymous: 180_792 });
        assert_eq!(memory.to_string(), "| 200 MiB | 177 MiB |");
        assert_eq!(Memory::read("Name:\tportcullis\n"), None);
    }
}
