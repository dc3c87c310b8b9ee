//! Work is bounded: a hostile set of policies cannot make one question cost more than this.

use serde::{Deserialize, Serialize};
use std::cell::Cell;

/// The most that one question may cost: ranges of addresses, rules and paths that are looked at, together. Some ten seconds of work.
pub const LIMIT: u64 = 100_000_000;

/// A question that would cost more than [`LIMIT`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{what} were too many to follow: one question may look at {limit} ranges, rules and paths together. Ask about fewer at once.")]
#[serde(rename_all = "camelCase")]
pub struct TooMuch {
    /// What was too much: `the addresses of the rules of policy x`, a plural.
    pub what: String,
    /// The limit that was reached.
    pub limit: u64,
}

/// What is left of the limit.
#[derive(Debug)]
pub(super) struct Budget {
    limit: u64,
    left: Cell<u64>,
}

impl Budget {
    pub(super) const fn of(limit: u64) -> Self {
        Self { limit, left: Cell::new(limit) }
    }

    /// Takes `cost` off; `what` names what it is for, as a plural.
    pub(super) fn spend(&self, cost: usize, what: impl FnOnce() -> String) -> Result<(), TooMuch> {
        let cost = u64::try_from(cost).unwrap_or(u64::MAX);
        match self.left.get().checked_sub(cost) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(TooMuch { what: what(), limit: self.limit }),
        }
    }
}
