//! Objects as they were around a revision, whoever's it is.

use super::{Applied, History, HistoryError};
use policy::view::RevisionId;

impl History {
    /// Every object that a revision after `revision` touched, as it was before the first of them.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn objects_before_those_after(&self, revision: RevisionId) -> Result<Vec<Applied>, HistoryError> {
        let rows = sqlx::query(
            "SELECT object, role, before AS after, min(revision * 1000000 + position) FROM revision_objects WHERE revision > ? GROUP BY object ORDER BY object",
        )
        .bind(revision.0)
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        rows.iter().map(|row| self.applied(row)).collect()
    }

    /// Every object that any revision up to `revision` touched, as the last of them left it.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn all_objects_as_of(&self, revision: RevisionId) -> Result<Vec<Applied>, HistoryError> {
        let rows = sqlx::query(
            "SELECT object, role, after, max(revision * 1000000 + position) FROM revision_objects WHERE revision <= ? GROUP BY object ORDER BY object",
        )
        .bind(revision.0)
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        rows.iter().map(|row| self.applied(row)).collect()
    }
}
