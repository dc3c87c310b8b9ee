//! What Calico's controller does by itself once a plan is applied.

use crate::text::{counted, len};
use leptos::prelude::*;
use policy::baseline::Caused;

/// HostEndpoints of a plan that are shown at first; the rest is behind a fold.
const CAUSED: usize = 20;

/// What Calico's controller makes or deletes because of the plan.
pub(super) fn caused(caused: &[Caused]) -> Option<impl IntoView + use<>> {
    let first = caused.first()?;
    let what = if first.made { "makes" } else { "deletes" };
    let count = counted(len(caused), "HostEndpoint", "HostEndpoints");
    let (shown, folded) = caused.split_at(caused.len().min(CAUSED));
    let more = (!folded.is_empty()).then(|| {
        view! {
            <details>
                <summary>{format!("{} more", counted(len(folded), "HostEndpoint", "HostEndpoints"))}</summary>
                {host_endpoints(folded)}
            </details>
        }
    });
    Some(view! {
        <section>
            <h2>"What Calico's controller does"</h2>
            <p>{format!("Once the plan is applied, Calico's controller {what} {count} by itself.")}</p>
            {host_endpoints(shown)}
            {more}
        </section>
    })
}

fn host_endpoints(listed: &[Caused]) -> impl IntoView + use<> {
    let interface = |caused: &Caused| match caused.interface.as_str() {
        "*" => "every interface".to_owned(),
        "" => "the interfaces with its addresses".to_owned(),
        named => named.to_owned(),
    };
    let rows = listed
        .iter()
        .map(|caused| {
            view! {
                <tr>
                    <th scope="row"><code>{caused.name.clone()}</code></th>
                    <td>{caused.node.clone()}</td>
                    <td>{interface(caused)}</td>
                    <td class="mono">{caused.addresses.join(", ")}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="scroll" role="region" tabindex="0" aria-label="HostEndpoints">
            <table class="rows">
                <thead>
                    <tr><th scope="col">"HostEndpoint"</th><th scope="col">"Node"</th><th scope="col">"Interface"</th><th scope="col">"Addresses"</th></tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}
