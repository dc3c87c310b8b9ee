//! What must stay true: the sentences that every plan is held to.

use super::{Desk, once, problem};
use crate::history::KeptSentence;
use crate::runs::Reason;
use app::backend::Problem;
use policy::object::{Kind, Service, ServiceRef};
use policy::reach::diff::Side;
use policy::reach::invariant::Invariant;
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
    text.parse().map_err(|error: policy::reach::invariant::NotAnInvariant| Problem::Refused(error.to_string()))
}
