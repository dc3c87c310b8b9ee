//! All the ports of the Service, or a choice among them.

use leptos::prelude::*;
use policy::access::Port;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement};

/// The choice of a row. `of` is what it is the choice of, for screen readers: `range 1`.
#[component]
pub(super) fn Ports(ports: Vec<Port>, of: String, chosen: Memo<Vec<Port>>, choose: Callback<Vec<Port>>) -> impl IntoView {
    if ports.len() < 2 {
        let only = ports.first().map_or_else(|| "no port".to_owned(), ToString::to_string);
        return view! { <span class="ports only">{only}</span> }.into_any();
    }
    let total = ports.len();
    let last = RwSignal::new(false);
    let menu = NodeRef::<leptos::html::Details>::new();
    let label = move || {
        chosen.with(|chosen| match chosen.as_slice() {
            [] => format!("all {total}"),
            some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        })
    };
    let choices = ports.into_iter().map(|port| choice(chosen, choose, last, port)).collect_view();
    // Escape closes the menu alone, and goes back to what opened it.
    let close = move |event: leptos::ev::KeyboardEvent| {
        let Some(menu) = menu.get_untracked().filter(|menu| event.key() == "Escape" && menu.open()) else { return };
        event.prevent_default();
        event.stop_propagation();
        menu.set_open(false);
        if let Some(summary) = menu.query_selector("summary").ok().flatten().and_then(|summary| summary.dyn_into::<HtmlElement>().ok()) {
            _ = summary.focus();
        }
    };
    view! {
        <details class="port-choice" node_ref=menu on:keydown=close on:toggle=move |_| last.set(false)>
            <summary aria-label=move || format!("Ports of {of}: {}", label())>{label}</summary>
            <div class="port-menu">
                <label class="check">
                    <input type="checkbox" prop:checked=move || chosen.with(Vec::is_empty) on:change=move |event| {
                        last.set(false);
                        // All ports are left by choosing one.
                        event_target::<HtmlInputElement>(&event).set_checked(true);
                        choose.run(Vec::new());
                    } />
                    "All ports"
                </label>
                {choices}
                <p class="message" role="status">
                    {move || last.get().then(|| view! {
                        <span class="denied">
                            <span class="shape" aria-hidden="true">"✕"</span>
                            "Without a port it would be all of them: choose “All ports”, or another port first."
                        </span>
                    })}
                </p>
            </div>
        </details>
    }
    .into_any()
}

fn choice(chosen: Memo<Vec<Port>>, choose: Callback<Vec<Port>>, last: RwSignal<bool>, port: Port) -> impl IntoView {
    let toggle = move |event| {
        let on = event_target_checked(&event);
        let only = chosen.with_untracked(|chosen| chosen.as_slice() == [port]);
        last.set(only && !on);
        if only && !on {
            event_target::<HtmlInputElement>(&event).set_checked(true);
            return;
        }
        let mut ports = chosen.get_untracked();
        ports.retain(|other| *other != port);
        if on {
            ports.push(port);
            ports.sort_unstable();
        }
        choose.run(ports);
    };
    view! {
        <label class="check mono">
            <input type="checkbox" prop:checked=move || chosen.with(|chosen| chosen.contains(&port)) on:change=toggle />
            {port.to_string()}
        </label>
    }
    .into_any()
}
