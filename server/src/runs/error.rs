//! Why a run does not begin.

use crate::history::HistoryError;
use policy::view::RunId;

/// Why a run does not begin.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A blocker forbids it.
    #[error("The plan cannot be applied: {what} {action}")]
    Blocked {
        /// What is the case.
        what: String,
        /// What to do.
        action: String,
    },
    /// There is nothing to do.
    #[error("The plan changes no object: the cluster is as it should be already.")]
    Nothing,
    /// There is no such run.
    #[error("There is no run {run}.")]
    NoRun {
        /// The number asked for.
        run: RunId,
    },
    /// Only what was interrupted is reverted.
    #[error(
        "Run {run} was not interrupted and does not wait: there is nothing to revert. To take back what it did, roll back to the revision before it."
    )]
    NotInterrupted {
        /// Which.
        run: RunId,
    },
    /// Only what waits goes on.
    #[error("Run {run} does not wait for anybody: there is nothing to go on with.")]
    NotHeld {
        /// Which.
        run: RunId,
    },
    /// Portcullis is about to end.
    #[error("Portcullis is shutting down: start it again, then try again.")]
    Stopping,
    /// The history failed, or another run is open.
    #[error(transparent)]
    History(#[from] HistoryError),
}
