//! What the run engine asks of a cluster: single objects, read and written one at a time.

use policy::object::ObjectKey;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A reply to come.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, RequestError>> + Send + 'a>>;

/// Single objects, read and written one at a time. Every write is conditional: it fails rather than overwrite what somebody else wrote.
pub trait Objects: Send + Sync + 'static {
    /// The object; none where there is no such object.
    fn get<'a>(&'a self, key: &'a ObjectKey) -> Reply<'a, Option<Value>>;
    /// POST. Fails where the object exists.
    fn create<'a>(&'a self, key: &'a ObjectKey, object: &'a Value) -> Reply<'a, Value>;
    /// PUT. Fails where the object has another resourceVersion than `resource_version`.
    fn replace<'a>(&'a self, key: &'a ObjectKey, object: &'a Value, resource_version: &'a str) -> Reply<'a, Value>;
    /// DELETE with the uid as precondition, after a read that found `resource_version`: Calico's API ignores resourceVersion here, so a
    /// change that falls between the two goes with the object.
    fn delete<'a>(&'a self, key: &'a ObjectKey, uid: &'a str, resource_version: &'a str) -> Reply<'a, ()>;
    /// Waits, a moment at most, until whoever shows the cluster has seen that the objects are at these resourceVersions (none: gone): else
    /// what was just written would look like a change of somebody else.
    fn seen<'a>(&'a self, versions: &'a [(ObjectKey, Option<String>)]) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

/// Why a request did not do what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// 409: the object is not as it was.
    #[error("Somebody else changed the object meanwhile: {message}")]
    Conflict {
        /// What the API server says.
        message: String,
    },
    /// 409: the object exists.
    #[error("An object of this name exists already.")]
    AlreadyExists,
    /// 404: the object does not exist.
    #[error("There is no such object any more.")]
    NotFound,
    /// 404 of the API itself.
    #[error("The cluster has no API {api}: install Calico's API server.")]
    MissingApi {
        /// Group and version.
        api: String,
    },
    /// 403.
    #[error("The API server forbids it: {message}")]
    Forbidden {
        /// What the API server says.
        message: String,
    },
    /// 401.
    #[error("The API server does not accept the credentials of the kubeconfig: renew them.")]
    Unauthorized,
    /// 422.
    #[error("The API server finds the object unfit: {message}")]
    Unfit {
        /// What the API server says, field by field.
        message: String,
    },
    /// 429: it was not looked at.
    #[error("The API server is too busy: {message}")]
    Busy {
        /// What the API server says.
        message: String,
    },
    /// Any other refusal, 400 to 499.
    #[error("The API server refused it: {status} {reason}, {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// `reason` of the Status.
        reason: String,
        /// Its message.
        message: String,
    },
    /// 500 and above: it may have been done all the same.
    #[error("The API server failed: {status} {reason}, {message}")]
    Server {
        /// HTTP status.
        status: u16,
        /// `reason` of the Status.
        reason: String,
        /// Its message.
        message: String,
    },
    /// No answer came in time: it may have been done all the same.
    #[error("The API server did not answer within {} s.", .limit.as_secs_f32())]
    Timeout {
        /// How long was waited.
        limit: Duration,
    },
    /// The connection failed: it may have been done all the same.
    #[error("The connection to the API server failed: {why}.")]
    Connection {
        /// What the connection says.
        why: String,
    },
    /// The answer is not what Kubernetes answers: it may have been done all the same.
    #[error("The answer of the API server cannot be read: {why}.")]
    Answer {
        /// What does not fit.
        why: String,
    },
}

impl RequestError {
    /// Whether the write may have been done although it failed: then only a read can tell.
    #[must_use]
    pub const fn unclear(&self) -> bool {
        matches!(self, Self::Server { .. } | Self::Timeout { .. } | Self::Connection { .. } | Self::Answer { .. })
    }

    /// Whether the same request may succeed a little later.
    #[must_use]
    pub const fn passing(&self) -> bool {
        self.unclear() || matches!(self, Self::Busy { .. })
    }
}
