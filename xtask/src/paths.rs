//! Where things are: the checkout, its build folder, and the cache that several checkouts share.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folders that every command needs.
pub(crate) struct Paths {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
    /// What was installed, outside the checkout: `$XDG_CACHE_HOME/portcullis`, else `~/.cache/portcullis`.
    pub(crate) cache: PathBuf,
}

impl Paths {
    /// Finds them from the environment that `cargo xtask` gives.
    ///
    /// # Errors
    /// When started without cargo, or without a home folder.
    pub(crate) fn find() -> Result<Self> {
        let own = std::env::var_os("CARGO_MANIFEST_DIR").context("start this as `cargo xtask`: the checkout is found through cargo")?;
        let root = Path::new(&own).parent().context("the task runner's folder has no parent")?.to_owned();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => std::path::absolute(folder)?,
            None => root.join("target"),
        };
        let cache = match std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()) {
            Some(folder) => PathBuf::from(folder),
            None => PathBuf::from(std::env::var_os("HOME").context("neither XDG_CACHE_HOME nor HOME is set: no place to install to")?)
                .join(".cache"),
        };
        Ok(Self { root, target, cache: cache.join("portcullis") })
    }
}
