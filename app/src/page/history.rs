//! History: who changed what, when and why; any two of a Service can be compared.

use super::params::query;
use crate::api;
use crate::backend::Problem;
use crate::live::Live;
use crate::part::{Notice, Tone, When, loaded, prose, unlanded_event};
use crate::text::in_query;
use crate::view::UnlandedRun;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Form;
use policy::access::NotAGroupName;
use policy::object::NotAServiceRef;
use policy::view::{HistoryQuery, HistoryWindow, RevisionId, RevisionRow};

/// The page.
#[component]
pub(crate) fn HistoryPage() -> impl IntoView {
    let tick = expect_context::<Live>().tick;
    let (service, group, baseline, before) = (query("service"), query("group"), query("baseline"), query("before"));
    let asked = Memo::new(move |_| Asked { service: service.get(), group: group.get(), baseline: !baseline.with(String::is_empty) });
    let window: Resource<Result<Window, Problem>> = Resource::new(
        move || (asked.get(), before.get(), tick.get()),
        |(asked, before, _)| async move {
            let query = HistoryQuery { before: before.parse().ok(), ..asked.read().map_err(Problem::Refused)? };
            api::history(query).await
        },
    );
    let field = |label: &'static str, name: &'static str, example: &'static str, key: Option<&'static str>, typed: Memo<String>| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input name=name type="search" placeholder=example value=typed.get_untracked() prop:value=typed data-key=key />
            </label>
        }
    };
    view! {
        <Title text="History" />
        <h1>"History"</h1>
        <Form method="GET" action="/history">
            <div class="filters" role="search">
                {field("Service", "service", "namespace/name", Some("/"), service)}
                {field("Client group", "group", "office-berlin", None, group)}
                <label class="check">
                    <input
                        type="checkbox"
                        name="baseline"
                        value="true"
                        checked=asked.with_untracked(|asked| asked.baseline)
                        prop:checked=move || asked.with(|asked| asked.baseline)
                    />
                    "The baseline alone"
                </label>
                <button class="button">"Filter"</button>
            </div>
        </Form>
        {loaded(window, move |window| show(window, &asked.get_untracked()))}
    }
    .into_any()
}

/// The revisions, and the runs between them that made none.
type Window = (HistoryWindow, Vec<UnlandedRun>);

/// What the URL asks for, as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    service: String,
    group: String,
    baseline: bool,
}

impl Asked {
    /// The query; or what in it breaks a rule.
    fn read(&self) -> Result<HistoryQuery, String> {
        let (service, group) = (self.service.trim(), self.group.trim());
        Ok(HistoryQuery {
            service: (!service.is_empty()).then(|| service.parse()).transpose().map_err(|error: NotAServiceRef| error.to_string())?,
            group: (!group.is_empty()).then(|| group.parse()).transpose().map_err(|error: NotAGroupName| error.to_string())?,
            baseline: self.baseline,
            before: None,
        })
    }

    /// The address of what is older than `before`.
    fn older(&self, before: RevisionId) -> String {
        let baseline = if self.baseline { "&baseline=true" } else { "" };
        format!("/history?service={}&group={}{baseline}&before={before}", in_query(&self.service), in_query(&self.group))
    }

    /// Whether all of the history is asked for.
    fn is_all(&self) -> bool {
        self.service.trim().is_empty() && self.group.trim().is_empty() && !self.baseline
    }
}

fn show((window, unlanded): Window, asked: &Asked) -> AnyView {
    if window.rows.is_empty() && unlanded.is_empty() && !asked.is_all() {
        return view! {
            <Notice tone=Tone::Plain title="No revision matches">
                <p>"Nothing that was changed here is of what is asked for. " <a href="/history">"Show all"</a></p>
            </Notice>
        }
        .into_any();
    }
    let oldest = window.more.then(|| window.rows.last().map(|row| row.id)).flatten();
    let older = oldest.map(|id| view! { <p class="pager"><a class="button" href=asked.older(id)>"Older"</a></p> });
    view! {
        {timeline(window.rows, unlanded, asked.service.trim())}
        {older}
    }
    .into_any()
}

/// Revisions, newest first, and between them the runs that made none: of `service`, or of all where it is empty. Revisions of one Service can be
/// chosen two at a time and compared.
pub(super) fn timeline(rows: Vec<RevisionRow>, unlanded: Vec<UnlandedRun>, service: &str) -> AnyView {
    let (of_one_service, service) = (!service.is_empty(), service.to_owned());
    if rows.is_empty() && unlanded.is_empty() {
        return view! {
            <Notice tone=Tone::Plain title="No revisions">
                <p>"Each change that lands is kept here, with who made it, why, and what it did. Start from " <a href="/services">"a Service"</a> "."</p>
            </Notice>
        }
        .into_any();
    }
    let comparable = of_one_service && rows.len() > 1;
    let revisions =
        rows.into_iter().enumerate().map(|(at, row)| (row.at.unix_ms, event(row, comparable.then_some(at), !of_one_service).into_any()));
    let runs = unlanded.into_iter().map(|run| (run.at.unix_ms, unlanded_event(run, !of_one_service)));
    let mut events: Vec<(i64, AnyView)> = revisions.chain(runs).collect();
    events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let items = events.into_iter().map(|(_, event)| event).collect_view();
    if !comparable {
        return view! { <ol class="timeline">{items}</ol> }.into_any();
    }
    view! {
        <Form method="GET" action="/compare">
            <p class="compare-bar">
                <input type="hidden" name="service" value=service />
                <button class="button">"Compare the two chosen"</button>
            </p>
            <ol class="timeline">{items}</ol>
        </Form>
    }
    .into_any()
}

/// `at`: its place among those that can be compared.
fn event(row: RevisionRow, at: Option<usize>, with_service: bool) -> impl IntoView {
    let id = row.id;
    let choice = at.map(|at| {
        view! {
            <span class="choice">
                <label title="Compare from this one">
                    <input type="radio" name="from" value=id.to_string() checked=at == 1 />
                    <span>"from"<span class="unseen">{format!(" revision {id}")}</span></span>
                </label>
                <label title="Compare to this one">
                    <input type="radio" name="to" value=id.to_string() checked=at == 0 />
                    <span>"to"<span class="unseen">{format!(" revision {id}")}</span></span>
                </label>
            </span>
        }
    });
    let subject = row.subject();
    let of = match (row.services.as_slice(), &row.group) {
        (_, Some(group)) => Some(view! { <a href=format!("/groups?group={group}")>{subject}</a> }.into_any()),
        _ if !with_service => None,
        ([service], None) => Some(view! { <a href=format!("/services/{service}")><code>{subject}</code></a> }.into_any()),
        ([], None) => Some(view! { <a href="/cluster#baseline">{subject}</a> }.into_any()),
        _ => Some(view! { <span>{subject}</span> }.into_any()),
    };
    view! {
        <li class="event">
            <p>
                <a href=format!("/revisions/{id}") data-row="">{prose(&row.summary)}</a>
                {row.latest.then(|| view! { " " <span class="badge quiet">"in force"</span> })}
            </p>
            <p class="event-facts">
                <span class="dim">{format!("#{id}")}</span>
                {of}
                <span>{row.caller}</span>
                <When at=row.at />
                {choice}
            </p>
            <p class="event-reason">{row.reason}</p>
        </li>
    }
    .into_any()
}
