//! Services: every Service in windows, searched and filtered by the server. The URL is the state; the filters are a plain form.

mod chosen;
mod filters;
mod pager;
mod table;

use crate::api;
use crate::backend::Problem;
use crate::live::Live;
use crate::part::{Notice, Tone, loaded};
use crate::text::{counted, thousands};
use chosen::Chosen;
use filters::Filters;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use pager::Pager;
use policy::object::ServiceRef;
use policy::view::{ServiceQuery, ServiceState, ServiceWindow};

/// The form that takes the chosen rows together.
const CHOICE: &str = "choice";

/// Rows of a window.
const ROWS: u32 = 100;

/// A window of the list, and those in it that are guarded by hand.
type Shown = Resource<Result<(ServiceWindow, Vec<ServiceRef>), Problem>>;

/// The page.
#[component]
pub(crate) fn ServicesPage() -> impl IntoView {
    let tick = expect_context::<Live>().tick;
    let url = use_query_map();
    let query = Memo::new(move |_| url.with(read));
    let chosen = Chosen::default();
    let window: Shown = Resource::new(move || (query.get(), tick.get()), |(query, _)| api::services(query));
    view! {
        <Title text="Services" />
        <h1>"Services"</h1>
        <p class="acts"><a class="button quiet" href="/import">"Import YAML"</a></p>
        <Filters query window />
        {loaded(window, move |(window, by_hand)| show(window, &by_hand, &query.get_untracked(), chosen))}
    }
    .into_any()
}

/// The words of [`ServiceState`] as URLs have them.
pub(super) const STATES: [(&str, ServiceState); 7] = [
    ("guarded", ServiceState::Guarded),
    ("open", ServiceState::Open),
    ("closed", ServiceState::Closed),
    ("internal", ServiceState::Internal),
    ("drifted", ServiceState::Drifted),
    ("changing", ServiceState::Changing),
    ("unknown", ServiceState::Unknown),
];

/// What a URL asks for; what it says wrongly, it does not say.
fn read(url: &ParamsMap) -> ServiceQuery {
    let text = |name: &str| url.get(name).unwrap_or_default();
    let state = text("state");
    ServiceQuery {
        text: text("q").trim().to_owned(),
        namespace: text("ns"),
        state: STATES.into_iter().find(|(word, _)| *word == state).map(|(_, state)| state),
        exposed: !matches!(text("exposed").as_str(), "" | "false"),
        from: text("from").parse().unwrap_or(0),
        rows: ROWS,
    }
}

fn show(window: ServiceWindow, by_hand: &[ServiceRef], query: &ServiceQuery, chosen: Chosen) -> AnyView {
    if window.total == 0 {
        return view! {
            <Notice tone=Tone::Plain title="The cluster has no Service">
                <p>"As soon as one is created, it is listed here."</p>
            </Notice>
        }
        .into_any();
    }
    if window.matching == 0 {
        return view! {
            <Notice tone=Tone::Plain title="No Service matches">
                <p>
                    {format!("None of {} matches these filters. ", counted(u64::from(window.total), "Service", "Services"))}
                    <a href="/services">"Show all"</a>
                </p>
            </Notice>
        }
        .into_any();
    }
    let count = if window.matching == window.total {
        counted(u64::from(window.total), "Service", "Services")
    } else {
        format!("{} of {}", thousands(u64::from(window.matching)), counted(u64::from(window.total), "Service", "Services"))
    };
    let shown = u32::try_from(window.rows.len()).unwrap_or(u32::MAX);
    view! {
        <div class="count-and-choice">
            <p class="count" role="status">{count}</p>
            <form id=CHOICE method="GET" action="/services/change">
                {chosen.beside(&window.rows)}
                <button class="button">{move || chosen.said()}</button>
            </form>
        </div>
        {table::table(window.rows, by_hand, chosen)}
        <Pager from=window.from shown matching=window.matching rows=ROWS query=query.clone() />
    }
    .into_any()
}
