//! The foot of a plan: a reason, and the button that says what it does; or why there is none.

use crate::api::Apply;
use crate::part::{failure, prose};
use crate::text::{REASON_MAX, counted};
use leptos::form::ActionForm;
use leptos::prelude::*;
use policy::finding::Severity;
use policy::plan::PlanDigest;
use policy::view::{PlanView, Standing};

/// What the foot of a plan offers.
#[derive(Debug, PartialEq)]
pub(super) enum Foot {
    /// It can be applied.
    Apply { plan: PlanDigest, changes: u64, roll_back: bool },
    /// It cannot; this is what to do instead.
    Not(String),
}

impl Foot {
    /// What a plan allows.
    pub(super) fn of(view: &PlanView) -> Self {
        let changes = u64::try_from(view.plan.steps.len()).unwrap_or(u64::MAX);
        let blocker = view.plan.findings.iter().find(|finding| finding.severity == Severity::Blocker);
        match (&view.standing, blocker) {
            (Standing::InForce, _) => Self::Not("Nothing to apply: the cluster is as this plan asks for.".to_owned()),
            (_, Some(blocker)) => Self::Not(format!("Cannot be applied while this blocks it: {} {}", blocker.what, blocker.action)),
            (Standing::Stale { .. }, _) => Self::Not("Cannot be applied: the cluster has moved. Review the new plan.".to_owned()),
            (Standing::Unknown { .. }, _) => Self::Not("Cannot be applied until the cluster answers.".to_owned()),
            _ if changes == 0 => Self::Not("Nothing to apply: the cluster is as this change asks for.".to_owned()),
            _ => Self::Apply { plan: view.plan.digest.clone(), changes, roll_back: view.roll_back_to.is_some() },
        }
    }

    /// Its view.
    pub(super) fn view(self, apply: ServerAction<Apply>) -> AnyView {
        match self {
            Self::Not(why) => view! {
                <section class="foot">
                    <button type="button" class="button primary" disabled aria-describedby="why-not">"Apply"</button>
                    <p id="why-not">{prose(&why)}</p>
                </section>
            }
            .into_any(),
            Self::Apply { plan, changes, roll_back } => form(plan, changes, roll_back, apply),
        }
    }
}

fn form(plan: PlanDigest, changes: u64, roll_back: bool, apply: ServerAction<Apply>) -> AnyView {
    let verb = if roll_back { "Roll back by" } else { "Apply" };
    let label = format!("{verb} {}", counted(changes, "change", "changes"));
    view! {
        <section class="foot">
            <ActionForm action=apply>
                <input type="hidden" name="plan" value=plan.to_string() />
                <label class="field grow">
                    <span>"Reason " <span class="dim">"– kept in the history"</span></span>
                    <input name="reason" required maxlength=REASON_MAX.to_string() autocomplete="off" data-key="e" placeholder="Why this change is made" />
                </label>
                <button class="button primary" prop:disabled=move || apply.pending().get()>
                    {label}
                </button>
            </ActionForm>
            {failure(move || apply.value().get().and_then(Result::err))}
        </section>
    }
    .into_any()
}
