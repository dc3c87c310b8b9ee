//! From an HTTP request to a verb and back.

use super::path::Target;
use super::read::{self, Params};
use super::resource::{has_status, is_writable};
use super::state::Draft;
use super::status::{ApiError, BODY_LIMIT};
use super::store::Store;
use super::write::DeleteOptions;
use super::{discovery, watch, write};
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// The API as a service.
pub(super) fn router(store: Arc<Store>) -> Router {
    Router::new().fallback(answer).with_state(store)
}

async fn answer(State(store): State<Arc<Store>>, request: Request) -> Response {
    serve(&store, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn serve(store: &Arc<Store>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let target = Target::parse(parts.uri.path())?;
    need_json_accepted(&parts.headers)?;
    let params: Params =
        Query::try_from_uri(&parts.uri).map_err(|rejection| ApiError::BadRequest(rejection.body_text())).map(|Query(params)| params)?;
    let dry = match params.dry_run.as_str() {
        "" => false,
        "All" => true,
        other => return Err(ApiError::BadRequest(format!("dryRun: Unsupported value: \"{other}\": supported values: \"All\""))),
    };
    let ok = |value: Value| Ok(Json(value).into_response());
    let read = parts.method == Method::GET;
    if !read && target.kind().is_some_and(|kind| !is_writable(kind)) {
        return Err(ApiError::MethodNotAllowed);
    }
    match target {
        Target::Health if read => Ok("ok".into_response()),
        Target::Version if read => ok(discovery::version()),
        Target::CoreVersions if read => ok(discovery::core_versions()),
        Target::Groups if read => ok(discovery::groups()),
        Target::Group(group) if read => ok(discovery::group(group)),
        Target::Kinds(group) if read => ok(discovery::kinds(group)),
        Target::Collection { kind, namespace } => match parts.method {
            Method::GET if Params::is_set(&params.watch) => watch::watch(store, kind, namespace, &params),
            Method::GET => {
                let list = store.read(|state| read::list(state, kind, namespace.as_deref(), &params))?;
                Ok(Json(list).into_response())
            }
            // Objects are made in a namespace exactly if their kind has namespaces.
            Method::POST if namespace.is_some() == kind.namespaced() => {
                let body = json_body(&parts, body).await?;
                let namespace = namespace.unwrap_or_default();
                change(store, StatusCode::CREATED, dry, move |draft| write::create(draft, kind, &namespace, body)).await
            }
            _ => Err(ApiError::MethodNotAllowed),
        },
        Target::Object(key) => match parts.method {
            Method::GET => store.read(|state| read::get(state, &key)).map(|object| Json(object).into_response()),
            Method::PUT => {
                let body = json_body(&parts, body).await?;
                change(store, StatusCode::OK, dry, move |draft| write::replace(draft, &key, body)).await
            }
            Method::DELETE => {
                let options: DeleteOptions = optional_body(&parts, body).await?;
                let dry = dry || options.dry_run.iter().any(|value| value == "All");
                change(store, StatusCode::OK, dry, move |draft| write::delete(draft, &key, &options)).await
            }
            _ => Err(ApiError::MethodNotAllowed),
        },
        Target::Status(key) if has_status(key.kind) => match parts.method {
            Method::GET => store.read(|state| read::get(state, &key)).map(|object| Json(object).into_response()),
            Method::PUT => {
                let body = json_body(&parts, body).await?;
                change(store, StatusCode::OK, dry, move |draft| write::replace_status(draft, &key, body)).await
            }
            _ => Err(ApiError::MethodNotAllowed),
        },
        Target::Status(_) => Err(ApiError::UnknownPath),
        _ => Err(ApiError::MethodNotAllowed),
    }
}

/// Makes a change and answers with its object. A dry run leaves nothing behind.
async fn change(
    store: &Arc<Store>,
    code: StatusCode,
    dry: bool,
    verb: impl FnOnce(&mut Draft<'_>) -> Result<Value, ApiError> + Send + 'static,
) -> Result<Response, ApiError> {
    let object = store
        .write(move |draft| {
            let object = verb(draft)?;
            if dry {
                draft.abandon();
            }
            Ok(object)
        })
        .await?;
    Ok((code, Json(object)).into_response())
}

async fn json_body<T: DeserializeOwned>(parts: &Parts, body: Body) -> Result<T, ApiError> {
    let kind = parts.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"));
    let essence = kind.unwrap_or("application/json").split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(ApiError::UnsupportedMediaType);
    }
    let bytes = bytes(body).await?;
    serde_json::from_slice(&bytes).map_err(|error| ApiError::BadRequest(format!("the body does not read as JSON: {error}")))
}

/// A DELETE may have a body.
async fn optional_body<T: DeserializeOwned + Default>(parts: &Parts, body: Body) -> Result<T, ApiError> {
    let bytes = bytes(body).await?;
    if bytes.is_empty() { Ok(T::default()) } else { json_body(parts, bytes.into()).await }
}

async fn bytes(body: Body) -> Result<axum::body::Bytes, ApiError> {
    let collected = Limited::new(body, BODY_LIMIT).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() { ApiError::TooLarge } else { ApiError::BadRequest(format!("the body broke off: {error}")) }
    })?;
    Ok(collected.to_bytes())
}

/// Only JSON is spoken: no protobuf, no tables.
fn need_json_accepted(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).peekable();
    let is_json = |range: &str| {
        let essence = range.split(';').next().unwrap_or_default().trim();
        // `application/json;as=Table` asks for another document than the one there is.
        matches!(essence, "" | "*/*" | "application/*") || (essence == "application/json" && !range.contains("as="))
    };
    if accepted.peek().is_none() || accepted.any(is_json) { Ok(()) } else { Err(ApiError::NotAcceptable) }
}
