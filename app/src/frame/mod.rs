//! The frame around every page: rail, top bar, help, and what listens to the whole document.

mod handlers;
mod help;
mod keys;
mod palette;
mod rail;
mod topbar;

use crate::api;
use crate::live::Live;
use crate::part::{Notice, Tone};
use help::Help;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Outlet;
use palette::Palette;
use policy::view::{Caller, ClusterView};
use rail::Rail;
use topbar::TopBar;

#[cfg(feature = "hydrate")]
pub(crate) use handlers::alive;
pub(crate) use handlers::{copy, focus};
pub(crate) use keys::dialog;

/// The frame, with the page inside.
#[component]
pub(crate) fn Frame() -> impl IntoView {
    let caller = SharedValue::new(use_context::<Caller>).into_inner();
    let Some(caller) = caller else {
        return view! { <NotSignedIn /> }.into_any();
    };
    let live = Live::new();
    provide_context(live);
    let cluster = Resource::new(move || live.tick.get(), |_| api::cluster());
    provide_context(ClusterNow(cluster));
    handlers::listen(live);
    handlers::follow_pages();
    keys::listen();
    view! {
        <a class="skip" href="#main" rel="external">"Skip to the page"</a>
        <div class="frame">
            <Rail />
            <TopBar caller cluster />
            <main id="main" tabindex="-1">
                <Outlet />
            </main>
        </div>
        <Help />
        <Palette />
        <p id="announcer" class="unseen" role="status" aria-live="polite"></p>
    }
    .into_any()
}

/// What is known of the cluster, for the page of that name.
#[derive(Clone, Copy)]
pub(crate) struct ClusterNow(pub(crate) Resource<Result<ClusterView, crate::backend::Problem>>);

/// Instead of every page, for those who have not signed in.
#[component]
fn NotSignedIn() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::UNAUTHORIZED);
    }
    view! {
        <Title text="Not signed in" />
        <main id="main" class="alone">
            <h1>"Not signed in"</h1>
            <Notice tone=Tone::Unknown title="This browser holds no session">
                <p>"Portcullis prints a link when it starts. Open that link in this browser: it signs you in, once."</p>
                <p class="dim">"If the link has been used already, start " <code>"portcullis serve"</code> " again: it prints a new one."</p>
            </Notice>
        </main>
    }
    .into_any()
}
