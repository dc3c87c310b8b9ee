//! The pages as they are released: their size, and the tests that drive them in a browser.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::tally::Tally;
use crate::command::{watch, within};
use crate::install::{debian, npm};
use crate::paths::Paths;
use crate::ui::{self, Profile};
use crate::{say, server};

/// What the script, the wasm and the style sheet of the first page may weigh together, compressed, in bytes. The browser tests weigh the
/// whole first load, with its HTML.
const BUDGET: u64 = 280_000;

/// What the code of all other pages may weigh, compressed, in bytes: it is fetched when the first of them is gone to.
const LATER: u64 = 640_000;

/// How long the browser's tests may take. They take three minutes on a quiet machine, and nine beside what a clean checkout compiles meanwhile.
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// Builds the UI for release and weighs it.
pub(super) fn release(paths: &Paths) -> Result<Tally> {
    let ui::Weight { first, later } = ui::weigh(&ui::build(paths, Profile::Release)?)?;
    let kilobytes = |bytes: u64| format!("{}.{} KB", bytes / 1000, bytes % 1000 / 100);
    say::detail(format_args!("script, wasm and style sheet of the first page: {} of {}, compressed", kilobytes(first), kilobytes(BUDGET)));
    say::detail(format_args!("the code of all other pages: {} of {}, compressed", kilobytes(later), kilobytes(LATER)));
    Ok(Tally::of(first <= BUDGET) + Tally::of(later <= LATER))
}

/// The browser tests on the sandbox.
pub(super) fn on_sandbox(paths: &Paths) -> Result<Tally> {
    drive(paths, None)
}

/// A rig, as the browser tests use it.
pub(super) struct Cluster<'a> {
    pub(super) kubeconfig: &'a Path,
    pub(super) kubectl: &'a Path,
    /// Its command, which sends packets.
    pub(super) rig: &'a Path,
    /// Its run folder.
    pub(super) run: &'a Path,
}

/// The browser tests, on this cluster or else on the sandbox.
pub(super) fn drive(paths: &Paths, cluster: Option<Cluster<'_>>) -> Result<Tally> {
    let node = npm::ensure(paths)?;
    let chromium = debian::ensure(&debian::CHROMIUM)?;
    let site = ui::build(paths, Profile::Release)?;
    server::build_as_tests(paths)?;
    let mut script = node.script(&paths.root.join("end2end/browser/run.mjs"));
    script.arg("--portcullis").arg(server::portcullis(paths)).arg("--sandbox-api").arg(server::sandbox_api(paths));
    script.arg("--site").arg(site).arg("--chromium").arg(chromium);
    if let Some(Cluster { kubeconfig, kubectl, rig, run }) = cluster {
        script.arg("--kubeconfig").arg(kubeconfig).arg("--kubectl").arg(kubectl).arg("--rig").arg(rig).arg("--rig-run").arg(run);
    }
    let mut tally = None;
    let ended_well = watch(&mut within(LIMIT, &script), |line| tally = Tally::read(line).or(tally))?;
    let tally = tally.unwrap_or_default();
    // Neither a crash nor an empty run is a success.
    let silent = !ended_well && tally.failed == 0 || tally == Tally::default();
    Ok(if silent { tally + Tally::failed() } else { tally })
}
