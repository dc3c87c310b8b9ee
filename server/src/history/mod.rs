//! What the cluster cannot hold: plans, runs with their journal, revisions, and what must stay true, in one SQLite file.
//!
//! One connection writes, a few read. A commit is on the disk when it returns (WAL, `synchronous=FULL`): the run engine counts on it.

mod applied;
mod error;
#[cfg(test)]
pub(crate) mod fixtures;
mod folder;
mod journal;
mod objects;
mod open;
mod plans;
mod revisions;
mod rows;
mod runs;
mod sentences;
#[cfg(test)]
mod tests;
mod unlanded;

pub use applied::Applied;
pub use error::HistoryError;
pub use folder::DataFolder;
pub use journal::{Direction, Entry, EntryId, Outcome};
pub use plans::StoredPlan;
pub use revisions::{NewObject, NewRevision, Part, StoredRevision};
pub use runs::{NewRun, RunRecord, Stage};
pub use sentences::KeptSentence;

use crate::clock::SharedClock;
use sqlx::SqlitePool;
use std::path::{Path, PathBuf};

/// The history of one cluster.
#[derive(Clone)]
pub struct History {
    path: PathBuf,
    writer: SqlitePool,
    readers: SqlitePool,
    clock: SharedClock,
}

impl History {
    /// The database's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes every connection; what was committed stays.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    fn failed(&self, source: sqlx::Error) -> HistoryError {
        HistoryError::of(&self.path, source)
    }
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History").field("path", &self.path).finish_non_exhaustive()
    }
}
