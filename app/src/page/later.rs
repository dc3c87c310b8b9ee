//! The pages whose code does not come with the first load: it is fetched, for all of them at once, when the first of them is gone to.
//!
//! The list of Services is not among them: nearly every visit begins there.

use super::{
    AskPage, BulkPage, ChangesPage, ChecksPage, ClusterPage, ComparePage, GroupsPage, HistoryPage, ImportPage, PlanPage, RevisionPage,
    RunPage, ServicePage,
};
use crate::backend::Problem;
use crate::part::ProblemView;
use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use leptos_meta::Title;
use leptos_router::ChooseView;

/// A page that comes later, as a route's view.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Later {
    Service,
    Bulk,
    Ask,
    Plan,
    Run,
    Changes,
    History,
    Revision,
    Compare,
    Checks,
    Cluster,
    Groups,
    Import,
}

impl ChooseView for Later {
    async fn choose(self) -> AnyView {
        show(self).await.unwrap_or_else(NotFetched::view)
    }

    /// Done before the page takes the place of another, and before what the server rendered comes to life.
    async fn preload(&self) {
        // Tried once more by `choose`, which says what went wrong.
        _ = fetch().await;
    }
}

/// The code of these pages did not come. Going to one of them again tries again.
struct NotFetched;

impl From<SplitLoaderError> for NotFetched {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

impl NotFetched {
    fn view(self) -> AnyView {
        let problem = Problem::Transport("the code of this page did not come.".to_owned());
        view! {
            <Title text="No answer" />
            <h1>"This page did not come"</h1>
            <ProblemView problem />
        }
        .into_any()
    }
}

/// Here the wasm is cut in two: what this function alone needs is a file of its own (`xtask/src/ui/split.rs`).
#[wasm_split(later, wasm_split_path = leptos::wasm_split, fallible, preload(fetch))]
fn show(page: Later) -> Result<AnyView, NotFetched> {
    Ok(match page {
        Later::Service => view! { <ServicePage /> }.into_any(),
        Later::Bulk => view! { <BulkPage /> }.into_any(),
        Later::Ask => view! { <AskPage /> }.into_any(),
        Later::Plan => view! { <PlanPage /> }.into_any(),
        Later::Run => view! { <RunPage /> }.into_any(),
        Later::Changes => view! { <ChangesPage /> }.into_any(),
        Later::History => view! { <HistoryPage /> }.into_any(),
        Later::Revision => view! { <RevisionPage /> }.into_any(),
        Later::Compare => view! { <ComparePage /> }.into_any(),
        Later::Checks => view! { <ChecksPage /> }.into_any(),
        Later::Cluster => view! { <ClusterPage /> }.into_any(),
        Later::Groups => view! { <GroupsPage /> }.into_any(),
        Later::Import => view! { <ImportPage /> }.into_any(),
    })
}
