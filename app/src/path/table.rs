//! The same facts as a table: for those who do not see the picture, and for screens that are too small for it.

use super::Side;
use super::lines::Line;
use super::panel::decided_by;
use super::words::{address, backend, client, entry, paths};
use crate::part::journey::{state, verdict};
use crate::part::prose;
use leptos::prelude::*;
use policy::view::PathView;

/// A row a line.
pub(super) fn table(view: &PathView, side: Side, lines: &[Line], base: &str, selected: Memo<Option<usize>>) -> AnyView {
    let rows = lines.iter().enumerate().map(|(at, line)| row(view, side, at, line, base, selected)).collect_view();
    view! {
        <table class="rows facts-rows ways">
            <caption class="unseen">"The lines of the picture"</caption>
            <thead>
                <tr>
                    <th scope="col">"Clients"</th>
                    <th scope="col">"Come in by"</th>
                    <th scope="col">"Address"</th>
                    <th scope="col">"Backends"</th>
                    <th scope="col">"Verdict"</th>
                    <th scope="col">"Decided by"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(view: &PathView, side: Side, at: usize, line: &Line, base: &str, selected: Memo<Option<usize>>) -> AnyView {
    let (tone, word) = verdict(&line.verdict);
    let words = |words: super::words::Words| {
        let class = if words.mono { "mono" } else { "" };
        view! { <span><span class=class>{words.title}</span> " " <span class="dim">{words.more.join(", ")}</span></span> }.into_any()
    };
    let none = || view! { <span class="dim">"–"</span> }.into_any();
    let clients = view.clients.get(line.client as usize).map(client).map_or_else(none, words);
    let entries = view.entries.get(line.entry as usize).map(entry).map_or_else(none, words);
    let addresses =
        line.address.and_then(|at| view.addresses.get(at as usize)).map(|group| address(group, view.port)).map_or_else(none, words);
    let backends = line
        .backend
        .and_then(|at| view.backends.get(at as usize))
        .map(|group| backend(group, view.service.namespace()))
        .map_or_else(none, words);
    let changed = line.changed.then(|| view! { " " <span class="badge">"± changed"</span> });
    view! {
        <tr class:lit=move || selected.get() == Some(at)>
            <th scope="row">
                <a href=format!("{base}line={at}") data-noscroll="" data-row="" aria-current=move || (selected.get() == Some(at)).then_some("true")>
                    {clients}
                </a>
            </th>
            <td data-label="Come in by">{entries}</td>
            <td data-label="Address">{addresses}</td>
            <td data-label="Backends">{backends}</td>
            <td data-label="Verdict"><span>{state(tone, word)} " " <span class="dim">{paths(line.paths)}</span> {changed}</span></td>
            <td data-label="Decided by">{prose(&decided_by(view, line, side))}</td>
        </tr>
    }
    .into_any()
}
