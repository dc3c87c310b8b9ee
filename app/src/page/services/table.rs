//! The rows of the list.

use super::CHOICE;
use crate::part::{AddressChips, PortChips, ServiceStateWord, When};
use leptos::prelude::*;
use policy::view::ServiceRow;

/// The table. It is a static view, so that what comes anew is written over it in place and focus stays where it is.
pub(super) fn table(rows: Vec<ServiceRow>) -> AnyView {
    let rows = rows.into_iter().map(row).collect_view();
    view! {
        <table class="rows services">
            <thead>
                <tr>
                    <th scope="col" class="pick"><span class="unseen">"Chosen"</span></th>
                    <th scope="col">"Service"</th>
                    <th scope="col">"Addresses"</th>
                    <th scope="col">"Ports"</th>
                    <th scope="col">"Traffic"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Allowed clients"</th>
                    <th scope="col">"Last change"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(row: ServiceRow) -> impl IntoView {
    let href = format!("/services/{}", row.service);
    view! {
        <tr>
            <td class="pick">
                <input type="checkbox" name="service" value=row.service.to_string() form=CHOICE aria-label=format!("Choose {}", row.service) />
            </td>
            <th scope="row">
                <a href=href data-row="">
                    <span class="dim">{row.service.namespace().to_owned()} "/"</span>
                    <b>{row.service.name().to_owned()}</b>
                </a>
            </th>
            <td data-label="Addresses"><AddressChips addresses=row.addresses /></td>
            <td data-label="Ports"><PortChips ports=row.ports /></td>
            <td data-label="Traffic"><span><span class="kind">{row.kind}</span> " " <span class="dim">{row.traffic}</span></span></td>
            <td data-label="State"><ServiceStateWord state=row.state /></td>
            <td data-label="Allowed clients">{(!row.clients.is_empty()).then_some(row.clients)}</td>
            <td data-label="Last change">{row.changed.map(|at| view! { <When at /> })}</td>
        </tr>
    }
    .into_any()
}
