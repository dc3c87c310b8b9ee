//! What must stay true: who added which sentence and who took it back, when, and why.

use super::{History, HistoryError};
use crate::clock::Time;
use policy::reach::invariant::Invariant;
use policy::reach::safety::MOST_SENTENCES;
use policy::view::Caller;
use sqlx::{Sqlite, Transaction};

/// A sentence that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSentence {
    /// The sentence.
    pub sentence: Invariant,
    /// Who added it.
    pub caller: String,
    /// Why.
    pub reason: String,
    /// When.
    pub added: Time,
}

/// The rows that count: the last about each sentence, where that says that it was added.
macro_rules! in_force {
    ($columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM sentence_changes c WHERE c.change = 'added' \
             AND c.id = (SELECT max(id) FROM sentence_changes WHERE sentence = c.sentence)"
        )
    };
}

impl History {
    /// The sentences in force, in the order in which they were added.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn sentences(&self) -> Result<Vec<KeptSentence>, HistoryError> {
        let rows = sqlx::query(concat!(in_force!("c.sentence, c.caller_name, c.reason, c.at"), " ORDER BY c.id"))
            .fetch_all(&self.readers)
            .await
            .map_err(|e| self.failed(e))?;
        let read = |row| {
            let row = self.reading(row, "sentence");
            Ok(KeptSentence {
                sentence: row.parsed("sentence")?,
                caller: row.get("caller_name")?,
                reason: row.get("reason")?,
                added: row.time("at")?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Adds a sentence.
    ///
    /// # Errors
    /// It is in force already, there are [`MOST_SENTENCES`], or the database cannot be written.
    pub async fn add_sentence(&self, sentence: &Invariant, caller: &Caller, reason: &str) -> Result<(), HistoryError> {
        let mut tx = self.writer.begin().await.map_err(|e| self.failed(e))?;
        if self.is_kept(&mut tx, sentence).await? {
            return Err(HistoryError::SentenceKept { sentence: sentence.clone() });
        }
        let count: i64 = sqlx::query_scalar(in_force!("count(*)")).fetch_one(&mut *tx).await.map_err(|e| self.failed(e))?;
        if count >= i64::from(MOST_SENTENCES) {
            return Err(HistoryError::SentencesFull);
        }
        self.say(&mut tx, sentence, "added", caller, reason).await?;
        tx.commit().await.map_err(|e| self.failed(e))
    }

    /// Takes a sentence back.
    ///
    /// # Errors
    /// It is not in force, or the database cannot be written.
    pub async fn take_back_sentence(&self, sentence: &Invariant, caller: &Caller, reason: &str) -> Result<(), HistoryError> {
        let mut tx = self.writer.begin().await.map_err(|e| self.failed(e))?;
        if !self.is_kept(&mut tx, sentence).await? {
            return Err(HistoryError::SentenceNotKept { sentence: sentence.clone() });
        }
        self.say(&mut tx, sentence, "takenBack", caller, reason).await?;
        tx.commit().await.map_err(|e| self.failed(e))
    }

    async fn is_kept(&self, tx: &mut Transaction<'_, Sqlite>, sentence: &Invariant) -> Result<bool, HistoryError> {
        let last: Option<String> = sqlx::query_scalar("SELECT change FROM sentence_changes WHERE sentence = ? ORDER BY id DESC LIMIT 1")
            .bind(sentence.to_string())
            .fetch_optional(&mut **tx)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(last.as_deref() == Some("added"))
    }

    async fn say(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        sentence: &Invariant,
        change: &str,
        caller: &Caller,
        reason: &str,
    ) -> Result<(), HistoryError> {
        sqlx::query("INSERT INTO sentence_changes (sentence, change, caller_id, caller_name, reason, at) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(sentence.to_string())
            .bind(change)
            .bind(&caller.id)
            .bind(&caller.name)
            .bind(reason)
            .bind(self.clock.now().0)
            .execute(&mut **tx)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::DataFolder;
    use super::super::fixtures::{caller, open};
    use super::*;

    fn sentence(text: &str) -> Invariant {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn a_sentence_is_in_force_from_its_adding_to_its_taking_back() {
        let dir = tempfile::tempdir().unwrap();
        let history = open(&DataFolder::open(dir.path()).unwrap()).await;
        let (never, always) = (sentence("10.9.0.0/16 must never reach shop/svc-a"), sentence("50.60.0.0/16 must always reach shop/svc-a"));
        history.add_sentence(&never, &caller(), "the guests").await.unwrap();
        history.add_sentence(&always, &caller(), "the partners").await.unwrap();
        let kept = history.sentences().await.unwrap();
        assert_eq!(kept.iter().map(|row| &row.sentence).collect::<Vec<_>>(), [&never, &always]);
        assert_eq!((kept[0].caller.as_str(), kept[0].reason.as_str()), ("Ada", "the guests"));
        let again = history.add_sentence(&never, &caller(), "again").await.unwrap_err();
        assert!(matches!(&again, HistoryError::SentenceKept { sentence } if *sentence == never), "{again}");

        history.take_back_sentence(&never, &caller(), "they moved").await.unwrap();
        assert_eq!(history.sentences().await.unwrap().len(), 1);
        let gone = history.take_back_sentence(&never, &caller(), "twice").await.unwrap_err();
        assert!(matches!(gone, HistoryError::SentenceNotKept { .. }), "{gone}");
        history.add_sentence(&never, &caller(), "they are back").await.unwrap();
        let kept = history.sentences().await.unwrap();
        assert_eq!((kept[1].sentence.clone(), kept[1].reason.as_str()), (never, "they are back"));
        for statement in ["UPDATE sentence_changes SET reason = 'another'", "DELETE FROM sentence_changes"] {
            sqlx::query(statement).execute(&history.writer).await.expect_err(statement);
        }
    }

    #[tokio::test]
    async fn so_many_are_kept_and_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let history = open(&DataFolder::open(dir.path()).unwrap()).await;
        let of = |n: u32| sentence(&format!("10.{}.{}.0/24 must never reach shop/svc-a", n / 256, n % 256));
        for n in 0..MOST_SENTENCES {
            history.add_sentence(&of(n), &caller(), "one of many").await.unwrap();
        }
        let full = history.add_sentence(&of(MOST_SENTENCES), &caller(), "one more").await.unwrap_err();
        assert!(matches!(full, HistoryError::SentencesFull), "{full}");
        history.take_back_sentence(&of(7), &caller(), "room").await.unwrap();
        history.add_sentence(&of(MOST_SENTENCES), &caller(), "one more").await.unwrap();
    }
}
