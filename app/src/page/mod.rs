//! The pages, one a file.

mod changes;
mod checks;
mod cluster;
mod compare;
mod history;
mod missing;
mod params;
mod plan;
mod revision;
mod run;
mod service;
mod services;

pub(crate) use changes::ChangesPage;
pub(crate) use checks::ChecksPage;
pub(crate) use cluster::ClusterPage;
pub(crate) use compare::ComparePage;
pub(crate) use history::HistoryPage;
pub(crate) use missing::Missing;
pub(crate) use plan::PlanPage;
pub(crate) use revision::RevisionPage;
pub(crate) use run::RunPage;
pub(crate) use service::ServicePage;
pub(crate) use services::ServicesPage;
