//! All the ports of the Service, or a choice among them.

use leptos::prelude::*;
use policy::access::Port;

/// The choice of a row. `of` is what it is the choice of, for screen readers: `range 1`.
#[component]
pub(super) fn Ports(ports: Vec<Port>, of: String, chosen: Memo<Vec<Port>>, choose: Callback<Vec<Port>>) -> impl IntoView {
    if ports.len() < 2 {
        let only = ports.first().map_or_else(|| "no port".to_owned(), ToString::to_string);
        return view! { <span class="ports only">{only}</span> }.into_any();
    }
    let total = ports.len();
    let label = move || {
        chosen.with(|chosen| match chosen.as_slice() {
            [] => format!("all {total}"),
            some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        })
    };
    let choices = ports.into_iter().map(|port| choice(chosen, choose, port)).collect_view();
    view! {
        <details class="port-choice">
            <summary aria-label=move || format!("Ports of {of}: {}", label())>{label}</summary>
            <div class="port-menu">
                <label class="check">
                    <input type="checkbox" prop:checked=move || chosen.with(Vec::is_empty) on:change=move |_| choose.run(Vec::new()) />
                    "All ports"
                </label>
                {choices}
            </div>
        </details>
    }
    .into_any()
}

fn choice(chosen: Memo<Vec<Port>>, choose: Callback<Vec<Port>>, port: Port) -> impl IntoView {
    let toggle = move |event| {
        let on = event_target_checked(&event);
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
