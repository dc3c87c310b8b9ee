//! Finding and ending every process of a rig, also of one whose command was killed in the middle.
//!
//! No list of process ids is kept, which could be out of date: each process carries the run folder in its environment, and its children
//! inherit that. The environment of every process is read from `/proc`, where those inside the box are seen as well.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The variable that marks a process as part of the rig in the folder that it names.
pub(super) const MARK: &str = "PORTCULLIS_RIG_RUN";

/// How long the kernel may take to end processes that were killed.
const PATIENCE: Duration = Duration::from_secs(10);

/// The ids of the processes that carry the mark of `run`.
pub(super) fn processes(run: &Path) -> Result<Vec<u32>> {
    let mark = [MARK.as_bytes(), b"=", run.as_os_str().as_bytes()].concat();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").context("listing processes")? {
        let entry = entry?;
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process may end while it is looked at, and one that has ended but was not waited for has an empty environment.
        let Ok(environment) = fs::read(entry.path().join("environ")) else { continue };
        if environment.split(|byte| *byte == 0).any(|variable| variable == mark) {
            found.push(id);
        }
    }
    Ok(found)
}

/// Kills them and waits until none is left.
///
/// A process that ends loses its memory first, and its mark with it, and leaves its network only then: so each that was found is also waited
/// for by its network.
pub(super) fn end(run: &Path) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut networks: BTreeMap<u32, PathBuf> = BTreeMap::new();
    loop {
        let left = processes(run)?;
        networks.extend(left.iter().filter_map(|id| Some((*id, network(*id)?))));
        networks.retain(|id, of| network(*id).as_ref() == Some(of));
        if left.is_empty() && networks.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("processes {:?} of the rig do not end", networks.keys());
        }
        if !left.is_empty() {
            let ids = left.iter().map(ToString::to_string);
            // One that ended in the meantime makes `kill` fail: the next look decides.
            Command::new("sh").args(["-c", "kill -KILL \"$@\" 2>/dev/null", "kill"]).args(ids).status().context("starting `sh`")?;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The network that a process lives in; none where it has ended.
fn network(process: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{process}/ns/net")).ok()
}
