//! The list of Services, and one of them.

use super::{Desk, once, problem};
use app::backend::Problem;
use policy::access::{HostEndpoints, Interface, in_force};
use policy::checks::default_host_endpoints;
use policy::object::{Endpoint, EndpointSlice, Kind, ServiceRef};
use policy::plan::kept_host_endpoints;
use policy::scope::Scope;
use policy::snapshot::Snapshot;
use policy::view::{GroupsView, HistoryQuery, ServiceDetail, ServiceQuery, ServiceWindow, advertised};
use std::collections::{BTreeMap, BTreeSet};

/// Revisions on the page of a Service; the history has the rest.
const REVISIONS: usize = 10;

impl Desk {
    pub(super) async fn services(&self, query: ServiceQuery) -> Result<ServiceWindow, Problem> {
        Ok(self.rows(self.read()?).await?.window(&query))
    }

    /// The client groups, and who uses them.
    pub(super) async fn groups_view(&self) -> Result<GroupsView, Problem> {
        let state = self.read()?;
        once::compute(move || GroupsView::of(&state.snapshot)).await
    }

    pub(super) async fn service(&self, service: ServiceRef) -> Result<ServiceDetail, Problem> {
        let state = self.read()?;
        if let Some(why) = state.snapshot.unknown(Kind::Service) {
            return Err(Problem::Unreachable(format!("The Services of the cluster are not known: {why}.")));
        }
        let rows = self.rows(state.clone()).await?;
        let snapshot = &state.snapshot;
        let (row, scope) = rows.find(&service).zip(Scope::of(snapshot, &service)).ok_or_else(|| problem::no_service(&service))?;
        let access = in_force(snapshot, &service);
        let host_endpoints = match access {
            Some(ref access) if !access.enforced.at_pods_alone() => kept_host_endpoints(snapshot, &service),
            // The operator sees the name, and is told that it cannot be looked up.
            _ => default_host_endpoints(&scope.edge).unwrap_or(HostEndpoints::Named { interface: Interface::default() }),
        };
        let backends = Backends::of(snapshot, &service);
        let query = HistoryQuery { service: Some(service.clone()), ..HistoryQuery::default() };
        let (mut revisions, _more) = self.history.revisions(&query).await.map_err(problem::of_history)?;
        revisions.truncate(REVISIONS);
        let (_, applied) = self.last_applied().await?;
        let moved = match access {
            Some(_) => self.moved(state.clone(), service.clone()).await?,
            None => None,
        };
        let (pods_alone, not_alone) = self.pods_alone(state.clone(), service.clone()).await?;
        Ok(ServiceDetail {
            pods_alone,
            not_alone,
            row: row.clone(),
            advertised: snapshot.get(service.namespace(), service.name()).map(|found| advertised(snapshot, found)).unwrap_or_default(),
            scope,
            access,
            host_endpoints,
            ready: backends.ready,
            backends: backends.all,
            backend_nodes: backends.nodes,
            by_hand: self.by_hand(state.clone(), service.clone()).await?,
            revisions,
            run: applied.open.as_ref().filter(|(_, of)| of.contains(&service)).map(|(run, _)| *run),
            moved,
        })
    }
}

/// The backends of a Service, counted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Backends {
    ready: u32,
    all: u32,
    nodes: u32,
}

impl Backends {
    fn of(snapshot: &Snapshot, service: &ServiceRef) -> Self {
        // A dual-stack Service has a slice a family, with the same backends in both: what is behind an endpoint tells them apart.
        let mut by_target: BTreeMap<(&str, &str), bool> = BTreeMap::new();
        let mut nodes = BTreeSet::new();
        let slices = snapshot
            .in_namespace::<EndpointSlice>(service.namespace())
            .filter(|slice| slice.metadata.labels.get("kubernetes.io/service-name").is_some_and(|name| name == service.name()));
        for endpoint in slices.flat_map(|slice| &slice.endpoints) {
            *by_target.entry(target(endpoint)).or_default() |= endpoint.conditions.ready != Some(false);
            nodes.extend(endpoint.node_name.as_deref());
        }
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { ready: count(by_target.values().filter(|ready| **ready).count()), all: count(by_target.len()), nodes: count(nodes.len()) }
    }
}

fn target(endpoint: &Endpoint) -> (&str, &str) {
    match &endpoint.target_ref {
        Some(target) => (&target.namespace, &target.name),
        None => ("", endpoint.addresses.first().map_or("", String::as_str)),
    }
}
