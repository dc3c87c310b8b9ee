//! Runs: the one place that writes to the cluster, one journalled step at a time.
//!
//! What is about to be sent is committed to the journal before it is sent, and what came of it after. So whenever Portcullis ends, the
//! journal knows every object that may have changed; which of them did, a read tells. A run goes on in a task of its own, whatever
//! becomes of the request that began it.

mod active;
mod compare;
mod error;
mod forward;
mod put_back;
mod reason;
mod recover;
mod send;
#[cfg(test)]
mod tests;
mod view;

pub use error::RunError;
pub use reason::{NotAReason, REASON_MAX, Reason};

use crate::cluster::Objects;
use crate::history::{History, HistoryError, NewRun, RunRecord, Stage};
use active::Active;
use forward::held_behind;
use policy::access::Access;
use policy::finding::Severity;
use policy::plan::{Plan, Role, SETTLE};
use policy::view::{Caller, Event, ReachView, RunId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a run tries again where it is safe to.
#[derive(Debug, Clone)]
pub struct Patience {
    /// The pauses between tries of a planned write.
    pub forward: Vec<Duration>,
    /// The pauses between tries of putting an object back: longer, because giving up leaves the object changed.
    pub back: Vec<Duration>,
    /// How long after putting back an object is looked at again whose write was never answered: it may have been on its way.
    pub second_look: Duration,
    /// How long nodes are given to decide by a write before another one that counts on it.
    pub settle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let list = |ms: &[u64]| ms.iter().copied().map(Duration::from_millis).collect();
        Self {
            forward: list(&[100, 500, 2000]),
            back: list(&[100, 500, 2000, 4000, 8000, 8000, 8000, 8000, 8000]),
            second_look: Duration::from_secs(2),
            settle: SETTLE,
        }
    }
}

/// The run engine of one cluster.
#[derive(Clone)]
pub struct Runs(Arc<Inner>);

struct Inner {
    objects: Arc<dyn Objects>,
    history: History,
    events: broadcast::Sender<Event>,
    patience: Patience,
    active: active::Slot,
    /// Grows with each change of a run.
    generation: AtomicU64,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Runs {
    /// Lets nodes decide by the last write before one that counts on it. Ends early when Portcullis is about to.
    async fn settle(&self, last: Option<Role>, next: Role) {
        if last.is_some_and(|last| Role::waits(last, next)) {
            tokio::select! {
                () = tokio::time::sleep(self.0.patience.settle) => {}
                () = self.0.stopping.cancelled() => {}
            }
        }
    }

    /// An engine that writes through `objects`, journals in `history` and tells `events`.
    #[must_use]
    pub fn new(objects: Arc<dyn Objects>, history: History, events: broadcast::Sender<Event>, patience: Patience) -> Self {
        Self(Arc::new(Inner {
            objects,
            history,
            events,
            patience,
            active: active::Slot::default(),
            generation: AtomicU64::new(0),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }))
    }

    /// Begins to apply a plan.
    ///
    /// # Errors
    /// The plan has a blocker or no step, another run is open, Portcullis is about to end, or the history cannot be written.
    pub async fn start(
        &self,
        plan: &Plan,
        caller: &Caller,
        reason: &Reason,
        access_before: &[Option<Access>],
        reach: Option<&ReachView>,
    ) -> Result<RunId, RunError> {
        let starting = Active::starting(self);
        let run = self.begin(&NewRun { plan, caller, reason: reason.as_str(), access_before, reach }).await?;
        let active = starting.with(run);
        self.drive(active, run, |runs| async move { runs.forward(run).await });
        Ok(run)
    }

    /// In a task of its own. Whether a run waits or was interrupted shows once none drives it: everybody is told then.
    fn drive<F: Future<Output = ()> + Send + 'static>(&self, active: Active, run: RunId, way: impl FnOnce(Self) -> F) {
        let (runs, driven) = (self.clone(), way(self.clone()));
        self.0.tasks.spawn(async move {
            driven.await;
            drop(active);
            runs.tell(run);
        });
    }

    async fn begin(&self, new: &NewRun<'_>) -> Result<RunId, RunError> {
        self.check_going_on()?;
        if let Some(blocker) = new.plan.findings.iter().find(|f| f.severity == Severity::Blocker) {
            return Err(RunError::Blocked { what: blocker.what.clone(), action: blocker.action.clone() });
        }
        if new.plan.steps.is_empty() {
            return Err(RunError::Nothing);
        }
        let run = self.0.history.begin_run(new).await?;
        self.tell(run);
        Ok(run)
    }

    /// Goes on with a run that waits.
    ///
    /// # Errors
    /// There is no such run, it does not wait, Portcullis is about to end, or the history cannot be read.
    pub async fn go_on(&self, run: RunId) -> Result<RunId, RunError> {
        self.check_going_on()?;
        let active = Active::claim(self, run).ok_or(RunError::NotHeld { run })?;
        let record = self.record(run).await?;
        let journal = self.0.history.journal(run).await?;
        if record.stage != Stage::Running || held_behind(&record.plan, &journal).is_none() {
            return Err(RunError::NotHeld { run });
        }
        self.tell(run);
        self.drive(active, run, |runs| async move { runs.forward(run).await });
        Ok(run)
    }

    /// Puts back what an interrupted run changed, or one that waits. The same run goes on, backwards.
    ///
    /// # Errors
    /// There is no such run, it was not interrupted, Portcullis is about to end, or the history cannot be written.
    pub async fn revert(&self, run: RunId) -> Result<RunId, RunError> {
        self.check_going_on()?;
        let record = self.record(run).await?;
        let active = Active::claim(self, run).filter(|_| record.stage.open()).ok_or(RunError::NotInterrupted { run })?;
        self.0.history.set_stage(run, Stage::Reverting, "").await?;
        self.tell(run);
        self.drive(active, run, |runs| async move { runs.go_back(run).await });
        Ok(run)
    }

    /// Grows with each change of a run: what was computed from the history is old when it has grown.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// Ends: a run that goes on finishes its current step, and is shown as interrupted at the next start.
    pub async fn shutdown(&self) {
        self.0.stopping.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    fn check_going_on(&self) -> Result<(), RunError> {
        if self.0.stopping.is_cancelled() { Err(RunError::Stopping) } else { Ok(()) }
    }

    async fn record(&self, run: RunId) -> Result<RunRecord, RunError> {
        self.0.history.run(run).await?.ok_or(RunError::NoRun { run })
    }

    /// Tells everybody that the run made a step.
    fn tell(&self, run: RunId) {
        self.0.generation.fetch_add(1, Ordering::AcqRel);
        // Nobody has to listen.
        let _listeners = self.0.events.send(Event::Run { run });
    }

    /// The journal is what everything rests on: where it cannot be written or read, the run stops where it is, and is shown as
    /// interrupted.
    fn stopped_by(&self, run: RunId, error: &HistoryError) {
        tracing::error!(%run, %error, "the run stops where it is");
        self.tell(run);
    }
}
