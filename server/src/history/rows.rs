//! Values in columns.

use super::{History, HistoryError};
use crate::clock::Time;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type};

/// A row, with the path that its errors name.
pub(super) struct Reading<'a> {
    pub(super) history: &'a History,
    pub(super) row: &'a SqliteRow,
    /// Which table, for errors.
    pub(super) what: &'static str,
}

impl<'a> Reading<'a> {
    pub(super) fn get<T>(&self, column: &str) -> Result<T, HistoryError>
    where
        T: Decode<'a, Sqlite> + Type<Sqlite>,
    {
        self.row.try_get(column).map_err(|e| self.history.failed(e))
    }

    /// A column of text that parses.
    pub(super) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(&self, column: &str) -> Result<T, HistoryError> {
        self.get::<&str>(column)?.parse().map_err(|e: T::Err| self.broken(&e))
    }

    /// A column of JSON.
    pub(super) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, HistoryError> {
        serde_json::from_str(self.get(column)?).map_err(|e| self.broken(&e))
    }

    /// A column of JSON that may be null.
    pub(super) fn optional_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, HistoryError> {
        self.get::<Option<&str>>(column)?.map(serde_json::from_str).transpose().map_err(|e| self.broken(&e))
    }

    pub(super) fn time(&self, column: &str) -> Result<Time, HistoryError> {
        self.get(column).map(Time)
    }

    pub(super) fn broken(&self, why: &dyn std::fmt::Display) -> HistoryError {
        HistoryError::Row { path: self.history.path.clone(), what: self.what.to_owned(), why: why.to_string() }
    }
}

impl History {
    pub(super) fn reading<'a>(&'a self, row: &'a SqliteRow, what: &'static str) -> Reading<'a> {
        Reading { history: self, row, what }
    }

    pub(super) fn to_json<T: Serialize>(&self, what: &str, value: &T) -> Result<String, HistoryError> {
        serde_json::to_string(value).map_err(|e| HistoryError::Row { path: self.path.clone(), what: what.to_owned(), why: e.to_string() })
    }

    pub(super) fn to_optional_json<T: Serialize>(&self, what: &str, value: Option<&T>) -> Result<Option<String>, HistoryError> {
        value.map(|v| self.to_json(what, v)).transpose()
    }
}
