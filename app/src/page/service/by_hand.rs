//! What somebody made by hand for a Service: what it consists of, what it really does, and the plan that takes it over.

use crate::access::as_field;
use crate::api::MakePlan;
use crate::part::{Notice, ObjectName, Tone, prose};
use crate::text::{counted, len};
use leptos::form::ActionForm;
use leptos::prelude::*;
use policy::adopt::Piece;
use policy::reach::safety::ByHand;
use policy::view::ServiceRow;

/// The notice on the page of the Service.
pub(super) fn notice(found: ByHand, row: &ServiceRow, plan: ServerAction<MakePlan>) -> AnyView {
    let ByHand { hand_made, finding, change } = found;
    let taken = len(&hand_made.taken());
    let first = row.ports.first().map(ToString::to_string).unwrap_or_default();
    let (protocol, number) = first.split_once('/').unwrap_or_default();
    let ask = format!("/ask?to={}&port={number}&protocol={protocol}", row.service);
    let paths = format!("/services/{}?tab=path", row.service);
    // What stays is guarded beside, with the clients that it names.
    let beside = taken == 0 && !hand_made.access.clients.is_empty();
    let (label, after) = if beside {
        ("Guard with its clients".to_owned(), "What was made by hand stays as it is.")
    } else {
        (format!("Take over {}", counted(taken, "policy", "policies")), "What was made by hand goes last, and a roll back puts it back.")
    };
    let form = (taken > 0 || beside).then(|| {
        view! {
            <ActionForm action=plan>
                <input type="hidden" name="change" value=as_field(&change) />
                <button class="button">{label}</button>
            </ActionForm>
            <p class="dim">"Nothing is changed yet: the plan shows each step. " {after}</p>
        }
    });
    view! {
        <Notice tone=Tone::of(finding.severity) title="Made by hand">
            <p>{prose(&finding.what)} " " {prose(&finding.why)}</p>
            <ul class="plain">{hand_made.pieces.into_iter().map(piece).collect_view()}</ul>
            <p><a href=paths>"See the paths"</a> " or " <a href=ask>"ask about a packet"</a> " as it is now."</p>
            {form}
        </Notice>
    }
    .into_any()
}

fn piece(piece: Piece) -> impl IntoView {
    let Piece { key, part, stays, .. } = piece;
    let stays = stays.map(|why| view! { <span class="dim">" It stays: " {prose(&format!("{why}."))}</span> });
    view! { <li><ObjectName key /> " " {part.in_words()} "." {stays}</li> }
}
