//! The document around every page.
#![cfg(feature = "ssr")]

use crate::app::App;
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// The whole document; what `leptos_axum` renders for every route.
#[must_use]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let styles = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href=ICON />
                <link rel="stylesheet" href=styles />
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// A portcullis; in the document so that no browser asks for `/favicon.ico`.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' \
                    rx='3' fill='%232f5fd0'/%3E%3Cpath d='M3.5 12.5V7a4.5 4.5 0 0 1 9 0v5.5M6.5 3.5v9M9.5 3.5v9M3.5 7h9M3.5 10h9' \
                    fill='none' stroke='%23fff' stroke-width='1.2'/%3E%3C/svg%3E";
