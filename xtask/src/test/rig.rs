//! What runs on a real API: the rig is brought up once, for the tests that cargo runs and for the browser, and taken away.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::tally::Tally;
use super::{browser, unit};
use crate::command::{cargo, output, run};
use crate::paths::Paths;
use crate::{command, rig, say, server};

/// The document that is made of what the tests prove.
const PROOF: &str = "docs/proof.md";

/// The rig's own tests, conformance of the sandbox, and the browser's job on a real API.
pub(super) fn real_api(paths: &Paths) -> Result<Tally> {
    if !command::is_root() {
        say::detail("skipped: the rig makes namespaces for network, mounts and processes, which needs root");
        return Ok(Tally { skipped: 1, ..Tally::default() });
    }
    rig::install()?;
    server::build(paths)?;
    let rig = Rig { program: server::rig(paths), run: paths.target.join("rig-test") };
    // Whatever becomes of this process, the rig does not outlive it.
    run(rig.command("up").args(["--api", "--until", &std::process::id().to_string()]))?;
    let tally = with_rig(paths, &rig);
    run(&mut rig.command("down"))?;
    tally
}

/// A rig of the tests alone: one that somebody works with stays as it is.
struct Rig {
    program: PathBuf,
    run: PathBuf,
}

impl Rig {
    fn command(&self, word: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(word).arg("--run").arg(&self.run);
        command
    }
}

fn with_rig(paths: &Paths, rig: &Rig) -> Result<Tally> {
    let told = output(&mut rig.command("env"))?;
    let value = |name: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.map(PathBuf::from).with_context(|| format!("`rig env` does not say {name}: {told}"))
    };
    let (kubeconfig, kubectl) = (value("KUBECONFIG")?, value("KUBECTL")?);
    let mut tests = cargo(paths);
    tests.args(["test", "--workspace", "--tests", "--no-fail-fast", "--", "--ignored"]).env("PORTCULLIS_RIG_KUBECONFIG", &kubeconfig);
    forget_results(paths)?;
    let tests = unit::counted(&mut tests, |_| {})?;
    let document = Tally::of(run(rig.command("matrix").arg("--check").arg(paths.root.join(PROOF))).is_ok());
    Ok(tests + document + browser::drive(paths, Some((&kubeconfig, &kubectl)))?)
}

/// What an earlier run proved is not this one's.
fn forget_results(paths: &Paths) -> Result<()> {
    let folder = paths.root.join("target/rig-results");
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).with_context(|| format!("removing {}", folder.display())),
        _ => Ok(()),
    }
}
