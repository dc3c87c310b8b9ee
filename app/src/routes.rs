//! The addresses of all pages.

use crate::App;
use leptos_axum::{AxumRouteListing, generate_route_list};
use std::sync::LazyLock;

/// Every page's address and method.
///
/// Found once in a process: while leptos looks for them it holds back the resources of every thread, and a page that is being rendered
/// meanwhile never ends. Whoever routes asks first and renders after.
pub fn routes() -> Vec<AxumRouteListing> {
    static ROUTES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));
    ROUTES.clone()
}
