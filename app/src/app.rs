//! The routes. Every one is rendered whole by the server, so that statuses and redirects hold and the pages read without JavaScript.

use crate::frame::Frame;
use crate::page::{
    ChangesPage, ChecksPage, ClusterPage, ComparePage, HistoryPage, Missing, PlanPage, RevisionPage, RunPage, ServicePage, ServicesPage,
};
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
                    <Route path=path!("/services/:namespace/:name") view=ServicePage ssr=Async />
                    <Route path=path!("/plans/:digest") view=PlanPage ssr=Async />
                    <Route path=path!("/runs/:id") view=RunPage ssr=Async />
                    <Route path=path!("/changes") view=ChangesPage ssr=Async />
                    <Route path=path!("/history") view=HistoryPage ssr=Async />
                    <Route path=path!("/revisions/:id") view=RevisionPage ssr=Async />
                    <Route path=path!("/compare") view=ComparePage ssr=Async />
                    <Route path=path!("/checks") view=ChecksPage ssr=Async />
                    <Route path=path!("/cluster") view=ClusterPage ssr=Async />
                    <Route path=path!("/*rest") view=Missing ssr=Async />
                </ParentRoute>
            </Routes>
        </Router>
    }
}
