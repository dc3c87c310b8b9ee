//! The rows of the list of Services, computed once for each version of cluster and history.

use super::drift::LastApplied;
use super::{Desk, once};
use crate::cluster::ClusterState;
use app::backend::Problem;
use policy::access::in_force;
use policy::cidr::Cidr;
use policy::object::ServiceRef;
use policy::snapshot::Snapshot;
use policy::view::{ServiceQuery, ServiceRow, ServiceState, ServiceWindow};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// The most rows of a window.
const MOST_ROWS: u32 = 200;

/// The rows of one version.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// By namespace and name.
    rows: Vec<Row>,
    namespaces: Vec<String>,
}

#[derive(Debug)]
struct Row {
    shown: ServiceRow,
    /// What text is looked for in, in lower case.
    text: String,
    /// The ranges of its clients.
    clients: Vec<Cidr>,
}

impl Rows {
    /// The rows of a snapshot, with what the history knows laid over.
    pub(super) fn of(snapshot: &Snapshot, applied: &LastApplied) -> Self {
        let (drifted, carried) = (applied.drifted(snapshot), applied.carried(snapshot));
        let rows: Vec<Row> = policy::view::rows(snapshot)
            .into_iter()
            .map(|mut shown| {
                shown.changed = applied.changed.get(&shown.service).cloned();
                if applied.open.as_ref().is_some_and(|(_, services)| services.contains(&shown.service)) {
                    shown.state = ServiceState::Changing;
                } else if drifted.contains(&shown.service) || carried.contains_key(&shown.service) {
                    shown.state = ServiceState::Drifted;
                }
                let access = in_force(snapshot, &shown.service).unwrap_or_default();
                let groups = access.group_names().into_iter().map(ToString::to_string);
                Row::new(shown, access.ranges().collect(), groups)
            })
            .collect();
        let namespaces: BTreeSet<&str> = rows.iter().map(|row| row.shown.service.namespace()).collect();
        let namespaces = namespaces.into_iter().map(str::to_owned).collect();
        Self { rows, namespaces }
    }

    /// The row of a Service.
    pub(super) fn find(&self, service: &ServiceRef) -> Option<&ServiceRow> {
        self.rows.iter().map(|row| &row.shown).find(|row| row.service == *service)
    }

    /// The window that is asked for.
    pub(super) fn window(&self, query: &ServiceQuery) -> ServiceWindow {
        let needle = Needle::of(&query.text);
        let matching: Vec<&Row> = self.rows.iter().filter(|row| row.matches(query, &needle)).collect();
        let count = if query.rows == 0 { MOST_ROWS } else { query.rows.min(MOST_ROWS) };
        let from = (query.from as usize).min(matching.len());
        let shown = matching[from..].iter().take(count as usize);
        ServiceWindow {
            matching: number(matching.len()),
            total: number(self.rows.len()),
            from: number(from),
            rows: shown.map(|row| row.shown.clone()).collect(),
            namespaces: self.namespaces.clone(),
        }
    }
}

impl Row {
    fn new(shown: ServiceRow, clients: Vec<Cidr>, groups: impl Iterator<Item = String>) -> Self {
        let mut text = shown.service.to_string();
        let addresses = shown.addresses.iter().map(|address| address.text.clone());
        for part in addresses.chain(clients.iter().map(ToString::to_string)).chain(groups) {
            text.push('\n');
            text.push_str(&part.to_lowercase());
        }
        Self { shown, text, clients }
    }

    fn matches(&self, query: &ServiceQuery, needle: &Needle) -> bool {
        let ServiceQuery { text: _, namespace, state, exposed, from: _, rows: _ } = query;
        let shown = &self.shown;
        (namespace.is_empty() || namespace == shown.service.namespace())
            && state.is_none_or(|state| state == shown.state)
            && (!exposed || shown.addresses.iter().any(|address| address.exposed == Some(true)))
            && needle.is_in(self)
    }
}

/// A text that is looked for; an address is also found in the ranges that hold it.
struct Needle {
    text: String,
    address: Option<IpAddr>,
}

impl Needle {
    fn of(text: &str) -> Self {
        let text = text.trim().to_lowercase();
        let address = text.parse().ok();
        Self { text, address }
    }

    fn is_in(&self, row: &Row) -> bool {
        self.text.is_empty()
            || row.text.contains(&self.text)
            || self.address.is_some_and(|address| row.clients.iter().any(|range| range.contains(address)))
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Desk {
    /// The rows of the cluster as it was read last.
    pub(super) async fn rows(&self, state: Arc<ClusterState>) -> Result<Arc<Rows>, Problem> {
        let (generation, applied) = self.last_applied().await?;
        let version = (state.snapshot_version, generation);
        self.rows.get(version, || once::compute(move || Rows::of(&state.snapshot, &applied))).await
    }
}
