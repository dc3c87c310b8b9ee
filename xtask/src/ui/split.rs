//! The wasm in two: what the first page needs, and the rest, which the browser fetches when it is needed (`app/src/page/later.rs`).

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::NAME;
use crate::command::run;
use crate::say;

/// What the linker must leave in the wasm for it to be cut.
pub(super) const LINKED: &str = "-Clink-args=--emit-relocs";

/// What fetches the rest, named by the tool; imported by wasm-bindgen's script.
pub(super) const LOADER: &str = "__wasm_split.js";

/// Cuts `compiled` into `folder`, which is emptied first: `NAME.wasm` for wasm-bindgen, [`LOADER`], and [`rest`].
///
/// # Errors
/// When the tool fails.
pub(super) fn split(tool: &Path, compiled: &Path, folder: &Path) -> Result<()> {
    if folder.is_dir() {
        fs::remove_dir_all(folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    say::detail("cutting the wasm in two");
    // Its log is of no use to anybody who does not work on it.
    run(Command::new(tool).args(["--target", "web", "--out-name", NAME]).arg(compiled).arg(folder).env("RUST_LOG", "error"))
}

/// The parts of the wasm in a folder that are fetched later.
///
/// # Errors
/// When the folder cannot be read.
pub(super) fn rest(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        let path = entry?.path();
        let ours = path.file_stem().and_then(OsStr::to_str).is_some_and(|name| name.starts_with("split_") || name.starts_with("chunk_"));
        if ours && path.extension().is_some_and(|extension| extension == "wasm") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
