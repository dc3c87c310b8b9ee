//! States: each a word, a shape and a tone.

use leptos::prelude::*;
use policy::finding::Severity;
use policy::view::{RunState, ServiceState, StepState};

/// What a colour means. Never by colour alone: each tone has a shape, and stands beside a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Green, ✓.
    Allowed,
    /// Red, ✕.
    Denied,
    /// Amber, ±.
    Changes,
    /// Grey, ?.
    Unknown,
    /// No colour: worth knowing.
    Plain,
}

impl Tone {
    /// Its class in `style/tone.css`.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Changes => "changes",
            Self::Unknown => "unknown",
            Self::Plain => "plain",
        }
    }

    /// Its shape.
    pub(crate) const fn shape(self) -> &'static str {
        match self {
            Self::Allowed => "✓",
            Self::Denied => "✕",
            Self::Changes => "±",
            Self::Unknown => "?",
            Self::Plain => "i",
        }
    }

    /// The tone of a finding.
    pub(crate) const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Blocker => Self::Denied,
            Severity::Warning => Self::Changes,
            Severity::Unknown => Self::Unknown,
            Severity::Info => Self::Plain,
        }
    }
}

/// A word with its shape and tone.
fn word(tone: Tone, shape: &'static str, word: &'static str, title: &'static str) -> impl IntoView {
    view! {
        <span class=format!("state {}", tone.class()) title=title>
            <span class="shape" aria-hidden="true">{shape}</span>
            {word}
        </span>
    }
}

/// How a Service is called and shown: tone, shape, word, meaning.
pub(crate) const fn service_state(state: ServiceState) -> (Tone, &'static str, &'static str, &'static str) {
    match state {
        ServiceState::Guarded => (Tone::Allowed, "✓", "guarded", "Portcullis lets in the allowed clients and nobody else"),
        ServiceState::Open => (Tone::Changes, "○", "open", "Exposed, and not guarded by Portcullis"),
        ServiceState::Closed => (Tone::Allowed, "✓", "closed", "Exposed, and closed by default: nobody has said who outside may use it"),
        ServiceState::Internal => (Tone::Plain, "–", "internal", "Has no exposed address"),
        ServiceState::Drifted => (Tone::Denied, "≠", "drifted", "The live objects differ from what was applied last"),
        ServiceState::Changing => (Tone::Changes, "±", "changing", "A run on it goes on, waits, or was interrupted"),
        ServiceState::Unknown => (Tone::Unknown, "?", "unknown", "Not enough was read to tell"),
    }
}

/// How a Service stands that is exposed, and that somebody guards without Portcullis.
#[component]
pub(crate) fn GuardedByHand() -> impl IntoView {
    word(Tone::Changes, "±", "by hand", "Exposed, and guarded by policies that somebody made by hand")
}

/// How a Service stands.
#[component]
pub(crate) fn ServiceStateWord(state: ServiceState) -> impl IntoView {
    let (tone, shape, text, title) = service_state(state);
    word(tone, shape, text, title)
}

/// How a run stands.
#[component]
pub(crate) fn RunStateWord(state: RunState) -> impl IntoView {
    let (tone, shape, text, title) = match state {
        RunState::Running => (Tone::Changes, "±", "running", "Its steps are being written"),
        RunState::Held => (Tone::Changes, "‖", "waiting", "It waits until somebody says that it may go on"),
        RunState::Done => (Tone::Allowed, "✓", "done", "Every step landed"),
        RunState::PutBack => (Tone::Denied, "↩", "put back", "A step failed, and what had been changed was put back"),
        RunState::Failed => (Tone::Denied, "✕", "failed", "A step failed, and something could not be put back"),
        RunState::Interrupted => (Tone::Unknown, "?", "interrupted", "Portcullis ended in the middle of it"),
        RunState::Reverted => (Tone::Plain, "↩", "reverted", "It was stopped before its end, and put back"),
    };
    word(tone, shape, text, title)
}

/// How a step stands.
#[component]
pub(crate) fn StepStateWord(state: StepState) -> impl IntoView {
    let (tone, shape, text, title) = match state {
        StepState::Waiting => (Tone::Plain, "·", "to come", "Not begun"),
        StepState::Sent => (Tone::Changes, "±", "sent", "Its request is under way"),
        StepState::Done => (Tone::Allowed, "✓", "done", "It landed"),
        StepState::Failed => (Tone::Denied, "✕", "failed", "It was refused or broke"),
        StepState::Unknown => (Tone::Unknown, "?", "unknown", "Its request was sent and no answer was written down"),
        StepState::PutBack => (Tone::Plain, "↩", "put back", "It landed and was put back"),
        StepState::Kept => (Tone::Changes, "!", "kept", "It landed and was not put back: somebody else changed the object since"),
    };
    word(tone, shape, text, title)
}
