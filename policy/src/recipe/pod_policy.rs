//! The pod policy: on the Service's pods, after translation.
//!
//! A pod on the node where a client enters sees the client's address; a pod on another node sees the address of the entry node
//! (measured on real packets). So both are let through, and nobody else from outside. Where it guards alone, nodes are let through for their own
//! processes only, and it keeps what of the access the objects do not say.

use super::{Explained, Generated, Recipe, allow, deny, global, pods_in_words, pods_of, policy};
use crate::access::{InCluster, Protocol};
use crate::names;
use crate::object::{EntityRule, IntOrString, Kind, ObjectKey, Order, PolicySpec, Rule};
use crate::plan::Role;
use crate::scope::{Sharing, Target};
use crate::selector::Selector;
use serde_json::{Map, json};
use std::collections::BTreeMap;

type Rules = (Vec<Rule>, Vec<Explained>);

fn add(rules: &mut Rules, rule: Rule, sentence: String, rows: Vec<u32>) {
    rules.0.push(rule);
    rules.1.push(Explained { sentence, rows });
}

impl Recipe<'_> {
    /// The pod policy; none for a Service without selector.
    pub(super) fn pod_policy(&self) -> Option<Generated> {
        let service = &self.scope.service;
        if service.selector.is_empty() {
            return None;
        }
        let selector = Selector::labels_equal(&service.selector).ok()?;
        let mut rules: Rules = (Vec::new(), Vec::new());
        self.clients(&mut rules);
        self.entry_nodes(&mut rules);
        // Where policies of others in our tier select every pod, they go on deciding about the clients of other Services: nothing of ours does.
        if !self.governed_throughout() {
            self.scope.sharing.iter().for_each(|sharing| self.sharing(sharing, &mut rules));
        }
        self.in_cluster(&mut rules);
        let (ingress, explained) = rules;
        let spec = PolicySpec {
            order: Order::try_from(names::POD_ORDER).ok(),
            selector: selector.as_str().to_owned(),
            types: vec!["Ingress".to_owned()],
            ingress,
            ..PolicySpec::default()
        };
        let name = names::pod_policy(self.service());
        let namespace = self.service().namespace();
        let alone = self.access.enforced.at_pods_alone();
        let annotations = if alone { vec![(names::ACCESS_ANNOTATION, json!(self.kept()).to_string())] } else { Vec::new() };
        let decides = "Decides at the Service's pods, after translation, on the pods' own ports";
        Some(Generated {
            role: Role::PodPolicy,
            key: ObjectKey::new(Kind::NetworkPolicy, namespace, &name),
            object: policy(Kind::NetworkPolicy, self.metadata(&name, namespace, Map::new(), annotations), &spec),
            sentence: if alone {
                format!("{decides}: alone, for every packet comes there with the client's own address.")
            } else {
                format!("{decides}.")
            },
            rules: explained,
            rows: Vec::new(),
        })
    }

    fn clients(&self, rules: &mut Rules) {
        for group in &self.groups {
            let meant = group.meant(&self.scope.service);
            if group.load_balancers && meant.is_empty() {
                continue;
            }
            let who = if group.load_balancers { "load balancers" } else { "allowed clients" };
            for (protocol, targets) in self.scope.service.targets(&meant) {
                let rule =
                    Rule { protocol: Some(named(protocol)), source: global(&group.selector()), destination: ports(&targets), ..allow() };
                let where_seen =
                    if self.access.enforced.at_pods_alone() { "the pods see" } else { "a pod on the node where they enter sees" };
                let sentence = format!("Lets the {who} through to {protocol} {}: {where_seen} their own address.", list(&targets));
                add(rules, rule, sentence, group.rows.clone());
            }
        }
    }

    fn entry_nodes(&self, rules: &mut Rules) {
        let Some(edge) = self.edge.as_ref().filter(|_| !self.groups.is_empty()) else { return };
        for (protocol, targets) in self.used_targets() {
            let rule = Rule { protocol: Some(named(protocol)), source: global(edge), destination: ports(&targets), ..allow() };
            let sentence = format!(
                "Lets the nodes through to {protocol} {}: where the pod is on another node, kube-proxy puts the entry node's address in place of the client's.",
                list(&targets)
            );
            let rows = self.groups.iter().flat_map(|group| group.rows.iter().copied()).collect();
            add(rules, rule, sentence, rows);
        }
    }

    /// The target ports that any client may use.
    fn used_targets(&self) -> BTreeMap<Protocol, Vec<Target>> {
        if self.groups.iter().any(|group| group.ports.is_empty() && !group.load_balancers) {
            return self.scope.service.targets(&[]);
        }
        let used: Vec<_> = self.groups.iter().flat_map(|group| group.meant(&self.scope.service)).collect();
        if used.is_empty() { BTreeMap::new() } else { self.scope.service.targets(&used) }
    }

    /// Another Service on the same pods that Portcullis does not guard keeps its clients. One that it guards has a pod policy of its own:
    /// what either lets through, passes.
    fn sharing(&self, sharing: &Sharing, rules: &mut Rules) {
        if sharing.access.is_some() {
            return;
        }
        let other = &sharing.facts.service;
        for (protocol, targets) in sharing.facts.targets(&[]) {
            let (source, who) = if sharing.exposed {
                (EntityRule::default(), "everyone")
            } else if self.access.in_cluster == InCluster::Unchanged {
                continue;
            } else {
                let Some(source) = pods_of(&InCluster::Unchanged) else { continue };
                (source, "every pod of the cluster")
            };
            let rule = Rule { protocol: Some(named(protocol)), source, destination: ports(&targets), ..allow() };
            // What a policy of ours lets through never comes to a tier behind, which decided about it before.
            let (rule, as_before) = if self.governed_in_other_tiers() {
                (Rule { action: "Pass".to_owned(), ..rule }, format!("Leaves {who} to the policies of other tiers on"))
            } else {
                (rule, format!("Lets {who} through to"))
            };
            let sentence = format!(
                "{as_before} {protocol} {} as before: the Service {other} leads to the same pods and is not guarded.",
                list(&targets)
            );
            add(rules, rule, sentence, Vec::new());
        }
    }

    fn in_cluster(&self, rules: &mut Rules) {
        let governed = self.governed();
        match &self.access.in_cluster {
            // Where policies of others in our tier select the pods, they decide about the cluster's own clients, as before.
            InCluster::Unchanged if governed => {}
            InCluster::Unchanged => self.in_cluster_as_before(rules),
            chosen => {
                if let Some(source) = pods_of(chosen) {
                    for (protocol, targets) in self.scope.service.targets(&[]) {
                        let rule =
                            Rule { protocol: Some(named(protocol)), source: source.clone(), destination: ports(&targets), ..allow() };
                        add(rules, rule, format!("Lets {} through to {protocol} {}.", pods_in_words(chosen), list(&targets)), Vec::new());
                    }
                }
                // Without other policies on the pods, what nothing allows is denied; with others, a later one may allow it.
                if let Some(source) = pods_of(&InCluster::Unchanged).filter(|_| governed) {
                    for (protocol, targets) in self.scope.service.targets(&[]) {
                        let rule = Rule { protocol: Some(named(protocol)), source: source.clone(), destination: ports(&targets), ..deny() };
                        let rest =
                            if matches!(chosen, InCluster::Nobody) { "every pod of the cluster" } else { "every other pod of the cluster" };
                        let sentence = format!("Shuts {rest} out of {protocol} {}, whatever later policies allow.", list(&targets));
                        add(rules, rule, sentence, Vec::new());
                    }
                }
            }
        }
    }

    /// No policy of others in our tier selects the pods: until now every pod and node of the cluster could reach every port of them, as far as
    /// other tiers and the profile let it.
    fn in_cluster_as_before(&self, rules: &mut Rules) {
        // What a policy of ours does not pass on ends here, and never comes to a tier behind.
        let (action, lets, end) = if self.governed_in_other_tiers() {
            ("Pass", "Leaves", "to the policies of other tiers, on every port, as before.")
        } else {
            ("Allow", "Lets", "through to every port, as before.")
        };
        let mut add_from = |source: EntityRule, who: &str| {
            add(rules, Rule { action: action.to_owned(), source, ..Rule::default() }, format!("{lets} {who} {end}"), Vec::new());
        };
        if let Some(source) = pods_of(&InCluster::Unchanged) {
            add_from(source, "every pod of the cluster");
        }
        let nodes = if self.access.enforced.at_pods_alone() { Some(self.node_selector()) } else { self.edge.clone() };
        if let Some(nodes) = &nodes {
            add_from(global(nodes), "the nodes' own processes");
        }
        if self.access.enforced.at_pods_alone() {
            return;
        }
        for nets in self.quiet_nets() {
            add_from(EntityRule { nets, ..EntityRule::default() }, "the processes of nodes without a HostEndpoint");
        }
    }
}

fn named(protocol: Protocol) -> IntOrString {
    IntOrString::String(protocol.name().to_owned())
}

/// Packets to these ports of the pods.
fn ports(targets: &[Target]) -> EntityRule {
    EntityRule { ports: targets.iter().map(Target::written).collect(), ..EntityRule::default() }
}

fn list(targets: &[Target]) -> String {
    targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
