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
    /// Which versions work, where not every one does.
    version: Option<Version>,
}

/// How a program's version is read, and the lowest that works.
struct Version {
    /// The argument that prints it.
    argument: &'static str,
    /// What stands before the number that is compared.
    after: &'static str,
    lowest: u32,
}

/// The browser of the browser tests.
pub(crate) const CHROMIUM: Program =
    Program { names: &["chromium", "chromium-browser", "google-chrome"], packages: &["chromium"], why: "the browser tests", version: None };

/// Python, for the peer of the benchmark.
pub(crate) const PYTHON: Program =
    Program { names: &["python3"], packages: &["python3", "python3-venv"], why: "what the benchmark compares with", version: None };

/// Node, for wasm-opt, compression, tests in wasm and the browser tests.
pub(crate) const NODE: Program = Program {
    names: &["node"],
    packages: &["nodejs"],
    why: "the pages' build and tests",
    version: Some(Version { argument: "--version", after: "v", lowest: 20 }),
};

/// npm, which installs what Node runs.
pub(crate) const NPM: Program = Program { names: &["npm"], packages: &["npm"], why: "the pages' build and tests", version: None };

/// Go, which builds the rig's programs. From 1.21 on it fetches the release that a module asks for by itself.
pub(crate) const GO: Program = Program {
    names: &["go"],
    packages: &["golang-go"],
    why: "the rig's programs",
    version: Some(Version { argument: "version", after: "go1.", lowest: 21 }),
};

/// `ip`, which sets up the rig's network.
pub(crate) const IP: Program = Program { names: &["ip"], packages: &["iproute2"], why: "the rig's network", version: None };

/// What Felix and kube-proxy start on the rig's nodes.
pub(crate) const DATA_PLANE: [Program; 4] = [
    Program { names: &["iptables-legacy"], packages: &["iptables"], why: "the rig's data plane", version: None },
    Program { names: &["ipset"], packages: &["ipset"], why: "the rig's data plane", version: None },
    Program { names: &["conntrack"], packages: &["conntrack"], why: "the rig's data plane", version: None },
    Program { names: &["nft"], packages: &["nftables"], why: "the rig's data plane", version: None },
];

/// Installs, in one go, those of the programs that are missing, where that is allowed.
///
/// # Errors
/// With the one line to run where the user is not root.
pub(crate) fn install_missing(programs: &[&Program]) -> Result<()> {
    let mut missing: Vec<&Program> = programs.iter().copied().filter(|program| found(program).is_none()).collect();
    missing.sort_by_key(|program| program.names);
    missing.dedup_by_key(|program| program.names);
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|program| program.packages).copied().collect();
    let reasons: Vec<String> = missing.iter().map(|program| format!("`{}` ({})", program.names[0], program.why)).collect();
    let (packages, reasons) = (packages.join(" "), reasons.join(", "));
    if !is_root() || find("apt-get").is_none() {
        bail!(
            "missing: {reasons}. Run this, then the same command again:\n\n    sudo apt-get install --no-install-recommends {packages}\n"
        );
    }
    say::step(format_args!("installing from Debian: {reasons}"));
    let apt = |arguments: &[&str]| run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"));
    apt(&["update", "--quiet"])?;
    let install = ["install", "--yes", "--quiet", "--no-install-recommends"];
    apt(&install.into_iter().chain(packages.split(' ')).collect::<Vec<_>>())
}

/// Finds the program; installs it where that is allowed.
///
/// # Errors
/// With the one line to run where the user is not root; when the installed version is too old.
pub(crate) fn ensure(program: &Program) -> Result<PathBuf> {
    install_missing(&[program])?;
    let path = found(program).with_context(|| format!("`{}` was installed, yet it is not in PATH", program.names[0]))?;
    if let Some(Version { argument, after, lowest }) = program.version {
        let printed = output(Command::new(&path).arg(argument))?;
        let version = number_after(&printed, after).with_context(|| format!("`{}` prints no version: {printed}", path.display()))?;
        if version < lowest {
            let path = path.display();
            bail!("`{path}` is {after}{version}, and {} needs {after}{lowest} or newer: install one and put it first in PATH", program.why);
        }
    }
    Ok(path)
}

fn found(program: &Program) -> Option<PathBuf> {
    program.names.iter().find_map(|name| find(name))
}

/// The number that follows `before` where it first stands before a digit: 20 after `v` in `v20.20.2`.
pub(super) fn number_after(printed: &str, before: &str) -> Option<u32> {
    let digits = printed
        .match_indices(before)
        .map(|(at, _)| &printed[at + before.len()..])
        .find(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))?;
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_programs_print_them() {
        assert_eq!(number_after("v20.20.2\n", "v"), Some(20));
        assert_eq!(number_after("go version go1.24.4 linux/amd64", "go1."), Some(24));
        assert_eq!(number_after("wasm-opt version 132 (version_132)", "version "), Some(132));
        assert_eq!(number_after("none", "v"), None);
    }
}
