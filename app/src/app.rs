//! The routes.

use crate::page::Missing;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::SsrMode;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

/// The application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Portcullis".to_owned() } else { format!("{title} · Portcullis") } />
        <Router>
            <Routes fallback=Missing>
                <Route path=path!("/") view=Missing ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
