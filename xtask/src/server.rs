//! The product's own program: built with the whole workspace, started with its output passed through.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::command::{native, run};
use crate::paths::Paths;
use crate::say;

/// Builds every native program. Always the whole workspace: a smaller selection has other features, and builds dozens of crates again.
///
/// # Errors
/// When the build fails.
pub(crate) fn build(paths: &Paths) -> Result<()> {
    say::step("building the programs");
    run(native(paths).args(["build", "--workspace"]))
}

/// Builds every native program as the tests do: what only tests need turns features on, and without it dozens of crates, `app` and `server` among
/// them, would be built again after `cargo test`.
///
/// # Errors
/// When the build fails.
pub(crate) fn build_as_tests(paths: &Paths) -> Result<()> {
    say::step("building the programs");
    run(native(paths).args(["build", "--workspace", "--bins", "--tests"]))
}

/// Builds `portcullis` alone, of the same selection of packages: the programs of tests are not linked for a change of a page.
///
/// # Errors
/// When the build fails.
pub(crate) fn build_portcullis(paths: &Paths) -> Result<()> {
    say::step("building the server");
    run(native(paths).args(["build", "--workspace", "--bin", "portcullis"]))
}

/// Builds an optimised `portcullis`, for what its speed is compared; says where it is. Takes minutes from nothing.
///
/// # Errors
/// When the build fails.
pub(crate) fn build_optimised(paths: &Paths) -> Result<PathBuf> {
    say::step("building the server, optimised");
    run(native(paths).args(["build", "--release", "--package", "server", "--bin", "portcullis"]))?;
    Ok(paths.target.join("release").join("portcullis"))
}

/// Where `portcullis` is after any build of it but the optimised.
pub(crate) fn portcullis(paths: &Paths) -> PathBuf {
    program(&paths.target, "portcullis")
}

/// Where the program is that serves a sandbox's API by itself, after [`build`].
pub(crate) fn sandbox_api(paths: &Paths) -> PathBuf {
    program(&paths.target, "sandbox-api")
}

/// Where the rig's command is after [`build`].
pub(crate) fn rig(paths: &Paths) -> PathBuf {
    program(&paths.target, "rig")
}

fn program(target: &Path, name: &str) -> PathBuf {
    target.join("debug").join(name)
}
