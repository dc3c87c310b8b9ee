//! Opening the database, and whose it is.

use super::{DataFolder, History, HistoryError};
use crate::clock::SharedClock;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row, SqlitePool};
use std::path::Path;
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// The name of the database in the data folder.
const FILE: &str = "history.db";
/// Pages read side by side; each connection holds a few hundred KB.
const READERS: u32 = 4;

impl History {
    /// Opens the history of a data folder; makes it where it is absent, and brings an older one up to date.
    ///
    /// # Errors
    /// The database is damaged, of a newer version, or cannot be read or written.
    pub async fn open(folder: &DataFolder, clock: SharedClock) -> Result<Self, HistoryError> {
        let path = folder.file(FILE);
        let failed = |source| HistoryError::of(&path, source);
        let options = SqliteConnectOptions::new().filename(&path).busy_timeout(Duration::from_secs(10)).foreign_keys(true);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone().create_if_missing(true).journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full))
            .await
            .map_err(failed)?;
        // Before anything is written: a newer or torn file is left as it is.
        check_sound(&path, &writer).await?;
        check_version(&path, &writer).await?;
        MIGRATIONS.run(&writer).await.map_err(|error| migration_failed(&path, error))?;
        let readers = SqlitePoolOptions::new().max_connections(READERS).connect_with(options.read_only(true)).await.map_err(failed)?;
        Ok(Self { path, writer, readers, clock })
    }

    /// Says that the history belongs to the cluster whose Namespace kube-system has the uid `uid`.
    ///
    /// # Errors
    /// It belongs to another cluster, or cannot be read or written.
    pub async fn bind(&self, uid: &str, name: &str) -> Result<(), HistoryError> {
        sqlx::query("INSERT INTO cluster (only, uid, name, first_seen) VALUES (1, ?, ?, ?) ON CONFLICT (only) DO NOTHING")
            .bind(uid)
            .bind(name)
            .bind(self.clock.now().0)
            .execute(&self.writer)
            .await
            .map_err(|e| self.failed(e))?;
        let row = sqlx::query("SELECT uid, name FROM cluster").fetch_one(&self.writer).await.map_err(|e| self.failed(e))?;
        let theirs: String = row.try_get("uid").map_err(|e| self.failed(e))?;
        if theirs == uid {
            return Ok(());
        }
        let name = row.try_get("name").map_err(|e| self.failed(e))?;
        Err(HistoryError::OtherCluster { path: self.path.clone(), name, theirs, ours: uid.to_owned() })
    }
}

async fn check_sound(path: &Path, pool: &SqlitePool) -> Result<(), HistoryError> {
    let what: String =
        sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(pool).await.map_err(|source| HistoryError::of(path, source))?;
    if what == "ok" { Ok(()) } else { Err(HistoryError::Damaged { path: path.to_owned(), what }) }
}

async fn check_version(path: &Path, pool: &SqlitePool) -> Result<(), HistoryError> {
    let failed = |source| HistoryError::of(path, source);
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'").fetch_one(pool).await.map_err(failed)?;
    if kept == 0 {
        return Ok(());
    }
    let found: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(pool).await.map_err(failed)?;
    let known = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0);
    match found {
        Some(found) if found > known => Err(HistoryError::Newer { path: path.to_owned(), found, known }),
        _ => Ok(()),
    }
}

fn migration_failed(path: &Path, error: MigrateError) -> HistoryError {
    match error {
        MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => HistoryError::of(path, source),
        MigrateError::VersionMismatch(version) => {
            HistoryError::Damaged { path: path.to_owned(), what: format!("its version {version} was not made by this line of Portcullis") }
        }
        MigrateError::Dirty(version) => {
            HistoryError::Damaged { path: path.to_owned(), what: format!("the change to version {version} broke off") }
        }
        other => HistoryError::Damaged { path: path.to_owned(), what: other.to_string() },
    }
}
