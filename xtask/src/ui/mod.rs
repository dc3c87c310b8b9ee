//! The pages as a browser loads them: `SITE/pkg/portcullis.{js,wasm,css}`, the parts that are loaded later, and in a release each file with
//! its `.br` beside it.

mod split;
mod stamp;
mod style;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::command::{cargo, run};
use crate::install::npm::Node;
use crate::install::{npm, rust};
use crate::paths::Paths;
use crate::say;
use stamp::Stamp;

/// What the files are called. `LEPTOS_OUTPUT_NAME` in `.cargo/config.toml` must say the same: it is compiled into the pages.
const NAME: &str = "portcullis";

/// What rustc and wasm-bindgen write, named because the parts that are cut off say nothing of it.
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
    let tools = Tools { bindgen: rust::wasm_bindgen(paths)?.join("wasm-bindgen"), split: rust::wasm_split(paths)?.join("wasm-split-cli") };
    let node = match profile {
        Profile::Dev => None,
        Profile::Release => Some(npm::ensure(paths)?),
    };
    say::step("building the pages");
    run(&mut compile(paths, profile))?;

    let site = profile.site(paths);
    let package = site.join("pkg");
    fs::create_dir_all(&package).with_context(|| format!("making {}", package.display()))?;
    let compiled = paths.target.join(rust::WASM).join(profile.cargo_folder()).join("app.wasm");
    let wasm = Stamp::of(&[&compiled, &tools.bindgen, &tools.split], &[])?;
    wasm.unless_current(&site.join("wasm.stamp"), || bind(paths, profile, &compiled, &tools, &package, node.as_ref()))?;
    style::build(&paths.root.join("style"), &site, &package.join(format!("{NAME}.css")))?;
    if let Some(node) = &node {
        compress(paths, node, &site, &package)?;
    }
    Ok(site)
}

fn compile(paths: &Paths, profile: Profile) -> Command {
    let mut command = cargo(paths);
    command.args(["rustc", "--package", "app", "--lib", "--crate-type", "cdylib", "--target", rust::WASM, "--features", "hydrate"]);
    if profile == Profile::Release {
        command.args(["--profile", "wasm-release"]);
    }
    command.args(["--", split::LINKED]);
    command
}

/// A compiler that has begun with the pages, while something else goes on. It has a folder of its own to lock: [`build`] waits for it.
pub(crate) struct Begun(Child);

/// Begins to compile what [`build`] needs for a release: one core for minutes, where other builds often leave one. It says nothing; what goes
/// wrong goes wrong again in `build`, and is said there.
///
/// # Errors
/// When the compiler cannot be started.
pub(crate) fn begin(paths: &Paths) -> Result<Begun> {
    rust::wasm_target()?;
    let mut command = compile(paths, Profile::Release);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    Ok(Begun(child.context("`cargo` cannot be started")?))
}

impl Drop for Begun {
    fn drop(&mut self) {
        // It may have ended long ago; then neither says anything new.
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

/// What a release weighs, compressed, in bytes.
pub(crate) struct Weight {
    /// Script, wasm and style sheet of the first page.
    pub(crate) first: u64,
    /// What the other pages need besides.
    pub(crate) later: u64,
}

/// Weighs a release build.
///
/// # Errors
/// When a file of it cannot be read.
pub(crate) fn weigh(site: &Path) -> Result<Weight> {
    let package = site.join("pkg");
    Ok(Weight { first: compressed(&first_files(&package))?, later: compressed(&split::rest(&package)?)? })
}

fn compressed(files: &[PathBuf]) -> Result<u64> {
    let sizes = files.iter().map(|file| {
        let file = compressed_twin(file);
        Ok(fs::metadata(&file).with_context(|| format!("weighing {}", file.display()))?.len())
    });
    sizes.sum()
}

fn compressed_twin(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".br");
    name.into()
}

fn first_files(package: &Path) -> Vec<PathBuf> {
    let named = ["css", "js", "wasm"].map(|kind| package.join(format!("{NAME}.{kind}")));
    named.into_iter().chain([package.join(split::LOADER)]).collect()
}

/// The programs that turn what rustc wrote into what a browser loads.
struct Tools {
    bindgen: PathBuf,
    split: PathBuf,
}

/// Turns what rustc wrote into modules and their glue, in a folder of their own, and moves them into their place.
fn bind(paths: &Paths, profile: Profile, compiled: &Path, tools: &Tools, package: &Path, node: Option<&Node>) -> Result<()> {
    let work = paths.target.join("bindgen").join(profile.cargo_folder());
    let parts = work.join("parts");
    split::split(&tools.split, compiled, &parts)?;
    say::detail("wasm-bindgen");
    run(Command::new(&tools.bindgen)
        .args(["--target", "web", "--no-typescript", "--keep-lld-exports", "--no-demangle", "--out-name", NAME, "--out-dir"])
        .arg(&work)
        .arg(parts.join(format!("{NAME}.wasm"))))?;
    let first = work.join(format!("{NAME}_bg.wasm"));
    let rest = split::rest(&parts)?;
    if let Some(node) = node {
        say::detail("wasm-opt, for size (about 20 s)");
        for wasm in rest.iter().chain([&first]) {
            run(node.wasm_opt()?.args(["-Oz", "--quiet"]).args(WASM_FEATURES).arg(wasm).arg("-o").arg(wasm))?;
        }
    }
    for old in split::rest(package)? {
        fs::remove_file(compressed_twin(&old)).ok();
        fs::remove_file(old)?;
    }
    for part in rest {
        fs::rename(&part, package.join(part.file_name().unwrap_or_default()))?;
    }
    fs::rename(&first, package.join(format!("{NAME}.wasm")))?;
    fs::rename(work.join(format!("{NAME}.js")), package.join(format!("{NAME}.js")))?;
    fs::rename(parts.join(split::LOADER), package.join(split::LOADER))?;
    Ok(())
}

/// Writes a `.br` beside each file, by Node's own brotli.
fn compress(paths: &Paths, node: &Node, site: &Path, package: &Path) -> Result<()> {
    let files: Vec<PathBuf> = first_files(package).into_iter().chain(split::rest(package)?).collect();
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    Stamp::of(&files, &[])?
        .unless_current(&site.join("compress.stamp"), || run(node.script(&paths.root.join("xtask/scripts/compress.mjs")).args(&files)))
}
