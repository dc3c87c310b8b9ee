//! Which run a task of this process drives: an open run that none drives was interrupted.

use super::Runs;
use policy::view::RunId;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Idle,
    /// A run is about to be written down; its number is not known yet.
    Starting,
    Driving(RunId),
}

/// At most one run.
#[derive(Debug, Default)]
pub(super) struct Slot(Mutex<State>);

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Runs {
    /// Whether a task of this process drives the run, or is about to.
    pub(super) fn is_active(&self, run: RunId) -> bool {
        match *self.0.active.lock() {
            State::Idle => false,
            State::Starting => true,
            State::Driving(driven) => driven == run,
        }
    }
}

/// Holds the slot until it is dropped, also by a task that breaks.
pub(super) struct Active {
    runs: Runs,
    held: State,
}

impl Active {
    /// Says that a run is about to begin. The history sees to it that it is the only one.
    pub(super) fn starting(runs: &Runs) -> Self {
        let mut slot = runs.0.active.lock();
        if *slot == State::Idle {
            *slot = State::Starting;
        }
        Self { runs: runs.clone(), held: State::Starting }
    }

    /// The run has begun.
    pub(super) fn with(mut self, run: RunId) -> Self {
        self.held = State::Driving(run);
        *self.runs.0.active.lock() = self.held;
        self
    }

    /// Takes up a run that no task drives; none where one does.
    pub(super) fn claim(runs: &Runs, run: RunId) -> Option<Self> {
        let mut slot = runs.0.active.lock();
        if *slot != State::Idle {
            return None;
        }
        *slot = State::Driving(run);
        Some(Self { runs: runs.clone(), held: *slot })
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        let mut slot = self.runs.0.active.lock();
        if *slot == self.held {
            *slot = State::Idle;
        }
    }
}
