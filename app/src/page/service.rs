//! A Service: where it can be reached, how it stands, and its tabs Access and History.

mod header;

use super::history::timeline;
use super::params::{param, query};
use crate::access::{AccessTab, Editor};
use crate::api::{self, MakePlan};
use crate::backend::Problem;
use crate::live::Live;
use crate::part::ProblemView;
use crate::text::counted;
use header::header;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use policy::object::ServiceRef;
use policy::view::{RevisionRow, ServiceDetail};

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
    let plan = ServerAction::<MakePlan>::new();
    let tab = query("tab");
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(detail) => view! { <Shown detail plan tab /> }.into_any(),
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

#[component]
fn Shown(detail: ServiceDetail, plan: ServerAction<MakePlan>, tab: Memo<String>) -> impl IntoView {
    let editor = Editor::new(&detail);
    let service = detail.row.service.clone();
    let now = RwSignal::new(detail);
    follow(service.clone(), now, editor);
    let history = move || tab.get() == "history";
    let count = move || now.with(|now| now.revisions.len());
    let current = move |this: bool| move || (history() == this).then_some("page");
    let path = format!("/services/{service}");
    let revisions = move || now.with(|now| now.revisions.clone());
    let more = service.to_string();
    view! {
        {move || header(now.get())}
        <nav class="tabs" aria-label="Service">
            <a href=path.clone() aria-current=current(false)>"Access"</a>
            <a href=format!("{path}?tab=history") aria-current=current(true)>
                "History"
                <span class="badge quiet">{count}</span>
            </a>
        </nav>
        <div hidden=history>
            <AccessTab editor plan />
        </div>
        <div hidden=move || !history()>{move || past(revisions(), &more)}</div>
    }
    .into_any()
}

/// Reads the Service again whenever the cluster moves.
fn follow(service: ServiceRef, now: RwSignal<ServiceDetail>, editor: Editor) {
    let tick = expect_context::<Live>().tick;
    Effect::new(move |before: Option<()>| {
        tick.track();
        if before.is_some() {
            let service = service.clone();
            spawn_local(async move {
                if let Ok(detail) = api::service(service).await {
                    editor.follow(&detail);
                    _ = now.try_set(detail);
                }
            });
        }
    });
}

fn past(revisions: Vec<RevisionRow>, service: &str) -> AnyView {
    let count = u64::try_from(revisions.len()).unwrap_or(u64::MAX);
    let all = (count > 0).then(|| {
        view! { <p class="dim">"The latest " {counted(count, "revision", "revisions")} ". " <a href=format!("/history?service={service}")>"All of its history"</a></p> }
    });
    view! {
        {all}
        {timeline(revisions, true)}
    }
    .into_any()
}
