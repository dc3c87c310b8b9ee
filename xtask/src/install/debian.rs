//! Programs of the distribution: found, or installed by `apt-get` where the user is root, else the one line to run is said.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{find, is_root, output, run};
use crate::say;

/// A program that comes from a Debian package.
pub(crate) struct Program {
    /// What it may be called; the first that is found is taken.
    names: &'static [&'static str],
    /// The packages that bring it.
    packages: &'static [&'static str],
    /// What it is needed for.
    why: &'static str,
    /// The lowest major version that works and the arguments that print the version.
    at_least: Option<(u32, &'static [&'static str])>,
}

/// Node, for wasm-opt, compression, tests in wasm and the browser tests.
pub(crate) const NODE: Program =
    Program { names: &["node"], packages: &["nodejs"], why: "the UI's build and tests", at_least: Some((20, &["--version"])) };

/// npm, which installs what Node runs.
pub(crate) const NPM: Program = Program { names: &["npm"], packages: &["npm"], why: "the UI's build and tests", at_least: None };

/// Finds the program; installs it where that is allowed.
///
/// # Errors
/// With the one line to run where the user is not root; when the installed version is too old.
pub(crate) fn ensure(program: &Program) -> Result<PathBuf> {
    let path = match program.names.iter().find_map(|name| find(name)) {
        Some(path) => path,
        None => install(program)?,
    };
    if let Some((lowest, arguments)) = program.at_least {
        let printed = output(Command::new(&path).args(arguments))?;
        let major = major(&printed).with_context(|| format!("`{}` prints no version: {printed}", path.display()))?;
        if major < lowest {
            bail!(
                "`{}` is version {major}, and {} needs {lowest} or newer: install a newer one and put it first in PATH",
                path.display(),
                program.why
            );
        }
    }
    Ok(path)
}

fn install(program: &Program) -> Result<PathBuf> {
    let name = program.names[0];
    let line = format!("apt-get install --yes --no-install-recommends {}", program.packages.join(" "));
    if !is_root() || find("apt-get").is_none() {
        bail!("`{name}` is missing ({}); run this, then the same command again:\n\n    sudo {line}\n", program.why);
    }
    say::step(format_args!("installing `{name}` from Debian, for {}", program.why));
    let apt = |arguments: &[&str]| run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"));
    apt(&["update", "--quiet"])?;
    apt(&[&["install", "--yes", "--quiet", "--no-install-recommends"], program.packages].concat())?;
    find(name).with_context(|| format!("`{line}` went through, yet `{name}` is not in PATH"))
}

/// The first number in what a program prints as its version: 20 in `v20.20.2`.
pub(super) fn major(printed: &str) -> Option<u32> {
    let digits = printed.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("wasm-opt version 132 (version_132)"), Some(132));
        assert_eq!(major("none"), None);
    }
}
