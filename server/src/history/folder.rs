//! The data folder: one process at a time has it.

use super::HistoryError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A data folder that this process, and no other, may use while this value lives.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    // The lock goes with the open file, also when the process is killed.
    _lock: File,
}

impl DataFolder {
    /// Makes the folder where it is absent, for its owner alone, and takes its lock.
    ///
    /// # Errors
    /// The folder cannot be made or written, or another process has it.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        let lock_path = path.join("lock");
        make(path).map_err(|source| HistoryError::Folder { path: path.to_owned(), source })?;
        let unusable = |source| HistoryError::Folder { path: lock_path.clone(), source };
        let mut lock = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&lock_path).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                // Only for the message: a lock file that cannot be read names nobody.
                let _unread = lock.read_to_string(&mut process);
                return Err(HistoryError::InUse { path: path.to_owned(), process: process.trim().to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id())).map_err(unusable)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

#[cfg(unix)]
fn make(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(path)
}
