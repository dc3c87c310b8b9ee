//! Programs that are started: how they are shown, and what their end means.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::say;

/// Cargo, in the checkout, as if a person had typed it.
///
/// The variables that describe the task runner's own package are taken out: build scripts of others (ring's is one) watch them, and
/// every switch between `cargo xtask` and plain `cargo` would build those crates again.
pub(crate) fn cargo(paths: &Paths) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let ours = name.to_str().is_some_and(|name| {
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|prefix| name.starts_with(prefix)) || name == "CARGO_CRATE_NAME"
        });
        if ours {
            command.env_remove(name);
        }
    }
    if in_ci() {
        // Nothing is built a second time there, and the files that make a second build fast are half of the target folder.
        command.env("CARGO_INCREMENTAL", "0");
    }
    command.current_dir(&paths.root);
    command
}

/// Cargo for what is native in the workspace. In continuous integration it compiles by Clippy's driver, which is the compiler with more lints:
/// what is tested there has been linted, and is compiled once, not twice. Elsewhere `cargo clippy` does not undo what `cargo test` built.
pub(crate) fn native(paths: &Paths) -> Command {
    let mut command = cargo(paths);
    if in_ci() {
        command.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver");
        // As `cargo clippy -- -D warnings` hands it on (`clippy/src/main.rs`).
        command.env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");
    }
    command
}

/// Whether this is a run of continuous integration (`CI` is set and not empty).
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty())
}

/// Runs it with its output passed through.
///
/// # Errors
/// When it cannot be started or ends with a failure.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    if succeeds(command)? {
        return Ok(());
    }
    bail!("`{}` failed", shown(command))
}

/// Runs it with its output passed through, and says whether it ended well.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool> {
    say::detail(format_args!("$ {}", shown(command)));
    let status = command.status().with_context(|| cannot_start(command))?;
    Ok(status.success())
}

/// Runs it with its output passed through and each line of its standard output shown to `line` as well. Says whether it ended well.
///
/// # Errors
/// When it cannot be started or read.
pub(crate) fn watch(command: &mut Command, mut line: impl FnMut(&str)) -> Result<bool> {
    say::detail(format_args!("$ {}", shown(command)));
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| cannot_start(command))?;
    let output = child.stdout.take().context("the child's output is not piped")?;
    for text in BufReader::new(output).split(b'\n') {
        let text = text.with_context(|| format!("reading what `{}` prints", shown(command)))?;
        let text = String::from_utf8_lossy(&text);
        println!("{text}");
        line(text.trim_end());
    }
    Ok(child.wait()?.success())
}

/// The same command, ended with all that it started after `limit`, in continuous integration: there a test that hangs is to fail, and not
/// to take the time of all others. Where somebody looks on, that is left to them (and Ctrl-C goes on to reach the command).
pub(crate) fn within(limit: Duration, command: &Command) -> Command {
    let mut limited = Command::new(command.get_program());
    if in_ci() && find("timeout").is_some() {
        limited = Command::new("timeout");
        limited.arg("--kill-after=10").arg(limit.as_secs().to_string()).arg(command.get_program());
    }
    limited.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        limited.current_dir(folder);
    }
    limited
}

/// Runs it silently and gives its standard output.
///
/// # Errors
/// When it cannot be started or fails; what it wrote to standard error is in the message.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| cannot_start(command))?;
    if !output.status.success() {
        bail!("`{}` failed: {}", shown(command), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where a program is found on `PATH`.
pub(crate) fn find(program: &str) -> Option<std::path::PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Whether the commands run as root, who may install packages.
pub(crate) fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn cannot_start(command: &Command) -> String {
    format!("`{}` cannot be started", command.get_program().to_string_lossy())
}

/// The command as a person would type it, without the folders of programs.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    std::iter::once(program).chain(command.get_args()).map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
