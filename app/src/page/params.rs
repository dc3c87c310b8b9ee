//! Reading a page's path and query. Nothing in a URL is an error of the page: what does not parse names nothing that exists.

use crate::backend::Problem;
use crate::live::Live;
use crate::part::DiffView;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use std::future::Future;
use std::str::FromStr;

/// A parameter of the path as text.
pub(super) fn param(name: &'static str) -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get(name).unwrap_or_default()))
}

/// A parameter of the query as text; empty where absent.
pub(super) fn query(name: &'static str) -> Memo<String> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| query.get(name).unwrap_or_default()))
}

/// The number of the line that is selected in a picture, from the query.
pub(super) fn line() -> Memo<Option<usize>> {
    let text = query("line");
    Memo::new(move |_| text.with(|text| text.parse().ok()))
}

/// The layout of differences, from the query.
pub(super) fn diff_view() -> Memo<DiffView> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| DiffView::from_query(query.get_str("diff"))))
}

/// What `fetch` gives for what the URL names; loads again when the URL or the cluster changes. `what` names the thing where the text
/// does not: `plan`.
pub(super) fn of_url<K, T, F>(
    text: impl Fn() -> String + Send + Sync + 'static,
    what: &'static str,
    fetch: impl Fn(K) -> F + Clone + Send + Sync + 'static,
) -> Resource<Result<T, Problem>>
where
    K: FromStr + Send + Sync + 'static,
    T: Clone + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static,
    F: Future<Output = Result<T, Problem>> + Send + 'static,
{
    let tick = expect_context::<Live>().tick;
    Resource::new(
        move || (text(), tick.get()),
        move |(text, _)| {
            let fetch = fetch.clone();
            async move {
                let key = text.parse().map_err(|_| Problem::NotFound(format!("There is no {what} `{text}`.")))?;
                fetch(key).await
            }
        },
    )
}
