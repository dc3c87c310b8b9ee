//! Refusals, as the Kubernetes API words them: a `Status` with code, reason and details.

use super::resource::is_calico;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use policy::object::Kind;
use serde_json::{Value, json};

/// The largest body that is read, in bytes: the API server's own limit.
pub(super) const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ApiError {
    #[error("the server could not find the requested resource")]
    UnknownPath,
    #[error("{} \"{name}\" not found", plural(*.kind))]
    NotFound { kind: Kind, name: String },
    #[error("{} \"{name}\" already exists", plural(*.kind))]
    AlreadyExists { kind: Kind, name: String },
    #[error("Operation cannot be fulfilled on {} \"{name}\": {why}", plural(*.kind))]
    Conflict { kind: Kind, name: String, why: String },
    #[error("{} \"{name}\" is invalid: {}", qualified(*.kind), list(.causes))]
    Invalid { kind: Kind, name: String, causes: Vec<Cause> },
    #[error(" \"\" is invalid: {}", list(.causes))]
    InvalidOptions { causes: Vec<Cause> },
    #[error("{} \"{name}\" is forbidden: {why}", plural(*.kind))]
    Forbidden { kind: Kind, name: String, why: String },
    #[error("{0}")]
    BadRequest(String),
    #[error("the server does not allow this method on the requested resource")]
    MethodNotAllowed,
    #[error("only the following media types are accepted: application/json")]
    NotAcceptable,
    #[error("the body of the request was in an unknown format - accepted media types include: application/json")]
    UnsupportedMediaType,
    #[error("Request entity too large: limit is {BODY_LIMIT}")]
    TooLarge,
    #[error("{0}")]
    Expired(String),
    #[error("Too large resource version: {asked}, current: {current}")]
    FutureRevision { asked: u64, current: u64 },
    #[error("resourceVersion should not be set on objects to be created")]
    VersionOnCreate,
    #[error("{0}")]
    Internal(String),
}

/// One fault of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cause {
    /// `FieldValueInvalid`, `FieldValueRequired`, ...
    pub(super) reason: &'static str,
    pub(super) field: String,
    pub(super) message: String,
}

impl Cause {
    /// The field has a value that breaks a rule.
    pub(super) fn invalid(field: &str, value: &str, rule: &str) -> Self {
        Self { reason: "FieldValueInvalid", field: field.to_owned(), message: format!("Invalid value: \"{value}\": {rule}") }
    }

    /// The field has to be there.
    pub(super) fn required(field: &str, rule: &str) -> Self {
        Self { reason: "FieldValueRequired", field: field.to_owned(), message: format!("Required value: {rule}") }
    }

    /// The field may not be there.
    pub(super) fn forbidden(field: &str, rule: &str) -> Self {
        Self { reason: "FieldValueForbidden", field: field.to_owned(), message: format!("Forbidden: {rule}") }
    }
}

impl ApiError {
    const fn code(&self) -> StatusCode {
        match self {
            Self::UnknownPath | Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::AlreadyExists { .. } | Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::Invalid { .. } | Self::InvalidOptions { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Expired(_) => StatusCode::GONE,
            Self::FutureRevision { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::VersionOnCreate | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn reason(&self) -> &'static str {
        match self {
            Self::UnknownPath | Self::NotFound { .. } => "NotFound",
            Self::AlreadyExists { .. } => "AlreadyExists",
            Self::Conflict { .. } => "Conflict",
            Self::Invalid { .. } | Self::InvalidOptions { .. } => "Invalid",
            Self::Forbidden { .. } => "Forbidden",
            Self::BadRequest(_) => "BadRequest",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::NotAcceptable => "NotAcceptable",
            Self::UnsupportedMediaType => "UnsupportedMediaType",
            Self::TooLarge => "RequestEntityTooLarge",
            Self::Expired(_) => "Expired",
            Self::FutureRevision { .. } => "Timeout",
            Self::Internal(_) => "InternalError",
            // Kubernetes' storage refuses it with an error of no kind.
            Self::VersionOnCreate => "",
        }
    }

    fn details(&self) -> Value {
        let object = |kind: Kind, name: &str, word: &str| json!({"name": name, "group": kind.group(), "kind": word});
        match self {
            Self::NotFound { kind, name }
            | Self::AlreadyExists { kind, name }
            | Self::Conflict { kind, name, .. }
            | Self::Forbidden { kind, name, .. } => object(*kind, name, kind.plural()),
            Self::Invalid { kind, name, causes } => {
                let mut details = object(*kind, name, kind.name());
                details["causes"] = causes.iter().map(Cause::to_value).collect();
                details
            }
            Self::InvalidOptions { causes } => json!({"causes": causes.iter().map(Cause::to_value).collect::<Vec<_>>()}),
            Self::FutureRevision { .. } => json!({
                "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
                "retryAfterSeconds": 1,
            }),
            _ => json!({}),
        }
    }

    /// The `Status` object.
    pub(super) fn to_status(&self) -> Value {
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.to_string(),
            "details": self.details(),
            "code": self.code().as_u16(),
        });
        if !self.reason().is_empty() {
            status["reason"] = json!(self.reason());
        }
        status
    }

    /// The object of an ERROR event in a watch of `kind`. Calico's API server hides code and reason of what broke its own watch
    /// (`apiserver/pkg/storage/calico/watcher.go` at v3.28.5).
    pub(super) fn to_watch_error(&self, kind: Kind) -> Value {
        if is_calico(kind) {
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "message": self.to_string(), "reason": "InternalError"})
        } else {
            self.to_status()
        }
    }
}

impl Cause {
    fn to_value(&self) -> Value {
        json!({"reason": self.reason, "message": self.message, "field": self.field})
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.code(), Json(self.to_status())).into_response()
    }
}

/// `services`, `hostendpoints.projectcalico.org`.
fn plural(kind: Kind) -> String {
    if kind.group().is_empty() { kind.plural().to_owned() } else { format!("{}.{}", kind.plural(), kind.group()) }
}

/// `Service`, `HostEndpoint.projectcalico.org`.
fn qualified(kind: Kind) -> String {
    if kind.group().is_empty() { kind.name().to_owned() } else { format!("{}.{}", kind.name(), kind.group()) }
}

fn list(causes: &[Cause]) -> String {
    let words: Vec<_> = causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
    match words.as_slice() {
        [one] => one.clone(),
        more => format!("[{}]", more.join(", ")),
    }
}
