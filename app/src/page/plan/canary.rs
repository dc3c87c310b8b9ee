//! A first guard can be tried at one node before the others.

use crate::api::PlanAtOneNode;
use crate::part::failure;
use leptos::form::ActionForm;
use leptos::prelude::*;
use policy::access::{Asked, Intent};
use policy::plan::{Plan, PlanDigest, Role, Write};

/// Where on the page of a plan it is offered.
const PLACE: &str = "one-node-first";
/// The most nodes that are offered by name.
const OFFERED: usize = 50;

/// The plan, where it shuts clients out of a Service that was open, at all nodes at once.
pub(super) fn at_all_nodes(plan: &Plan) -> bool {
    let Asked::Service(change) = &plan.change else { return false };
    let of_the_guard = |role| matches!(role, Role::ClientSet | Role::AddressSet | Role::PodPolicy);
    let made = |write: &Write| matches!(write, Write::Create { .. });
    let shuts_out = plan.steps.iter().any(|step| step.role == Role::AddressSet);
    let first = plan.steps.iter().filter(|step| of_the_guard(step.role)).all(|step| made(&step.write));
    matches!(change.intent, Intent::Guard(_)) && shuts_out && first && !plan.blocked()
}

/// The nodes that get a HostEndpoint by the plan: names to choose from.
pub(super) fn nodes(plan: &Plan) -> Vec<String> {
    let endpoints = plan.steps.iter().filter(|step| step.role == Role::HostEndpoint).filter_map(|step| step.write.after());
    endpoints.filter_map(|object| object.pointer("/spec/node")?.as_str().map(str::to_owned)).take(OFFERED).collect()
}

/// Leads there from the head of the page: the offer stands below all that the plan shows.
pub(super) fn pointer() -> AnyView {
    view! { <a href=format!("#{PLACE}") rel="external">"Try it at one node first"</a> }.into_any()
}

/// Asks for the same plan with one node before the others.
pub(super) fn offer(plan: &PlanDigest, nodes: Vec<String>, action: ServerAction<PlanAtOneNode>) -> AnyView {
    let plan = plan.to_string();
    let names = nodes.into_iter().map(|node| view! { <option value=node></option> }).collect_view();
    view! {
        <section id=PLACE>
            <h2>"One node first"</h2>
            <p class="dim">"The edge policy can begin at one node alone. The run then waits there until you have looked, and either goes on or is taken back."</p>
            <ActionForm action>
                <input type="hidden" name="plan" value=plan />
                <div class="acts">
                    <label class="field">
                        <span>"Node"</span>
                        <input name="node" required maxlength="253" list="nodes-to-try" autocomplete="off" spellcheck="false" />
                    </label>
                    <button class="button">"Plan it at this node first"</button>
                </div>
                <datalist id="nodes-to-try">{names}</datalist>
            </ActionForm>
            {failure(move || action.value().get().and_then(Result::err))}
        </section>
    }
    .into_any()
}
