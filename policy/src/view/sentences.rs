//! What must stay true, as pages show it.

use super::Moment;
use crate::reach::invariant::Invariant;
use crate::reach::safety::{MOST_SENTENCES, Standing};
use crate::reach::written::Written;
use serde::{Deserialize, Serialize};

/// Every sentence that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SentencesView {
    /// In the order in which they were added.
    pub rows: Vec<SentenceRow>,
    /// How many are kept at most.
    pub most: u32,
}

/// A sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SentenceRow {
    /// The sentence.
    pub sentence: Invariant,
    /// Who added it.
    pub caller: String,
    /// Why.
    pub reason: String,
    /// When.
    pub added: Moment,
    /// Whether it holds now.
    pub state: SentenceState,
}

/// Whether a sentence holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum SentenceState {
    /// It does.
    Holds,
    /// It does not.
    Broken {
        /// What becomes of a packet, and for how many it fails.
        what: String,
        /// That packet, as a question.
        packet: Option<Written>,
    },
    /// It cannot be told.
    Unknown {
        /// Why not, in one sentence.
        why: String,
    },
}

impl SentencesView {
    /// The rows of sentences.
    #[must_use]
    pub const fn of(rows: Vec<SentenceRow>) -> Self {
        Self { rows, most: MOST_SENTENCES }
    }
}

impl SentenceState {
    /// How a sentence stands.
    #[must_use]
    pub fn of(sentence: &Invariant, standing: &Standing) -> Self {
        match standing {
            Standing::Holds => Self::Holds,
            Standing::Broken(broken) => {
                Self::Broken { what: format!("It fails for {}: {broken}.", broken.clients.counted()), packet: sentence.question(broken) }
            }
            Standing::NoService => Self::Unknown { why: format!("The cluster has no Service `{}`.", sentence.service) },
            Standing::TooMuch(too_much) => Self::Unknown { why: too_much.to_string() },
        }
    }
}
