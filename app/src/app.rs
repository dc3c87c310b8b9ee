//! The routes. Every one is rendered whole by the server, so that statuses and redirects hold and the pages read without JavaScript.

use crate::frame::Frame;
use crate::page::{Later, Missing, ServicesPage};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::SsrMode::Async;
use leptos_router::components::{ParentRoute, Redirect, Route, Router, Routes};
use leptos_router::path;

/// The application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Portcullis".to_owned() } else { format!("{title} · Portcullis") } />
        <Router>
            <Routes fallback=Missing>
                <ParentRoute path=path!("") view=Frame ssr=Async>
                    <Route path=path!("/") view=|| view! { <Redirect path="/services" /> } ssr=Async />
                    <Route path=path!("/services") view=ServicesPage ssr=Async />
                    <Route path=path!("/services/change") view=Later::Bulk ssr=Async />
                    <Route path=path!("/services/:namespace/:name") view=Later::Service ssr=Async />
                    <Route path=path!("/import") view=Later::Import ssr=Async />
                    <Route path=path!("/groups") view=Later::Groups ssr=Async />
                    <Route path=path!("/ask") view=Later::Ask ssr=Async />
                    <Route path=path!("/plans/:digest") view=Later::Plan ssr=Async />
                    <Route path=path!("/runs/:id") view=Later::Run ssr=Async />
                    <Route path=path!("/changes") view=Later::Changes ssr=Async />
                    <Route path=path!("/history") view=Later::History ssr=Async />
                    <Route path=path!("/revisions/:id") view=Later::Revision ssr=Async />
                    <Route path=path!("/compare") view=Later::Compare ssr=Async />
                    <Route path=path!("/checks") view=Later::Checks ssr=Async />
                    <Route path=path!("/cluster") view=Later::Cluster ssr=Async />
                    <Route path=path!("/*rest") view=Missing ssr=Async />
                </ParentRoute>
            </Routes>
        </Router>
    }
}
