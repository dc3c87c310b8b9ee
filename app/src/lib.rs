//! What people see: Leptos pages and components, server functions, and the port they call.
//!
//! Compiled twice: `ssr` into the server, `hydrate` into the wasm that brings the server's pages to life. The server provides
//! [`backend::BackendHandle`], [`policy::view::Caller`] (where somebody is signed in) and [`leptos::nonce::Nonce`] as context.
#![expect(unreachable_pub, reason = "the component macro makes public items of every component")]

mod access;
pub mod api;
pub mod app;
pub mod backend;
mod frame;
mod live;
#[cfg(feature = "ssr")]
mod many;
mod page;
#[cfg(feature = "hydrate")]
mod panic;
mod part;
mod path;
mod shell;
mod text;
pub mod view;

pub use app::App;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
pub use routes::routes;
#[cfg(feature = "ssr")]
pub use shell::shell;

/// Brings the page that the server rendered to life, as soon as its code is there too.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    panic::hook();
    leptos::mount::hydrate_from_async(leptos::tachys::dom::body(), App).await.forget();
    frame::alive();
}
