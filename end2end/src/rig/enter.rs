//! Looking into a rig that is up: a shell on a node, and whether a program there says that it is ready.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::folder::RunFolder;
use super::leftovers;

/// A shell, or a command, in the network of a node with the files of that node.
///
/// # Errors
/// When the rig is not up or has no such network.
pub fn shell(run: &Path, network: &str, command: &[String]) -> Result<ExitCode> {
    let mut shell = inside(&RunFolder::new(run)?, network)?;
    if command.is_empty() {
        shell.arg(std::env::var("SHELL").unwrap_or_else(|_| "sh".to_owned()));
    }
    let status = shell.args(command).status().context("starting `nsenter`")?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// A command that runs what its further arguments name in the network of a node, with the files of that node.
///
/// # Errors
/// When the rig is not up.
pub(super) fn inside(run: &RunFolder, network: &str) -> Result<Command> {
    let first = leftovers::processes(run.path())?.into_iter().find(|id| is_box(*id));
    let Some(first) = first else { bail!("the rig is not up: `rig up` brings it up") };
    let home = format!("/run/nodes/{network}");
    let script = "test ! -d \"$0\" || { mount --bind \"$0/lib\" /var/lib; PATH=\"$0/run/bin:$PATH\"; }; exec \"$@\"";
    let mut shell = Command::new("nsenter");
    shell.args(["--target", &first.to_string(), "--mount", "--net", "--pid", "ip", "netns", "exec", network, "sh", "-c", script, &home]);
    shell.env("KUBECONFIG", run.inner_kubeconfig());
    Ok(shell)
}

/// Whether the process is the first one in the box.
fn is_box(process: u32) -> bool {
    let words = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    let mut words = words.split(|byte| *byte == 0);
    words.next().is_some_and(|program| program.ends_with(b"rig")) && words.next() == Some(b"box")
}

/// Whether `GET PATH` at `address` answers 200 within a second.
#[must_use]
pub fn is_healthy(address: &str, path: &str) -> bool {
    let second = Some(Duration::from_secs(1));
    let answer = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(second)?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
        let mut bytes = vec![0; 12];
        stream.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    answer().is_ok_and(|line| line.ends_with(b" 200"))
}
