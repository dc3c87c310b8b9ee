//! `--watch`: builds again what changed, and starts the server again when its program did.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};

use crate::paths::Paths;
use crate::ui::{self, Profile};
use crate::{say, server};

/// What is looked at, and how often.
const SOURCES: &[&str] = &["app/src", "policy/src", "server/src", "style", "migrations", "Cargo.toml", "Cargo.lock"];
const EVERY: Duration = Duration::from_millis(250);

/// Runs `command` until the server ends by itself, which ends this too.
pub(super) fn serve(paths: &Paths, profile: Profile, command: &mut Command) -> Result<ExitCode> {
    let program = server::portcullis(paths);
    let mut child = start(command)?;
    let mut seen = newest(paths)?;
    let mut running = changed(&program)?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        sleep(EVERY);
        let now = newest(paths)?;
        if now == seen {
            continue;
        }
        seen = now;
        let begin = Instant::now();
        if let Err(error) = ui::build(paths, profile).and_then(|_| server::build_portcullis(paths)) {
            say::step(format_args!("{error:#}; the server goes on as it was, until the next change"));
            continue;
        }
        let built = changed(&program)?;
        if built != running {
            running = built;
            child.kill().ok();
            child.wait()?;
            child = start(command)?;
        }
        say::step(format_args!("built in {}: load the page again", say::duration(begin.elapsed())));
    }
}

fn start(command: &mut Command) -> Result<Child> {
    command.spawn().with_context(|| format!("starting `{}`", command.get_program().to_string_lossy()))
}

/// When the newest source changed, and how many there are: a file that was taken away counts too.
fn newest(paths: &Paths) -> Result<(usize, SystemTime)> {
    let mut pending: Vec<PathBuf> = SOURCES.iter().map(|source| paths.root.join(source)).collect();
    let mut newest = (0, SystemTime::UNIX_EPOCH);
    while let Some(path) = pending.pop() {
        // An editor may replace a file just now: it is seen on the next look.
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_dir() {
            for entry in fs::read_dir(&path)? {
                pending.push(entry?.path());
            }
        } else {
            newest = (newest.0 + 1, newest.1.max(metadata.modified()?));
        }
    }
    Ok(newest)
}

fn changed(file: &Path) -> Result<SystemTime> {
    Ok(fs::metadata(file).with_context(|| format!("looking at {}", file.display()))?.modified()?)
}
