//! Downloads: what a plan or a revision writes, as YAML for Git.

use super::refusal::Refusal;
use app::backend::{Backend, Problem};
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use policy::object::ServiceRef;
use policy::view::Caller;
use std::sync::Arc;

type Asked = (State<Arc<dyn Backend>>, Extension<Caller>, Path<String>);

/// The objects of a plan.
pub(super) async fn plan((State(backend), Extension(caller), Path(digest)): Asked, headers: HeaderMap) -> Response {
    let export = async {
        let digest = digest.parse().map_err(|_| Problem::NotFound(format!("There is no plan `{digest}`.")))?;
        let plan = backend.plan(&caller, digest).await?.plan;
        Ok::<_, Problem>(file(&format!("plan-{}", plan.digest.short()), plan.change.in_hand(), plan.export()))
    };
    export.await.unwrap_or_else(|problem| Refusal::Problem(problem).answer(&headers))
}

/// The objects of a revision.
pub(super) async fn revision((State(backend), Extension(caller), Path(id)): Asked, headers: HeaderMap) -> Response {
    let export = async {
        let id = id.parse().map_err(|_| Problem::NotFound(format!("There is no revision `{id}`.")))?;
        let revision = backend.revision(&caller, id).await?;
        Ok::<_, Problem>(file(&format!("revision-{id}"), of_one(&revision.row.services), revision.export()))
    };
    export.await.unwrap_or_else(|problem| Refusal::Problem(problem).answer(&headers))
}

fn of_one(services: &[ServiceRef]) -> Option<&ServiceRef> {
    if let [service] = services { Some(service) } else { None }
}

/// A file to keep. The names of a Service are DNS labels, which need no quotes.
fn file(name: &str, service: Option<&ServiceRef>, yaml: String) -> Response {
    let service = service.map_or_else(String::new, |service| format!("-{}-{}", service.namespace(), service.name()));
    let disposition = format!("attachment; filename={name}{service}.yaml");
    // RFC 9512
    ([(header::CONTENT_TYPE, "application/yaml".to_owned()), (header::CONTENT_DISPOSITION, disposition)], yaml).into_response()
}
