//! Objects as they were applied last, and whose they are.

use super::{History, HistoryError};
use policy::object::{ObjectKey, ServiceRef};
use policy::plan::Role;
use policy::view::RevisionId;
use serde_json::Value;
use sqlx::sqlite::SqliteRow;

/// An object as it was applied last.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// Its identity.
    pub key: ObjectKey,
    /// Its part in the recipe.
    pub role: Role,
    /// As it was left; none where it was deleted.
    pub after: Option<Value>,
}

impl History {
    /// Every object that the revisions of `service` up to `revision` touched, as the last of them left it.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn objects_as_of(&self, service: &ServiceRef, revision: RevisionId) -> Result<Vec<Applied>, HistoryError> {
        // SQLite takes the bare columns from the row that has the maximum (https://www.sqlite.org/lang_select.html#bareagg).
        let rows = sqlx::query(
            "SELECT o.object, o.role, o.after, max(o.revision * 1000000 + o.position) FROM revision_objects o \
             JOIN revision_services s ON s.revision = o.revision AND s.position = o.part \
             WHERE s.service = ? AND o.revision <= ? GROUP BY o.object ORDER BY o.object",
        )
        .bind(service.to_string())
        .bind(revision.0)
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        rows.iter().map(|row| self.applied(row)).collect()
    }

    /// Every object that any revision touched, as the last of them left it.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn applied_objects(&self) -> Result<Vec<Applied>, HistoryError> {
        let rows = sqlx::query(
            "SELECT object, role, after, max(revision * 1000000 + position) FROM revision_objects GROUP BY object ORDER BY object",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        rows.iter().map(|row| self.applied(row)).collect()
    }

    /// Which Services' revisions touched which objects.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn touched(&self) -> Result<Vec<(ServiceRef, ObjectKey)>, HistoryError> {
        let rows = sqlx::query(
            "SELECT DISTINCT s.service, o.object FROM revision_objects o \
             JOIN revision_services s ON s.revision = o.revision AND s.position = o.part ORDER BY 1, 2",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        rows.iter()
            .map(|row| {
                let row = self.reading(row, "object of a revision");
                Ok((row.parsed("service")?, row.json("object")?))
            })
            .collect()
    }

    pub(super) fn applied(&self, row: &SqliteRow) -> Result<Applied, HistoryError> {
        let row = self.reading(row, "object of a revision");
        Ok(Applied { key: row.json("object")?, role: row.json("role")?, after: row.optional_json("after")? })
    }
}
