//! Whether a step has been done with just these inputs.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};

/// The inputs of a step: each file's path, length and time of change, and words that matter too.
pub(super) struct Stamp(String);

impl Stamp {
    /// Reads the files' metadata.
    ///
    /// # Errors
    /// When a file is missing.
    pub(super) fn of(files: &[&Path], words: &[&str]) -> Result<Self> {
        let mut text = String::new();
        for file in files {
            let metadata = fs::metadata(file).with_context(|| format!("looking at {}", file.display()))?;
            let changed = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            writeln!(text, "{} {} {}", file.display(), metadata.len(), changed.as_nanos())?;
        }
        for word in words {
            writeln!(text, "{word}")?;
        }
        Ok(Self(text))
    }

    /// Does the step unless the stamp in `file` says that it was done with these inputs.
    ///
    /// # Errors
    /// When the step fails (the next run does it again) or the stamp cannot be written.
    pub(super) fn unless_current(&self, file: &Path, step: impl FnOnce() -> Result<()>) -> Result<()> {
        if fs::read_to_string(file).is_ok_and(|before| before == self.0) {
            return Ok(());
        }
        // Taken away first: a step that is cut short must not look done.
        fs::remove_file(file).ok();
        step()?;
        fs::write(file, &self.0).with_context(|| format!("writing {}", file.display()))
    }
}
