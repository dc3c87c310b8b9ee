//! A run as pages show it.

use super::compare::Standing;
use super::forward::held_behind;
use super::recover::{Finding, again};
use super::{RunError, Runs};
use crate::cluster::RequestError;
use crate::history::{Direction, Entry, Outcome, RunRecord, Stage};
use policy::plan::Role;
use policy::view::{RunId, RunState, RunStep, RunView, StepState};

impl Runs {
    /// The run with this number; the objects of an interrupted one are read.
    ///
    /// # Errors
    /// There is no such run, or the history cannot be read.
    pub async fn view(&self, run: RunId) -> Result<RunView, RunError> {
        // Asked before the record is read: a run that ends in between has ended, and was not interrupted.
        let driven = self.is_active(run);
        let record = self.record(run).await?;
        let journal = self.0.history.journal(run).await?;
        let held = held_behind(&record.plan, &journal).filter(|_| record.stage == Stage::Running && !driven);
        let interrupted = record.stage.open() && !driven && held.is_none();
        let found: Vec<Finding> = if interrupted { self.read_back(&record, &journal).await } else { Vec::new() };
        let steps = record.plan.steps.iter().enumerate().map(|(index, step)| {
            let (state, message) = step_state(index, &journal, interrupted);
            let read = found.iter().find(|(of, _)| *of == index && !again(&record.plan.steps, &journal, index)).map(|(_, found)| found);
            RunStep {
                key: step.key.clone(),
                role: step.role,
                verb: step.write.verb().to_owned(),
                state,
                message: joined(message, read.map(what_was_found)),
            }
        });
        Ok(RunView {
            id: run,
            plan: record.plan.digest.clone(),
            change: record.plan.change.clone(),
            summary: record.plan.summary.clone(),
            caller: record.caller_name.clone(),
            reason: record.reason.clone(),
            state: if held.is_some() { RunState::Held } else { state(&record, interrupted) },
            message: held.map_or_else(|| message(&record, interrupted), |step| waits(&record, step)),
            steps: steps.collect(),
            started: record.started.moment(),
            ended: record.ended.map(crate::clock::Time::moment),
            revision: record.revision,
            // The desk knows the cluster.
            open_connections: None,
        })
    }
}

fn waits(record: &RunRecord, step: usize) -> String {
    let (at, steps) = (step + 1, record.plan.steps.len());
    let made = record.plan.steps.iter().take(at).any(|step| step.role == Role::HostEndpoint);
    let but = if made { ", but for policies that select the HostEndpoints it made" } else { "" };
    let node = record.plan.change.canary();
    let node = node.map_or_else(String::new, |node| format!(" {node} decides as planned, the other nodes as before{but}."));
    format!("It waits after step {at} of {steps}.{node}")
}

const fn state(record: &RunRecord, interrupted: bool) -> RunState {
    match record.stage {
        _ if interrupted => RunState::Interrupted,
        Stage::Running | Stage::Reverting | Stage::Interrupted => RunState::Running,
        Stage::Done => RunState::Done,
        Stage::PutBack => RunState::PutBack,
        Stage::Failed => RunState::Failed,
        Stage::Reverted => RunState::Reverted,
    }
}

fn message(record: &RunRecord, interrupted: bool) -> String {
    match record.stage {
        Stage::Reverting if !interrupted => "What it changed is put back.".to_owned(),
        // It stopped without a word: its journal could not be written.
        Stage::Running | Stage::Reverting if interrupted => "It stopped in the middle.".to_owned(),
        _ => record.message.clone(),
    }
}

fn step_state(index: usize, journal: &[Entry], interrupted: bool) -> (StepState, &str) {
    let last = |direction| journal.iter().rfind(|e| e.step == index && e.direction == direction);
    let Some(forward) = last(Direction::Forward) else { return (StepState::Waiting, "") };
    let there = match forward.outcome {
        None if interrupted => (StepState::Unknown, "Its request was sent, and no answer was written down."),
        None => (StepState::Sent, ""),
        Some(Outcome::Landed) => (StepState::Done, forward.message.as_str()),
        Some(Outcome::Refused) => (StepState::Failed, forward.message.as_str()),
        Some(Outcome::Unclear | Outcome::NotSent | Outcome::Kept) => (StepState::Unknown, forward.message.as_str()),
    };
    match last(Direction::Back) {
        None => there,
        Some(back) => match back.outcome {
            None if interrupted => (StepState::Unknown, "Putting it back was begun, and no answer was written down."),
            None => (StepState::Sent, "It is put back."),
            Some(Outcome::Landed) => (StepState::PutBack, back.message.as_str()),
            // The step itself had failed, and left the object as it was: what went wrong is more to know than that.
            Some(Outcome::NotSent) if there.0 == StepState::Unknown => (StepState::Failed, there.1),
            Some(Outcome::NotSent) => (StepState::PutBack, back.message.as_str()),
            Some(Outcome::Kept) => (StepState::Kept, back.message.as_str()),
            Some(Outcome::Refused) => (StepState::Failed, back.message.as_str()),
            Some(Outcome::Unclear) => (StepState::Unknown, back.message.as_str()),
        },
    }
}

fn what_was_found(found: &Result<(Standing, Option<serde_json::Value>), RequestError>) -> String {
    match found {
        Ok((Standing::Planned, _)) => "Now: as planned.".to_owned(),
        Ok((Standing::Before, _)) => "Now: as before.".to_owned(),
        Ok((Standing::Other, _)) => "Now: neither as planned nor as before; somebody else changed it.".to_owned(),
        Err(why) => format!("Now: not known. {why}"),
    }
}

fn joined(message: &str, found: Option<String>) -> String {
    match found {
        None => message.to_owned(),
        Some(found) if message.is_empty() => found,
        Some(found) => format!("{message} {found}"),
    }
}
