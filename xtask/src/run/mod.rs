//! `cargo xtask run`: builds what changed and starts the server, which prints the one link to open.

mod watch;

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::args::Args;
use crate::paths::Paths;
use crate::ui::{self, Profile};
use crate::{say, server};

/// The first port that is tried when none is asked for.
const FIRST_PORT: u16 = 8787;
/// How many ports after it are tried.
const PORTS: u16 = 20;

/// `cargo xtask run [--kubeconfig FILE [--context NAME]] [--seed big] [--port N] [--metrics ADDRESS:PORT] [--data DIR] [--release-ui] [--watch]`.
///
/// # Errors
/// For a command line that is not understood, a failed build, or a server that cannot be started.
pub(crate) fn command(paths: &Paths, mut args: Args) -> Result<ExitCode> {
    let kubeconfig = args.value("--kubeconfig")?;
    let context = args.value("--context")?;
    let seed = args.value("--seed")?;
    let port = args.value("--port")?;
    let metrics = args.value("--metrics")?;
    let data = args.value("--data")?;
    let profile = if args.flag("--release-ui") { Profile::Release } else { Profile::Dev };
    let watch = args.flag("--watch");
    args.finish("`--kubeconfig FILE`, `--context NAME`, `--seed SEED`, `--port N`, `--metrics ADDRESS:PORT`, `--data DIR`, `--release-ui` and `--watch`")?;
    if context.is_some() && kubeconfig.is_none() {
        bail!("`--context` chooses among the contexts of `--kubeconfig FILE`, which is not there");
    }
    let port = match port {
        Some(text) => text.parse().with_context(|| format!("`--port {text}` is not a port: a number from 1 to 65535"))?,
        None => free_port()?,
    };

    let site = ui::build(paths, profile)?;
    server::build_portcullis(paths)?;

    let mut command = Command::new(server::portcullis(paths));
    command.arg("serve").current_dir(&paths.root);
    match kubeconfig {
        None => command.arg("--sandbox"),
        Some(file) => command.arg("--kubeconfig").arg(absolute(file)?),
    };
    if let Some(context) = context {
        command.args(["--context", &context]);
    }
    if let Some(seed) = seed {
        command.args(["--seed", &seed]);
    }
    if let Some(folder) = data {
        command.arg("--data").arg(absolute(folder)?);
    }
    if let Some(address) = metrics {
        command.args(["--metrics", &address]);
    }
    command.args(["--listen", &format!("127.0.0.1:{port}")]).arg("--site").arg(site);
    say::step(format_args!("starting Portcullis on 127.0.0.1:{port}; Ctrl-C ends it"));
    if watch {
        return watch::serve(paths, profile, &mut command);
    }
    // The server takes this process's place: it gets Ctrl-C and every other signal itself.
    Err(command.exec()).with_context(|| format!("starting `{}`", command.get_program().to_string_lossy()))
}

/// The first port from [`FIRST_PORT`] on that nobody listens on.
fn free_port() -> Result<u16> {
    (FIRST_PORT..FIRST_PORT + PORTS).find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).with_context(|| {
        format!("the ports {FIRST_PORT} to {} of 127.0.0.1 are all in use: name one with `--port N`", FIRST_PORT + PORTS - 1)
    })
}

/// The server is started in the checkout, wherever the command was typed.
fn absolute(path: String) -> Result<PathBuf> {
    std::path::absolute(&path).with_context(|| format!("`{path}` is not a path"))
}
