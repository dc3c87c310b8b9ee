//! What runs on a real API: the rig is brought up once, for the tests that cargo runs and for the browser, and taken away.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::tally::Tally;
use super::{browser, unit};
use crate::command::{native, output, run};
use crate::paths::Paths;
use crate::{command, rig, say, server};

/// The tests that want the rig. A test with a world of its own waits most of its time, for packets that do not come: three of them share
/// the cores better than one has them to itself.
const IGNORED: [&str; 8] = ["test", "--workspace", "--tests", "--no-fail-fast", "--", "--ignored", "--test-threads", "3"];

/// The document that is made of what the tests prove.
const PROOF: &str = "docs/proof.md";

/// The sandbox's own cluster, with clients around it.
const WORLD: &str = "end2end/worlds/sandbox.yaml";

/// The second line of Calico, which only longer runs ask.
const SECOND_LINE: &str = "3.30.1";

/// How tests are called that only longer runs ask: they stand in a module of this name. The name of a test is all that its harness can choose by.
const LONG: &str = "long::";

/// The rig's own tests, conformance of the sandbox, and the browser's job with packets.
pub(super) fn real_api(paths: &Paths) -> Result<Tally> {
    all(paths, false)
}

/// The same, and every fact on the second line of Calico.
pub(super) fn long(paths: &Paths) -> Result<Tally> {
    all(paths, true)
}

fn all(paths: &Paths, long: bool) -> Result<Tally> {
    if !command::is_root() {
        say::detail("skipped: the rig makes namespaces for network, mounts and processes, which needs root");
        return Ok(Tally { skipped: 1, ..Tally::default() });
    }
    rig::install()?;
    server::build_as_tests(paths)?;
    let rig = Rig { program: server::rig(paths), run: paths.target.join("rig-test") };
    let mut tally = rig.while_up(&["--api"], || with_api(paths, &rig))?;
    if long {
        // Told here, where it shows: its programs take minutes to build, once.
        run(rig.command("env").args(["--calico", SECOND_LINE]))?;
        tally = tally + unit::counted(native(paths).args(IGNORED).arg(LONG), |_| {})?;
    }
    tally = tally + Tally::of(run(rig.command("matrix").arg("--check").arg(paths.root.join(PROOF))).is_ok());
    let world = paths.root.join(WORLD);
    Ok(tally + rig.while_up(&["--world", &world.to_string_lossy()], || job_with_packets(paths, &rig))?)
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

    fn while_up(&self, what: &[&str], then: impl FnOnce() -> Result<Tally>) -> Result<Tally> {
        // Whatever becomes of this process, the rig does not outlive it.
        run(self.command("up").args(what).args(["--until", &std::process::id().to_string()]))?;
        let tally = then();
        run(&mut self.command("down"))?;
        tally
    }

    /// A file that it names to programs which use its API.
    fn env(&self, name: &str) -> Result<PathBuf> {
        let told = output(&mut self.command("env"))?;
        let line = told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.map(PathBuf::from).with_context(|| format!("`rig env` does not say {name}: {told}"))
    }
}

fn with_api(paths: &Paths, rig: &Rig) -> Result<Tally> {
    let mut tests = native(paths);
    tests.args(IGNORED).args(["--skip", LONG]).env("PORTCULLIS_RIG_KUBECONFIG", rig.env("KUBECONFIG")?);
    forget_results(paths)?;
    unit::counted(&mut tests, |_| {})
}

/// The browser's job on a cluster whose clients send packets after each step.
fn job_with_packets(paths: &Paths, rig: &Rig) -> Result<Tally> {
    let (kubeconfig, kubectl) = (rig.env("KUBECONFIG")?, rig.env("KUBECTL")?);
    browser::drive(paths, Some(browser::Cluster { kubeconfig: &kubeconfig, kubectl: &kubectl, rig: &rig.program, run: &rig.run }))
}

/// What an earlier run proved is not this one's.
fn forget_results(paths: &Paths) -> Result<()> {
    let folder = paths.root.join("target/rig-results");
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).with_context(|| format!("removing {}", folder.display())),
        _ => Ok(()),
    }
}
