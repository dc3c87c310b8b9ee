//! The programs inside the box: each with a log of its own, and an end that names it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// How many lines of a log a failure shows.
const LINES: usize = 15;

/// A program that runs for as long as the box does.
pub(super) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it with its output in a log that is named after it.
    pub(super) fn start(name: &'static str, command: &mut Command, logs: &Path) -> Result<Self> {
        let log = logs.join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| format!("making {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("`{name}` cannot be started from {}", command.as_std().get_program().to_string_lossy()))?;
        Ok(Self { name, child, log })
    }
}

/// Fails when one of them has ended; the message ends with its log.
pub(super) fn all_alive(processes: &mut [Process]) -> Result<()> {
    for process in processes {
        if let Some(status) = process.child.try_wait()? {
            bail!("`{}` ended with {status}. The end of its log:\n{}", process.name, end_of(&process.log));
        }
    }
    Ok(())
}

/// Waits until `check` holds, as long as every process lives.
pub(super) async fn until(processes: &mut [Process], what: &str, patience: Duration, mut check: impl AsyncFnMut() -> bool) -> Result<()> {
    let deadline = Instant::now() + patience;
    loop {
        all_alive(processes)?;
        if check().await {
            return Ok(());
        }
        if Instant::now() > deadline {
            let logs = processes.last().map(|process| format!(" The end of the log of `{}`:\n{}", process.name, end_of(&process.log)));
            bail!("{what} is not there after {} s.{}", patience.as_secs(), logs.unwrap_or_default());
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// The last lines of a log.
pub(super) fn end_of(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
