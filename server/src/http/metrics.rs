//! What Prometheus scrapes: how the cluster stands, in numbers. It has an address of its own, where there is nothing else and nobody signs in.

use app::backend::{Backend, Problem};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use policy::finding::Finding;
use policy::object::Kind;
use policy::reach::safety::GROUP_DIFFERS;
use policy::view::{Caller, CallerKind, Connection, RunState, ServiceQuery, ServiceState};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::sync::Arc;

/// OpenMetrics as text.
const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Findings that say of one Service that who reaches it is not what was applied: they are counted by Service.
const MOVED: [&str; 3] = ["guard-outdated", GROUP_DIFFERS, "guard-without-service"];

const STATES: [(ServiceState, &str); 7] = [
    (ServiceState::Guarded, "guarded"),
    (ServiceState::Open, "open"),
    (ServiceState::Closed, "closed"),
    (ServiceState::Internal, "internal"),
    (ServiceState::Drifted, "drifted"),
    (ServiceState::Changing, "changing"),
    (ServiceState::Unknown, "unknown"),
];

type Gauges = Family<Vec<(&'static str, String)>, Gauge>;

/// The router of that address.
pub fn metrics(backend: Arc<dyn Backend>) -> Router {
    Router::new().route("/metrics", get(scrape)).with_state(backend)
}

async fn scrape(State(backend): State<Arc<dyn Backend>>) -> Response {
    let mut text = String::new();
    match gather(&*backend).await.map(|registry| encode(&mut text, &registry)) {
        Ok(Ok(())) => ([(header::CONTENT_TYPE, TYPE)], text).into_response(),
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        Err(problem) => (StatusCode::INTERNAL_SERVER_ERROR, problem.to_string()).into_response(),
    }
}

/// Everything, as it is now. What cannot be told because the cluster does not answer is left out.
async fn gather(backend: &dyn Backend) -> Result<Registry, Problem> {
    let caller = Caller { id: "metrics".to_owned(), name: "metrics".to_owned(), kind: CallerKind::System, way: None };
    let mut registry = Registry::with_prefix("portcullis");
    let connected = Gauge::<i64>::default();
    registry.register("cluster_connected", "Whether every kind of object is watched", connected.clone());
    let view = backend.cluster(&caller).await?;
    connected.set(i64::from(view.connection == Connection::Connected));

    let runs = Gauges::default();
    for run in backend.open_runs(&caller).await? {
        let state = match run.state {
            RunState::Held => "waiting",
            RunState::Interrupted => "interrupted",
            _ => "running",
        };
        runs.get_or_create(&vec![("state", state.to_owned())]).inc();
    }
    registry.register("open_runs", "Runs that have not ended", runs);

    match services(backend, &caller).await {
        Ok(services) => registry.register("services", "Services by how they stand", services),
        Err(Problem::Unreachable(_)) => return Ok(registry),
        Err(problem) => return Err(problem),
    }
    let (by_kind, by_service) = findings(&backend.checks(&caller).await?);
    registry.register("findings", "Results of the checks of the whole cluster", by_kind);
    registry.register("service_moved", "Services that are reached otherwise than was applied, by the finding that says so", by_service);
    Ok(registry)
}

async fn services(backend: &dyn Backend, caller: &Caller) -> Result<Gauges, Problem> {
    let gauges = Gauges::default();
    for (state, name) in STATES {
        let query = ServiceQuery { state: Some(state), rows: 1, ..ServiceQuery::default() };
        let window = backend.services(caller, query).await?;
        gauges.get_or_create(&vec![("state", name.to_owned())]).set(i64::from(window.matching));
    }
    Ok(gauges)
}

fn findings(findings: &[Finding]) -> (Gauges, Gauges) {
    let (by_kind, by_service) = (Gauges::default(), Gauges::default());
    for finding in findings {
        by_kind.get_or_create(&vec![("finding", finding.id.clone()), ("severity", finding.severity.to_string())]).inc();
        let of = finding.objects.iter().find(|object| object.kind == Kind::Service).filter(|_| MOVED.contains(&finding.id.as_str()));
        if let Some(of) = of {
            let labels = vec![("finding", finding.id.clone()), ("namespace", of.namespace.clone()), ("service", of.name.clone())];
            by_service.get_or_create(&labels).set(1);
        }
    }
    (by_kind, by_service)
}
