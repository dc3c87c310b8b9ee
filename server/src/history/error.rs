//! What can go wrong with the data folder and the history in it.

use policy::reach::invariant::Invariant;
use policy::reach::safety::MOST_SENTENCES;
use policy::view::RunId;
use std::path::{Path, PathBuf};

/// What can go wrong with the data folder and the history in it.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The folder cannot be made or used.
    #[error("The data folder `{path}` cannot be used: {source}. Choose another one with --data, or mend its permissions.")]
    Folder {
        /// The folder, or the file in it.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another process has it.
    #[error("Another Portcullis{} uses the data folder `{path}`: stop it, or choose another folder with --data.", by(.process))]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The number of the other process, as it wrote it down; empty where it cannot be read.
        process: String,
    },
    /// A newer Portcullis wrote the database.
    #[error(
        "The history `{path}` has version {found}, and this Portcullis knows versions up to {known}: start the newer Portcullis that \
         wrote it. Nothing was changed in it."
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that is known.
        known: i64,
    },
    /// It belongs to another cluster.
    #[error(
        "The history `{path}` belongs to cluster `{name}` (kube-system {theirs}), and this one is kube-system {ours}: choose another data \
         folder with --data."
    )]
    OtherCluster {
        /// The file.
        path: PathBuf,
        /// The cluster's name when it was first seen.
        name: String,
        /// The uid of its Namespace kube-system.
        theirs: String,
        /// The uid of the Namespace kube-system of the cluster at hand.
        ours: String,
    },
    /// The file is torn.
    #[error("The history `{path}` is damaged: {what}. Put back a copy of it, or choose another data folder with --data.")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        what: String,
    },
    /// There is no room.
    #[error("The disk of the history `{path}` is full: make room. Nothing that was written before is lost.")]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("The history `{path}` cannot be written: {what}. Make it writable for Portcullis.")]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        what: String,
    },
    /// A run is open already.
    #[error("Run {run} is not finished: one run at a time. Wait for it, or revert it if it was interrupted.")]
    RunOpen {
        /// Which.
        run: RunId,
    },
    /// The sentence is in force.
    #[error("\u{201c}{sentence}\u{201d} is kept already: every plan is checked against it.")]
    SentenceKept {
        /// Which.
        sentence: Invariant,
    },
    /// The sentence is not in force.
    #[error("\u{201c}{sentence}\u{201d} is not kept: somebody took it back, or it was never added.")]
    SentenceNotKept {
        /// Which.
        sentence: Invariant,
    },
    /// There are as many sentences as are followed.
    #[error("{MOST_SENTENCES} sentences are kept already, and no more are followed: take one back, or write wider ones.")]
    SentencesFull,
    /// Anything else of the database.
    #[error("The history `{path}` failed: {source}.")]
    Database {
        /// The file.
        path: PathBuf,
        /// What sqlx says.
        source: sqlx::Error,
    },
    /// A row holds something else than what Portcullis writes.
    #[error("The history `{path}` holds a {what} that cannot be read: {why}. Put back a copy of it, or choose another data folder.")]
    Row {
        /// The file.
        path: PathBuf,
        /// Which row.
        what: String,
        /// What does not fit.
        why: String,
    },
}

fn by(process: &str) -> String {
    if process.is_empty() { String::new() } else { format!(" (process {process})") }
}

/// The primary result codes of SQLite that mean something to whoever runs Portcullis (<https://www.sqlite.org/rescode.html>).
mod code {
    pub(super) const READONLY: i32 = 8;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const NOTADB: i32 = 26;
}

impl HistoryError {
    /// What `source` means for the file at `path`.
    pub(super) fn of(path: &Path, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        let Some(database) = source.as_database_error() else { return Self::Database { path, source } };
        let what = database.message().to_owned();
        // Extended codes carry the primary one in their low byte.
        match database.code().and_then(|code| code.parse::<i32>().ok()).map(|code| code & 0xff) {
            Some(code::READONLY | code::CANTOPEN) => Self::ReadOnly { path, what },
            Some(code::CORRUPT | code::NOTADB) => Self::Damaged { path, what },
            Some(code::FULL) => Self::Full { path },
            _ => Self::Database { path, source },
        }
    }
}
