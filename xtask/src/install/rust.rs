//! What Rust's own registries give: the wasm target, and tools that cargo builds once into the cache, a folder per version.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{cargo, find, output, run};
use crate::paths::Paths;
use crate::say;

/// The target of the pages.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Licences, bans and sources of dependencies are read by this version.
const CARGO_DENY: &str = "0.20.2";

/// Understands what `wasm_split_helpers` 0.2, which leptos brings, leaves in the wasm.
const WASM_SPLIT: &str = "0.2.4";

/// Makes sure that the standard library for wasm is there.
///
/// # Errors
/// When rustup is missing or fails.
pub(crate) fn wasm_target() -> Result<()> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    if PathBuf::from(sysroot.trim()).join("lib/rustlib").join(WASM).is_dir() {
        return Ok(());
    }
    if find("rustup").is_none() {
        bail!(
            "Rust has no `{WASM}` target here and there is no rustup to add it: install Rust with rustup, or the target beside this Rust"
        );
    }
    say::step(format_args!("adding Rust's target {WASM} (about 10 s, once)"));
    run(Command::new("rustup").args(["target", "add", WASM]))
}

/// The folder of `wasm-bindgen` and `wasm-bindgen-test-runner`, of exactly the version that `Cargo.toml` pins: the two halves of wasm-bindgen
/// refuse each other otherwise.
///
/// # Errors
/// When the pin cannot be read or cargo fails.
pub(crate) fn wasm_bindgen(paths: &Paths) -> Result<PathBuf> {
    let manifest = fs::read_to_string(paths.root.join("Cargo.toml")).context("reading Cargo.toml")?;
    let version = pinned(&manifest, "wasm-bindgen").context("Cargo.toml does not pin wasm-bindgen as `wasm-bindgen = \"=X.Y.Z\"`")?;
    // Without `--locked`: the lock file that the release carries does not resolve.
    tool(paths, &Tool { package: "wasm-bindgen-cli", program: "wasm-bindgen", version, flags: &[], takes: "2 min 30 s" })
}

/// The folder of `cargo-deny`.
///
/// # Errors
/// When cargo fails.
pub(crate) fn cargo_deny(paths: &Paths) -> Result<PathBuf> {
    // Not optimised: it runs for a second, and is built in half of the time.
    let flags = &["--locked", "--debug"];
    tool(paths, &Tool { package: "cargo-deny", program: "cargo-deny", version: CARGO_DENY, flags, takes: "3 min" })
}

/// The folder of `wasm-split-cli`, which cuts out of the wasm what `wasm_split` marks in the pages.
///
/// # Errors
/// When cargo fails.
pub(crate) fn wasm_split(paths: &Paths) -> Result<PathBuf> {
    let flags = &["--locked", "--features", "build-binary"];
    tool(paths, &Tool { package: "wasm_split_cli_support", program: "wasm-split-cli", version: WASM_SPLIT, flags, takes: "1 min 15 s" })
}

struct Tool<'a> {
    package: &'a str,
    program: &'a str,
    version: &'a str,
    flags: &'a [&'a str],
    takes: &'a str,
}

fn tool(paths: &Paths, tool: &Tool<'_>) -> Result<PathBuf> {
    let Tool { package, program, version, flags, takes } = tool;
    let folder = paths.cache.join(format!("{package}-{version}"));
    let programs = folder.join("bin");
    // Cargo copies the programs there as the last thing it does.
    if programs.join(program).is_file() {
        return Ok(programs);
    }
    say::step(format_args!("installing {package} {version} into {} (about {takes}, once)", folder.display()));
    run(cargo(paths).args(["install", package, "--version", version, "--root"]).arg(&folder).args(*flags))?;
    Ok(programs)
}

/// The version in `NAME = "=X.Y.Z"`.
fn pinned<'a>(manifest: &'a str, name: &str) -> Option<&'a str> {
    manifest.lines().find_map(|line| {
        let value = line.strip_prefix(name)?.trim_start().strip_prefix('=')?;
        value.trim_start().strip_prefix("\"=")?.split('"').next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pin_is_read_and_nothing_like_it() {
        let manifest = "wasm-bindgen-futures = \"=0.4\"\nwasm-bindgen = \"=0.2.130\" # why\n";
        assert_eq!(pinned(manifest, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(pinned("wasm-bindgen = \"0.2\"", "wasm-bindgen"), None);
    }
}
