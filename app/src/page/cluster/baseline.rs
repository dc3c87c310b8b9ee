//! The baseline: what is closed by default, and whether Calico's controller makes HostEndpoints, with the buttons that plan to change it.

use crate::api::{self, PlanBaseline};
use crate::live::Live;
use crate::part::{Findings, Tone, failure, loaded};
use leptos::form::ActionForm;
use leptos::prelude::*;
use policy::access::HostEndpoints;
use policy::view::BaselineView;

/// The section.
#[component]
pub(super) fn Baseline() -> impl IntoView {
    let tick = expect_context::<Live>().tick;
    let baseline = Resource::new(move || tick.get(), |_| api::baseline_in_force());
    let plan = ServerAction::<PlanBaseline>::new();
    view! {
        <section id="baseline">
            <h2>"Baseline"</h2>
            <p class="dim">"What the whole cluster shares. Each button makes a plan that shows what would change; nothing is changed yet. " <a href="/history?baseline=true">"Its history"</a></p>
            {loaded(baseline, move |view| show(view, plan))}
            {failure(move || plan.value().get().and_then(Result::err))}
        </section>
    }
    .into_any()
}

fn show(view: BaselineView, plan: ServerAction<PlanBaseline>) -> AnyView {
    let outdated = view.outdated.clone().map(|finding| view! { <Findings findings=vec![finding] /> });
    view! {
        {outdated}
        <dl class="facts">
            <div><dt>"Closed by default"</dt><dd>{closed(&view)}</dd></div>
            <div><dt>"Automatic HostEndpoints"</dt><dd>{automatic(&view)}</dd></div>
            <div><dt>"HostEndpoints of edge policies"</dt><dd>{view.edge.clone()}</dd></div>
        </dl>
        <div class="two">{close(&view, plan)} {switch(&view, plan)}</div>
    }
    .into_any()
}

fn word(tone: Tone, text: String) -> impl IntoView {
    view! {
        <span class=format!("state {}", tone.class())>
            <span class="shape" aria-hidden="true">{tone.shape()}</span>
            {text}
        </span>
    }
}

fn closed(view: &BaselineView) -> impl IntoView + use<> {
    if view.in_force.closed.is_some() {
        let ranges: Vec<String> = view.closed.iter().map(ToString::to_string).collect();
        word(Tone::Allowed, format!("yes: {}", ranges.join(", ")))
    } else {
        word(Tone::Plain, "no: advertised addresses are open unless their Service is guarded".to_owned())
    }
}

fn automatic(view: &BaselineView) -> impl IntoView + use<> {
    match view.automatic {
        Some(true) => word(Tone::Allowed, "on: Calico's controller makes one for each node".to_owned()),
        Some(false) => word(Tone::Plain, "off".to_owned()),
        None => word(Tone::Unknown, "not known".to_owned()),
    }
}

/// What closing can stand on, as the form has it, and in words.
const CHOICES: [(&str, &str); 3] = [
    ("existing", "those the cluster has"),
    ("automatic", "those that Calico's controller makes"),
    ("named", "one on each node, on this interface"),
];

/// The words of a choice of HostEndpoints as the form has them.
const fn choice(of: &HostEndpoints) -> &'static str {
    match of {
        HostEndpoints::Existing => "existing",
        HostEndpoints::Automatic => "automatic",
        HostEndpoints::Named { .. } => "named",
    }
}

fn interface(of: &HostEndpoints) -> String {
    match of {
        HostEndpoints::Named { interface } => interface.name().to_owned(),
        HostEndpoints::Existing | HostEndpoints::Automatic => "eth0".to_owned(),
    }
}

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// The form that closes, opens, or follows what has moved.
fn close(view: &BaselineView, plan: ServerAction<PlanBaseline>) -> impl IntoView + use<> {
    let automatic = on_off(view.in_force.automatic_host_endpoints);
    let in_force = view.in_force.closed.clone();
    let offered = in_force.clone().unwrap_or_else(|| view.suggested.clone());
    let chosen = choice(&offered);
    let options =
        CHOICES.into_iter().map(|(value, text)| view! { <option value=value selected=value == chosen>{text}</option> }).collect_view();
    let interface = interface(&offered);
    let (label, button) = match &in_force {
        Some(_) => ("Close the ranges as they are now", "Plan to close what is advertised now"),
        None => ("Close every advertised range for everyone outside, unless a Service is guarded", "Plan to close advertised ranges"),
    };
    let open = in_force.is_some().then(|| {
        view! {
            <ActionForm action=plan>
                <input type="hidden" name="closed" value="off" />
                <input type="hidden" name="interface" value="" />
                <input type="hidden" name="automatic" value=automatic />
                <button class="button danger">"Plan to close nothing by default"</button>
            </ActionForm>
        }
    });
    view! {
        <section class="card">
            <h3>"Closed by default"</h3>
            <p class="dim">{label}". To open a Service for everybody, guard it for 0.0.0.0/0 and ::/0. NodePorts are in no advertised range and stay as they are."</p>
            <ActionForm action=plan attr:class="sentence-form">
                <label class="field">
                    <span>"On which HostEndpoints"</span>
                    <select name="closed">
                        {options}
                    </select>
                </label>
                <label class="field">
                    <span>"Interface"</span>
                    <input name="interface" class="mono" value=interface maxlength="15" autocomplete="off" spellcheck="false" />
                </label>
                <input type="hidden" name="automatic" value=automatic />
                <button class="button primary">{button}</button>
            </ActionForm>
            {open}
        </section>
    }
}

/// The form that switches automatic HostEndpoints.
fn switch(view: &BaselineView, plan: ServerAction<PlanBaseline>) -> impl IntoView + use<> {
    let on = view.in_force.automatic_host_endpoints;
    let kept = view.in_force.closed.clone();
    let closed = kept.as_ref().map_or("off", choice);
    let interface = kept.as_ref().map(interface).unwrap_or_default();
    view! {
        <section class="card">
            <h3>"Automatic HostEndpoints"</h3>
            <p class="dim">
                "Recommended where nodes come and go: Calico's controller makes one as soon as a node joins. The plan names each of them, and every policy of others that would then act on hosts."
            </p>
            <ActionForm action=plan>
                <input type="hidden" name="closed" value=closed />
                <input type="hidden" name="interface" value=interface />
                <input type="hidden" name="automatic" value=on_off(!on) />
                <button class="button">{if on { "Plan to switch them off" } else { "Plan to switch them on" }}</button>
            </ActionForm>
        </section>
    }
}
