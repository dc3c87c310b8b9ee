//! The icons, drawn on a 16 by 16 grid with the text's colour.

use leptos::prelude::*;

/// An icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IconName {
    Mark,
    Services,
    Groups,
    Ask,
    Changes,
    History,
    Checks,
    Cluster,
    Search,
    Help,
    Copy,
    Close,
    Add,
    Paste,
}

impl IconName {
    const fn path(self) -> &'static str {
        match self {
            Self::Mark => "M3 13.5V7a5 5 0 0 1 10 0v6.5M6.3 2.6v10.9M9.7 2.6v10.9M3 6.8h10M3 10.2h10",
            Self::Services => "M2.5 3.5h11v3.5h-11zM2.5 9h11v3.5h-11zM5 5.2h.01M5 10.7h.01",
            Self::Groups => {
                "M6 3a2.2 2.200 0 1 1 0 4.400 2.200 2.200 0 0 1 0-4.400M2 13c0-2.700 1.600-4 4-4s4 1.300 4 4M10.500 3.200a2.200 2.200 0 0 1 0 4.100M11.700 9.300c1.500.500 2.300 1.800 2.300 3.700"
            }
            Self::Ask => {
                "M2.5 3.5h11v7.500h-6l-3 2.700v-2.700h-2zM6.300 6.200c.2-1.900 3.300-1.800 3.200.2C9.400 7.600 8 7.500 8 8.600M8 9.600h.01"
            }
            Self::Changes => "M3 8h2.5l1.5-4 2.5 8L11 8h2",
            Self::History => "M3 8a5 5 0 1 0 1.6-3.7L3 5.8M3 3v2.8h2.8M8 5.2V8l2 1.4",
            Self::Checks => "M8 2.2 13 4v4c0 3-2.1 4.9-5 5.8C5.1 12.9 3 11 3 8V4zM5.8 7.8l1.6 1.6 2.9-3",
            Self::Cluster => "M8 2.3 13 5.2v5.6l-5 2.9-5-2.9V5.2zM8 8l5-2.8M8 8 3 5.2M8 8v5.7",
            Self::Search => "M7 2.8a4.2 4.2 0 1 1 0 8.4 4.2 4.2 0 0 1 0-8.4M10.1 10.1l3.2 3.2",
            Self::Help => "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2M6.2 6.3c.2-2.4 3.7-2.2 3.6 0C9.7 7.7 8 7.7 8 9.2M8 11.3h.01",
            Self::Copy => "M5.5 5.5h7v7.5h-7zM10.5 5.500V3h-7v7.500h2",
            Self::Close => "M4 4l8 8M12 4l-8 8",
            Self::Add => "M8 3.500v9M3.500 8h9",
            Self::Paste => "M5.500 3.500h-2V13.500h9V3.500h-2M5.500 2.500h5v2h-5zM5.800 7.500h4.400M5.800 10.200h4.400",
        }
    }
}

/// Draws an icon; it says nothing to screen readers: its neighbour's text does.
#[component]
pub(crate) fn Icon(name: IconName) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=name.path() />
        </svg>
    }
}
