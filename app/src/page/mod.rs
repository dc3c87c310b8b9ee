//! The pages, one a file.

mod ask;
mod bulk;
mod changes;
mod checks;
mod cluster;
mod compare;
mod groups;
mod history;
mod import;
mod later;
mod missing;
mod params;
mod plan;
mod revision;
mod run;
mod service;
mod services;

use ask::AskPage;
use bulk::BulkPage;
use changes::ChangesPage;
use checks::ChecksPage;
use cluster::ClusterPage;
use compare::ComparePage;
use groups::GroupsPage;
use history::HistoryPage;
use import::ImportPage;
use plan::PlanPage;
use revision::RevisionPage;
use run::RunPage;
use service::ServicePage;

pub(crate) use later::Later;
pub(crate) use missing::Missing;
pub(crate) use services::ServicesPage;
