//! The parts that read the code instead of running it. Each counts as one test.

use std::process::Command;

use anyhow::Result;

use super::tally::Tally;
use crate::command::{self, cargo, succeeds};
use crate::install::rust;
use crate::paths::Paths;
use crate::say;

/// `cargo fmt --check`.
pub(super) fn formatting(paths: &Paths) -> Result<Tally> {
    held(cargo(paths).args(["fmt", "--all", "--check"]))
}

/// Clippy over everything that is native. In continuous integration it builds what the tests run ([`command::native`]).
pub(super) fn native(paths: &Paths) -> Result<Tally> {
    if command::in_ci() {
        return held(command::native(paths).args(["test", "--workspace", "--no-run"]));
    }
    held(cargo(paths).args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

/// Clippy over what runs in the browser, as it is compiled for it.
pub(super) fn wasm(paths: &Paths) -> Result<Tally> {
    rust::wasm_target()?;
    held(cargo(paths).args([
        "clippy",
        "--package",
        "app",
        "--package",
        "policy",
        "--features",
        "app/hydrate",
        "--target",
        rust::WASM,
        "--",
        "-D",
        "warnings",
    ]))
}

/// Licences, bans and sources of every dependency. Advisories are checked too where their database can be had.
pub(super) fn dependencies(paths: &Paths) -> Result<Tally> {
    let folder = rust::cargo_deny(paths)?;
    say::detail("advisories are not checked: their database is a git repository, and only package registries are read here");
    let deny = folder.join("cargo-deny");
    let arguments = ["--workspace", "--config", ".cargo/deny.toml", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"];
    held(Command::new(deny).current_dir(&paths.root).args(arguments))
}

fn held(command: &mut Command) -> Result<Tally> {
    Ok(Tally::of(succeeds(command)?))
}
