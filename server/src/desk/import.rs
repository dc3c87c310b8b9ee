//! Plans of a text of YAML: of the access of many Services, and of client groups.

use super::{Desk, once};
use crate::documents::{self, File};
use app::backend::Problem;
use app::view::Imported;
use policy::access::document::Document;
use policy::access::{Adoption, Asked, Change, GroupChange, HostEndpoints, Intent};
use policy::checks::default_host_endpoints;
use policy::object::Kind;
use policy::plan::kept_host_endpoints;
use policy::scope::Scope;
use policy::snapshot::Snapshot;
use policy::view::Caller;

impl Desk {
    /// Makes a plan of all Services of a text, and one of each client group, and keeps them. Where anything is wrong, all that is wrong is said,
    /// a line each, and no plan is made.
    pub(super) async fn import(&self, caller: &Caller, yaml: String) -> Result<Imported, Problem> {
        let state = self.read()?;
        let read = move || {
            let File { services, groups } = documents::of_both(&yaml).map_err(|faults| documents::in_lines(&faults))?;
            let count = services.len();
            let asked = if services.is_empty() { None } else { Some(together(&state.snapshot, services)?) };
            Ok((groups, asked.map(|asked| (u64::try_from(count).unwrap_or(u64::MAX), asked))))
        };
        let (groups, asked) = once::compute(read).await?.map_err(Problem::Refused)?;
        let mut imported = Imported::default();
        for group in groups {
            let name = group.name.clone();
            let digest = self.make_plan(caller, GroupChange::of(group.name, Some(group.ranges)).into()).await?;
            imported.groups.push((name, digest));
        }
        if let Some((count, asked)) = asked {
            imported.services = Some((count, self.make_plan(caller, asked).await?));
        }
        Ok(imported)
    }
}

/// One change of all these Services; all that hinders it, a line each.
fn together(snapshot: &Snapshot, documents: Vec<Document>) -> Result<Asked, String> {
    if let Some(why) = snapshot.unknown(Kind::Service) {
        return Err(format!("The Services of the cluster are not known: {why}."));
    }
    let (mut changes, mut wrong) = (Vec::new(), Vec::new());
    for document in documents {
        match change(snapshot, document) {
            Ok(change) => changes.push(change),
            Err(why) => wrong.push(why),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    Asked::together(changes).map_err(|error| format!("No plan can be made: {error}."))
}

fn change(snapshot: &Snapshot, document: Document) -> Result<Change, String> {
    let Document { service, access, host_endpoints } = document;
    let Some(scope) = Scope::of(snapshot, &service) else { return Err(format!("`{service}`: the cluster has no such Service")) };
    let host_endpoints = match host_endpoints {
        Some(chosen) => chosen,
        None if access.enforced.at_pods_alone() => HostEndpoints::Existing,
        None if scope.in_force.is_some() => kept_host_endpoints(snapshot, &service),
        None => default_host_endpoints(&scope.edge).ok_or_else(|| {
            format!("`{service}`: the cluster has no HostEndpoint, so the document says with `hostEndpoints` which ones the edge policy stands on")
        })?,
    };
    Ok(Change { service, intent: Intent::Guard(access), host_endpoints, adoption: Adoption::default() })
}
