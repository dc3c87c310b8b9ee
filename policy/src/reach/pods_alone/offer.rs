//! Whether a guard at the pods alone is offered, and why: before anybody has said who may reach the Service.

use super::{Blind, words};
use crate::checks::few;
use crate::object::ServiceRef;
use crate::reach::diff::Side;
use crate::reach::sets::{AddressKind, Kept, LIMIT, Questions, Reach, TooMuch};
use crate::reach::verdict::{PathKind, Unknown};
use crate::scope::{Scope, ServiceFacts};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a guard at the pods alone holds for a Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    /// Whether it does, for any clients, as the cluster is.
    pub holds: bool,
    /// Why; where it does not, each address and kind of path at which it fails.
    pub why: Vec<String>,
    /// What to do where it does not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
}

impl Offer {
    /// For `service`; none where there is no such Service.
    ///
    /// # Errors
    /// [`TooMuch`] where its paths are more than can be followed.
    pub fn of(side: Side, service: &ServiceRef, kept: &mut Kept) -> Result<Option<Self>, TooMuch> {
        let Some(scope) = Scope::alone(side.snapshot, service) else { return Ok(None) };
        if let Some(why) = never(&scope) {
            return Ok(Some(Self { holds: false, why: vec![why], actions: Vec::new() }));
        }
        let questions = Questions::keeping(side.snapshot, side.settings, LIMIT, kept.clone());
        let reach = questions.of_service(service);
        *kept = questions.kept();
        Ok(Some(Self::told(side, &scope.service, &reach?)))
    }

    fn told(side: Side, service: &ServiceFacts, reach: &Reach) -> Self {
        let mut blind: BTreeMap<(Blind, AddressKind), BTreeSet<String>> = BTreeMap::new();
        let mut untold: BTreeSet<String> = BTreeSet::new();
        let mut any = false;
        for at in &reach.addresses {
            for group in at.groups.iter().filter(|group| group.kind != PathKind::NoBackend) {
                any = true;
                if let Some(why) = Blind::of(side.snapshot, service, reach, group) {
                    blind.entry((why, at.kind)).or_default().insert(words::place(at));
                }
                let reasons = group.clients.unknown.iter().map(|unknown| &unknown.reason);
                untold.extend(reasons.filter(|reason| is_of_the_path(reason)).map(|reason| format!("It cannot be told: {reason}.")));
            }
        }
        if !blind.is_empty() || !untold.is_empty() {
            let why = blind
                .iter()
                .map(|((blind, kind), at)| words::what(*blind, &few(&Vec::from_iter(at.iter().cloned())), *kind, &service.service));
            let actions: BTreeSet<String> = blind.keys().map(|(blind, kind)| words::action(*blind, *kind).to_owned()).collect();
            return Self { holds: false, why: why.chain(untold).collect(), actions: actions.into_iter().collect() };
        }
        let (kept, moving) = by_policy(service);
        if any || moving.is_none() {
            return Self { holds: true, why: kept.into_iter().chain(moving.filter(|_| any)).collect(), actions: Vec::new() };
        }
        let why = format!("`{}` has no ready endpoint, and its traffic policies do not keep the clients' addresses.", service.service);
        Self {
            holds: false,
            why: vec![why],
            actions: vec!["Plan again once it has endpoints, or set its traffic policies to `Local`.".to_owned()],
        }
    }
}

/// Why it is never offered, whatever the paths.
fn never(scope: &Scope) -> Option<String> {
    let service = &scope.service.service;
    if scope.service.cluster_ips.is_empty() {
        return Some(format!("`{service}` has no address of its own: clients go to its pods."));
    }
    if scope.service.selector.is_empty() {
        return Some(format!("`{service}` has no selector, so no pod policy can follow its endpoints."));
    }
    if !scope.ebpf.is_empty() {
        return Some("The data plane is eBPF, which is not planned for.".to_owned());
    }
    let ranges: Vec<String> = scope.closed.iter().map(ToString::to_string).collect();
    (!ranges.is_empty())
        .then(|| format!("It has addresses in {}, closed by default, and only a guard at the nodes opens those.", few(&ranges)))
}

/// Whether what cannot be told hangs on the data plane, and not on a policy.
const fn is_of_the_path(reason: &Unknown) -> bool {
    matches!(reason, Unknown::Ebpf | Unknown::ChainInsertMode | Unknown::ProxyMode | Unknown::BetweenNodes)
}

/// By what the clients keep their addresses, and, where not by a traffic policy everywhere, what that hangs on.
fn by_policy(service: &ServiceFacts) -> (Vec<String>, Option<String>) {
    let mut kept = Vec::new();
    if service.external_local && service.has_other_addresses() {
        kept.push(
            "`externalTrafficPolicy: Local` keeps the clients' own addresses at its external IPs, load balancer's IPs and NodePorts."
                .to_owned(),
        );
    }
    if service.internal_local {
        kept.push("`internalTrafficPolicy: Local` keeps its cluster IPs to pods on the node where a client enters, which see the client's own address.".to_owned());
    }
    let everywhere = service.internal_local && (service.external_local || !service.has_other_addresses());
    let moving = (!everywhere).then(|| {
        "As it is, pods see the clients' own addresses on every path; that no traffic policy says so everywhere means that it ends when a pod or a \
         client's way moves to another node. Checks says so then."
            .to_owned()
    });
    (kept, moving)
}
