//! The cluster once changes are made that differ in their client addresses alone.

use super::alone;
use super::hand_made::HandMade;
use super::own::Own;
use super::{PlanError, make};
use super::{Role, steps};
use crate::access::{Access, Adoption, Change, ClientRange, Intent, Port, halves};
use crate::cidr::{Cidr, CidrSet, Family};
use crate::names;
use crate::object::ServiceRef;
use crate::recipe;
use crate::scope::{Scope, ServiceFacts};
use crate::snapshot::Snapshot;

/// Changes of one Service that differ in their clients alone.
pub(crate) struct Alike {
    scope: Scope,
    change: Change,
    /// The cluster once nobody outside is allowed.
    nobody: Snapshot,
    /// What does not hang on who is allowed.
    node_sets: Vec<recipe::Generated>,
}

/// Clients of some ports of the Service.
pub(crate) struct Filled<'a> {
    /// The ports; at least one.
    pub(crate) ports: Vec<Port>,
    /// Who may use them; also nobody.
    pub(crate) clients: &'a CidrSet,
}

impl Alike {
    /// Changes of `service` with these choices; the clients of `shared` do not count.
    pub(crate) fn of(
        snapshot: &Snapshot,
        service: &ServiceRef,
        shared: &Access,
        host_endpoints: &crate::access::HostEndpoints,
    ) -> Result<Self, PlanError> {
        let mut scope = make::scope(snapshot, service)?;
        // In an edge group of its own, whoever it may come to be guarded like: what a group's policy means by clients is alike for all in it.
        scope.edge_groups.iter_mut().for_each(|group| group.content.clear());
        let node_sets = alone::node_sets(snapshot, &scope, shared);
        let intent = Intent::Guard(Access { clients: Vec::new(), ..shared.clone() });
        let change = Change { service: service.clone(), intent, host_endpoints: host_endpoints.clone(), adoption: Adoption::default() };
        let plan = make::of_scope(snapshot, snapshot, &scope, &change);
        let nobody = steps::carried_out(snapshot, &plan.steps);
        Ok(Self { scope, change: change.normalised(), nobody, node_sets })
    }

    /// The Service.
    pub(crate) const fn service(&self) -> &ServiceFacts {
        &self.scope.service
    }

    /// The cluster once these clients are allowed. What allows clients of the ports is there even where they are nobody.
    pub(crate) fn target(&self, filled: &[Filled]) -> Snapshot {
        let Intent::Guard(shared) = &self.change.intent else { return self.nobody.clone() };
        let anybody = |filled: &Filled| ClientRange { cidr: Cidr::all(Family::V4), ports: filled.ports.clone(), note: String::new() };
        let access = Access { clients: filled.iter().map(anybody).collect(), ..shared.clone() };
        let mut own = recipe::generate(&self.scope, &access, &self.change.host_endpoints);
        for group in recipe::groups(&self.change.service, &access) {
            let Some(filled) = filled.iter().find(|filled| filled.ports == group.ports) else { continue };
            let nets: Vec<String> = filled.clients.cidrs().into_iter().flat_map(halves).map(|cidr| cidr.to_string()).collect();
            let of_group = |set: &&mut recipe::Generated| {
                set.role == Role::ClientSet && set.object["metadata"]["labels"][names::CLIENTS_LABEL] == group.label.as_str()
            };
            own.iter_mut().filter(of_group).for_each(|set| set.object["spec"]["nets"] = nets.clone().into());
        }
        own.extend(self.node_sets.iter().cloned());
        let stale = Own::but(&self.nobody, &self.change.service, &own);
        let target = steps::Target {
            own,
            stale,
            service: &self.change.service,
            host_endpoints: Vec::new(),
            others: Vec::new(),
            stale_host_endpoints: Vec::new(),
            pod_policy: make::pod_policy(&self.change.service),
            hand_made: HandMade::default(),
            alone: access.enforced.at_pods_alone(),
        };
        steps::carried_out(&self.nobody, &steps::guard(&self.nobody, &target))
    }
}
