//! Showing what a resource holds.

use super::ProblemView;
use crate::api::report;
use crate::backend::Problem;
use leptos::prelude::*;

/// Shows what `resource` holds by `view`, or the problem. While it loads again the old view stays; where the first load takes long, a
/// skeleton is shown.
///
/// `view` runs more than once on the server: it creates no resources and no actions.
pub(crate) fn loaded<T>(resource: Resource<Result<T, Problem>>, view: impl Fn(T) -> AnyView + Clone + Send + 'static) -> AnyView
where
    T: Clone + Send + Sync + 'static,
{
    shown(resource, None, view)
}

/// The same for a whole page, whose heading is made of what the resource holds: a problem stands under `heading` instead.
pub(crate) fn loaded_page<T>(
    heading: &'static str,
    resource: Resource<Result<T, Problem>>,
    view: impl Fn(T) -> AnyView + Clone + Send + 'static,
) -> AnyView
where
    T: Clone + Send + Sync + 'static,
{
    shown(resource, Some(heading), view)
}

fn shown<T>(
    resource: Resource<Result<T, Problem>>,
    heading: Option<&'static str>,
    view: impl Fn(T) -> AnyView + Clone + Send + 'static,
) -> AnyView
where
    T: Clone + Send + Sync + 'static,
{
    let body = move || {
        let view = view.clone();
        Suspend::new(async move {
            match resource.await {
                Ok(value) => view(value),
                Err(problem) => {
                    report(&problem);
                    view! { {heading.map(|text| view! { <h1>{text}</h1> })} <ProblemView problem /> }.into_any()
                }
            }
        })
    };
    view! { <Transition fallback=Skeleton>{body}</Transition> }.into_any()
}

/// Stands where a page will be; shows only past 300 ms (in `style/skeleton.css`).
#[component]
fn Skeleton() -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <span class="unseen">"Loading"</span>
            <i></i>
            <i></i>
            <i></i>
        </div>
    }
}
