//! Applying a plan, step by step.

use super::compare::{after, version};
use super::send::{Settled, settle};
use super::{Reason, RunError, Runs};
use crate::history::{Direction, Entry, HistoryError, NewObject, NewRevision, NewRun, Outcome, Part, RunRecord, Stage};
use policy::access::{Access, Intent};
use policy::baseline;
use policy::plan::{Plan, Step, Write};
use policy::view::{Caller, RevisionId, RunId};
use serde_json::Value;

/// How far the steps came.
enum Reached {
    /// Every step landed; the objects as the API server has them.
    End(Vec<Option<Value>>),
    /// A step failed.
    Failure { step: usize, why: String },
    /// A step behind which it waits.
    Hold,
    /// Portcullis is about to end.
    Stop { done: usize },
}

impl Runs {
    /// Drives a run that has begun, or may go on, to its end or to the next step behind which it waits.
    pub(super) async fn forward(&self, run: RunId) {
        if let Err(error) = self.try_forward(run).await {
            self.stopped_by(run, &error);
        }
    }

    async fn try_forward(&self, run: RunId) -> Result<(), HistoryError> {
        let Some(record) = self.0.history.run(run).await? else { return Ok(()) };
        match self.steps(run, &record.plan).await? {
            Reached::End(objects) => self.finish(&record, "", objects).await,
            Reached::Failure { step, why } => {
                let key = &record.plan.steps[step].key;
                let what = format!("Step {} of {}, {key}, failed: {why}", step + 1, record.plan.steps.len());
                self.put_back(run, &record.plan, Stage::PutBack, &what).await
            }
            Reached::Hold => {
                self.tell(run);
                Ok(())
            }
            Reached::Stop { done } => {
                let message = format!("Portcullis was stopped after step {done} of {}.", record.plan.steps.len());
                self.0.history.set_stage(run, Stage::Interrupted, &message).await?;
                self.tell(run);
                Ok(())
            }
        }
    }

    async fn steps(&self, run: RunId, plan: &Plan) -> Result<Reached, HistoryError> {
        let journal = self.0.history.journal(run).await?;
        let done = held_behind(plan, &journal).map_or(0, |step| step + 1);
        let mut objects: Vec<Option<Value>> = landed(&journal, done);
        for (index, step) in plan.steps.iter().enumerate().skip(done) {
            let last = index.checked_sub(1).and_then(|last| plan.steps.get(last));
            self.settle(last.map(|last| last.role), step.role).await;
            if self.0.stopping.is_cancelled() {
                return Ok(Reached::Stop { done: index });
            }
            // What several Services share can be written more than once: then on the object as this run left it.
            let earlier = plan.steps[..index].iter().rposition(|earlier| earlier.key == step.key);
            let write = after(&step.write, earlier.and_then(|earlier| objects[earlier].as_ref()));
            match self.step(run, index, step, &write).await? {
                Ok(object) => objects.push(object),
                Err(why) => return Ok(Reached::Failure { step: index, why }),
            }
            if step.hold && index + 1 < plan.steps.len() {
                return Ok(Reached::Hold);
            }
        }
        Ok(Reached::End(objects))
    }

    /// One step: its intent, its request, its outcome. Gives the object as the API server has it, or why the step failed.
    async fn step(&self, run: RunId, index: usize, step: &Step, write: &Write) -> Result<Result<Option<Value>, String>, HistoryError> {
        let entry = self.0.history.intend(run, index, Direction::Forward).await?;
        self.tell(run);
        let settled = settle(&*self.0.objects, &step.key, write, &self.0.patience.forward).await;
        let (outcome, message, object) = match &settled {
            Settled::Landed(object) => (Outcome::Landed, String::new(), object.as_ref()),
            Settled::Refused(error) => (Outcome::Refused, error.to_string(), None),
            Settled::Unclear(error) => (Outcome::Unclear, error.to_string(), None),
        };
        self.0.history.answer(entry, outcome, &message, object).await?;
        self.tell(run);
        Ok(match settled {
            Settled::Landed(object) => Ok(object),
            Settled::Refused(_) | Settled::Unclear(_) => Err(message),
        })
    }

    /// Writes down, as a run without a step, that what others made of these objects is kept.
    ///
    /// # Errors
    /// Another run is open, Portcullis is about to end, or the history cannot be written.
    pub async fn keep(
        &self,
        plan: &Plan,
        caller: &Caller,
        reason: &Reason,
        access_before: &[Option<Access>],
        objects: Vec<NewObject>,
    ) -> Result<RevisionId, RunError> {
        self.check_going_on()?;
        let run = self.0.history.begin_run(&NewRun { plan, caller, reason: reason.as_str(), access_before, reach: None }).await?;
        let record = self.record(run).await?;
        let revision =
            self.0.history.finish_run(run, "Nothing was written: what was changed elsewhere is kept.", &revision(&record, objects)).await?;
        self.tell(run);
        Ok(revision)
    }

    /// Ends a run whose every step landed, with its revision. `objects` has the object of each step.
    pub(super) async fn finish(&self, record: &RunRecord, message: &str, objects: Vec<Option<Value>>) -> Result<(), HistoryError> {
        let written = record.plan.steps.iter().zip(&objects).map(|(step, object)| (step.key.clone(), object.as_ref().map(version)));
        self.0.objects.seen(&written.collect::<Vec<_>>()).await;
        let objects = record.plan.steps.iter().zip(objects).map(|(step, after)| NewObject {
            key: step.key.clone(),
            role: step.role,
            part: step.part,
            before: step.write.before().cloned(),
            after,
        });
        let revision = revision(record, objects.collect());
        self.0.history.finish_run(record.id, message, &revision).await?;
        self.tell(record.id);
        Ok(())
    }
}

/// The step behind which a run waits: the last that was sent, where it landed and the plan says so.
pub(super) fn held_behind(plan: &Plan, journal: &[Entry]) -> Option<usize> {
    let last = journal.last().filter(|last| last.direction == Direction::Forward && last.outcome == Some(Outcome::Landed))?;
    let waits = plan.steps.get(last.step)?.hold && last.step + 1 < plan.steps.len();
    waits.then_some(last.step)
}

/// The object of each of the first `done` steps, as the API server answered it.
fn landed(journal: &[Entry], done: usize) -> Vec<Option<Value>> {
    (0..done).map(|step| journal.iter().rfind(|entry| entry.step == step).and_then(|entry| entry.object.clone())).collect()
}

/// The revision of a run that is done.
fn revision(record: &RunRecord, objects: Vec<NewObject>) -> NewRevision {
    let after = record.plan.change.baseline();
    let mut before = record.access_before.iter();
    let parts = record.plan.change.changes().iter().map(|change| Part {
        service: change.service.clone(),
        before: before.next().cloned().flatten(),
        after: match &change.intent {
            Intent::Guard(access) => Some(access.clone()),
            Intent::Open => None,
        },
        host_endpoints: change.host_endpoints.clone(),
    });
    NewRevision {
        plan: record.plan.digest.clone(),
        parts: parts.collect(),
        baseline: after.map(|after| [baseline::before(&record.plan.steps, after), after.clone()]),
        summary: record.plan.summary.clone(),
        caller_id: record.caller_id.clone(),
        caller_name: record.caller_name.clone(),
        reason: record.reason.clone(),
        objects,
    }
}
