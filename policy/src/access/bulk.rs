//! The same change for many Services: chosen in a list, and asked for at once.

use super::{
    Access, Adoption, Asked, Change, ClientRange, GroupName, GroupUse, HostEndpoints, Intent, NotTogether, Port, client_groups, in_force,
};
use crate::checks::{default_host_endpoints, few};
use crate::cidr::CidrSet;
use crate::cidr::list::{Parsed, parse};
use crate::object::{Kind, ServiceRef};
use crate::plan::kept_host_endpoints;
use crate::scope::Scope;
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

/// What is asked of every one of some Services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bulk {
    /// The Services.
    pub services: Vec<ServiceRef>,
    /// What is done to who may reach each of them.
    pub how: How,
    /// The client ranges; none where nothing guards them any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<ClientRange>,
    /// The client groups, with what they hold in the cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupName>,
    /// The ports that the groups may use; empty: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_ports: Vec<Port>,
}

/// What is done to who may reach a Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum How {
    /// The ranges and groups are let in besides those that are.
    Add,
    /// The addresses of the ranges are let in no more, what is left of a wider range stays; nor are the groups.
    Remove,
    /// The ranges and groups are let in, and nobody else outside.
    Exactly,
    /// It is guarded no more.
    Open,
}

/// Why no changes are made of a [`Bulk`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoChanges {
    /// Not for one plan.
    #[error(transparent)]
    NotTogether(#[from] NotTogether),
    /// Services were not read.
    #[error("Services are not known: {0}")]
    Unknown(String),
    /// There is no such Service.
    #[error("there is no Service `{0}` in the cluster")]
    NoSuchService(ServiceRef),
    /// Nobody would be let in or shut out.
    #[error("no client range is named: name at least one")]
    NoRange,
    /// There is no such client group.
    #[error("there is no group `{0}` in the cluster")]
    NoSuchGroup(GroupName),
    /// Everyone reaches them as it is, so there is nothing to add to or to take from.
    #[error("nothing guards {0}, so everyone outside who is routed there reaches it: choose to let in exactly these, or leave it out")]
    NotGuarded(String),
    /// The addresses would go on to be let in.
    #[error("the group `{group}` lets some of these addresses reach `{service}`: change the group, or take it out of that access first")]
    OfGroup {
        /// The Service.
        service: ServiceRef,
        /// The group.
        group: GroupName,
    },
    /// Nothing to take away.
    #[error("nothing guards {0} as it is: leave it out")]
    OpenAlready(String),
}

/// Why a text asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not the name of a Service.
    #[error("`{0}` is not the name of a Service: write NAMESPACE/NAME")]
    Name(String),
    /// Entries that break a rule of lists.
    #[error("{0}")]
    Ranges(String),
}

/// Problems of a list that are named; the rest is counted.
const NAMED: usize = 20;

impl Bulk {
    /// From names with spaces or line ends between, and a list of ranges as it is pasted.
    ///
    /// # Errors
    /// A name is none, or an entry of the list breaks a rule: each is named.
    pub fn read(services: &str, how: How, ranges: &str) -> Result<Self, Unreadable> {
        let name = |text: &str| text.parse().map_err(|_| Unreadable::Name(text.to_owned()));
        let services = services.split_whitespace().map(name).collect::<Result<_, _>>()?;
        let Parsed { entries, problems } = if how == How::Open { Parsed::default() } else { parse(ranges) };
        if !problems.is_empty() {
            let mut said: Vec<String> = problems.iter().take(NAMED).map(ToString::to_string).collect();
            if problems.len() > NAMED {
                said.push(format!("and {} more", problems.len() - NAMED));
            }
            return Err(Unreadable::Ranges(said.join("; ")));
        }
        let clients = entries.into_iter().map(|entry| ClientRange { cidr: entry.cidr, ports: Vec::new(), note: entry.note }).collect();
        Ok(Self { services, how, clients, groups: Vec::new(), group_ports: Vec::new() })
    }

    /// What it asks for, on the cluster as it is.
    ///
    /// # Errors
    /// It names no Service, one that does not exist, one twice, too many, neither a range nor a group, or a group that does not exist; or one is
    /// not guarded, and there is nothing to change.
    pub fn asked(&self, snapshot: &Snapshot) -> Result<Asked, NoChanges> {
        if let Some(why) = snapshot.unknown(Kind::Service) {
            return Err(NoChanges::Unknown(why.to_owned()));
        }
        if self.clients.is_empty() && self.groups.is_empty() && matches!(self.how, How::Add | How::Remove) {
            return Err(NoChanges::NoRange);
        }
        let known = client_groups(snapshot);
        if let Some(none) = self.groups.iter().find(|name| self.how != How::Open && known.iter().all(|group| group.name != **name)) {
            return Err(NoChanges::NoSuchGroup(none.clone()));
        }
        let (mut changes, mut open) = (Vec::new(), Vec::new());
        for service in &self.services {
            let scope = Scope::of(snapshot, service).ok_or_else(|| NoChanges::NoSuchService(service.clone()))?;
            if let (How::Remove, Some(access)) = (self.how, &scope.in_force) {
                let gone: CidrSet = self.clients.iter().map(|row| row.cidr).collect();
                let lets_in = |of: &&GroupUse| {
                    !self.groups.contains(&of.name) && !of.ranges.iter().copied().collect::<CidrSet>().intersection(&gone).is_empty()
                };
                if let Some(of) = access.groups.iter().find(lets_in) {
                    return Err(NoChanges::OfGroup { service: service.clone(), group: of.name.clone() });
                }
            }
            match self.change(snapshot, &scope) {
                Some(change) => changes.push(change),
                None => open.push(format!("`{service}`")),
            }
        }
        match (open.is_empty(), self.how) {
            (true, _) => Ok(Asked::together(changes)?),
            (false, How::Open) => Err(NoChanges::OpenAlready(few(&open))),
            (false, _) => Err(NoChanges::NotGuarded(few(&open))),
        }
    }

    /// The change of one Service; none where it would have to be guarded already.
    fn change(&self, snapshot: &Snapshot, scope: &Scope) -> Option<Change> {
        let service = &scope.service.service;
        let guarded = in_force(snapshot, service);
        let host_endpoints = match &guarded {
            Some(_) => kept_host_endpoints(snapshot, service),
            None => default_host_endpoints(&scope.edge).unwrap_or(HostEndpoints::Existing),
        };
        let intent = match self.how {
            How::Open => guarded.map(|_| Intent::Open)?,
            How::Exactly => {
                let access = guarded.unwrap_or_default();
                let groups = self.groups.iter().map(|name| self.group(name)).collect();
                Intent::Guard(Access { clients: self.clients.clone(), groups, ..access }.normalised())
            }
            How::Add => {
                let mut access = guarded?;
                access.clients.extend(
                    self.clients.iter().filter(|row| !access.clients.iter().any(|has| covers(has, row))).cloned().collect::<Vec<_>>(),
                );
                // One that may use all ports may use these.
                let all_ports = |name: &GroupName| access.groups.iter().any(|of| of.name == *name && of.ports.is_empty());
                let added: Vec<GroupUse> = self.groups.iter().filter(|name| !all_ports(name)).map(|name| self.group(name)).collect();
                if self.group_ports.is_empty() {
                    access.groups.retain(|of| of.ports.is_empty() || !self.groups.contains(&of.name));
                }
                access.groups.extend(added);
                Intent::Guard(access.normalised())
            }
            How::Remove => {
                let access = guarded?;
                let gone: CidrSet = self.clients.iter().map(|row| row.cidr).collect();
                let clients = access.clients.iter().flat_map(|row| left_of(row, &gone)).collect();
                let groups = access.groups.iter().filter(|of| !self.groups.contains(&of.name)).cloned().collect();
                Intent::Guard(Access { clients, groups, ..access }.normalised())
            }
        };
        Some(Change { service: service.clone(), intent, host_endpoints, adoption: Adoption::default() })
    }

    /// A group on the ports that are asked for.
    fn group(&self, name: &GroupName) -> GroupUse {
        GroupUse { name: name.clone(), ports: self.group_ports.clone(), note: String::new(), ranges: Vec::new() }
    }
}

/// Whether one row lets in all that another does.
fn covers(has: &ClientRange, row: &ClientRange) -> bool {
    let ports = has.ports.is_empty() || (!row.ports.is_empty() && row.ports.iter().all(|port| has.ports.contains(port)));
    ports && has.cidr.covers(row.cidr)
}

/// What is left of a row: itself where nothing of it goes, else the fewest ranges of the rest.
fn left_of(row: &ClientRange, gone: &CidrSet) -> Vec<ClientRange> {
    let own: CidrSet = std::iter::once(row.cidr).collect();
    let rest = own.difference(gone);
    rest.cidrs().into_iter().map(|cidr| ClientRange { cidr, ..row.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cidr: &str, ports: &[&str]) -> ClientRange {
        let ports = ports.iter().map(|port| port.parse().unwrap()).collect();
        ClientRange { cidr: cidr.parse().unwrap(), ports, note: "office".to_owned() }
    }

    #[test]
    fn of_a_wider_range_the_rest_stays_with_its_ports_and_note() {
        let left = |from: &str, gone: &str| {
            let gone: CidrSet = std::iter::once(gone.parse().unwrap()).collect();
            left_of(&row(from, &["TCP/443"]), &gone)
        };
        assert_eq!(left("50.60.0.0/23", "50.60.1.0/24"), [row("50.60.0.0/24", &["TCP/443"])]);
        assert_eq!(left("50.60.0.0/24", "50.60.0.0/16"), []);
        assert_eq!(left("50.60.0.0/24", "10.0.0.0/8"), [row("50.60.0.0/24", &["TCP/443"])]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let read = |services, how, ranges| Bulk::read(services, how, ranges);
        let bulk = read("shop/a shop/b\n", How::Add, "50.60.0.0/16 # office\n").unwrap();
        assert_eq!((bulk.services.len(), bulk.clients), (2, vec![row("50.60.0.0/16", &[])]));
        assert_eq!(read("shop", How::Open, ""), Err(Unreadable::Name("shop".to_owned())));
        let Err(Unreadable::Ranges(said)) = read("shop/a", How::Add, "50.60.0.1/16\nnonsense") else { panic!("two entries break rules") };
        assert!(said.contains("line 1") && said.contains("line 2") && said.contains("50.60.0.1/16"), "{said}");
        assert_eq!(read("shop/a", How::Open, "nonsense").unwrap().clients, [], "a list that is not asked for is not read");
    }

    #[test]
    fn what_is_let_in_already_is_not_added() {
        assert!(covers(&row("50.60.0.0/16", &[]), &row("50.60.7.0/24", &["TCP/443"])));
        assert!(!covers(&row("50.60.0.0/16", &["TCP/443"]), &row("50.60.7.0/24", &[])));
        assert!(!covers(&row("50.60.7.0/24", &[]), &row("50.60.0.0/16", &[])));
    }
}
