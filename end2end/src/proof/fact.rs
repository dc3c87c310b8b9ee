//! A fact: objects, and what becomes of packets while they are in force.

use std::net::IpAddr;

use anyhow::{Context, Result};
use policy::access::Protocol;
use serde_json::Value;

use super::foretold::{Comparison, Foretold};
use crate::agent::Outcome;
use crate::rig::{From, Question, Scene};

/// One behaviour of the data plane.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The behaviour, as a sentence without its full stop.
    pub name: String,
    /// What is written, in this order; it is taken away again in the reverse one.
    pub objects: Vec<Value>,
    expected: Vec<(Asked, Expected)>,
}

/// Who asks (as [`From::read`] takes it), how, and where the packet goes (`ADDRESS:PORT`).
type Asked = (String, Protocol, String);

/// What should become of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Somebody answers it.
    Reached,
    /// It is answered by one who sees this address as its source.
    Seen(IpAddr),
    /// It is answered by this pod, `NAMESPACE/NAME`, or node.
    AnsweredBy(String),
    /// It is dropped.
    Cut,
}

impl Expected {
    /// Whether this is what happened.
    #[must_use]
    pub fn holds(&self, outcome: &Outcome) -> bool {
        match (self, outcome) {
            (Self::Reached, Outcome::Allowed { .. }) | (Self::Cut, Outcome::Denied) => true,
            (Self::Seen(address), Outcome::Allowed { seen, .. }) => seen == address,
            (Self::AnsweredBy(name), Outcome::Allowed { by, .. }) => by == name,
            _ => false,
        }
    }
}

impl Fact {
    /// A fact about these objects that expects nothing yet.
    #[must_use]
    pub fn new(name: &str, objects: impl IntoIterator<Item = Value>) -> Self {
        Self { name: name.to_owned(), objects: objects.into_iter().collect(), expected: Vec::new() }
    }

    /// Every one of `from` reaches `to` over TCP.
    #[must_use]
    pub fn reached<const N: usize>(self, from: [&str; N], to: &str) -> Self {
        from.iter().fold(self, |fact, from| fact.expect(Protocol::Tcp, from, to, Expected::Reached))
    }

    /// Packets of every one of `from` to `to` are dropped.
    #[must_use]
    pub fn cut<const N: usize>(self, from: [&str; N], to: &str) -> Self {
        from.iter().fold(self, |fact, from| fact.expect(Protocol::Tcp, from, to, Expected::Cut))
    }

    /// The one that answers sees `address`.
    #[must_use]
    pub fn seen(self, from: &str, to: &str, address: impl Into<IpAddr>) -> Self {
        self.expect(Protocol::Tcp, from, to, Expected::Seen(address.into()))
    }

    /// `by` answers.
    #[must_use]
    pub fn answered(self, from: &str, to: &str, by: &str) -> Self {
        self.expect(Protocol::Tcp, from, to, Expected::AnsweredBy(by.to_owned()))
    }

    /// Anything else.
    #[must_use]
    pub fn expect(mut self, protocol: Protocol, from: &str, to: &str, expected: Expected) -> Self {
        self.expected.push(((from.to_owned(), protocol, to.to_owned()), expected));
        self
    }

    /// How many packets it sends.
    #[must_use]
    pub const fn packets(&self) -> usize {
        self.expected.len()
    }

    /// Writes the objects, waits until every node decides by them, asks, and takes them away. What packets say otherwise than the fact, in
    /// sentences, and how they compare with what the product said of them.
    ///
    /// # Errors
    /// When an object is refused, a question cannot be asked, or a program of the rig has ended.
    pub async fn differences(&self, scene: &Scene) -> Result<(Vec<String>, Comparison)> {
        for object in &self.objects {
            scene.write(object).await.with_context(|| format!("`{}`: writing {}", self.name, object["metadata"]["name"]))?;
        }
        scene.settle().await?;
        let questions = self.expected.iter().map(|(asked, _)| question(asked)).collect::<Result<Vec<_>>>()?;
        let foretold = Foretold::read(scene).await?;
        let outcomes = scene.ask(&questions)?;
        let comparison = foretold.compare(scene.world(), &questions, &outcomes)?;
        for object in self.objects.iter().rev() {
            scene.remove(object).await?;
        }
        let all = std::iter::zip(&self.expected, &outcomes).filter(|((_, expected), outcome)| !expected.holds(outcome));
        let differences = all
            .map(|(((from, protocol, to), expected), outcome)| {
                format!("{from} to {to} over {protocol}: {expected:?} was expected; {outcome}")
            })
            .collect();
        Ok((differences, comparison))
    }
}

fn question((from, protocol, to): &Asked) -> Result<Question> {
    let to = to.parse().with_context(|| format!("`{to}` is not ADDRESS:PORT"))?;
    Ok(Question { from: From::read(from, None)?, protocol: *protocol, to })
}

/// The objects of a YAML text.
///
/// # Errors
/// When it is no YAML.
pub fn objects(text: &str) -> Result<Vec<Value>> {
    serde_saphyr::from_multiple(text).context("the objects of a fact are YAML")
}
