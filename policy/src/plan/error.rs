//! Why no plan can be made.

use crate::object::ServiceRef;

/// Why no plan can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No such Service.
    #[error("there is no Service `{0}` in the cluster")]
    NoSuchService(ServiceRef),
    /// Services were not read.
    #[error("Services are not known: {0}")]
    ServicesUnknown(String),
    /// The Service does not have the shape of its kind.
    #[error("the Service `{service}` cannot be read: {why}; mend it, then plan again")]
    ServiceUnreadable {
        /// Which.
        service: ServiceRef,
        /// What does not fit.
        why: String,
    },
}
