//! The pages as a browser loads them: `SITE/pkg/portcullis.{js,wasm,css}`, and in a release each with its `.br` beside it.

mod stamp;
mod style;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command::{cargo, run};
use crate::install::npm::Node;
use crate::install::{npm, rust};
use crate::paths::Paths;
use crate::say;
use stamp::Stamp;

/// What the files are called. `LEPTOS_OUTPUT_NAME` in `.cargo/config.toml` must say the same: it is compiled into the pages.
const NAME: &str = "portcullis";

/// What rustc and wasm-bindgen write, named because `strip` takes out the section in which wasm-opt would read it.
const WASM_FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-multivalue",
];

/// How the UI is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Fast to build.
    Dev,
    /// Small: optimised, stripped, compressed.
    Release,
}

impl Profile {
    /// The folder that `portcullis serve --site` takes. One for each profile, so that neither build undoes the other.
    pub(crate) fn site(self, paths: &Paths) -> PathBuf {
        paths.target.join(match self {
            Self::Dev => "site",
            Self::Release => "site-release",
        })
    }

    fn cargo_folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "wasm-release",
        }
    }
}

/// Builds what is not up to date and gives the site's folder.
///
/// # Errors
/// When an install or a build fails.
pub(crate) fn build(paths: &Paths, profile: Profile) -> Result<PathBuf> {
    rust::wasm_target()?;
    let bindgen = rust::wasm_bindgen(paths)?.join("wasm-bindgen");
    let node = match profile {
        Profile::Dev => None,
        Profile::Release => Some(npm::ensure(paths)?),
    };
    say::step("building the pages");
    let mut command = cargo(paths);
    command.args(["rustc", "--package", "app", "--lib", "--crate-type", "cdylib", "--target", rust::WASM, "--features", "hydrate"]);
    if profile == Profile::Release {
        command.args(["--profile", "wasm-release"]);
    }
    run(&mut command)?;

    let site = profile.site(paths);
    let package = site.join("pkg");
    fs::create_dir_all(&package).with_context(|| format!("making {}", package.display()))?;
    let compiled = paths.target.join(rust::WASM).join(profile.cargo_folder()).join("app.wasm");
    let wasm = Stamp::of(&[&compiled, &bindgen], &[])?;
    wasm.unless_current(&site.join("wasm.stamp"), || bind(paths, profile, &compiled, &bindgen, &package, node.as_ref()))?;
    style::build(&paths.root.join("style"), &site, &package.join(format!("{NAME}.css")))?;
    if let Some(node) = &node {
        compress(paths, node, &site, &package)?;
    }
    Ok(site)
}

/// The compressed files of a release build.
pub(crate) fn compressed_files(site: &Path) -> [PathBuf; 3] {
    ["css", "js", "wasm"].map(|kind| site.join("pkg").join(format!("{NAME}.{kind}.br")))
}

/// Turns what rustc wrote into a module and its glue, in a folder of its own, and moves them into their place.
fn bind(paths: &Paths, profile: Profile, compiled: &Path, bindgen: &Path, package: &Path, node: Option<&Node>) -> Result<()> {
    let work = paths.target.join("bindgen").join(profile.cargo_folder());
    say::detail("wasm-bindgen");
    run(std::process::Command::new(bindgen)
        .args(["--target", "web", "--no-typescript", "--out-name", NAME, "--out-dir"])
        .arg(&work)
        .arg(compiled))?;
    let wasm = work.join(format!("{NAME}_bg.wasm"));
    if let Some(node) = node {
        say::detail("wasm-opt, for size (about 20 s)");
        run(node.wasm_opt()?.arg("-Oz").args(WASM_FEATURES).arg(&wasm).arg("-o").arg(&wasm))?;
    }
    fs::rename(&wasm, package.join(format!("{NAME}.wasm")))?;
    fs::rename(work.join(format!("{NAME}.js")), package.join(format!("{NAME}.js")))?;
    Ok(())
}

/// Writes a `.br` beside each file, by Node's own brotli.
fn compress(paths: &Paths, node: &Node, site: &Path, package: &Path) -> Result<()> {
    let files = ["css", "js", "wasm"].map(|kind| package.join(format!("{NAME}.{kind}")));
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    Stamp::of(&files, &[])?
        .unless_current(&site.join("compress.stamp"), || run(node.script(&paths.root.join("xtask/scripts/compress.mjs")).args(&files)))
}
