//! A Service: where it can be reached, how it stands, and its tabs Access, Path and History.

mod by_hand;
mod header;

use super::history::timeline;
use super::params::{line, param, query};
use crate::access::{AccessTab, Editor};
use crate::api::{self, KeepAsItIs, MakePlan, UndoDrift};
use crate::backend::Problem;
use crate::live::Live;
use crate::part::{ProblemView, loaded};
use crate::path::{self, Side};
use crate::text::counted;
use crate::view::{Beside, UnlandedRun};
use header::{Ways, header};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use policy::object::ServiceRef;
use policy::view::{PathView, ReachView, RevisionRow, ServiceDetail};

/// The page. The same page for another Service is another page: its editor begins anew.
#[component]
pub(crate) fn ServicePage() -> impl IntoView {
    let (namespace, name) = (param("namespace"), param("name"));
    let service = Memo::new(move |_| (namespace.get(), name.get()));
    view! {
        <Title text=move || service.with(|(namespace, name)| format!("{namespace}/{name}")) />
        {move || {
            let (namespace, name) = service.get();
            view! { <OneService namespace name /> }
        }}
    }
    .into_any()
}

#[component]
fn OneService(namespace: String, name: String) -> impl IntoView {
    let service = ServiceRef::new(&namespace, &name).map_err(|error| Problem::NotFound(error.to_string()));
    let first = {
        let service = service.clone();
        // Loaded once: what changes later is written into the page, so that the draft and the focus stay.
        Resource::new(
            || (),
            move |()| {
                let service = service.clone();
                async move { api::service(service?).await }
            },
        )
    };
    let who = {
        let service = service.clone();
        Resource::new(
            || (),
            move |()| {
                let service = service.clone();
                async move { api::reach(service?).await }
            },
        )
    };
    let ways = Ways {
        take_back: ServerAction::new(),
        plan: ServerAction::<MakePlan>::new(),
        undo: ServerAction::<UndoDrift>::new(),
        keep: ServerAction::<KeepAsItIs>::new(),
        reason: RwSignal::new(String::new()),
    };
    let tab = query("tab");
    let paths = paths(service, tab);
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match first.await {
                    Ok((detail, beside)) => {
                        let who = who.await;
                        view! { <Shown detail beside who ways tab paths /> }.into_any()
                    }
                    Err(problem) => {
                        api::report(&problem);
                        view! { <h1>"Service"</h1> <ProblemView problem /> }.into_any()
                    }
                }
            })}
        </Transition>
    }
    .into_any()
}

/// The ways to the port of the URL, once the tab that shows them is open.
fn paths(service: Result<ServiceRef, Problem>, tab: Memo<String>) -> Paths {
    let tick = expect_context::<Live>().tick;
    let port = query("port");
    Resource::new(
        move || (tab.with(|tab| tab == "path"), port.get(), tick.get()),
        move |(open, port, _)| {
            let service = service.clone();
            async move { if open { api::paths(service?, port.parse().ok()).await.map(Some) } else { Ok(None) } }
        },
    )
}

type Paths = Resource<Result<Option<PathView>, Problem>>;

#[component]
fn Shown(
    detail: ServiceDetail,
    beside: Beside,
    who: Result<ReachView, Problem>,
    ways: Ways,
    tab: Memo<String>,
    paths: Paths,
) -> impl IntoView {
    let editor = Editor::new(&detail);
    let service = detail.row.service.clone();
    let now = RwSignal::new(detail);
    let beside = RwSignal::new(beside);
    follow(service.clone(), now, beside, editor);
    let is = move |name: &'static str| move || tab.with(|tab| if matches!(tab.as_str(), "path" | "history") { tab } else { "" } == name);
    let count = move || now.with(|now| now.revisions.len()) + beside.with(|beside| beside.unlanded.len());
    let current = move |name| move || is(name)().then_some("page");
    let path = format!("/services/{service}");
    let line = line();
    let picture = {
        let base = format!("{path}?tab=path&");
        move |view: Option<PathView>| view.map(|view| path::section(view, Side::Now, &base, line)).into_any()
    };
    let first_port = now.with_untracked(|now| now.row.ports.first().copied());
    let ask = first_port.map(|port| {
        let port = port.to_string();
        let (protocol, number) = port.split_once('/').unwrap_or(("TCP", &port));
        view! { <a class="ask-about" href=format!("/ask?to={service}&port={number}&protocol={protocol}")>"Ask" <span>" about this Service"</span></a> }
    });
    let revisions = move || now.with(|now| now.revisions.clone());
    let more = service.to_string();
    view! {
        {move || header(now.get(), beside.get(), ways)}
        <nav class="tabs" aria-label="Service">
            <a href=path.clone() aria-current=current("")>"Access"</a>
            <a href=format!("{path}?tab=path") aria-current=current("path")>"Path"</a>
            <a href=format!("{path}?tab=history") aria-current=current("history")>
                "History"
                <span class="badge quiet">{count}</span>
            </a>
            {ask}
        </nav>
        <div hidden=move || !is("")()>
            <AccessTab editor plan=ways.plan who />
        </div>
        <div class="tab" hidden=move || !is("path")()>{loaded(paths, picture)}</div>
        <div hidden=move || !is("history")()>{move || past(revisions(), beside.with(|beside| beside.unlanded.clone()), &more)}</div>
    }
    .into_any()
}

/// Reads the Service again whenever the cluster moves.
fn follow(service: ServiceRef, now: RwSignal<ServiceDetail>, beside: RwSignal<Beside>, editor: Editor) {
    let tick = expect_context::<Live>().tick;
    Effect::new(move |before: Option<()>| {
        tick.track();
        if before.is_some() {
            let service = service.clone();
            spawn_local(async move {
                if let Ok((detail, read)) = api::service(service).await {
                    // The page may have been left meanwhile, and nothing of it is there any more.
                    let Some(moved) = beside.try_with_untracked(|beside| *beside != read) else { return };
                    if moved {
                        beside.set(read);
                    }
                    editor.follow(&detail);
                    now.set(detail);
                }
            });
        }
    });
}

fn past(revisions: Vec<RevisionRow>, unlanded: Vec<UnlandedRun>, service: &str) -> AnyView {
    let count = u64::try_from(revisions.len()).unwrap_or(u64::MAX);
    let all = (count > 0).then(|| {
        view! { <p class="dim">"The latest " {counted(count, "revision", "revisions")} ". " <a href=format!("/history?service={service}")>"All of its history"</a></p> }
    });
    view! {
        {all}
        {timeline(revisions, unlanded, service)}
    }
    .into_any()
}
