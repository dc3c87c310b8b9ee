//! What has moved under a guarded Service: the cluster is no longer as its guard was written for.

use crate::access::{Access, Adoption, Change, ClientGroup, GroupName, Intent, client_groups, in_force};
use crate::checks::{Draft, few};
use crate::cidr::CidrSet;
use crate::finding::{Finding, Severity};
use crate::names;
use crate::object::{Kind, ObjectKey, Service, ServiceRef};
use crate::plan::{self, Plan, Role, Step, Write, kept_host_endpoints};
use crate::reach::diff::{self, Side};
use crate::reach::sets::Kept;

/// What is found where a client group was changed, and who uses it was not.
pub const GROUP_DIFFERS: &str = "group-differs";

/// What is otherwise than the access in force of `service` says, because its addresses, ports, endpoints, nodes or what else its guard stands on have
/// moved: who gets in or is cut meanwhile. None where nobody is, and where it is not guarded.
#[must_use]
pub fn moved(side: Side, service: &ServiceRef, kept: &mut Kept) -> Option<Finding> {
    let Side { snapshot, settings } = side;
    let access = in_force(snapshot, service)?;
    let change = Change {
        service: service.clone(),
        intent: Intent::Guard(access.clone()),
        host_endpoints: kept_host_endpoints(snapshot, service),
        adoption: Adoption::default(),
    };
    let plan = plan::plan(snapshot, &change).ok().filter(|plan| !plan.steps.is_empty())?;
    let target = diff::target(snapshot, &plan);
    // Seen from what should be: what is newly allowed gets in meanwhile.
    let meanwhile = diff::of_service_keeping(Side { snapshot: &target, settings }, side, service, kept).ok()?;
    let Some(meanwhile) = meanwhile.services.into_iter().find(|diff| diff.service == *service).map(|diff| diff.summary) else {
        return incomplete(service, &plan);
    };
    let changed: Vec<ObjectKey> = plan.steps.iter().map(|step| step.key.clone()).collect();
    let groups = groups_that_differ(&access, &client_groups(snapshot));
    if !groups.is_empty() {
        let sets = groups.iter().map(|name| ObjectKey::new(Kind::GlobalNetworkSet, "", &names::group_set(name.as_str(), 0)));
        let nodes_too = plan.steps.iter().any(|step| step.role == Role::HostEndpoint);
        let nodes_too = if nodes_too { " Nodes have moved too: the plan names their HostEndpoints." } else { "" };
        let quoted: Vec<String> = groups.iter().map(|name| format!("`{name}`")).collect();
        return Some(Finding {
            severity: Severity::Warning,
            id: GROUP_DIFFERS.to_owned(),
            what: format!("What `{service}` lets in of {} is not what the cluster has under that name.", few(&quoted)),
            objects: std::iter::once(service.key()).chain(sets).chain(changed).collect(),
            field: String::new(),
            why: format!(
                "The group was changed beside Portcullis, or a change of it stopped half-way. Meanwhile, beside what its access says with the group as \
                 it is now, the cluster {}{nodes_too}",
                in_a_sentence(&meanwhile)
            ),
            action:
                "Review a plan of the Service's access as it is, and apply it: it takes what the group holds by now. A group that is gone \
                     is taken out of the access, or created again."
                    .to_owned(),
            packet: None,
        });
    }
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

/// A guard of which a piece is gone, though whoever gets in is as it was: one of two policies still decides so, and what it is not about is open.
fn incomplete(service: &ServiceRef, plan: &Plan) -> Option<Finding> {
    let piece = |step: &&Step| matches!(step.write, Write::Create { .. }) && !matches!(step.role, Role::HostEndpoint | Role::ClientGroup);
    let gone: Vec<ObjectKey> = plan.steps.iter().filter(piece).map(|step| step.key.clone()).collect();
    (!gone.is_empty()).then(|| {
        let names: Vec<String> = gone.iter().map(ToString::to_string).collect();
        let verb = if gone.len() == 1 { "is" } else { "are" };
        Draft::new(Severity::Warning, "guard-incomplete", std::iter::once(service.key()).chain(gone).collect()).says(
            format!("Of the guard of `{service}` {} {verb} gone.", few(&names)),
            "By the addresses of the Service clients outside still get what its access says; the pods' own addresses, and clients inside the cluster, \
             may not be as they were.",
            "Review a plan of its access as it is, and apply it: it writes what is gone.",
        )
    })
}

/// The client groups of which a Service lets in something else than they hold.
fn groups_that_differ<'a>(access: &'a Access, groups: &[ClientGroup]) -> Vec<&'a GroupName> {
    let now = access.resolved(groups).normalised();
    let differs = |name: &&GroupName| {
        let ranges = |access: &Access| -> CidrSet {
            access.groups.iter().filter(|of| of.name == **name).flat_map(|of| of.ranges.iter().copied()).collect()
        };
        ranges(access) != ranges(&now)
    };
    access.group_names().into_iter().filter(differs).collect()
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
