//! The SQLite file that keeps the sandbox: one table of objects, one revision.

use super::packed::Packed;
use super::state::Event;
use futures::TryStreamExt;
use policy::object::{Kind, ObjectKey};
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions, Connection, Row};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Marks the file as a sandbox: `port`.
const APPLICATION: i64 = 0x706f_7274;
/// The version of the schema below.
const VERSION: i64 = 1;
const SCHEMA: &str = "
    CREATE TABLE object (
        api TEXT NOT NULL,
        kind TEXT NOT NULL,
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        object TEXT NOT NULL,
        PRIMARY KEY (api, kind, namespace, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE revision (revision INTEGER NOT NULL) STRICT;
    INSERT INTO revision VALUES (0);
    PRAGMA application_id = 1886351988;
    PRAGMA user_version = 1;
";

/// Why a sandbox cannot be opened. The file is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Another process holds it.
    #[error("the sandbox file {0} is in use by another process: stop that one, or choose another data folder")]
    InUse(PathBuf),
    /// It is some other SQLite file.
    #[error("{0} is a database, but not one of the sandbox: move it away, or choose another data folder")]
    NotASandbox(PathBuf),
    /// A later Portcullis wrote it.
    #[error(
        "the sandbox file {path} has version {found}, and this Portcullis reads up to version {VERSION}: use the Portcullis that wrote it, or another data folder"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
    /// It does not read as what it should be.
    #[error("the sandbox file {path} is damaged ({what}): move it away to begin with a new sandbox, or put a copy back")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// SQLite or the file system refused.
    #[error("the sandbox file {path} cannot be used: {source}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// The objects that are built in do not read as objects.
    #[error(transparent)]
    Seed(#[from] super::seed::SeedError),
}

/// An open file. It is locked as long as it is open.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    connection: SqliteConnection,
}

/// What a file kept.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) revision: u64,
    pub(super) objects: BTreeMap<ObjectKey, Packed>,
}

impl File {
    /// Opens or creates `path`; nothing is kept in a new file.
    ///
    /// # Errors
    /// Every variant of [`SandboxError`] but the seed's.
    pub(super) async fn open(path: &Path) -> Result<(Self, Option<Kept>), SandboxError> {
        let failed = |error| classify(path, error);
        // The pragmas that write come after the checks: somebody else's database stays as it is.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .busy_timeout(Duration::from_secs(3))
            .disable_statement_logging();
        let mut connection = options.connect().await.map_err(failed)?;
        let tables: i64 = number(&mut connection, "SELECT count(*) FROM sqlite_master").await.map_err(failed)?;
        let application = number(&mut connection, "PRAGMA application_id").await.map_err(failed)?;
        let version = number(&mut connection, "PRAGMA user_version").await.map_err(failed)?;
        let is_new = tables == 0 && application == 0;
        if !is_new && application != APPLICATION {
            return Err(SandboxError::NotASandbox(path.to_owned()));
        }
        if version > VERSION {
            return Err(SandboxError::Newer { path: path.to_owned(), found: version });
        }
        for pragma in ["PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"] {
            sqlx::raw_sql(pragma).execute(&mut connection).await.map_err(failed)?;
        }
        // The lock is taken by the first write.
        sqlx::raw_sql("BEGIN IMMEDIATE; COMMIT").execute(&mut connection).await.map_err(failed)?;
        let mut file = Self { path: path.to_owned(), connection };
        let kept = if is_new { None } else { Some(file.load().await?) };
        Ok((file, kept))
    }

    /// Writes the first objects into a new file, all or nothing.
    ///
    /// # Errors
    /// SQLite refuses.
    pub(super) async fn create(&mut self, events: &[Event]) -> Result<(), SandboxError> {
        let path = self.path.clone();
        self.write(Some(SCHEMA), events).await.map_err(|error| classify(&path, error))
    }

    /// Writes changes, all or nothing; they are on the disk when this returns.
    ///
    /// # Errors
    /// SQLite refuses; nothing is changed.
    pub(super) async fn save(&mut self, events: &[Event]) -> Result<(), SandboxError> {
        let path = self.path.clone();
        self.write(None, events).await.map_err(|error| classify(&path, error))
    }

    async fn write(&mut self, schema: Option<&'static str>, events: &[Event]) -> Result<(), sqlx::Error> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        if let Some(schema) = schema {
            sqlx::raw_sql(schema).execute(&mut *transaction).await?;
        }
        for event in events {
            let ObjectKey { kind, namespace, name } = &event.key;
            let query = match &event.after {
                Some(object) => sqlx::query("INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?)")
                    .bind(kind.api_version())
                    .bind(kind.name())
                    .bind(namespace)
                    .bind(name)
                    .bind(object.text().to_owned()),
                None => sqlx::query("DELETE FROM object WHERE api = ? AND kind = ? AND namespace = ? AND name = ?")
                    .bind(kind.api_version())
                    .bind(kind.name())
                    .bind(namespace)
                    .bind(name),
            };
            query.execute(&mut *transaction).await?;
        }
        if let Some(last) = events.last() {
            let revision = i64::try_from(last.revision).map_err(|error| sqlx::Error::Encode(error.into()))?;
            sqlx::query("UPDATE revision SET revision = ?").bind(revision).execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }

    async fn load(&mut self) -> Result<Kept, SandboxError> {
        let path = self.path.clone();
        let failed = |error| classify(&path, error);
        let damaged = |what: String| SandboxError::Damaged { path: path.clone(), what };
        let check: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut self.connection).await.map_err(failed)?;
        if check != "ok" {
            return Err(damaged(check));
        }
        let revision = number(&mut self.connection, "SELECT revision FROM revision").await.map_err(failed)?;
        let revision = u64::try_from(revision).map_err(|_| damaged(format!("its revision is {revision}")))?;
        let mut rows = sqlx::query("SELECT api, kind, namespace, name, object FROM object").fetch(&mut self.connection);
        let mut objects = BTreeMap::new();
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            let (key, object) = read(&row).map_err(damaged)?;
            objects.insert(key, object);
        }
        drop(rows);
        Ok(Kept { revision, objects })
    }
}

fn read(row: &SqliteRow) -> Result<(ObjectKey, Packed), String> {
    let text = |column: usize| row.try_get::<String, _>(column).map_err(|error| error.to_string());
    let (api, kind, namespace, name) = (text(0)?, text(1)?, text(2)?, text(3)?);
    let known = Kind::find(&api, &kind).ok_or_else(|| format!("it has an object of the unknown kind `{api}` `{kind}`"))?;
    let object: Value = serde_json::from_str(&text(4)?).map_err(|error| format!("{kind} `{namespace}/{name}`: {error}"))?;
    Ok((ObjectKey::new(known, &namespace, &name), Packed::of(&object)))
}

async fn number(connection: &mut SqliteConnection, query: &'static str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(query).fetch_one(connection).await
}

/// Result codes: <https://www.sqlite.org/rescode.html>; the low byte is the primary one.
fn classify(path: &Path, error: sqlx::Error) -> SandboxError {
    let path = path.to_owned();
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).and_then(|code| code.parse::<u32>().ok());
    match code.map(|code| code & 0xff) {
        Some(5 | 6) => SandboxError::InUse(path),
        Some(11 | 26) => SandboxError::Damaged { path, what: error.to_string() },
        _ if matches!(error, sqlx::Error::RowNotFound) => SandboxError::Damaged { path, what: "it has no revision".to_owned() },
        _ => SandboxError::Unusable { path, source: error },
    }
}
