//! Checks of the policies of others.

#[cfg(test)]
mod tests;

use super::{Draft, few};
use crate::access::{Access, HostEndpoints, InCluster};
use crate::finding::{Finding, Severity};
use crate::names;
use crate::object::{DEFAULT_TIER, GlobalNetworkPolicy, Kept, NetworkPolicy, Object, ObjectKey, PolicySpec, Rule, Service, ServiceMatch};
use crate::scope::{ForeignPolicy, Scope, Stage};
use crate::snapshot::Snapshot;

/// Those on the pods.
pub(super) fn on_pods_of(scope: &Scope, access: &Access) -> Vec<Finding> {
    on_pods(scope).into_iter().chain(mixed(scope, access)).collect()
}

/// Those on the HostEndpoints that an edge stands on.
pub(super) fn on_hosts(scope: &Scope, choice: &HostEndpoints) -> Vec<Finding> {
    let mut findings = Vec::new();
    for policy in &scope.host_policies {
        if matches!(choice, HostEndpoints::Named { .. }) && policy.on_created {
            findings.push(on_created(policy));
        } else if policy.on_existing && policy.speaks {
            findings.extend(on_existing(scope, policy));
        }
    }
    findings
}

/// A HostEndpoint of ours would not be neutral.
pub(crate) fn on_created(policy: &ForeignPolicy) -> Finding {
    Draft::new(Severity::Blocker, "foreign-policy-on-new-host-endpoint", vec![policy.key.clone()]).says(
        format!("{} would select the HostEndpoints that Portcullis creates.", policy.key),
        format!("At that moment it would cut {}.", would_cut(policy)),
        format!("Narrow its selector so that it leaves out `{} == 'true'`.", names::EDGE_LABEL),
    )
}

/// What a policy of others cuts at a HostEndpoint that it comes to select, in words.
pub(crate) fn would_cut(policy: &ForeignPolicy) -> String {
    let directions = match (policy.ingress, policy.egress) {
        (true, true) => "in and out",
        (false, true) => "out",
        _ => "in",
    };
    match policy.stage {
        Stage::Untracked => format!("all traffic {directions} of every node that its rules do not allow, before connections are tracked"),
        Stage::PreDnat => "the connections into every node, and through it, that its rules deny".to_owned(),
        Stage::Forward => format!("traffic {directions} of every node itself, and what the node forwards, that its rules do not allow"),
        Stage::Normal => format!("traffic {directions} of every node itself that its rules do not allow, but failsafe ports"),
    }
}

fn on_existing(scope: &Scope, policy: &ForeignPolicy) -> Option<Finding> {
    let draft = |severity, id| Draft::new(severity, id, vec![policy.key.clone()]);
    match policy.stage {
        Stage::Untracked => Some(draft(Severity::Warning, "foreign-host-policy-before").says(
            format!("{} acts on the HostEndpoints before connections are tracked.", policy.key),
            "It decides before the edge policy: what it denies does not get in, and what it allows is not translated.",
            "See that it leaves this Service's addresses to the edge policy.",
        )),
        Stage::PreDnat if comes_before(policy, names::EDGE_ORDER) && !ties_behind_the_edge(policy) => {
            Some(draft(Severity::Warning, "foreign-host-policy-before").says(
                format!("{} comes before the edge policy and may speak about this Service's addresses.", policy.key),
                "What it allows gets in, and what it denies stays out, whatever the edge policy says.",
                format!("Narrow its destinations, or {}.", to_come_after(policy, names::EDGE_ORDER)),
            ))
        }
        Stage::PreDnat => Some(draft(Severity::Info, "foreign-host-policy-after").says(
            format!("{} comes after the edge policy and may speak about this Service's addresses.", policy.key),
            "The edge policy decides about them first: this policy has no say about them any more.",
            "Nothing, unless it is meant to come first: then give it a lower `order`.",
        )),
        Stage::Forward => Some(draft(Severity::Warning, "foreign-forward-policy").says(
            format!("{} acts on what the HostEndpoints forward.", policy.key),
            "Clients that the edge policy allows pass it unseen on the node where they enter, but on the way out, and on the node of the \
             pod, it may still drop them.",
            "See that it allows traffic between the nodes and to the pods of this Service.",
        )),
        Stage::Normal if scope.on_host_network() => Some(draft(Severity::Warning, "foreign-host-policy-on-backends").says(
            format!("{} acts on the nodes' own traffic, and pods of this Service use their node's network.", policy.key),
            "Clients that the edge policy allows come to such a pod from the node where they enter, and it may drop them there.",
            "See that it allows the nodes to send to the pods' ports.",
        )),
        // The host's own traffic is none of a Service's.
        Stage::Normal => None,
    }
}

/// Whether a policy of others comes before one of ours with this order; ties go by name, so they count as before.
pub(crate) fn comes_before(policy: &ForeignPolicy, order: f64) -> bool {
    if policy.tier == DEFAULT_TIER { policy.order.is_some_and(|theirs| theirs.get() <= order) } else { policy.tier_first }
}

/// Whether a policy on HostEndpoints with the order of the edge policies comes behind them all by its name. Whatever the line of Calico, the
/// names of two global policies of a tier are compared as they are.
fn ties_behind_the_edge(policy: &ForeignPolicy) -> bool {
    let name = policy.key.name.strip_prefix("default.").unwrap_or(&policy.key.name);
    let same_order = policy.order.is_some_and(|theirs| theirs.get().total_cmp(&names::EDGE_ORDER).is_eq());
    policy.tier == DEFAULT_TIER && same_order && name > names::BEHIND_EDGE_POLICIES
}

/// How it would come after ours: within our tier by its order, and no order helps in another.
fn to_come_after(policy: &ForeignPolicy, order: f64) -> String {
    if policy.tier == DEFAULT_TIER {
        format!("give it an `order` above {order}")
    } else {
        format!("move it out of the tier `{}`, which comes first whatever its `order`", policy.tier)
    }
}

fn on_pods(scope: &Scope) -> Vec<Finding> {
    let finding = |policy: &ForeignPolicy| {
        if scope.service.selector.is_empty() {
            return Some(Draft::new(Severity::Warning, "foreign-pod-policy-alone", vec![policy.key.clone()]).says(
                format!("{} selects pods behind `{}`.", policy.key, scope.service.service),
                "No pod policy of Portcullis stands there: clients whom the edge policy lets in may be shut out by it.",
                "See that it lets the allowed clients and the nodes through.",
            ));
        }
        let before = comes_before(policy, names::POD_ORDER);
        if before && !policy.speaks {
            return None;
        }
        let (severity, id, why) = if before {
            (
                Severity::Warning,
                "foreign-pod-policy-before",
                "What it allows gets in, and what it denies stays out, whatever the pod policy says: allowed clients may be shut out by it.",
            )
        } else if policy.tier != DEFAULT_TIER {
            (
                Severity::Info,
                "foreign-pod-policy-after",
                "Its tier comes after: it decides about what the pod policy passes on, clients inside the cluster, and has no say about others.",
            )
        } else {
            (
                Severity::Info,
                "foreign-pod-policy-after",
                "It goes on deciding about clients inside the cluster. Allowed clients outside are let in before it, and whoever it allows \
                 from outside gets in at the pods too.",
            )
        };
        Some(Draft::new(severity, id, vec![policy.key.clone()]).says(
            format!("{} selects pods of `{}`.", policy.key, scope.service.service),
            why,
            if before {
                format!("See its rules, or {}.", to_come_after(policy, names::POD_ORDER))
            } else {
                "Nothing, if that is meant.".to_owned()
            },
        ))
    };
    scope.pod_policies.iter().filter_map(finding).collect()
}

/// One rule cannot keep the verdicts of pods that others isolate and of pods that nobody does.
fn mixed(scope: &Scope, access: &Access) -> Option<Finding> {
    let open = scope.pod_groups().any(|group| scope.governs(group).next().is_none());
    let keys: Vec<_> = scope.pod_groups().flat_map(|group| scope.governs(group)).map(|policy| policy.key.clone()).collect();
    // Whoever is chosen inside the cluster: another Service on these pods keeps the clients that it has.
    let shares = scope.sharing.iter().find(|sharing| sharing.access.is_none()).map(|sharing| &sharing.facts.service);
    let unchanged = access.in_cluster == InCluster::Unchanged;
    if scope.service.selector.is_empty() || !open || keys.is_empty() || !unchanged && shares.is_none() {
        return None;
    }
    let mut listed: Vec<String> = keys.iter().map(ToString::to_string).collect();
    listed.sort();
    listed.dedup();
    let (whose, or) = match shares {
        Some(other) if !unchanged => (format!("Clients of `{other}`, which leads to these pods and is not guarded,"), ""),
        Some(_) => ("Clients inside the cluster".to_owned(), ""),
        None => ("Clients inside the cluster".to_owned(), ", or choose which clients inside the cluster may call it"),
    };
    Some(Draft::new(Severity::Blocker, "pods-governed-differently", keys).says(
        format!("{} select some pods of `{}` and not others.", few(&listed), scope.service.service),
        format!("{whose} cannot keep the verdict they have at both kinds of pods by one pod policy."),
        format!("Let the policies select all pods of the Service or none{or}."),
    ))
}

/// Rules that name a Service without its namespace, in a NetworkPolicy too: they are about nobody ([`ServiceMatch::namespace`]).
pub(super) fn about_nobody(snapshot: &Snapshot) -> Vec<Finding> {
    let namespaced = snapshot.iter::<Kept<NetworkPolicy>>().map(|policy| (policy.key(), &policy.spec));
    let global = snapshot.iter::<Kept<GlobalNetworkPolicy>>().map(|policy| (policy.key(), &policy.spec));
    namespaced.chain(global).flat_map(|(key, spec)| rules_about_nobody(snapshot, &key, spec)).collect()
}

fn rules_about_nobody(snapshot: &Snapshot, key: &ObjectKey, spec: &PolicySpec) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (direction, rules) in [("ingress", &spec.ingress), ("egress", &spec.egress)] {
        for (number, rule) in rules.iter().enumerate() {
            for (name, side) in [("source", &rule.source), ("destination", &rule.destination)] {
                let Some(services) = side.services.as_ref().filter(|services| services.namespace.is_empty()) else { continue };
                // Without a name too it is no condition, and the API's own rule names it.
                if !services.name.is_empty() {
                    let field = format!("spec.{direction}[{number}].{name}.services");
                    findings.push(Finding { field, ..rule_about_nobody(snapshot, key, rule, services) });
                }
            }
        }
    }
    findings
}

fn rule_about_nobody(snapshot: &Snapshot, key: &ObjectKey, rule: &Rule, services: &ServiceMatch) -> Finding {
    let name = &services.name;
    let does = match rule.action.as_str() {
        "Allow" => "allows nothing",
        "Deny" => "denies nothing",
        "Pass" => "passes nothing on",
        _ => "matches nothing",
    };
    let own = snapshot.get::<Service>(&key.namespace, name).map(|_| &key.namespace);
    Draft::new(Severity::Warning, "service-without-namespace", vec![key.clone()]).says(
        format!("{key} names the Service `{name}` in a rule without its namespace."),
        format!(
            "Calico's documentation has it that a NetworkPolicy then means its own namespace; Felix does not fill that in, so the rule \
             means the endpoints of no Service and {does}."
        ),
        match own {
            Some(namespace) => format!("Write `namespace: {namespace}` beside `name: {name}`."),
            None => format!("Write the namespace of that Service beside `name: {name}`, as `namespace: NAMESPACE`."),
        },
    )
}
