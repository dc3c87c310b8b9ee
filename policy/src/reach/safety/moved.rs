//! What has moved under a guarded Service: the cluster is no longer as its guard was written for.

use crate::access::{Adoption, Change, Intent, in_force};
use crate::finding::{Finding, Severity};
use crate::object::{ObjectKey, Service, ServiceRef};
use crate::plan::{self, kept_host_endpoints};
use crate::reach::diff::{self, Side};
use crate::reach::sets::Kept;

/// What is otherwise than the access in force of `service` says, because its addresses, ports, endpoints, nodes or what else its guard stands on have
/// moved: who gets in or is cut meanwhile. None where nobody is, and where it is not guarded.
#[must_use]
pub fn moved(side: Side, service: &ServiceRef, kept: &mut Kept) -> Option<Finding> {
    let Side { snapshot, settings } = side;
    let access = in_force(snapshot, service)?;
    let change = Change {
        service: service.clone(),
        intent: Intent::Guard(access),
        host_endpoints: kept_host_endpoints(snapshot, service),
        adoption: Adoption::default(),
    };
    let plan = plan::plan(snapshot, &change).ok().filter(|plan| !plan.steps.is_empty())?;
    let target = diff::target(snapshot, &plan);
    // Seen from what should be: what is newly allowed gets in meanwhile.
    let meanwhile = diff::of_service_keeping(Side { snapshot: &target, settings }, side, service, kept).ok()?;
    let meanwhile = meanwhile.services.into_iter().find(|diff| diff.service == *service)?.summary;
    let changed: Vec<ObjectKey> = plan.steps.iter().map(|step| step.key.clone()).collect();
    Some(Finding {
        severity: Severity::Warning,
        id: "guard-outdated".to_owned(),
        what: format!("The cluster has moved under `{service}`: its guard does not fit any more."),
        objects: std::iter::once(service.key()).chain(changed).collect(),
        field: String::new(),
        why: format!("Meanwhile, beside what its access says, the cluster {}", in_a_sentence(&meanwhile)),
        action: "Review a plan of its access as it is, and apply it: it makes up for what has moved.".to_owned(),
        packet: None,
    })
}

/// A sentence behind the beginning of another: its first letter small.
fn in_a_sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_lowercase().to_string()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

/// The same for every Service.
pub(super) fn everywhere(side: Side, kept: &mut Kept) -> Vec<Finding> {
    let services: Vec<ServiceRef> = side.snapshot.iter::<Service>().filter_map(|service| service.reference()).collect();
    services.iter().filter_map(|service| moved(side, service, kept)).collect()
}
