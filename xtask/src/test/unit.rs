//! The tests that cargo runs.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::tally::Tally;
use crate::command::{self, cargo, watch, within};
use crate::install::{debian, rust};
use crate::paths::Paths;

/// How long one command of tests may take, its builds included. From nothing, on two cores, the longest takes a third of it.
const LIMIT: Duration = Duration::from_secs(25 * 60);

/// The profile of the workspace's `Cargo.toml` for laws that run for long.
const LAWS: &str = "laws";

/// How the reason of an ignored test begins when it wants the rig: the part that starts the rig runs and counts it.
const WANTS_RIG: &str = "needs the rig";

/// `cargo test` over the whole workspace: one selection of packages, so that features never flip and nothing is built twice.
pub(super) fn native(paths: &Paths) -> Result<Tally> {
    let mut rig_tests = 0;
    let tally = counted(command::native(paths).args(["test", "--workspace", "--no-fail-fast"]), |line| {
        rig_tests += u32::from(line.starts_with("test ") && line.contains(&format!("... ignored, {WANTS_RIG}")));
    })?;
    Ok(Tally { skipped: tally.skipped.saturating_sub(rig_tests), ..tally })
}

/// The same, and the laws of reachability once more, over many more packets and with another seed. Most of their time is in what they hold: an
/// optimised build of `policy` and what it needs takes less than it saves.
pub(super) fn long(paths: &Paths) -> Result<Tally> {
    let tally = native(paths)?;
    let mut laws = cargo(paths);
    laws.args(["test", "--package", "policy", "--test", "reach", "--profile", LAWS, "--no-fail-fast", "--", "--nocapture"]);
    Ok(tally + counted(laws.env("PORTCULLIS_LONG", "1"), |_| {})?)
}

/// The golden vectors once more, as wasm under Node: what the browser computes is what the server computes.
pub(super) fn golden(paths: &Paths) -> Result<Tally> {
    rust::wasm_target()?;
    let runner = rust::wasm_bindgen(paths)?.join("wasm-bindgen-test-runner");
    debian::ensure(&debian::NODE)?;
    let mut command = cargo(paths);
    command.args(["test", "--package", "policy", "--test", "golden", "--target", rust::WASM]);
    counted(command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner), |_| {})
}

/// Runs a command of tests and adds up its results. A command that fails without a failed test (it did not compile, it crashed) is one failure.
pub(super) fn counted(command: &mut Command, mut line: impl FnMut(&str)) -> Result<Tally> {
    let mut tally = Tally::default();
    let ended_well = watch(&mut within(LIMIT, command), |text| {
        line(text);
        if text.starts_with("test result:") {
            tally = tally + Tally::read(text).unwrap_or_default();
        }
    })?;
    if !ended_well && tally.failed == 0 {
        tally = tally + Tally::failed();
    }
    Ok(tally)
}
