//! What must stay true: the sentences that every plan is held to.

use super::{Desk, once, problem};
use crate::history::KeptSentence;
use crate::runs::Reason;
use app::backend::Problem;
use policy::access::Port;
use policy::cidr::Cidr;
use policy::object::{Kind, Service, ServiceRef};
use policy::reach::diff::Side;
use policy::reach::invariant::{Invariant, NotAnInvariant};
use policy::reach::lockout::Ways;
use policy::reach::safety::{self, Safeguards};
use policy::view::{Caller, Event, SentenceRow, SentenceState, SentencesView};

impl Desk {
    pub(super) async fn sentences(&self) -> Result<SentencesView, Problem> {
        let kept = self.kept_sentences().await?;
        let sentences: Vec<Invariant> = kept.iter().map(|row| row.sentence.clone()).collect();
        let states = self.states(sentences).await?;
        let row = |(row, state): (KeptSentence, SentenceState)| {
            let KeptSentence { sentence, caller, reason, added } = row;
            SentenceRow { sentence, caller, reason, added: added.moment(), state }
        };
        Ok(SentencesView::of(kept.into_iter().zip(states).map(row).collect()))
    }

    /// Whether each holds now; unknown while the cluster is not read.
    async fn states(&self, sentences: Vec<Invariant>) -> Result<Vec<SentenceState>, Problem> {
        let state = match self.read() {
            Ok(state) => state,
            Err(problem) => return Ok(sentences.iter().map(|_| SentenceState::Unknown { why: problem.to_string() }).collect()),
        };
        let settings = self.settings(&state);
        once::compute(move || {
            let standings = safety::standings(Side { snapshot: &state.snapshot, settings: &settings }, &sentences);
            sentences.iter().zip(&standings).map(|(sentence, standing)| SentenceState::of(sentence, standing)).collect()
        })
        .await
    }

    pub(super) async fn add_sentence(&self, caller: &Caller, sentence: String, reason: String) -> Result<(), Problem> {
        let sentence = read(&sentence)?;
        let reason = Reason::try_from(reason.as_str()).map_err(|error| Problem::Refused(error.to_string()))?;
        self.knows(&sentence.service)?;
        self.history.add_sentence(&sentence, caller, reason.as_str()).await.map_err(problem::of_history)?;
        self.tell_anew();
        Ok(())
    }

    pub(super) async fn take_back_sentence(&self, caller: &Caller, sentence: String, reason: String) -> Result<(), Problem> {
        let sentence = read(&sentence)?;
        let reason = Reason::try_from(reason.as_str()).map_err(|error| Problem::Refused(error.to_string()))?;
        self.history.take_back_sentence(&sentence, caller, reason.as_str()).await.map_err(problem::of_history)?;
        self.tell_anew();
        Ok(())
    }

    /// What every plan of a caller is held to.
    pub(super) async fn safeguards(&self, caller: &Caller) -> Result<Safeguards, Problem> {
        let ways = Ways { operator: caller.way, portcullis: self.own_way.get().await };
        Ok(Safeguards { sentences: self.kept_invariants().await?, ways })
    }

    /// The sentences in force.
    pub(super) async fn kept_invariants(&self) -> Result<Vec<Invariant>, Problem> {
        Ok(self.kept_sentences().await?.into_iter().map(|row| row.sentence).collect())
    }

    async fn kept_sentences(&self) -> Result<Vec<KeptSentence>, Problem> {
        self.history.sentences().await.map_err(problem::of_history)
    }

    /// A sentence about a Service that is not there would protect nobody.
    fn knows(&self, service: &ServiceRef) -> Result<(), Problem> {
        let state = self.read()?;
        if let Some(why) = state.snapshot.unknown(Kind::Service) {
            return Err(Problem::Unreachable(format!("The Services of the cluster are not known: {why}.")));
        }
        match state.snapshot.get::<Service>(service.namespace(), service.name()) {
            Some(_) => Ok(()),
            None => Err(problem::no_service(service)),
        }
    }

    /// Pages that show plans and findings load them again.
    fn tell_anew(&self) {
        // Nobody has to listen.
        let _listeners = self.events.send(Event::Cluster { version: self.cluster.state().version });
    }
}

fn read(text: &str) -> Result<Invariant, Problem> {
    text.parse().map_err(|error: NotAnInvariant| Problem::Refused(rule(text).unwrap_or_else(|| error.to_string())))
}

/// The part of a sentence that breaks a rule, with the rule; none where it is not in the order that a sentence has.
fn rule(text: &str) -> Option<String> {
    let words: Vec<&str> = text.trim().trim_end_matches('.').split_whitespace().collect();
    let [clients, "must", must, "reach", service, rest @ ..] = words.as_slice() else { return None };
    let sentence = |error: String| format!("{}.", error.trim_end_matches('.'));
    if let Err(error) = clients.parse::<Cidr>() {
        return Some(sentence(format!("Of the clients: {error}")));
    }
    if !matches!(*must, "never" | "always") {
        return Some(format!("Behind “must” stands “never” or “always”, and not `{must}`."));
    }
    if let Err(error) = service.trim_matches('`').parse::<ServiceRef>() {
        return Some(sentence(format!("Of the Service: {error}")));
    }
    match rest {
        ["on", protocol, port] => format!("{protocol}/{port}").parse::<Port>().err().map(|error| sentence(format!("Of the port: {error}"))),
        [] => None,
        rest => Some(format!("`{}` is not the port that a sentence ends with: write “on TCP 443”, or nothing.", rest.join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn the_part_that_breaks_a_rule_is_named_with_it() {
        let said = |text: &str| read(text).unwrap_err().to_string();
        assert!(said("50.60.0.1/16 must never reach a/b").starts_with("Of the clients: "), "{}", said("50.60.0.1/16 must never reach a/b"));
        assert!(said("50.60.0.1/16 must never reach a/b").contains("50.60.0.0/16"));
        assert_eq!(said("50.60.0.0/16 must sometimes reach a/b"), "Behind “must” stands “never” or “always”, and not `sometimes`.");
        assert!(said("50.60.0.0/16 must never reach b").starts_with("Of the Service: "));
        assert!(said("50.60.0.0/16 must never reach a/b on TCP 99999").starts_with("Of the port: "));
        assert!(said("50.60.0.0/16 must never reach a/b port 443").contains("write “on TCP 443”"));
        assert!(said("nobody may come in").contains("nobody may come in"));
        assert!(read("50.60.0.0/16 must never reach `a/b` on TCP 443.").is_ok());
    }
}
