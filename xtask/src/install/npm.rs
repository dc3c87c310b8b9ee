//! npm packages, exactly as `end2end/browser/package-lock.json` names them, in a folder of the cache that is named by that file's content.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::debian;
use crate::command::{output, run};
use crate::paths::Paths;
use crate::say;

/// Up to 108, wasm-opt points wasm-bindgen's table of JavaScript values at the wrong table: the page dies when it hydrates.
const LOWEST_WASM_OPT: u32 = 110;

/// Node and the packages that scripts may use.
pub(crate) struct Node {
    program: PathBuf,
    /// The `node_modules` folder.
    pub(crate) modules: PathBuf,
}

impl Node {
    /// `node SCRIPT`, which finds the packages through `createRequire(import.meta.url)`: `NODE_PATH` names their folder.
    pub(crate) fn script(&self, script: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(script).env("NODE_PATH", &self.modules);
        command
    }

    /// npm's wasm-opt.
    ///
    /// # Errors
    /// When its version is one that breaks what wasm-bindgen wrote.
    pub(crate) fn wasm_opt(&self) -> Result<Command> {
        let program = self.modules.join("binaryen/bin/wasm-opt");
        let printed = output(Command::new(&self.program).arg(&program).arg("--version"))?;
        let version = debian::number_after(&printed, "version ").with_context(|| format!("wasm-opt prints no version: {printed}"))?;
        if version < LOWEST_WASM_OPT {
            bail!(
                "wasm-opt is version {version}; below {LOWEST_WASM_OPT} it breaks the page, so raise binaryen in end2end/browser/package.json"
            );
        }
        let mut command = Command::new(&self.program);
        command.arg(program);
        Ok(command)
    }
}

/// Finds Node and installs the packages, if they are not there yet.
///
/// # Errors
/// When Node is missing or too old, or npm fails.
pub(crate) fn ensure(paths: &Paths) -> Result<Node> {
    let program = debian::ensure(&debian::NODE)?;
    let source = paths.root.join("end2end/browser");
    let lock = fs::read(source.join("package-lock.json")).context("reading end2end/browser/package-lock.json")?;
    let mut hasher = DefaultHasher::new();
    lock.hash(&mut hasher);
    let folder = paths.cache.join(format!("npm-{:016x}", hasher.finish()));
    let node = Node { program, modules: folder.join("node_modules") };
    if folder.is_dir() {
        return Ok(node);
    }
    let npm = debian::ensure(&debian::NPM)?;
    say::step(format_args!("installing npm packages into {} (about 5 s, once)", folder.display()));
    // Installed beside its place and moved there whole: what is there is always complete.
    let partial = folder.with_extension(format!("partial-{}", std::process::id()));
    fs::create_dir_all(&partial).with_context(|| format!("making {}", partial.display()))?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(source.join(file), partial.join(file))?;
    }
    run(Command::new(npm).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&partial))?;
    if let Err(error) = fs::rename(&partial, &folder) {
        fs::remove_dir_all(&partial)?;
        if !folder.is_dir() {
            return Err(error).with_context(|| format!("moving the packages to {}", folder.display()));
        }
    }
    Ok(node)
}
