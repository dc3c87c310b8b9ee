//! The rows of the list.

use super::CHOICE;
use super::chosen::Chosen;
use crate::part::{AddressChips, GuardedByHand, PortChips, ServiceStateWord, When};
use leptos::prelude::*;
use policy::object::ServiceRef;
use policy::view::{ServiceRow, ServiceState};

/// The table. It is a static view, so that what comes anew is written over it in place and focus stays where it is.
pub(super) fn table(rows: Vec<ServiceRow>, by_hand: &[ServiceRef], chosen: Chosen) -> AnyView {
    let rows = rows.into_iter().map(|one| row(one, by_hand, chosen)).collect_view();
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

fn row(row: ServiceRow, by_hand: &[ServiceRef], chosen: Chosen) -> impl IntoView + use<> {
    let state = if row.state == ServiceState::Open && by_hand.contains(&row.service) {
        view! { <GuardedByHand /> }.into_any()
    } else {
        view! { <ServiceStateWord state=row.state /> }.into_any()
    };
    let name = row.service.to_string();
    let href = format!("/services/{name}");
    let is_chosen = {
        let name = name.clone();
        move || chosen.has(&name)
    };
    let choose = {
        let name = name.clone();
        move |event| chosen.choose(&name, event_target_checked(&event))
    };
    view! {
        <tr>
            <td class="pick">
                <input
                    type="checkbox"
                    name="service"
                    value=name.clone()
                    form=CHOICE
                    aria-label=format!("Choose {name}")
                    prop:checked=is_chosen
                    on:change=choose
                />
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
            <td data-label="State">{state}</td>
            <td data-label="Allowed clients">{(!row.clients.is_empty()).then_some(row.clients)}</td>
            <td data-label="Last change">{row.changed.map(|at| view! { <When at /> })}</td>
        </tr>
    }
    .into_any()
}
