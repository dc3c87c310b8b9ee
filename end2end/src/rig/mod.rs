//! The rig: a real Kubernetes with Calico, on this machine, without containers.
//!
//! One command brings it up (`rig up`), one takes it away (`rig down`), and nothing of it lives longer. `rig up --api` is the API alone;
//! without it a [`World`] is realised: nodes, pods and clients are network namespaces in which real Felix and real kube-proxy decide about
//! real packets. Three processes of ours hold it together:
//!
//! - `rig up` prepares the run folder, starts the holder, loads the objects, and returns.
//! - `rig hold` stays. It listens on a port of loopback and owns the box: a process in namespaces of its own for mounts, network and
//!   processes. When the holder ends, however it ends, the kernel ends the box.
//! - `rig box` is the first process inside. It starts etcd, kube-apiserver and the Calico API server, makes the network of the world, and
//!   starts Felix, kube-proxy and our agents in it. It carries connections that reach it through a Unix socket (a socket file crosses
//!   network namespaces) to kube-apiserver. When it ends, the kernel ends them all.

mod blocks;
mod boxed;
mod certificates;
mod data_plane;
mod enter;
mod folder;
mod hold;
mod kube_proxy;
mod kubectl;
mod leftovers;
mod marker;
mod network;
mod process;
mod programs;
mod questions;
mod relay;
mod scene;
mod seed;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::world::World;

pub use boxed::run as run_box;
pub use enter::{is_healthy, shell};
use folder::RunFolder;
pub use hold::run as run_holder;
use kubectl::Kubectl;
pub use marker::MARKER;
pub use programs::Programs;
pub use scene::{From, Question, Scene};

/// How long the API may take to come up; on two cores that are free it takes about 8 seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// The addresses of Services: the range of the page's example, and one of the other family.
pub(crate) const SERVICE_RANGES: [&str; 2] = ["10.20.0.0/16", "fd00:20::/112"];

/// The ranges of the rig's own pods ([`marker`]), and of its links.
pub(crate) const OWN_RANGES: [&str; 3] = ["198.18.0.0/16", "fd00:198::/32", "169.254.0.0/16"];

/// The address of the API servers.
pub(crate) const CONTROL_PLANE: &str = certificates::ADDRESS;

/// What a rig is made of, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The `rig` program itself: it starts itself again as the holder and inside the box.
    pub program: PathBuf,
    /// The run folder: everything that the rig writes is below it.
    pub run: PathBuf,
    /// When this process ends, the rig does: so that nothing outlives a test run that was killed.
    pub until: Option<u32>,
}

/// Whether a rig runs in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is ready.
    Up,
    /// Something of it is there, but it is not ready: it is on its way up, or was cut short.
    Partial,
    /// Nothing is there.
    Down,
}

/// Whether this machine can run a rig, and if not, why not, in one line.
fn obstacle() -> Option<String> {
    if !is_root() {
        return Some("the rig needs root: it makes namespaces for network, mounts and processes".to_owned());
    }
    let needed = ["go", "unshare", "setpriv", "setsid", "ip", "mount", "iptables-legacy", "nft", "ipset", "conntrack"];
    let missing: Vec<&str> = needed.into_iter().filter(|name| !on_path(name)).collect();
    let packages = "golang-go util-linux iproute2 mount iptables ipset conntrack nftables";
    (!missing.is_empty()).then(|| format!("the rig needs `{}`: apt-get install {packages}", missing.join("`, `")))
}

/// Brings up the API in `options.run`, loads `objects`, and gives the path of a kubeconfig for it.
///
/// A rig that is up with the same world is left as it is, and with another one that is an error; remains of one are cleared away first. What happens is told to `progress`, line by line.
///
/// # Errors
/// When the machine cannot run it, a program does not build, or a process fails: the message names it and ends with its log.
pub fn up(options: &Options, objects: &[Value], progress: &mut dyn Write) -> Result<PathBuf> {
    bring_up(options, None, objects, progress)
}

/// Brings up `world`: the API with its objects, and all the nodes, pods and clients that they mean, with Felix and kube-proxy at work.
///
/// # Errors
/// As [`up`].
pub fn up_with(options: &Options, world: &World, progress: &mut dyn Write) -> Result<PathBuf> {
    let mut world = world.clone();
    blocks::add_to(&mut world)?;
    marker::add_to(&mut world);
    bring_up(options, Some(&world), &world.objects, progress)
}

fn bring_up(options: &Options, world: Option<&World>, objects: &[Value], progress: &mut dyn Write) -> Result<PathBuf> {
    let line = world.map_or_else(Default::default, |world| world.calico);
    if let Some(obstacle) = obstacle() {
        bail!(obstacle);
    }
    let run = RunFolder::new(&options.run)?;
    match status(&options.run)? {
        Status::Up => {
            ensure!(run.has_world(world)?, "another world is up: `rig down` takes it away, and then `rig up` brings this one up");
            writeln!(progress, "the rig is up already")?;
            return Ok(run.kubeconfig());
        }
        Status::Partial => down(&options.run)?,
        Status::Down => {}
    }
    let programs = Programs::ensure(line, progress)?;
    let begin = Instant::now();
    run.create()?;
    if let Some(world) = world {
        run.keep_world(world)?;
    }
    match start(options, &run, &programs, (world, objects), progress) {
        Ok(()) => {
            writeln!(progress, "the rig is up, after {:.1} s", begin.elapsed().as_secs_f32())?;
            Ok(run.kubeconfig())
        }
        Err(error) => {
            leftovers::end(run.path())?;
            Err(error.context(format!(
                "the rig did not come up (its logs stay in {} until the next `rig up` or `rig down`)",
                run.logs().display()
            )))
        }
    }
}

fn start(
    options: &Options,
    run: &RunFolder,
    programs: &Programs,
    (world, objects): (Option<&World>, &[Value]),
    progress: &mut dyn Write,
) -> Result<()> {
    certificates::write(run).context("making certificates")?;
    let mut holder = hold::start(options, run, programs)?;
    let mut told = 0;
    let deadline = Instant::now() + PATIENCE;
    let mut wait = |progress: &mut dyn Write, ready: &dyn Fn() -> bool| -> Result<()> {
        loop {
            let is_ready = ready();
            tell(run, &mut told, progress)?;
            if is_ready {
                return Ok(());
            }
            if let Some(status) = holder.try_wait()? {
                tell(run, &mut told, progress)?;
                bail!("{}", failure(run, status));
            }
            if Instant::now() > deadline {
                bail!("it is not ready after {} s", PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    wait(progress, &|| run.kubeconfig().exists())?;
    let kubectl = Kubectl::new(programs, &run.kubeconfig(), run);
    seed::load(&kubectl, run, objects, progress).context("loading the objects")?;
    run.mark_loaded()?;
    if world.is_some() {
        wait(progress, &|| run.is_deciding())?;
    }
    run.mark_ready()
}

/// What the holder wrote as the reason of its end.
fn failure(run: &RunFolder, status: ExitStatus) -> String {
    std::fs::read_to_string(run.failure())
        .unwrap_or_else(|_| format!("the holder ended with {status}: {}", process::end_of(&run.holder_log())))
}

/// Passes on the lines of the holder's progress that are new.
fn tell(run: &RunFolder, told: &mut usize, progress: &mut dyn Write) -> Result<()> {
    let text = std::fs::read_to_string(run.progress()).unwrap_or_default();
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    if whole > *told {
        progress.write_all(&text.as_bytes()[*told..whole])?;
        progress.flush()?;
        *told = whole;
    }
    Ok(())
}

/// Ends every process of the rig in `run` and removes the folder. It is no error when nothing is there.
///
/// # Errors
/// When a process does not end or the folder cannot be removed.
pub fn down(run: &Path) -> Result<()> {
    let run = RunFolder::new(run)?;
    leftovers::end(run.path())?;
    run.remove()
}

/// Whether a rig runs in `run`.
///
/// # Errors
/// When the machine's processes cannot be listed.
pub fn status(run: &Path) -> Result<Status> {
    let run = RunFolder::new(run)?;
    let processes = leftovers::processes(run.path())?;
    Ok(match (processes.is_empty(), run.is_ready(), run.path().exists()) {
        (false, true, _) => Status::Up,
        (true, _, false) => Status::Down,
        _ => Status::Partial,
    })
}

/// The processes that belong to the rig in `run`, by their id: what `down` must leave empty.
///
/// # Errors
/// When the machine's processes cannot be listed.
pub fn processes(run: &Path) -> Result<Vec<u32>> {
    leftovers::processes(RunFolder::new(run)?.path())
}

/// Kills a program of the rig in `run`, by the name of its file.
///
/// # Errors
/// When no such program runs.
pub fn kill(run: &Path, program: &str) -> Result<()> {
    let runs = |id: &u32| std::fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|file| file.ends_with(program));
    let Some(id) = processes(run)?.into_iter().find(runs) else { bail!("no `{program}` runs in the rig") };
    let status = Command::new("kill").args(["-KILL", &id.to_string()]).status().context("starting `kill`")?;
    ensure!(status.success(), "`{program}` cannot be killed: {status}");
    Ok(())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").stderr(Stdio::null()).output().is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

fn on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}
