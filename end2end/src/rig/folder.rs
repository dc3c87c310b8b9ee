//! The run folder: the only place where the rig writes.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::world::World;

/// The paths of what a rig writes.
#[derive(Clone, Debug)]
pub(super) struct RunFolder(PathBuf);

impl RunFolder {
    /// The run folder at `path`, made absolute. Nothing is written.
    pub(super) fn new(path: &Path) -> Result<Self> {
        Ok(Self(std::path::absolute(path).with_context(|| format!("`{}` is not a path of a run folder", path.display()))?))
    }

    /// Makes it, readable by its owner alone: it holds the administrator's token.
    pub(super) fn create(&self) -> Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0).with_context(|| format!("making {}", self.0.display()))?;
        for folder in [self.certificates(), self.logs()] {
            fs::create_dir(&folder).with_context(|| format!("making {}", folder.display()))?;
        }
        Ok(())
    }

    /// Removes it with all that is in it, if it is there.
    pub(super) fn remove(&self) -> Result<()> {
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("removing {}", self.0.display()))
            }
            _ => Ok(()),
        }
    }

    /// Says that the rig is ready: the last thing that `up` does.
    pub(super) fn mark_ready(&self) -> Result<()> {
        fs::write(self.0.join("ready"), "").context("marking the rig as ready")
    }

    pub(super) fn is_ready(&self) -> bool {
        self.0.join("ready").exists()
    }

    /// Writes the world that the box is to realise.
    pub(super) fn keep_world(&self, world: &World) -> Result<()> {
        fs::write(self.0.join("world.json"), serde_json::to_vec(world)?).context("writing the world")
    }

    /// Whether this is what is in the folder: the world, or the API alone.
    pub(super) fn has_world(&self, world: Option<&World>) -> Result<bool> {
        let kept = fs::read(self.0.join("world.json")).ok();
        Ok(kept == world.map(serde_json::to_vec).transpose()?)
    }

    /// The world; none where the API alone is wanted.
    pub(super) fn world(&self) -> Result<Option<World>> {
        match fs::read(self.0.join("world.json")) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).context("reading the world"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context("reading the world"),
        }
    }

    /// Says that the API has the world's objects.
    pub(super) fn mark_loaded(&self) -> Result<()> {
        fs::write(self.0.join("loaded"), "").context("marking the objects as loaded")
    }

    pub(super) fn is_loaded(&self) -> bool {
        self.0.join("loaded").exists()
    }

    /// Says that packets are decided on.
    pub(super) fn mark_deciding(&self) -> Result<()> {
        fs::write(self.0.join("deciding"), "").context("marking the data plane as ready")
    }

    pub(super) fn is_deciding(&self) -> bool {
        self.0.join("deciding").exists()
    }

    /// Where the sockets of the agents are.
    pub(super) fn agents(&self) -> PathBuf {
        self.0.join("agents")
    }

    /// The socket of one of them.
    pub(super) fn agent(&self, name: &str) -> PathBuf {
        self.agents().join(name.replace('/', "."))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The kubeconfig that works from outside the box; written when the API answers.
    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.0.join("kubeconfig")
    }

    /// The kubeconfig that works inside.
    pub(super) fn inner_kubeconfig(&self) -> PathBuf {
        self.0.join("inner-kubeconfig")
    }

    /// The socket through which connections reach the box, relative to the run folder: an absolute path may be longer than the 107 bytes
    /// that the kernel takes.
    pub(super) fn socket() -> &'static str {
        "api.sock"
    }

    pub(super) fn certificates(&self) -> PathBuf {
        self.0.join("certificates")
    }

    pub(super) fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// The log of the holder and of the box's first process.
    pub(super) fn holder_log(&self) -> PathBuf {
        self.logs().join("rig.log")
    }

    /// Lines for the person who waits.
    pub(super) fn progress(&self) -> PathBuf {
        self.0.join("progress")
    }

    /// Why it did not come up.
    pub(super) fn failure(&self) -> PathBuf {
        self.0.join("failure")
    }
}
