//! Which cluster this is: the history belongs to one, and nothing is written to another.

use crate::cluster::{Cluster, Identity, RequestError};
use crate::history::{History, HistoryError};
use crate::runs::Runs;
use app::backend::Problem;
use std::time::Duration;
use tokio::sync::watch;

/// Whether it is known which cluster this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Binding {
    /// It has not said yet.
    Unknown {
        /// Why not.
        why: String,
    },
    /// It is the one that the history belongs to.
    Ours(Identity),
    /// It is another one, or the history cannot be used.
    Refused {
        /// Why, in one sentence.
        why: String,
    },
}

impl Binding {
    pub(super) fn check(&self) -> Result<(), Problem> {
        match self {
            Self::Ours(_) => Ok(()),
            Self::Unknown { why } => Err(Problem::Unreachable(format!("It is not known yet which cluster this is: {why}"))),
            Self::Refused { why } => Err(Problem::Refused(why.clone())),
        }
    }

    pub(super) fn kubernetes(&self) -> &str {
        match self {
            Self::Ours(identity) => &identity.kubernetes,
            Self::Unknown { .. } | Self::Refused { .. } => "",
        }
    }
}

/// How often a cluster that does not answer is asked again who it is.
const AGAIN: Duration = Duration::from_secs(3);

/// Asks until the cluster answers. Then the history is bound to it, and what the last process left open is looked at.
pub(super) async fn bind(cluster: &Cluster, history: &History, runs: &Runs, name: &str) -> Result<Identity, BindError> {
    let identity = cluster.identity().await.map_err(BindError::Silent)?;
    history.bind(&identity.uid, name).await?;
    runs.recover().await?;
    Ok(identity)
}

/// Why the cluster is not bound.
#[derive(Debug, thiserror::Error)]
pub(super) enum BindError {
    /// It does not say who it is.
    #[error("{0}")]
    Silent(RequestError),
    /// It is another one, or the history cannot be used.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The open run cannot be looked at.
    #[error(transparent)]
    Run(#[from] crate::runs::RunError),
}

/// Goes on asking a cluster that did not answer at the start.
pub(super) async fn keep_asking(desk: std::sync::Weak<super::Desk>, said: watch::Sender<Binding>) {
    loop {
        tokio::time::sleep(AGAIN).await;
        let Some(desk) = desk.upgrade() else { return };
        let answer = bind(&desk.cluster, &desk.history, &desk.runs, &desk.place.name).await;
        let binding = match answer {
            Ok(identity) => Binding::Ours(identity),
            Err(BindError::Silent(error)) => Binding::Unknown { why: error.to_string() },
            Err(error) => {
                tracing::error!(%error, "nothing will be written to this cluster");
                Binding::Refused { why: error.to_string() }
            }
        };
        let settled = !matches!(binding, Binding::Unknown { .. });
        said.send_replace(binding);
        if settled {
            return;
        }
    }
}
