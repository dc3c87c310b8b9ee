//! Downloads: what a plan or a revision writes, the access of a Service, and a client group, as YAML for Git.

use super::refusal::Refusal;
use app::backend::{Backend, Problem};
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use policy::access::GroupName;
use policy::access::document::{Document, groups_to_file};
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

type AskedOfService = (State<Arc<dyn Backend>>, Extension<Caller>, Path<(String, String)>);

/// The access in force of a Service.
pub(super) async fn access((State(backend), Extension(caller), Path((namespace, name))): AskedOfService, headers: HeaderMap) -> Response {
    let export = async {
        let service = ServiceRef::new(&namespace, &name).map_err(|error| Problem::NotFound(error.to_string()))?;
        let detail = backend.service(&caller, service.clone()).await?;
        let none = || Problem::NotFound(format!("`{service}` is not guarded, so there is no access in force."));
        let access = detail.access.ok_or_else(none)?;
        let document = Document { service: service.clone(), access, host_endpoints: Some(detail.host_endpoints) };
        Ok::<_, Problem>(file("access", Some(&service), document.to_yaml()))
    };
    export.await.unwrap_or_else(|problem| Refusal::Problem(problem).answer(&headers))
}

/// A client group, as `portcullis groups export` has it.
pub(super) async fn group((State(backend), Extension(caller), Path(name)): Asked, headers: HeaderMap) -> Response {
    let export = async {
        let name = name.parse::<GroupName>().map_err(|error| Problem::NotFound(format!("{error}.")))?;
        let none = || Problem::NotFound(format!("There is no group `{name}`."));
        let groups = backend.groups(&caller).await?;
        // One that Services use and somebody has deleted holds nothing that could be kept.
        let row = groups.find(name.as_str()).filter(|row| row.defined).ok_or_else(none)?;
        Ok::<_, Problem>(file(&format!("group-{name}"), None, groups_to_file(std::slice::from_ref(&row.group))))
    };
    export.await.unwrap_or_else(|problem| Refusal::Problem(problem).answer(&headers))
}

fn of_one(services: &[ServiceRef]) -> Option<&ServiceRef> {
    if let [service] = services { Some(service) } else { None }
}

/// A file to keep. The names of a Service and of a group are such that they need no quotes.
fn file(name: &str, service: Option<&ServiceRef>, yaml: String) -> Response {
    let service = service.map_or_else(String::new, |service| format!("-{}-{}", service.namespace(), service.name()));
    let disposition = format!("attachment; filename={name}{service}.yaml");
    // RFC 9512
    ([(header::CONTENT_TYPE, "application/yaml".to_owned()), (header::CONTENT_DISPOSITION, disposition)], yaml).into_response()
}
