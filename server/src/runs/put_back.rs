//! Putting back what a run changed, in the reverse order of its steps.

use super::Runs;
use super::compare::{Undo, across, undo, version};
use super::recover::again;
use super::send::{Settled, read, settle};
use crate::history::{Direction, Entry, HistoryError, Outcome, Stage};
use policy::object::ObjectKey;
use policy::plan::{Plan, Write};
use policy::view::RunId;
use serde_json::Value;
use std::collections::BTreeMap;

/// What became of the objects of a run that went back.
#[derive(Debug, Default)]
struct Tally {
    /// They are as before.
    back: u32,
    /// Somebody else changed them since.
    kept: u32,
    /// The API server refuses to take them back.
    refused: u32,
    /// They could not be read or written.
    unclear: u32,
}

impl Runs {
    /// Goes on with a run that is being reverted.
    pub(super) async fn go_back(&self, run: RunId) {
        let back = async {
            let Some(record) = self.0.history.run(run).await? else { return Ok(()) };
            self.put_back(run, &record.plan, Stage::Reverted, "").await
        };
        if let Err(error) = back.await {
            self.stopped_by(run, &error);
        }
    }

    /// Puts back every object that the run changed or may have changed, and ends the run: as `done` where that worked.
    pub(super) async fn put_back(&self, run: RunId, plan: &Plan, done: Stage, what: &str) -> Result<(), HistoryError> {
        let journal = self.0.history.journal(run).await?;
        let mut last = BTreeMap::new();
        let mut written = Vec::new();
        let mut in_doubt = Vec::new();
        // Of the object that was put back last.
        let mut role = None;
        for (index, step) in plan.steps.iter().enumerate().rev() {
            let Some(forward) = sent(&journal, index) else { continue };
            // An earlier step's object, and put back when this was tried before: by now it can be as it was before that step.
            let earlier = plan.steps[..index].iter().any(|earlier| earlier.key == step.key);
            if let Some(outcome) = put_back_before(&journal, index).filter(|_| earlier) {
                last.insert(index, outcome);
                continue;
            }
            self.settle(role, step.role).await;
            if self.0.stopping.is_cancelled() {
                return self.stop_going_back(run, what).await;
            }
            // Written again by a later step, the object that the API server answered to this one is gone: what is put back of the later one
            // says the same, and may be a new object.
            let answered = forward.object.as_ref().filter(|_| !again(&plan.steps, &journal, index));
            let (outcome, object) = self.put_step_back(run, index, &step.key, &step.write, answered).await?;
            if outcome == Outcome::Landed {
                role = Some(step.role);
                written.push((step.key.clone(), object.as_ref().map(version)));
            }
            if matches!(forward.outcome, None | Some(Outcome::Unclear)) && outcome == Outcome::NotSent {
                in_doubt.push(index);
            }
            last.insert(index, outcome);
        }
        if !in_doubt.is_empty() {
            // Their requests were never answered, and nothing came of them so far.
            tokio::time::sleep(self.0.patience.second_look).await;
            for index in in_doubt {
                let step = &plan.steps[index];
                // By now, what earlier steps did to the object is put back too.
                let first = plan.steps.iter().find(|first| first.key == step.key).unwrap_or(step);
                let Some(write) = across(&first.write, &step.write) else { continue };
                last.insert(index, self.put_step_back(run, index, &step.key, &write, None).await?.0);
            }
        }
        self.0.objects.seen(&written).await;
        let tally = last.values().fold(Tally::default(), Tally::with);
        let (stage, message) = tally.verdict(done, what);
        self.0.history.set_stage(run, stage, &message).await?;
        self.tell(run);
        Ok(())
    }

    async fn stop_going_back(&self, run: RunId, what: &str) -> Result<(), HistoryError> {
        let message = sentence(what, "Portcullis was stopped while what had been changed was put back.");
        self.0.history.set_stage(run, Stage::Interrupted, &message).await?;
        self.tell(run);
        Ok(())
    }

    /// Puts one object back, as far as it is still as the run left it. Gives the outcome, and the object where it was written.
    async fn put_step_back(
        &self,
        run: RunId,
        index: usize,
        key: &ObjectKey,
        write: &Write,
        written: Option<&Value>,
    ) -> Result<(Outcome, Option<Value>), HistoryError> {
        let patience = &self.0.patience.back;
        let entry = self.0.history.intend(run, index, Direction::Back).await?;
        self.tell(run);
        let (outcome, message, object) = match read(&*self.0.objects, key, patience).await {
            Err(error) => (Outcome::Unclear, format!("It could not be read: {error}"), None),
            Ok(live) => match undo(write, written, live.as_ref()) {
                Undo::Nothing => (Outcome::NotSent, "It is as it was before.".to_owned(), None),
                Undo::Keep => (Outcome::Kept, "Somebody else changed it since: it was left as it is.".to_owned(), None),
                Undo::Write(write) => match settle(&*self.0.objects, key, &write, patience).await {
                    Settled::Landed(object) => (Outcome::Landed, String::new(), object),
                    Settled::Refused(error) => (Outcome::Refused, format!("It could not be put back: {error}"), None),
                    Settled::Unclear(error) => (Outcome::Unclear, format!("It may not have been put back: {error}"), None),
                },
            },
        };
        self.0.history.answer(entry, outcome, &message, object.as_ref()).await?;
        self.tell(run);
        Ok((outcome, object))
    }
}

/// The entry of the step's request, where one was sent and may have changed the object.
fn sent(journal: &[Entry], index: usize) -> Option<&Entry> {
    journal.iter().rfind(|e| e.step == index && e.direction == Direction::Forward).filter(|e| e.outcome != Some(Outcome::Refused))
}

/// What came of putting a step back, where that was tried before and worked.
fn put_back_before(journal: &[Entry], index: usize) -> Option<Outcome> {
    let back = |e: &&Entry| e.step == index && e.direction == Direction::Back;
    journal.iter().rfind(back).and_then(|e| e.outcome).filter(|outcome| matches!(outcome, Outcome::Landed | Outcome::NotSent))
}

impl Tally {
    fn with(mut self, outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Landed | Outcome::NotSent => self.back += 1,
            Outcome::Kept => self.kept += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::Unclear => self.unclear += 1,
        }
        self
    }

    fn verdict(&self, done: Stage, what: &str) -> (Stage, String) {
        if self.unclear > 0 {
            let rest = format!("{} could not be put back yet: the cluster does not answer. Revert tries again.", objects(self.unclear));
            return (Stage::Interrupted, sentence(what, &rest));
        }
        let mut rest = match self.back {
            0 if self.kept + self.refused == 0 => "Nothing had been changed.".to_owned(),
            n => format!("{} put back as before.", objects(n)),
        };
        if self.kept > 0 {
            rest.push_str(&format!(" {} left alone, because somebody else changed it since.", objects(self.kept)));
        }
        if self.refused > 0 {
            rest.push_str(&format!(" {} could not be put back: make a new plan for the Service.", objects(self.refused)));
        }
        let stage = if self.kept + self.refused > 0 { Stage::Failed } else { done };
        (stage, sentence(what, &rest))
    }
}

fn objects(n: u32) -> String {
    if n == 1 { "1 object".to_owned() } else { format!("{n} objects") }
}

fn sentence(what: &str, rest: &str) -> String {
    match what {
        "" => rest.to_owned(),
        what if what.ends_with(['.', '!', '?']) => format!("{what} {rest}"),
        what => format!("{what}. {rest}"),
    }
}
