//! The programs inside the box: each with a log of its own, and an end that names it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// How many lines of a log a failure shows.
const LINES: usize = 15;

/// How often a program may be started again: one that ends whenever it is started would go on for ever, and nobody would know.
const TIMES: u32 = 100;

/// A program that runs for as long as the box does.
pub(super) struct Process {
    name: String,
    command: Command,
    child: Child,
    log: PathBuf,
    again: Again,
    times: u32,
}

/// Whether a program that ends is started again.
#[derive(Clone, Copy)]
enum Again {
    Never,
    /// After this status, which is its way to ask for it.
    After(i32),
    Always,
    /// Where a signal ended it: then a test did.
    Killed,
}

impl Again {
    fn applies(self, status: ExitStatus) -> bool {
        match self {
            Self::Never => false,
            Self::After(code) => status.code() == Some(code),
            Self::Always => true,
            Self::Killed => status.code().is_none(),
        }
    }
}

impl Process {
    /// Starts it with its output in a log that is named after it.
    pub(super) fn start(name: &str, mut command: Command, logs: &Path) -> Result<Self> {
        let log = logs.join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| format!("making {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = spawn(name, &mut command)?;
        Ok(Self { name: name.to_owned(), command, child, log, again: Again::Never, times: 0 })
    }

    /// Has it started again after it ends with this status.
    pub(super) fn again_after(self, status: i32) -> Self {
        Self { again: Again::After(status), ..self }
    }

    /// Has it started again where it is killed: programs that use it have to live with that.
    pub(super) fn again_where_killed(self) -> Self {
        Self { again: Again::Killed, ..self }
    }

    /// Has it started again whenever it ends.
    pub(super) fn always_again(self) -> Self {
        Self { again: Again::Always, ..self }
    }
}

fn spawn(name: &str, command: &mut Command) -> Result<Child> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    command.spawn().with_context(|| format!("`{name}` cannot be started from {program}"))
}

/// Starts those again that asked for it, and fails when another has ended; the message ends with its log.
pub(super) fn all_alive(processes: &mut [Process]) -> Result<()> {
    for process in processes {
        if let Some(status) = process.child.try_wait()? {
            if process.again.applies(status) && process.times < TIMES {
                process.times += 1;
                process.child = spawn(&process.name, &mut process.command)?;
                continue;
            }
            let again = if process.times < TIMES { "" } else { " It was started again too often." };
            bail!("`{}` ended with {status}.{again} The end of its log:\n{}", process.name, end_of(&process.log));
        }
    }
    Ok(())
}

/// Waits until `check` holds, which the process `by` is to bring about, as long as every process lives.
pub(super) async fn until(
    processes: &mut [Process],
    what: &str,
    by: &str,
    patience: Duration,
    mut check: impl AsyncFnMut() -> bool,
) -> Result<()> {
    let deadline = Instant::now() + patience;
    loop {
        all_alive(processes)?;
        if check().await {
            return Ok(());
        }
        if Instant::now() > deadline {
            let log = processes.iter().find(|process| process.name == by).map(|process| end_of(&process.log)).unwrap_or_default();
            bail!("{what} is not there after {} s. The end of the log of `{by}`:\n{log}", patience.as_secs());
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
