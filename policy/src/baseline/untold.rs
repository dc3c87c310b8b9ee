//! What to say where it cannot be foretold which HostEndpoints Calico's controller makes.

use super::automatic::{self, Silent, Untold};
use crate::access::counted;
use crate::checks::{Draft, few};
use crate::finding::{Finding, Severity};
use crate::object::{HostEndpoint, INTERFACES_ANNOTATION, Kept, Node, NodeInterface, ObjectKey, Raw};
use crate::scope::receives;
use crate::snapshot::{Endpoint, Snapshot};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Why nothing can be said.
pub(super) fn untold(why: &Untold) -> Finding {
    let (what, action) = match why {
        Untold::Selector(template) => (
            format!("The `nodeSelector` of the template `{template}` does not parse."),
            "Mend it: until then Calico's controller leaves out this template and all that follow.",
        ),
        Untold::Pattern(template, pattern) => (
            format!("The `interfacePattern` of the template `{template}`, `{pattern}`, is no regular expression that Portcullis reads."),
            "Write it with letters, `.`, `[...]`, `(...|...)`, `^`, `$` and repetitions. Calico's controller stops at one that Go does not read either.",
        ),
        Untold::Name(name) => (format!("The name `{name}` is longer than 253 characters."), "Shorten `generateName` of the template."),
        Untold::Refused(name) => (
            format!(
                "A HostEndpoint would be named `{name}`, and Calico's API refuses that name: it has a capital letter or a sign of the interface's in it."
            ),
            "Leave that interface out of `interfacePattern`, and name it in a HostEndpoint of its own.",
        ),
    };
    Draft::new(Severity::Blocker, "automatic-untold", vec![automatic::key()]).says(
        what,
        "Which HostEndpoints Calico's controller would make cannot be foretold, and with that not what policies of others would do on the hosts.",
        action,
    )
}

/// What hangs on the interfaces of nodes that report none, by template. It is a blocker only where a policy would act there: without one a
/// HostEndpoint of the controller's, which has a profile that allows, does nothing, whichever interface it stands on.
pub(super) fn silent(snapshot: &Snapshot, nodes: &[Silent]) -> Vec<Finding> {
    let mut by_template: BTreeMap<&str, Vec<&Silent>> = BTreeMap::new();
    for silent in nodes {
        by_template.entry(&silent.template).or_default().push(silent);
    }
    by_template.into_iter().map(|(template, nodes)| of_template(snapshot, template, &nodes)).collect()
}

fn of_template(snapshot: &Snapshot, template: &str, nodes: &[&Silent]) -> Finding {
    let names: Vec<String> = nodes.iter().map(|silent| silent.like.spec.node.clone()).collect();
    let seen: BTreeSet<&String> = nodes.iter().flat_map(|silent| &silent.seen).collect();
    let seen = match seen.len() {
        0 => String::new(),
        _ => {
            let seen: Vec<String> = seen.into_iter().map(|name| format!("`{name}`")).collect();
            format!(" HostEndpoints there name {}, which it means; there may be more.", few(&seen))
        }
    };
    let acting = acting(snapshot, nodes);
    let (severity, why) = if acting.is_empty() {
        (
            Severity::Unknown,
            "As long as a node reports none, Calico's controller makes none by that template on it. No policy would act on those that \
             it makes later, whichever interface they stand on."
                .to_owned(),
        )
    } else {
        let listed: Vec<String> = acting.iter().map(ToString::to_string).collect();
        (
            Severity::Blocker,
            format!(
                "As soon as a node reports some, Calico's controller makes HostEndpoints on those that the template means. {} would then \
                 decide otherwise than now on what comes in there, and on which interfaces cannot be foretold.",
                few(&listed)
            ),
        )
    };
    let objects = std::iter::once(automatic::key()).chain(acting).collect();
    Draft::new(severity, "automatic-interfaces-unknown", objects).says(
        format!("The template `{template}` goes by the names of interfaces, and Calico reports none of {}.{seen}", few(&names)),
        why,
        format!(
            "Restart calico-node there, in version 3.31 or later and with `IP` or `IP6` set as for every node (`autodetect`): it then writes \
             the annotation `{INTERFACES_ANNOTATION}`. Or use `interfaceCIDRs` alone in the template."
        ),
    )
}

/// The policies that would act on such a HostEndpoint, or that act on another one of its node, from which it would take an interface.
fn acting(snapshot: &Snapshot, nodes: &[&Silent]) -> BTreeSet<ObjectKey> {
    let of_nodes: BTreeSet<&str> = nodes.iter().map(|silent| silent.like.spec.node.as_str()).collect();
    let there = snapshot.iter::<Kept<HostEndpoint>>().filter(|has| of_nodes.contains(has.spec.node.as_str())).cloned();
    let new = nodes.iter().map(|silent| Arc::new(Kept { object: silent.like.clone(), raw: Raw::default() }));
    let mut acting = BTreeSet::new();
    for endpoint in there.chain(new) {
        acting.extend(snapshot.policies_on(&Endpoint::Host(endpoint)).iter().map(|policy| policy.key.clone()));
    }
    acting
}

/// Nodes that receive, and that no HostEndpoint will stand on.
pub(super) fn left_out(snapshot: &Snapshot, made: &[HostEndpoint], silent: &[Silent]) -> Option<Finding> {
    let others = snapshot.iter::<Kept<HostEndpoint>>().filter(|has| !crate::names::is_automatic(has)).map(|has| has.spec.node.as_str());
    let covered: BTreeSet<&str> = made.iter().map(|made| made.spec.node.as_str()).chain(others).collect();
    let said: BTreeSet<&str> = silent.iter().map(|silent| silent.like.spec.node.as_str()).collect();
    let bare = snapshot.iter::<Node>().filter(|node| {
        let name = node.metadata.name.as_str();
        receives(node) && !covered.contains(name) && !said.contains(name)
    });
    let bare: Vec<&Arc<Node>> = bare.collect();
    let names: Vec<String> = bare.iter().map(|node| node.metadata.name.clone()).collect();
    let seen: BTreeSet<String> =
        bare.iter().flat_map(|node| node.interfaces().unwrap_or_default()).map(|NodeInterface { name, .. }| name).collect();
    let seen: Vec<String> = seen.into_iter().map(|name| format!("`{name}`")).collect();
    let seen = if seen.is_empty() { String::new() } else { format!(" Interfaces there are {}.", few(&seen)) };
    (!names.is_empty()).then(|| {
        let objects = names.iter().map(|name| ObjectKey::new(crate::object::Kind::Node, "", name)).collect();
        Draft::new(Severity::Warning, "automatic-none-on-node", objects).says(
            format!("No HostEndpoint will stand on {}, which no template means: {}.{seen}", counted(names.len(), "node"), few(&names)),
            "They receive traffic to advertised addresses: clients that enter there would meet no edge policy, so nothing can be guarded yet.",
            "Widen `nodeSelector`, `interfaceCIDRs` or `interfacePattern` of a template, or enable `createDefaultHostEndpoint`.",
        )
    })
}
