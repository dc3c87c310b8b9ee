//! The memory of the server on the sandbox's big cluster.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

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
    /// Where its cluster's API is.
    api: &'static str,
    /// All that is resident.
    resident: u64,
    /// Of it, what is not pages of files (the program itself).
    anonymous: u64,
}

/// Starts an optimised server on a new sandbox with the big cluster, and looks once it has read all of it; then another on the same cluster, whose API
/// is served by a process of its own.
pub(super) fn measure(folder: &Path, portcullis: &Path, sandbox_api: &Path) -> Result<[Memory; 2]> {
    // It asks for pages; nobody opens one.
    let site = folder.join("site");
    fs::create_dir_all(site.join("pkg"))?;
    PAGES.iter().try_for_each(|name| fs::write(site.join("pkg").join(name), ""))?;
    let server = |data: &Path, cluster: &[&OsStr]| {
        let mut command = Command::new(portcullis);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).arg("--site").arg(&site).args(cluster);
        // What keeps it from running is said beside the figures.
        Running::start(command.env("RUST_LOG", "error"))
    };
    let data = folder.join("data");
    let within = rested(&mut server(&data, &["--sandbox", "--seed", "big"].map(OsStr::new))?, "the sandbox, in the same process")?;
    let api = Running::start(Command::new(sandbox_api).arg(data.join("sandbox.db")))?;
    let file = folder.join("kubeconfig");
    fs::write(&file, kubeconfig(api.said.trim()).to_string())?;
    let beside = rested(&mut server(&folder.join("beside"), &["--kubeconfig".as_ref(), file.as_ref()])?, "a process of its own")?;
    Ok([within, beside])
}

fn kubeconfig(api: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Config", "current-context": "big",
        "clusters": [{"name": "big", "cluster": {"server": api}}], "users": [{"name": "big", "user": {}}],
        "contexts": [{"name": "big", "context": {"cluster": "big", "user": "big"}}]})
}

/// What it holds once it grows no more.
fn rested(server: &mut Running, api: &'static str) -> Result<Memory> {
    let begin = Instant::now();
    let (mut last, mut since) = (server.memory(api)?, Instant::now());
    while since.elapsed() < RESTED {
        if begin.elapsed() > PATIENCE {
            bail!("the server on the big sandbox has grown for {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(200));
        let now = server.memory(api)?;
        if now.resident > last.resident + GROWTH {
            (last, since) = (now, Instant::now());
        }
    }
    server.memory(api)
}

/// A program that says in its first line that it has begun; it ends with this value.
struct Running {
    child: Child,
    said: String,
}

impl Running {
    fn start(command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let child = child.with_context(|| format!("starting `{}`", command.get_program().display()))?;
        let mut running = Self { child, said: String::new() };
        let printed = running.child.stdout.take().context("the program has no standard output")?;
        if BufReader::new(printed).read_line(&mut running.said)? == 0 {
            bail!("`{}` does not begin", command.get_program().display());
        }
        Ok(running)
    }

    fn memory(&mut self, api: &'static str) -> Result<Memory> {
        if let Some(ended) = self.child.try_wait()? {
            bail!("the server on the big sandbox ended by itself: {ended}");
        }
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        Memory::read(api, &status).with_context(|| format!("the system does not say what a process holds: {status}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

impl Memory {
    /// What `/proc/PID/status` says.
    fn read(api: &'static str, status: &str) -> Option<Self> {
        let figure = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.trim().strip_suffix(" kB")?.parse().ok()
        };
        Some(Self { api, resident: figure("VmRSS")?, anonymous: figure("RssAnon")? })
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |kib: u64| kib.div_ceil(1024);
        write!(f, "| {} | {} MiB | {} MiB |", self.api, mib(self.resident), mib(self.anonymous))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_process_is_read_and_told() {
        let read = |status| Memory::read("beside", status);
        let memory = read("Name:\tportcullis\nVmRSS:\t  204044 kB\nRssAnon:\t  180792 kB\nRssFile:\t   23252 kB\n").unwrap();
        assert_eq!(memory, Memory { api: "beside", resident: 204_044, anonymous: 180_792 });
        assert_eq!(memory.to_string(), "| beside | 200 MiB | 177 MiB |");
        assert_eq!(read("Name:\tportcullis\n"), None);
    }
}
