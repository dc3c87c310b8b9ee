//! The same change of many Services, with the client groups that it is about.

use super::{Desk, once};
use app::backend::Problem;
use app::view::Many;
use policy::access::{Access, Adoption, Asked, Bulk, Change, GroupName, GroupUse, How, Intent, client_groups, in_force};
use policy::plan::{PlanDigest, kept_host_endpoints};
use policy::snapshot::Snapshot;
use policy::view::Caller;

impl Desk {
    pub(super) async fn change_many(&self, caller: &Caller, many: Many) -> Result<PlanDigest, Problem> {
        let state = self.read()?;
        let asked = once::compute(move || asked(&state.snapshot, &many)).await?;
        self.make_plan(caller, asked.map_err(|why| Problem::Refused(format!("No plan can be made: {why}.")))?).await
    }
}

/// What is asked for, on the cluster as it is.
fn asked(snapshot: &Snapshot, many: &Many) -> Result<Asked, String> {
    let Many { bulk, groups, .. } = many;
    if groups.is_empty() || bulk.how == How::Open {
        return bulk.asked(snapshot).map_err(|error| error.to_string());
    }
    let known = client_groups(snapshot);
    if let Some(none) = groups.iter().find(|name| known.iter().all(|group| group.name != **name)) {
        return Err(format!("there is no group `{none}` in the cluster"));
    }
    let changes =
        if bulk.clients.is_empty() && bulk.how != How::Exactly { as_they_are(snapshot, bulk)? } else { with_ranges(snapshot, many)? };
    let changes = changes.into_iter().map(|change| with_groups(change, many)).collect();
    Asked::together(changes).map_err(|error| error.to_string())
}

/// The change of the ranges.
fn with_ranges(snapshot: &Snapshot, many: &Many) -> Result<Vec<Change>, String> {
    Ok(many.bulk.asked(snapshot).map_err(|error| error.to_string())?.changes().to_vec())
}

/// Each with the access that is in force.
fn as_they_are(snapshot: &Snapshot, bulk: &Bulk) -> Result<Vec<Change>, String> {
    let as_it_is = |service: &policy::object::ServiceRef| {
        let access = in_force(snapshot, service).ok_or_else(|| {
            format!("nothing guards `{service}`, so everyone outside who is routed there reaches it: choose to let in exactly these, or leave it out")
        })?;
        let host_endpoints = kept_host_endpoints(snapshot, service);
        Ok(Change { service: service.clone(), intent: Intent::Guard(access), host_endpoints, adoption: Adoption::default() })
    };
    bulk.services.iter().map(as_it_is).collect()
}

fn with_groups(change: Change, many: &Many) -> Change {
    let Intent::Guard(access) = change.intent else { return change };
    let Many { bulk, groups, group_ports } = many;
    let named = |name: &GroupName| GroupUse { name: name.clone(), ports: group_ports.clone(), note: String::new(), ranges: Vec::new() };
    let groups = match bulk.how {
        How::Exactly => groups.iter().map(named).collect(),
        How::Remove => access.groups.iter().filter(|of| !groups.contains(&of.name)).cloned().collect(),
        // One that may use all ports may use these.
        How::Add | How::Open => {
            let has = |name: &&GroupName| access.groups.iter().any(|of| of.name == **name && of.ports.is_empty());
            let kept = access.groups.iter().filter(|of| !(group_ports.is_empty() && groups.contains(&of.name) && !of.ports.is_empty()));
            kept.cloned().chain(groups.iter().filter(|name| !has(name)).map(named)).collect()
        }
    };
    Change { intent: Intent::Guard(Access { groups, ..access }.normalised()), ..change }
}
