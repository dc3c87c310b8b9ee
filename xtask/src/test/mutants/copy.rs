//! The copy of the `policy` crate that faults are put into.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::faults::Mutant;
use crate::command::cargo;
use crate::paths::Paths;
use crate::test::tally::Tally;

/// How many packets a law follows at most: the rarest fault shows before.
const PACKETS: &str = "500000";

/// How tests ended.
pub(super) enum Ended {
    Passed,
    /// The first one that failed.
    Failed(String),
    /// There was no result: it does not compile, or it crashed. The end of what was said.
    Broken(String),
}

/// The copy: a workspace of `policy` alone.
pub(super) struct Copy<'a> {
    paths: &'a Paths,
    root: PathBuf,
    target: PathBuf,
}

impl<'a> Copy<'a> {
    /// Makes it, or brings it up to date: a file that has not changed stays as old as it is, so that it is not built again.
    pub(super) fn of(paths: &'a Paths) -> Result<Self> {
        let root = paths.target.join("mutants");
        let copy = Self { paths, target: root.join("target"), root };
        fs::create_dir_all(&copy.root).with_context(|| format!("making {}", copy.root.display()))?;
        let manifest = read(&paths.root.join("Cargo.toml"))?;
        let members =
            manifest.lines().find(|line| line.starts_with("members = ")).context("the workspace's Cargo.toml names no members")?;
        write(&copy.root.join("Cargo.toml"), manifest.replacen(members, "members = [\"policy\"]", 1).as_bytes())?;
        // Cargo takes out of it what is not needed here; the versions of the rest stay.
        fs::copy(paths.root.join("Cargo.lock"), copy.root.join("Cargo.lock")).context("copying Cargo.lock")?;
        mirror(&paths.root.join("policy"), &copy.root.join("policy"))?;
        Ok(copy)
    }

    /// Runs something while a fault is in, and takes it out again whatever comes of that.
    pub(super) fn with<T>(&self, mutant: &Mutant, run: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let file = self.root.join("policy/src/reach").join(mutant.file);
        let text = read(&file)?;
        let faulty = mutant.put_into(&text)?;
        fs::write(&file, faulty).with_context(|| format!("writing {}", file.display()))?;
        let ran = run(self);
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
        ran
    }

    pub(super) fn test(&self, tests: &[&str]) -> Result<Ended> {
        let mut command = cargo(self.paths);
        command.current_dir(&self.root).env_remove("PORTCULLIS_LONG").env_remove("PORTCULLIS_SEED");
        command.env("PORTCULLIS_PACKETS", PACKETS).env("PORTCULLIS_AS_FOUND", "1");
        command.args(["test", "--quiet", "--package", "policy", "--test", "reach", "--target-dir"]).arg(&self.target);
        command.arg("--").args(tests);
        let output = command.output().context("starting cargo")?;
        let told = String::from_utf8_lossy(&output.stdout);
        let tally =
            told.lines().filter_map(|line| Tally::read(line.strip_prefix("test result:")?)).fold(Tally::default(), |all, one| all + one);
        if output.status.success() && tally.passed > 0 {
            return Ok(Ended::Passed);
        }
        // Below `failures:` stands the name of each.
        let failed = told.lines().filter_map(|line| line.strip_prefix("    ")).find(|line| tests.iter().any(|test| line.starts_with(test)));
        Ok(match failed.filter(|_| tally.failed > 0) {
            Some(test) => Ended::Failed(test.to_owned()),
            None => Ended::Broken(end_of(&format!("{told}{}", String::from_utf8_lossy(&output.stderr)))),
        })
    }
}

/// Makes `to` what `from` is, and writes only what differs.
fn mirror(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    let mut there = BTreeSet::new();
    for entry in fs::read_dir(from).with_context(|| format!("listing {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        there.insert(entry.file_name());
        if entry.file_type()?.is_dir() {
            mirror(&entry.path(), &target)?;
        } else {
            write(&target, &fs::read(entry.path()).with_context(|| format!("reading {}", entry.path().display()))?)?;
        }
    }
    for entry in fs::read_dir(to).with_context(|| format!("listing {}", to.display()))? {
        let entry = entry?;
        if there.contains(&entry.file_name()) {
            continue;
        }
        let file = entry.path();
        let removed = if entry.file_type()?.is_dir() { fs::remove_dir_all(&file) } else { fs::remove_file(&file) };
        removed.with_context(|| format!("removing {}", file.display()))?;
    }
    Ok(())
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(file).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::write(file, bytes).with_context(|| format!("writing {}", file.display()))
}

/// Enough of it to see what is wrong.
fn end_of(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_has_what_there_is_and_no_more() {
        let folder = std::env::temp_dir().join(format!("portcullis-mirror-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        fs::create_dir_all(from.join("inner")).unwrap();
        fs::write(from.join("inner/a"), "a").unwrap();
        fs::create_dir_all(to.join("old")).unwrap();
        mirror(&from, &to).unwrap();
        let first = fs::metadata(to.join("inner/a")).unwrap().modified().unwrap();
        mirror(&from, &to).unwrap();
        assert_eq!(fs::metadata(to.join("inner/a")).unwrap().modified().unwrap(), first, "written again");
        assert!(!to.join("old").exists());
        fs::remove_dir_all(&folder).unwrap();
    }
}
