//! A connection that stays open, so that one can ask on it again after something has changed.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

use anyhow::{Context, Result};

use super::{Answer, Outcome, Request};

/// A connection that an agent keeps open for as long as this value lives.
#[derive(Debug)]
pub struct Held(BufReader<UnixStream>);

impl Held {
    /// The connection that the agent at the other end of `control` has opened.
    pub(super) fn new(control: UnixStream) -> Self {
        Self(BufReader::new(control))
    }

    /// Sends on the connection once more, and gives what became of that.
    ///
    /// # Errors
    /// When the agent is gone.
    pub fn ask(&mut self) -> Result<Outcome> {
        self.request(&Request::Again)
    }

    /// One request, one answer.
    pub(super) fn request(&mut self, request: &Request) -> Result<Outcome> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        self.0.get_mut().write_all(&line)?;
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        match serde_json::from_str(&line).context("the agent that holds the connection ended")? {
            Answer::Outcomes(outcomes) => outcomes.into_iter().next(),
            Answer::Load(_) => None,
        }
        .context("the agent gave no answer")
    }
}
