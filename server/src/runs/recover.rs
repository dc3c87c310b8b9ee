//! What the last process left open.

use super::compare::{Standing, standing};
use super::forward::held_behind;
use super::{RunError, Runs};
use crate::cluster::RequestError;
use crate::history::{Direction, Entry, HistoryError, Outcome, RunRecord, Stage};
use futures::StreamExt;
use policy::plan::Step;
use policy::view::RunId;
use serde_json::Value;

/// Objects that are read at the same time.
const READERS: usize = 8;

/// What a read found for a step: how the object stands to it, and the object, or why it could not be read.
pub(super) type Finding = (usize, Result<(Standing, Option<Value>), RequestError>);

impl Runs {
    /// Looks at the run that the last process left open, if there is one. Where it turns out that every step had landed, or that none had
    /// been sent, the run is ended as what it is; else it waits as interrupted.
    ///
    /// # Errors
    /// The history cannot be read or written.
    pub async fn recover(&self) -> Result<Option<RunId>, RunError> {
        let Some(record) = self.0.history.open_run().await? else { return Ok(None) };
        let journal = self.0.history.journal(record.id).await?;
        if record.stage == Stage::Running && held_behind(&record.plan, &journal).is_some() {
            // It waits for somebody, as it did for the last process.
            return Ok(Some(record.id));
        }
        let steps = record.plan.steps.len();
        if journal.is_empty() {
            let message = "Portcullis ended before the first request. Nothing had been changed.";
            self.0.history.set_stage(record.id, Stage::PutBack, message).await?;
        } else if let Some(objects) = self.all_landed(&record, &journal).await? {
            let message = "Portcullis ended in the middle of it; every object was found as planned.";
            self.finish(&record, message, objects).await?;
        } else {
            let sent = journal.iter().filter(|e| e.direction == Direction::Forward).count();
            let message = format!("Portcullis ended in the middle of it: {sent} of {steps} steps had been sent.");
            self.0.history.set_stage(record.id, Stage::Interrupted, &message).await?;
        }
        self.tell(record.id);
        Ok(Some(record.id))
    }

    /// The object of each step, where every one is found as planned; what the journal did not know is written down.
    async fn all_landed(&self, record: &RunRecord, journal: &[Entry]) -> Result<Option<Vec<Option<Value>>>, HistoryError> {
        let going_forward = journal.iter().all(|e| e.direction == Direction::Forward);
        if !going_forward || journal.len() < record.plan.steps.len() {
            return Ok(None);
        }
        let mut objects = Vec::new();
        for (index, found) in self.read_back(record, journal).await {
            match found {
                Ok((Standing::Planned, object)) => objects.push(object),
                // What a later step wrote again is found as that one left it.
                Ok(_) if again(&record.plan.steps, journal, index) => {
                    objects.push(journal.iter().find(|e| e.step == index).and_then(|e| e.object.clone()));
                }
                _ => return Ok(None),
            }
        }
        for entry in journal.iter().filter(|e| e.outcome.is_none()) {
            let object = objects.get(entry.step).and_then(Option::as_ref);
            self.0.history.answer(entry.id, Outcome::Landed, "Found as planned.", object).await?;
        }
        Ok(Some(objects))
    }

    /// Reads the object of each step whose request was sent, or may have been, in the order of the steps.
    pub(super) async fn read_back(&self, record: &RunRecord, journal: &[Entry]) -> Vec<Finding> {
        let sent = |index: &usize| journal.iter().any(|e| e.step == *index && e.direction == Direction::Forward);
        let steps = record.plan.steps.iter().enumerate().filter(|(index, _)| sent(index));
        // Named, not a closure: the compiler cannot tell that a closure over borrowed steps makes futures that may change threads.
        let reads: Vec<_> = steps.map(|(index, step)| self.read_step(index, step)).collect();
        let mut answers = futures::stream::iter(reads).buffered(READERS);
        let mut found = Vec::new();
        while let Some((index, answer)) = answers.next().await {
            // Where nobody answers the first, nobody answers the others: a page does not wait for a timeout each.
            let silent = answer.as_ref().is_err_and(RequestError::unclear);
            found.push((index, answer));
            if silent {
                break;
            }
        }
        found
    }

    async fn read_step(&self, index: usize, step: &Step) -> Finding {
        let found = match self.0.objects.get(&step.key).await {
            Ok(live) => Ok((standing(&step.write, live.as_ref()), live)),
            Err(error) => Err(error),
        };
        (index, found)
    }
}

/// Whether the request of a later step, which writes the object of this one again, was sent.
pub(super) fn again(steps: &[Step], journal: &[Entry], index: usize) -> bool {
    let sent = |later: usize| journal.iter().any(|e| e.step == later && e.direction == Direction::Forward);
    let same = |later: &usize| steps.get(*later).map(|step| &step.key) == steps.get(index).map(|step| &step.key);
    (index + 1..steps.len()).filter(same).any(sent)
}
