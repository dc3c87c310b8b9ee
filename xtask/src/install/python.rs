//! What PyPI gives: the peer of the benchmark, in a folder of the cache that is named by its version.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::debian;
use crate::command::run;
use crate::paths::Paths;
use crate::say;

/// The only other program that computes the difference of two sets of Calico's policies exactly.
const NETWORK_CONFIG_ANALYZER: &str = "2.1.0";

/// `nca` of network-config-analyzer, installed into a virtual environment if it is not there yet.
///
/// # Errors
/// When Python is missing, or pip fails.
pub(crate) fn network_config_analyzer(paths: &Paths) -> Result<PathBuf> {
    let folder = paths.cache.join(format!("network-config-analyzer-{NETWORK_CONFIG_ANALYZER}"));
    let program = folder.join("bin/nca");
    if program.exists() {
        return Ok(program);
    }
    let python = debian::ensure(&debian::PYTHON)?;
    say::step(format_args!("installing network-config-analyzer {NETWORK_CONFIG_ANALYZER} into {} (about 20 s, once)", folder.display()));
    // A virtual environment names its own place, so it cannot be made beside it and moved: an unfinished one is made anew.
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("clearing {}", folder.display()))?;
    }
    run(Command::new(python).args(["-m", "venv"]).arg(&folder))?;
    let package = format!("network-config-analyzer=={NETWORK_CONFIG_ANALYZER}");
    run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "--disable-pip-version-check", &package]))?;
    Ok(program)
}
