//! Checks: every finding of the cluster, grouped by what to do about it.

use crate::api;
use crate::live::Live;
use crate::part::{FindingsByAction, Notice, Tone, loaded};
use crate::text::{counted, len};
use leptos::prelude::*;
use leptos_meta::Title;
use policy::finding::{Finding, Severity};

/// The page.
#[component]
pub(crate) fn ChecksPage() -> impl IntoView {
    let tick = expect_context::<Live>().tick;
    let findings = Resource::new(move || tick.get(), |_| api::checks());
    view! {
        <Title text="Checks" />
        <h1>"Checks"</h1>
        {loaded(findings, show)}
    }
    .into_any()
}

fn show(findings: Vec<Finding>) -> AnyView {
    if findings.is_empty() {
        return view! {
            <Notice tone=Tone::Allowed title="No findings">
                <p>"Every check of the cluster passes."</p>
            </Notice>
        }
        .into_any();
    }
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let parts = [Severity::Blocker, Severity::Warning, Severity::Unknown, Severity::Info]
        .into_iter()
        .filter(|severity| count(*severity) > 0)
        .map(|severity| format!("{} {severity}", count(severity)))
        .collect::<Vec<_>>()
        .join(" · ");
    let total = counted(len(&findings), "finding", "findings");
    view! {
        <p class="lead">{total} ": " {parts} ". Grouped by what to do, what matters most first."</p>
        <FindingsByAction findings />
    }
    .into_any()
}
