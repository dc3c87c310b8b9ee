//! Putting the desk together.

use super::binding::{BindError, Binding, bind, keep_asking};
use super::own_way::OwnWay;
use super::{Desk, Place};
use crate::clock::SharedClock;
use crate::cluster::{Client, Cluster, ClusterState};
use crate::history::{DataFolder, History, HistoryError};
use crate::runs::{Patience, RunError, Runs};
use policy::view::Event;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

/// What a desk is made of.
pub struct Opening {
    /// A client of the cluster.
    pub client: Client,
    /// Where the cluster is.
    pub place: Place,
    /// The data folder.
    pub folder: DataFolder,
    /// Where the time comes from.
    pub clock: SharedClock,
    /// How long a run lets nodes decide by a write before one that counts on it: [`policy::plan::SETTLE`], where there are nodes.
    pub settle: Duration,
}

/// Why there is no desk.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The history cannot be used.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The run that the last process left open cannot be looked at.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// How long a start waits for the cluster to say who it is, and for its first lists. A cluster that does not answer does not hinder the
/// pages: they say so.
const START: Duration = Duration::from_secs(5);
/// Events that a slow reader may be behind; it then loads anew.
const EVENTS: usize = 256;
/// The shortest time between two events about the cluster.
const CALM: Duration = Duration::from_millis(100);

impl Desk {
    /// Opens the history, begins to watch the cluster, and looks at what the last process left open. Returns also where the cluster
    /// does not answer; nothing is written to it then until it does, and has turned out to be the one that the history belongs to.
    ///
    /// # Errors
    /// The history cannot be used, or belongs to another cluster.
    pub async fn open(opening: Opening) -> Result<Arc<Self>, OpenError> {
        let Opening { client, place, folder, clock, settle } = opening;
        let history = History::open(&folder, clock.clone()).await?;
        let cluster = Cluster::watch(client, clock);
        let (events, _) = broadcast::channel(EVENTS);
        let runs = Runs::new(Arc::new(cluster.requests()), history.clone(), events.clone(), Patience { settle, ..Patience::default() });
        let first = match tokio::time::timeout(START, bind(&cluster, &history, &runs, &place.name)).await {
            Ok(Ok(identity)) => Binding::Ours(identity),
            Ok(Err(BindError::Silent(error))) => Binding::Unknown { why: error.to_string() },
            Ok(Err(BindError::History(error))) => return Err(error.into()),
            Ok(Err(BindError::Run(error))) => return Err(error.into()),
            Err(_elapsed) => Binding::Unknown { why: "it does not answer.".to_owned() },
        };
        let known = matches!(first, Binding::Ours(_));
        if known {
            // Pages that are asked for at once find the cluster read.
            let mut changes = cluster.changes();
            let _in_time = tokio::time::timeout(START, changes.wait_for(|state| state.ready())).await;
        }
        let (said, binding) = watch::channel(first);
        let ending = CancellationToken::new();
        let changes = cluster.changes();
        let desk = Arc::new(Self {
            own_way: OwnWay::to(&place),
            place,
            cluster,
            history,
            runs,
            binding,
            events: events.clone(),
            rows: Default::default(),
            drift: Default::default(),
            findings: Default::default(),
            memory: Default::default(),
            _tasks: ending.clone().drop_guard(),
            ending: ending.clone(),
            _folder: folder,
        });
        if !known {
            let weak = Arc::downgrade(&desk);
            let ending = ending.clone();
            tokio::spawn(async move { ending.run_until_cancelled(keep_asking(weak, said)).await });
        }
        tokio::spawn(async move { ending.run_until_cancelled(tell(changes, events)).await });
        Ok(desk)
    }
}

/// Tells that the cluster changed; a burst of changes is told once.
async fn tell(mut changes: watch::Receiver<Arc<ClusterState>>, events: broadcast::Sender<Event>) {
    while changes.changed().await.is_ok() {
        let version = changes.borrow_and_update().version;
        // Nobody has to listen.
        let _listeners = events.send(Event::Cluster { version });
        tokio::time::sleep(CALM).await;
    }
}
