//! Parts that only compile, run beside those that wait for packets and pages.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::tally::Tally;
use crate::command::cargo;
use crate::paths::Paths;

/// Parts under way, as a run of their own that names them: in a build folder of its own, so that neither run waits for the other's lock. What
/// it says is kept, and printed when it has ended.
pub(super) struct Beside {
    child: Child,
    log: PathBuf,
    begin: Instant,
}

impl Beside {
    /// Begins with parts of these names.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn begin(paths: &Paths, parts: &[&str]) -> Result<Self> {
        let folder = paths.target.join("beside");
        std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let log = folder.join("log");
        let file = File::create(&log).with_context(|| format!("writing {}", log.display()))?;
        let mut command = cargo(paths);
        command.args(["xtask", "test"]).args(parts.iter().flat_map(|part| ["--only", part])).env("CARGO_TARGET_DIR", &folder);
        let errors = file.try_clone().context("one file for both outputs")?;
        let child = command.stdin(Stdio::null()).stdout(file).stderr(errors).spawn().context("`cargo xtask` cannot be started")?;
        Ok(Self { child, log, begin: Instant::now() })
    }

    /// Waits for its end, prints what it said, and gives its count and its time.
    ///
    /// # Errors
    /// When what it said cannot be read.
    pub(super) fn end(mut self) -> Result<(Tally, Duration)> {
        let ended_well = self.child.wait()?.success();
        let took = self.begin.elapsed();
        let said = std::fs::read_to_string(&self.log).with_context(|| format!("reading {}", self.log.display()))?;
        print!("{said}");
        let tally = said.lines().rev().find_map(Tally::read).unwrap_or_default();
        // Neither a crash nor an empty run is a success.
        let silent = !ended_well && tally.failed == 0 || tally == Tally::default();
        Ok((if silent { tally + Tally::failed() } else { tally }, took))
    }
}
