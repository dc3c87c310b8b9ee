//! The holder: outside the box, it owns it and gives it a port on loopback.

use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;

use super::folder::RunFolder;
use super::programs::Programs;
use super::{Options, leftovers, relay};

/// Starts the holder, detached: it goes on when `rig up` has returned, and Ctrl-C in the terminal does not reach it.
pub(super) fn start(options: &Options, run: &RunFolder, programs: &Programs) -> Result<Child> {
    let log = File::create(run.holder_log()).context("making the holder's log")?;
    let mut command = Command::new("setsid");
    command.arg(&options.program).arg("hold").arg("--run").arg(run.path()).arg("--programs").arg(programs.folder());
    if let Some(until) = options.until {
        command.arg("--until").arg(until.to_string());
    }
    command
        .env(leftovers::MARK, run.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("starting the holder with `setsid`")
}

/// `rig hold`: starts the box and stays until it ends, or until the process `until` does.
///
/// # Errors
/// When the box cannot be started or ends; the reason is also in the run folder.
pub fn run(run: &Path, programs: &Path, until: Option<u32>) -> Result<()> {
    let run = RunFolder::new(run)?;
    let result = tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(hold(&run, programs, until));
    match &result {
        Ok(()) => run.remove()?,
        // The box may have said why already.
        Err(error) if !run.failure().exists() => fs::write(run.failure(), format!("{error:#}"))?,
        Err(_) => {}
    }
    result
}

async fn hold(run: &RunFolder, programs: &Path, until: Option<u32>) -> Result<()> {
    std::env::set_current_dir(run.path())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("listening on loopback")?;
    let port = listener.local_addr()?.port();
    let mut command = tokio::process::Command::new("setpriv");
    // Each link of the chain dies with the one before it: the holder, `unshare`, the box, and in it all that it started. Started from the
    // only thread there is, because the kernel watches the thread that starts a process.
    command
        .args(["--pdeathsig", "KILL", "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"])
        .args(["--propagation", "private", "--"])
        .arg(std::env::current_exe()?)
        .arg("box")
        .arg("--run")
        .arg(run.path())
        .arg("--programs")
        .arg(programs)
        .arg("--port")
        .arg(port.to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let mut boxed = command.spawn().context("starting the box with `setpriv` and `unshare`")?;
    let relayed = tokio::spawn(relay::inward(listener, RunFolder::socket()));
    tokio::select! {
        status = boxed.wait() => bail!("the box ended with {}", status?),
        () = ended(until) => {}
    }
    relayed.abort();
    boxed.kill().await?;
    Ok(())
}

/// Returns when the process does not run any more; never, without one.
async fn ended(process: Option<u32>) {
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        if process.is_some_and(|id| !Path::new(&format!("/proc/{id}")).exists()) {
            return;
        }
    }
}
