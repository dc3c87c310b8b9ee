//! A plan: everything one change would do, and the button that does it.

mod apply;
mod canary;
mod caused;

use super::params::{diff_view, line, of_url, param, query};
use crate::api::{self, Apply, PlanAtOneNode};
use crate::backend::Problem;
use crate::live::Live;
use crate::part::{
    DiffView, Findings, Notice, ObjectDiffs, PartName, Tone, When, by_the_page, loaded, loaded_page, prose, reach, yaml_link,
};
use crate::path::{self, Side};
use crate::text::{counted, len};
use apply::Foot;
use caused::caused;
use leptos::prelude::*;
use leptos_meta::Title;
use policy::access::{Asked, Change, Intent};
use policy::finding::{Finding, Severity};
use policy::plan::{Plan, Role, SETTLE, Step};
use policy::view::{PathView, PlanView, ReachView, Standing};

/// So many Services of a plan are not folded.
const FEW: usize = 8;
/// More steps than these are folded.
const MANY_STEPS: usize = 24;
/// More findings than these are folded, but for blockers.
const MANY_FINDINGS: usize = 8;

/// The page.
#[component]
pub(crate) fn PlanPage() -> impl IntoView {
    let digest = param("digest");
    let plan = of_url(move || digest.get(), "plan", api::plan);
    let layout = diff_view();
    let apply = ServerAction::<Apply>::new();
    let one_node = ServerAction::<PlanAtOneNode>::new();
    let means = Means {
        reach: of_url(move || digest.get(), "plan", api::reach_of_plan),
        page: of_url(move || digest.get(), "plan", api::page_of_plan),
        paths: paths(digest),
        side: query("side"),
        line: line(),
    };
    view! {
        <Title text=move || format!("Plan {}", digest.with(|digest| digest.chars().take(12).collect::<String>())) />
        {loaded_page("Plan", plan, move |plan| show(plan, layout.get(), (apply, one_node), means))}
    }
    .into_any()
}

/// What a plan means to clients, and how it is looked at.
#[derive(Clone, Copy)]
struct Means {
    reach: Resource<Result<ReachView, Problem>>,
    page: Resource<Result<Option<ReachView>, Problem>>,
    paths: Resource<Result<Option<PathView>, Problem>>,
    side: Memo<String>,
    line: Memo<Option<usize>>,
}

fn paths(digest: Memo<String>) -> Resource<Result<Option<PathView>, Problem>> {
    let tick = expect_context::<Live>().tick;
    let port = query("port");
    Resource::new(
        move || (digest.get(), port.get(), tick.get()),
        |(digest, port, _)| async move {
            let plan = digest.parse().map_err(|_| Problem::NotFound(format!("There is no plan `{digest}`.")))?;
            api::paths_of_plan(plan, port.parse().ok()).await
        },
    )
}

type Actions = (ServerAction<Apply>, ServerAction<PlanAtOneNode>);

fn show(view: PlanView, layout: DiffView, (apply, one_node): Actions, means: Means) -> AnyView {
    let foot = Foot::of(&view);
    let PlanView { plan, made, standing, run, roll_back_to } = view;
    // One that is blocked has no step: that is why nothing changes, and not that all is as it asks for.
    let (blocked, idle) = (plan.blocked(), " Nothing needs to change: the cluster says so already.");
    let summary = if blocked { plan.summary.replace(idle, "") } else { plan.summary.clone() };
    let canary = (standing == Standing::Fresh && roll_back_to.is_none() && canary::at_all_nodes(&plan))
        .then(|| canary::offer(&plan.digest, canary::nodes(&plan), one_node));
    let subject = subject(&plan.change);
    let whole = if plan.change.baseline().is_some() { ("Cluster", "/cluster") } else { ("Services", "/services") };
    let kind = match roll_back_to {
        Some(id) => view! { "Roll back " {subject} " to " <a href=format!("/revisions/{id}")>{format!("revision {id}")}</a> }.into_any(),
        None => view! { "Plan for " {subject} }.into_any(),
    };
    let applied = run.map(|id| {
        view! { <p>"Applied by " <a href=format!("/runs/{id}")>{format!("run {id}")}</a> "."</p> }
    });
    view! {
        <p class="crumbs">
            <a href=whole.1>{whole.0}</a>
            {plan.change.of_group().map(|group| view! { " / " <a href=format!("/groups?group={}", group.name)>"group " {group.name.to_string()}</a> })}
            {plan.change.in_hand().map(|service| view! { " / " <a href=format!("/services/{service}")>{service.to_string()}</a> })}
        </p>
        <h1>{kind}</h1>
        {blocked.then(|| instead(&plan))}
        <p class="sentence">{prose(&summary)}</p>
        {changes(&plan.change)}
        <p class="event-facts">
            <span>"Plan " <code title=plan.digest.to_string()>{plan.digest.short().to_owned()}</code></span>
            <span>"made " <When at=made /></span>
            {standing_word(&standing, blocked)}
            {canary.is_some().then(canary::pointer)}
        </p>
        {applied}
        {moved(standing)}
        {reachability(&plan, means)}
        {findings(&plan)}
        {caused(&plan.caused)}
        {objects(&plan, layout)}
        {steps(&plan.steps)}
        {canary}
        {foot.view(apply)}
    }
    .into_any()
}

/// Who can reach what, in words and as a picture, before and after.
fn reachability(plan: &Plan, means: Means) -> AnyView {
    let Means { reach: sets, page, paths, side, line } = means;
    let base = format!("/plans/{}?", plan.digest);
    // A Service that is gone has none.
    let picture = move |view: Option<PathView>| {
        let section = view.map(|view| {
            let side = Side::from_query(&side.get(), view.planned);
            path::section(view, side, &base, line)
        });
        section.into_any()
    };
    let Some(service) = plan.change.in_hand() else {
        return view! { <section><h2>"Reachability"</h2>{loaded(sets, reach)}</section> }.into_any();
    };
    let ask = format!("/ask?to={service}&plan={}", plan.digest);
    view! {
        <section>
            <h2>"Reachability"</h2>
            {loaded(sets, reach)}
            <p><a href=ask>"Ask about one client, now and as planned"</a></p>
            {loaded(page, move |view| view.map(by_the_page).into_any())}
        </section>
        <section>
            <h2>"Path"</h2>
            {loaded(paths, picture)}
        </section>
    }
    .into_any()
}

/// What is changed: one Service by its name, several by their number.
pub(super) fn subject(asked: &Asked) -> AnyView {
    match asked.in_hand() {
        Some(service) => view! { <code>{service.to_string()}</code> }.into_any(),
        None => asked.to_string().into_any(),
    }
}

/// Each of several Services, and what is asked for it.
fn changes(asked: &Asked) -> Option<impl IntoView + use<>> {
    let row = |change: &Change| {
        let service = change.service.to_string();
        let what = match &change.intent {
            Intent::Guard(access) => access.in_short(),
            Intent::Open => "no longer guarded".to_owned(),
        };
        view! { <li><a href=format!("/services/{service}")><code>{service.clone()}</code></a> ": " {what}</li> }
    };
    (asked.changes().len() > 1).then(|| {
        let rows = asked.changes().iter().map(row).collect_view();
        view! {
            <details class="changes-of-plan" open=asked.changes().len() <= FEW>
                <summary>"Who may reach each Service"</summary>
                <ul class="plain">{rows}</ul>
            </details>
        }
    })
}

/// That a plan cannot be applied, and where another is made.
fn instead(plan: &Plan) -> AnyView {
    let (href, word) = match (plan.change.baseline(), plan.change.of_group(), plan.change.in_hand()) {
        (Some(_), ..) => ("/cluster#baseline".to_owned(), "Plan the baseline otherwise"),
        (_, Some(group), _) => (format!("/groups?group={}", group.name), "Change the group otherwise"),
        (_, _, Some(service)) => (format!("/services/{service}"), "Change the access otherwise"),
        _ => ("/services".to_owned(), "Choose Services again"),
    };
    let blockers: Vec<&Finding> = plan.findings.iter().filter(|finding| finding.severity == Severity::Blocker).collect();
    let said = blockers.iter().map(|finding| view! { <li>{prose(&finding.what)}</li> }).collect_view();
    view! {
        <Notice tone=Tone::Denied title="Blocked: this plan cannot be applied, and nothing changes">
            <ul class="plain">{said}</ul>
            <p><a href=href rel="external">{word}</a></p>
        </Notice>
    }
    .into_any()
}

fn standing_word(standing: &Standing, blocked: bool) -> impl IntoView + use<> {
    let (tone, word) = match standing {
        Standing::Fresh if blocked => (Tone::Denied, "blocked"),
        Standing::Fresh => (Tone::Allowed, "holds"),
        Standing::InForce => (Tone::Allowed, "in force"),
        Standing::Stale { .. } => (Tone::Changes, "stale"),
        Standing::Unknown { .. } => (Tone::Unknown, "unknown"),
    };
    view! {
        <span class=format!("state {}", tone.class())>
            <span class="shape" aria-hidden="true">{tone.shape()}</span>
            {word}
        </span>
    }
    .into_any()
}

/// What moved since the plan was made, and the way on.
fn moved(standing: Standing) -> AnyView {
    match standing {
        Standing::Fresh | Standing::InForce => ().into_any(),
        Standing::Stale { moved, now } => {
            let next = match now {
                Some(digest) => view! {
                    <p><a class="button primary" href=format!("/plans/{digest}")>"Review the new plan"</a></p>
                }
                .into_any(),
                None => view! { <p>"No plan can be made for this change now: look at the Service first."</p> }.into_any(),
            };
            view! {
                <Notice tone=Tone::Changes title="The cluster has moved since this plan was made; it cannot be applied any more">
                    <ul>{moved.into_iter().map(|what| view! { <li>{prose(&what)}</li> }).collect_view()}</ul>
                    {next}
                </Notice>
            }
            .into_any()
        }
        Standing::Unknown { why } => view! {
            <Notice tone=Tone::Unknown title="Whether this plan still holds is not known">
                <p>{prose(&why)}</p>
            </Notice>
        }
        .into_any(),
    }
}

fn findings(plan: &Plan) -> AnyView {
    let body = if plan.findings.is_empty() {
        view! { <p class="dim">"No findings."</p> }.into_any()
    } else {
        let (open, rest): (Vec<Finding>, Vec<Finding>) = if plan.findings.len() > MANY_FINDINGS {
            plan.findings.iter().cloned().partition(|finding| finding.severity == Severity::Blocker)
        } else {
            (plan.findings.clone(), Vec::new())
        };
        let count = |severity| rest.iter().filter(|finding| finding.severity == severity).count();
        let counts = [Severity::Warning, Severity::Unknown, Severity::Info].into_iter().filter(|severity| count(*severity) > 0);
        let counts = counts.map(|severity| format!("{} {severity}", count(severity))).collect::<Vec<_>>().join(" · ");
        let digest = plan.digest.to_string();
        let folded = (!rest.is_empty()).then(|| {
            let summary = format!("{}: {counts}", counted(len(&rest), "finding", "findings"));
            view! {
                <details class="long">
                    <summary>{summary}</summary>
                    <Findings findings=rest plan=digest.clone() />
                </details>
            }
        });
        let open = (!open.is_empty()).then(|| view! { <Findings findings=open plan=digest.clone() /> });
        view! { {open} {folded} }.into_any()
    };
    view! { <section><h2>"Findings"</h2>{body}</section> }.into_any()
}

fn objects(plan: &Plan, layout: DiffView) -> AnyView {
    let export = (!plan.steps.is_empty()).then(|| yaml_link(format!("/plans/{}/objects.yaml", plan.digest)));
    let objects = plan.steps.iter().map(|step| (step.key.clone(), step.role, step.write.verb(), step.diff.clone())).collect();
    view! {
        <section>
            <h2>"Objects"</h2>
            {export}
            <ObjectDiffs objects view=layout query="" />
        </section>
    }
    .into_any()
}

fn steps(steps: &[Step]) -> AnyView {
    if steps.is_empty() {
        return ().into_any();
    }
    let rows = steps
        .iter()
        .enumerate()
        .map(|(at, step)| {
            view! {
                <li class="step">
                    <span class="step-number" aria-hidden="true">{at + 1}</span>
                    <div>
                        <p class="step-what"><b>{step.write.verb()}</b> " " <PartName role=step.role key=step.key.clone() /></p>
                        <p class="dim">{prose(&step.why)}</p>
                    </div>
                </li>
            }
        })
        .collect_view();
    let rows = folded(steps.len() > MANY_STEPS, "Every step", view! { <ol class="steps">{rows}</ol> }.into_any());
    view! {
        <section>
            <h2>"Steps"</h2>
            <p class="dim">{counted(len(steps), "write", "writes")} ", one after the other. If one fails, those before it are put back."</p>
            {waits(steps)}
            {rows}
        </section>
    }
    .into_any()
}

/// What is long stands behind its name, and opens where it is asked for.
fn folded(long: bool, name: &'static str, what: AnyView) -> AnyView {
    if long { view! { <details class="long"><summary>{name}</summary>{what}</details> }.into_any() } else { what }
}

/// Where a run waits between steps, that it does and why.
fn waits(steps: &[Step]) -> Option<impl IntoView + use<>> {
    let waits = steps.windows(2).filter(|pair| Role::waits(pair[0].role, pair[1].role)).count();
    (waits > 0).then(|| {
        let text = format!(
            "Before a step that counts on an earlier one the run waits {} s ({} here): Calico does not say when nodes decide by what was \
             written. With real packets it took them 0.2 s at most.",
            SETTLE.as_secs(),
            counted(u64::try_from(waits).unwrap_or(u64::MAX), "time", "times"),
        );
        view! { <p class="dim">{text}</p> }
    })
}
