//! `cargo xtask rig ...`: installs what the rig needs and hands over to its own command, which is `end2end/src/bin/rig.rs`.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::install::{debian, python};
use crate::paths::Paths;
use crate::server;

/// `cargo xtask bench`: also brings the peer that differences are compared with, and an optimised `portcullis`.
///
/// # Errors
/// As [`command`], and when the peer cannot be installed.
pub(crate) fn bench(paths: &Paths, words: Vec<String>) -> Result<ExitCode> {
    let peer = python::network_config_analyzer(paths)?;
    let portcullis = server::build_optimised(paths)?;
    let programs = [("--peer", peer), ("--portcullis", portcullis)];
    let programs = programs.into_iter().flat_map(|(flag, program)| [flag.to_owned(), program.to_string_lossy().into_owned()]);
    command(paths, std::iter::once("bench".to_owned()).chain(words).chain(programs).collect())
}

/// `cargo xtask rig up | down | status | shell | probe | matrix`, and `bench`.
///
/// # Errors
/// When a program is missing or the command does not build.
pub(crate) fn command(paths: &Paths, words: Vec<String>) -> Result<ExitCode> {
    let program = server::rig(paths);
    let up = words.first().is_some_and(|word| word == "up" || word == "bench");
    if up {
        install()?;
    }
    // What is up must come down also while the sources do not compile.
    if up || !program.exists() {
        server::build(paths)?;
    }
    Err(Command::new(program).args(words).exec()).context("starting the rig's command")
}

/// The programs of the distribution that the rig starts or is built with.
///
/// # Errors
/// As [`debian::install_missing`].
pub(crate) fn install() -> Result<()> {
    let mut programs = vec![&debian::GO, &debian::IP];
    programs.extend(&debian::DATA_PLANE);
    debian::install_missing(&programs)
}
