//! Where the Service is guarded: at the nodes and at the pods, or, where these see the clients' own addresses, at the pods alone.

use super::editor::Editor;
use crate::part::prose;
use leptos::prelude::*;
use policy::access::Enforced;
use policy::reach::pods_alone::Offer;

/// The choice of where it is guarded.
#[component]
pub(super) fn PlaceChoice(editor: Editor) -> impl IntoView {
    // What is chosen can be left, and what is in force can be chosen again, whether it holds or not.
    let barred = move || {
        let chosen = editor.draft.with(|draft| draft.enforced) == Enforced::PodsAlone;
        !chosen && !editor.alone_in_force.get() && !editor.offer.with(|offer| offer.holds)
    };
    let why = move || editor.offer.with(said);
    view! {
        <fieldset class="part">
            <legend>"Guarded at"</legend>
            <div class="radios">
                {radio(editor, Enforced::NodesAndPods, "The nodes and the pods", "on every path, whatever the traffic policy", || false)}
                {radio(editor, Enforced::PodsAlone, "The pods alone", "no edge policy and no HostEndpoint", barred)}
            </div>
            <div class="sub" id="place-why">{why}</div>
        </fieldset>
    }
    .into_any()
}

/// Why the pods can guard alone, or why not and what to do.
fn said(offer: &Offer) -> AnyView {
    let lead = if offer.holds { "The pods can guard it alone: " } else { "The pods cannot guard it alone: " };
    let lines = |texts: &[String]| texts.iter().map(|text| view! { <li>{prose(text)}</li> }).collect_view();
    let actions = (!offer.actions.is_empty()).then(|| {
        view! { <p class="dim hint">"What to do:"</p> <ul class="plain hint dim">{lines(&offer.actions)}</ul> }
    });
    view! {
        <p class="dim hint">{lead}</p>
        <ul class="plain hint">{lines(&offer.why)}</ul>
        {actions}
    }
    .into_any()
}

fn radio(
    editor: Editor,
    at: Enforced,
    word: &'static str,
    more: &'static str,
    barred: impl Fn() -> bool + Copy + Send + Sync + 'static,
) -> AnyView {
    let first = editor.draft.with_untracked(|draft| draft.enforced == at);
    view! {
        <label class="check">
            <input
                type="radio"
                name="place"
                aria-describedby="place-why"
                checked=first
                disabled=barred
                prop:checked=move || editor.draft.with(|draft| draft.enforced == at)
                on:change=move |_| editor.draft.update(|draft| draft.enforced = at)
            />
            <span>{word} <span class="dim">" – " {more}</span></span>
        </label>
    }
    .into_any()
}
