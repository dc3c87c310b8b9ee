//! Checks: every finding of the cluster, grouped by what to do about it.

use crate::api::{self, MakePlan};
use crate::live::Live;
use crate::part::{FindingsByAction, Notice, Tone, loaded};
use crate::text::{counted, len, thousands};
use leptos::prelude::*;
use leptos_meta::Title;
use policy::finding::{Finding, Severity};
use policy::scope::Owner;
use policy::view::{Cell, CoverageRow, CoverageView};

/// The page.
#[component]
pub(crate) fn ChecksPage() -> impl IntoView {
    let tick = expect_context::<Live>().tick;
    let findings = Resource::new(move || tick.get(), |_| api::checks());
    let grid = Resource::new(move || tick.get(), |_| api::coverage());
    let plan = ServerAction::<MakePlan>::new();
    view! {
        <Title text="Checks" />
        <h1>"Checks"</h1>
        {loaded(findings, move |findings| show(findings, plan))}
        <section>
            <h2>"Coverage"</h2>
            {loaded(grid, coverage)}
        </section>
    }
    .into_any()
}

fn show(findings: Vec<Finding>, plan: ServerAction<MakePlan>) -> AnyView {
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
        .map(|severity| {
            let many = if matches!(severity, Severity::Blocker | Severity::Warning) && count(severity) != 1 { "s" } else { "" };
            format!("{} {severity}{many}", count(severity))
        })
        .collect::<Vec<_>>()
        .join(" · ");
    let total = counted(len(&findings), "finding", "findings");
    view! {
        <p class="lead">{total} ": " {parts} ". Grouped by what to do, what matters most first."</p>
        <FindingsByAction findings plan />
    }
    .into_any()
}

/// Nodes and interfaces, and the HostEndpoint that packets meet there.
fn coverage(view: CoverageView) -> AnyView {
    let CoverageView { interfaces, rows, unknown } = view;
    if !unknown.is_empty() {
        return view! { <Notice tone=Tone::Unknown title="Not known"><p>{unknown}</p></Notice> }.into_any();
    }
    let bare = |row: &CoverageRow| row.receives && row.cells.iter().all(|cell| matches!(cell, Cell::Nothing | Cell::Absent));
    let said = match rows.iter().filter(|row| bare(row)).map(|row| u64::from(row.nodes)).sum::<u64>() {
        0 => "Every node that receives traffic has a HostEndpoint. Where a cell says “none”, what comes in there meets no edge policy."
            .to_owned(),
        1 => "1 node that receives traffic has no HostEndpoint: what comes in there meets no edge policy.".to_owned(),
        n => {
            format!("{} that receive traffic have no HostEndpoint: what comes in there meets no edge policy.", counted(n, "node", "nodes"))
        }
    };
    let other = if interfaces.is_empty() { "Every interface" } else { "Every other interface" };
    let heads: Vec<String> = interfaces.iter().cloned().chain([other.to_owned()]).collect();
    let columns = heads.iter().map(|head| view! { <th scope="col">{head.clone()}</th> }).collect_view();
    let rows = rows.into_iter().map(|row| coverage_row(row, &heads)).collect_view();
    view! {
        <p>{said}</p>
        <table class="rows facts-rows coverage">
            <thead>
                <tr>
                    <th scope="col">"Nodes"</th>
                    {columns}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn coverage_row(row: CoverageRow, heads: &[String]) -> AnyView {
    let CoverageRow { nodes, named, receives, cells } = row;
    let more = u64::from(nodes).saturating_sub(len(&named));
    let names = named.join(", ");
    let quiet = (!receives).then(|| view! { <span class="dim">" excluded from load balancers"</span> });
    let cells = cells
        .into_iter()
        .zip(heads)
        .map(|(cell, head)| {
            let (tone, text) = words(cell);
            view! {
                <td data-label=head.clone()>
                    <span class=format!("state {}", tone.class())>
                        <span class="shape" aria-hidden="true">{tone.shape()}</span>
                        {text}
                    </span>
                </td>
            }
        })
        .collect_view();
    view! {
        <tr>
            <th scope="row">
                <code>{names}</code>
                {(more > 0).then(|| format!(" and {} more", thousands(more)))}
                {quiet}
            </th>
            {cells}
        </tr>
    }
    .into_any()
}

fn words(cell: Cell) -> (Tone, &'static str) {
    match cell {
        Cell::Nothing => (Tone::Denied, "none"),
        Cell::ByAddress(_) => (Tone::Unknown, "by its addresses"),
        Cell::All(Owner::Automatic) => (Tone::Allowed, "automatic, on all (*)"),
        Cell::All(_) => (Tone::Allowed, "one on all (*)"),
        Cell::Named(Owner::Ours) => (Tone::Allowed, "by Portcullis"),
        Cell::Named(_) => (Tone::Allowed, "by others"),
        Cell::Absent => (Tone::Plain, "no such interface"),
    }
}
