//! The journal of a run: what was about to be sent, and what came of it.

use super::{History, HistoryError};
use policy::view::RunId;
use serde_json::Value;

/// Which way a step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// As planned.
    Forward,
    /// Putting back what the step changed.
    Back,
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The object is as the request wanted it.
    Landed,
    /// The API server refused it: nothing was written.
    Refused,
    /// Nothing was sent, and nothing was to do.
    NotSent,
    /// Nothing was sent, because somebody else changed the object since.
    Kept,
    /// It cannot be told: no answer came, and the object could not be read or has become something else.
    Unclear,
}

/// The number of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryId(i64);

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number.
    pub id: EntryId,
    /// The step's position in the plan.
    pub step: usize,
    /// Which way.
    pub direction: Direction,
    /// What came of it; none: nothing was written down, so it is unknown.
    pub outcome: Option<Outcome>,
    /// What went wrong, or what was found.
    pub message: String,
    /// The object as the API server answered it.
    pub object: Option<Value>,
}

/// Both ways between a value and the word in its column.
macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $type {
            const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            fn of(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
pub(super) use words;

words!(Direction { Forward = "forward", Back = "back" });
words!(Outcome { Landed = "landed", Refused = "refused", NotSent = "notSent", Kept = "kept", Unclear = "unclear" });

impl History {
    /// Writes down that a step's request is about to be sent.
    ///
    /// # Errors
    /// The database cannot be written: the request must not be sent.
    pub async fn intend(&self, run: RunId, step: usize, direction: Direction) -> Result<EntryId, HistoryError> {
        sqlx::query_scalar("INSERT INTO journal (run, step, direction, sent) VALUES (?, ?, ?, ?) RETURNING id")
            .bind(run.0)
            .bind(i64::try_from(step).unwrap_or(i64::MAX))
            .bind(direction.word())
            .bind(self.clock.now().0)
            .fetch_one(&self.writer)
            .await
            .map(EntryId)
            .map_err(|e| self.failed(e))
    }

    /// Writes down what came of it.
    ///
    /// # Errors
    /// The database cannot be written, or the entry has its outcome already.
    pub async fn answer(&self, entry: EntryId, outcome: Outcome, message: &str, object: Option<&Value>) -> Result<(), HistoryError> {
        let object = self.to_optional_json("object", object)?;
        sqlx::query("UPDATE journal SET outcome = ?, answered = ?, message = ?, object = ? WHERE id = ?")
            .bind(outcome.word())
            .bind(self.clock.now().0)
            .bind(message)
            .bind(object)
            .bind(entry.0)
            .execute(&self.writer)
            .await
            .map(|_| ())
            .map_err(|e| self.failed(e))
    }

    /// The journal of a run, oldest first.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn journal(&self, run: RunId) -> Result<Vec<Entry>, HistoryError> {
        let rows = sqlx::query("SELECT id, step, direction, outcome, message, object FROM journal WHERE run = ? ORDER BY id")
            .bind(run.0)
            .fetch_all(&self.readers)
            .await
            .map_err(|e| self.failed(e))?;
        rows.iter()
            .map(|row| {
                let row = self.reading(row, "journal entry");
                let step: i64 = row.get("step")?;
                let direction: &str = row.get("direction")?;
                let outcome: Option<&str> = row.get("outcome")?;
                Ok(Entry {
                    id: EntryId(row.get("id")?),
                    step: usize::try_from(step).map_err(|e| row.broken(&e))?,
                    direction: Direction::of(direction).ok_or_else(|| row.broken(&format!("direction `{direction}`")))?,
                    outcome: outcome.map(|word| Outcome::of(word).ok_or_else(|| row.broken(&format!("outcome `{word}`")))).transpose()?,
                    message: row.get("message")?,
                    object: row.optional_json("object")?,
                })
            })
            .collect()
    }
}
