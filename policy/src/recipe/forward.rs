//! The forward policy: it closes failsafe ports.
//!
//! Felix accepts packets to a failsafe port before any pre-DNAT policy, whatever address they are sent to (felix/rules/static.go:970 at
//! v3.27.0). But that sets no mark: what is forwarded still meets the policies that act on it, after translation, and there the client's
//! address is seen on the node where it enters. So a policy with `applyOnForward` shuts out of the Service's pods whoever the access does not
//! let in. What the edge policy has let in is past it.
//!
//! A HostEndpoint that one such policy selects denies whatever no policy of its tier allows, of the host's own traffic too. So one more
//! policy at the end of the tier lets all the rest pass to the profile, which is where it was before; it is shared by all Services that have a
//! forward policy. Where others have policies in the tier it would pass over those behind it; where one of these acts on everything that is
//! forwarded, it is not needed, and else the ports cannot be closed so.

use super::{Explained, Generated, Group, Recipe, allow, deny, global, pods_of, policy};
use crate::access::{Access, HostEndpoints, InCluster, Port};
use crate::names;
use crate::object::{DEFAULT_TIER, EntityRule, IntOrString, Kind, ObjectKey, Order, PolicySpec, Rule};
use crate::plan::Role;
use crate::scope::{ForeignPolicy, PortFacts, Scope, Sharing, Stage, Target};
use crate::selector::Selector;
use serde_json::{Map, json};

/// Whether failsafe ports among the Service's can be closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Closing {
    /// None of its ports is one.
    NotNeeded,
    /// A forward policy closes them.
    Closes {
        /// The ports of the Service that lead to the pods' ports in question.
        ports: Vec<Port>,
        /// Whether a policy has to let the rest pass.
        end: bool,
    },
    /// It cannot, because...
    Cannot(String),
}

/// Whether failsafe ports among the Service's can be closed.
pub(crate) fn closing(scope: &Scope, access: &Access, host_endpoints: &HostEndpoints) -> Closing {
    let service = &scope.service;
    let mut open: Vec<Port> = scope.open_by_failsafe().into_iter().map(|(port, ..)| port).collect();
    open.dedup();
    if open.is_empty() {
        return Closing::NotNeeded;
    }
    if service.selector.is_empty() {
        return Closing::Cannot("the Service has no selector, so no policy can mean its pods".to_owned());
    }
    if scope.on_host_network() {
        return Closing::Cannot("pods of it use their node's network, and what is for the node itself is not forwarded".to_owned());
    }
    let targets = service.targets(&open);
    let same_target = |port: &Port, facts: &PortFacts| {
        facts.port.protocol == port.protocol && targets.get(&port.protocol).is_some_and(|targets| targets.contains(&facts.target))
    };
    let may_share = |port: &Port, facts: &PortFacts| {
        let leads = |targets: &Vec<Target>| targets.iter().any(|target| scope.may_be_one(target, &facts.target));
        facts.port.protocol == port.protocol && targets.get(&port.protocol).is_some_and(leads)
    };
    let shares = |sharing: &&Sharing| sharing.facts.ports.iter().any(|facts| open.iter().any(|port| may_share(port, facts)));
    if let Some(sharing) = scope.sharing.iter().filter(|sharing| sharing.exposed || sharing.access.is_some()).find(shares) {
        return Closing::Cannot(format!("`{}` leads to the same port of the same pods, for clients of its own", sharing.facts.service));
    }
    // Behind translation only the pods' ports are seen: those of the Service that lead to one need the same clients.
    let may_use = |port: Port| access.parts().map(move |(ports, _)| ports.is_empty() || ports.contains(&port)).collect::<Vec<bool>>();
    let ports: Vec<Port> =
        service.ports.iter().filter(|facts| open.iter().any(|port| same_target(port, facts))).map(|facts| facts.port).collect();
    for port in &open {
        let own = service.ports.iter().find(|facts| facts.port == *port).map(|facts| &facts.target);
        let alike = service
            .ports
            .iter()
            .filter(|facts| facts.port.protocol == port.protocol && own.is_some_and(|own| scope.may_be_one(own, &facts.target)));
        if let Some(other) = alike.map(|facts| facts.port).find(|other| may_use(*other) != may_use(*port)) {
            return Closing::Cannot(format!("{other} leads to the same port of the pods as {port}, and has other clients"));
        }
    }
    let of_nodes = service.ports.iter().any(|facts| facts.node_port != 0 && ports.contains(&facts.port));
    if of_nodes && !access.load_balancers.is_empty() {
        return Closing::Cannot(
            "load balancers may use the NodePorts alone, and behind translation these look like every other address".to_owned(),
        );
    }
    let named = matches!(host_endpoints, HostEndpoints::Named { .. });
    let here = |policy: &&ForeignPolicy| {
        matches!(policy.stage, Stage::Normal | Stage::Forward) && (policy.on_existing || named && policy.on_created)
    };
    if let Some(policy) = scope.host_policies.iter().filter(here).find(|policy| policy.egress) {
        return Closing::Cannot(format!(
            "{} acts on what HostEndpoints send, and from Calico 3.30 on it would get a say about what a forward policy lets through",
            policy.key
        ));
    }
    if let (false, Some(endpoint)) = (named, scope.edge.without_profile.first()) {
        return Closing::Cannot(format!(
            "HostEndpoint {endpoint} has no profile that allows, and from Calico 3.30 on its end would cut what a forward policy lets through"
        ));
    }
    let others: Vec<&ForeignPolicy> =
        scope.host_policies.iter().filter(here).filter(|policy| policy.ingress && policy.tier == DEFAULT_TIER).collect();
    let everywhere = |policy: &&&ForeignPolicy| policy.stage == Stage::Forward && policy.on_every && (!named || policy.on_created);
    match others.as_slice() {
        [] => Closing::Closes { ports, end: true },
        all if all.iter().any(|policy| everywhere(&policy)) => Closing::Closes { ports, end: false },
        [first, ..] => {
            Closing::Cannot(format!("{} acts on HostEndpoints in the same tier, and what lets the rest pass would pass it over", first.key))
        }
    }
}

impl Recipe<'_> {
    /// What closes failsafe ports: the end first, because without it the other would cut all else.
    pub(super) fn forward(&self) -> Vec<Generated> {
        let (Closing::Closes { ports, end }, Some(edge)) = (closing(self.scope, self.access, self.host_endpoints), &self.edge) else {
            return Vec::new();
        };
        let end = end.then(|| forward_end(edge));
        end.into_iter().chain(self.forward_policy(edge, &ports)).collect()
    }

    fn forward_policy(&self, edge: &str, closed: &[Port]) -> Option<Generated> {
        let service = self.service();
        let pods = Selector::labels_equal(&self.scope.service.selector).ok()?;
        // No set of a tenant's can carry the orchestrator's label unseen.
        let to = EntityRule {
            selector: format!("({}) && projectcalico.org/orchestrator == 'k8s'", pods.as_str()),
            namespace_selector: format!("projectcalico.org/name == '{}'", service.namespace()),
            ..EntityRule::default()
        };
        let mut sources: Vec<(EntityRule, String, Vec<u32>)> = Vec::new();
        let may_use = |group: &&Group| {
            // Load balancers may use NodePorts alone, and with those a forward policy closes nothing.
            !group.load_balancers && (group.ports.is_empty() || group.ports.iter().any(|port| closed.contains(port)))
        };
        for group in self.groups.iter().filter(may_use) {
            sources.push((global(&group.selector()), "the allowed clients".to_owned(), group.rows.clone()));
        }
        sources.push((global(edge), "the nodes, which send for the clients that they let in".to_owned(), Vec::new()));
        sources.extend(
            self.quiet_nets()
                .map(|nets| (EntityRule { nets, ..EntityRule::default() }, "nodes without a HostEndpoint".to_owned(), Vec::new())),
        );
        sources.extend(
            pods_of(&InCluster::Unchanged).map(|pods| (pods, "pods of the cluster, about whom the pods decide".to_owned(), Vec::new())),
        );
        let mut ingress = Vec::new();
        let mut rules = Vec::new();
        for (protocol, targets) in self.scope.service.targets(closed) {
            let destination = EntityRule { ports: targets.iter().map(Target::written).collect(), ..to.clone() };
            let protocol = Some(IntOrString::String(protocol.name().to_owned()));
            let ports = targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            for (source, who, rows) in &sources {
                ingress.push(Rule { protocol: protocol.clone(), source: source.clone(), destination: destination.clone(), ..allow() });
                rules.push(Explained { sentence: format!("Lets through to {ports} of the pods: {who}."), rows: rows.clone() });
            }
            ingress.push(Rule { protocol, destination, ..deny() });
            let sentence = format!("Shuts everyone else out of {ports} of the pods: a failsafe lets them past the edge policy.");
            rules.push(Explained { sentence, rows: Vec::new() });
        }
        let name = names::forward_policy(service);
        let spec = PolicySpec {
            order: Order::try_from(names::EDGE_ORDER).ok(),
            selector: hosts_alone(edge),
            types: vec!["Ingress".to_owned()],
            ingress,
            apply_on_forward: true,
            ..PolicySpec::default()
        };
        Some(Generated {
            role: Role::ForwardPolicy,
            key: ObjectKey::new(Kind::GlobalNetworkPolicy, "", &name),
            object: policy(Kind::GlobalNetworkPolicy, self.metadata(&name, "", Map::new(), Vec::new()), &spec),
            sentence:
                "Decides about what the nodes forward to the Service's pods, after translation: packets to failsafe ports come past the \
                       edge policy."
                    .to_owned(),
            rules,
            rows: Vec::new(),
        })
    }
}

/// Lets pass what no forward policy is about.
fn forward_end(edge: &str) -> Generated {
    let spec = PolicySpec {
        order: Order::try_from(names::END_ORDER).ok(),
        selector: hosts_alone(edge),
        types: vec!["Ingress".to_owned()],
        ingress: vec![Rule { action: "Pass".to_owned(), ..Rule::default() }],
        apply_on_forward: true,
        ..PolicySpec::default()
    };
    let metadata = json!({ "name": names::FORWARD_END, "annotations": { names::SHAPE_ANNOTATION: names::SHAPE } });
    Generated {
        role: Role::ForwardEnd,
        key: ObjectKey::new(Kind::GlobalNetworkPolicy, "", names::FORWARD_END),
        object: policy(Kind::GlobalNetworkPolicy, metadata, &spec),
        sentence:
            "Keeps everything as it is that no forward policy is about: without it a HostEndpoint that one selects would cut it. All \
                   Services with a forward policy share it."
                .to_owned(),
        rules: vec![Explained { sentence: "Leaves the rest to the HostEndpoint's profile, as before.".to_owned(), rows: Vec::new() }],
        rows: Vec::new(),
    }
}

/// The HostEndpoints that `edge` selects, and no pod that carries the same labels: what ends forward policies would pass over the end of its tier.
fn hosts_alone(edge: &str) -> String {
    format!("({edge}) && !has(projectcalico.org/orchestrator)")
}
