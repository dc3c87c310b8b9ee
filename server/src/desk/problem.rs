//! What goes wrong, as people are told it.

use crate::cluster::ClusterState;
use crate::history::HistoryError;
use crate::runs::RunError;
use app::backend::Problem;
use policy::plan::PlanError;
use policy::view::Connection;

/// Something of Portcullis' own broke: it is logged, once, under a number, and only the number is shown.
pub(super) fn internal(error: &dyn std::fmt::Display) -> Problem {
    let number = format!("{:08x}", rand::random::<u32>());
    tracing::error!(number, %error, "internal error");
    Problem::Internal(number)
}

/// What a failure of the history means to whoever asked.
pub(super) fn of_history(error: HistoryError) -> Problem {
    match error {
        HistoryError::RunOpen { .. } | HistoryError::SentenceKept { .. } | HistoryError::SentencesFull => {
            Problem::Refused(error.to_string())
        }
        HistoryError::SentenceNotKept { .. } => Problem::NotFound(error.to_string()),
        // Without the path, which is nothing for a page.
        HistoryError::Full { .. } => {
            tracing::error!(%error, "the history cannot be written");
            Problem::Refused("The disk that holds the history is full, so nothing was begun: make room, then try again.".to_owned())
        }
        HistoryError::ReadOnly { .. } => {
            tracing::error!(%error, "the history cannot be written");
            Problem::Refused("The history cannot be written, so nothing was begun: make its folder writable, then try again.".to_owned())
        }
        other => internal(&other),
    }
}

pub(super) fn of_run(error: RunError) -> Problem {
    match error {
        RunError::NoRun { .. } => Problem::NotFound(error.to_string()),
        RunError::Blocked { .. } | RunError::Nothing | RunError::NotInterrupted { .. } | RunError::NotHeld { .. } | RunError::Stopping => {
            Problem::Refused(error.to_string())
        }
        RunError::History(error) => of_history(error),
    }
}

pub(super) fn of_plan(error: &PlanError) -> Problem {
    match error {
        PlanError::NoSuchService(service) => no_service(service),
        PlanError::ServiceUnreadable { service, why } => {
            Problem::Refused(format!("The Service `{service}` cannot be read: {why}. Mend it, then plan again."))
        }
        PlanError::ServicesUnknown(why) => Problem::Unreachable(format!("The Services of the cluster are not known: {why}.")),
    }
}

pub(super) fn no_service(service: &policy::object::ServiceRef) -> Problem {
    Problem::NotFound(format!("There is no Service `{service}` in the cluster."))
}

/// The first lists have not come.
pub(super) fn not_read(state: &ClusterState) -> Problem {
    Problem::Unreachable(match state.connection() {
        Connection::Disconnected { why, .. } => format!("The cluster cannot be read: {why}"),
        Connection::Connecting { waiting_for } => format!("The cluster is being read; still waiting for {}.", waiting_for.join(", ")),
        Connection::Connected | Connection::MissingApi { .. } | Connection::Forbidden { .. } => "The cluster is being read.".to_owned(),
    })
}

/// What was read may be old.
pub(super) fn not_heard(state: &ClusterState) -> Problem {
    Problem::Unreachable(match state.connection() {
        Connection::Disconnected { why, since } => {
            format!("The cluster has not been heard since {}, so nothing is changed in it: {why}", since.text)
        }
        _ => return not_read(state),
    })
}
