//! Where a guard says which clients inside the cluster may call a Service: pods that it does not name and that policies of others let in.

use crate::access::{Access, InCluster, Port};
use crate::checks::Draft;
use crate::cidr::{CidrSet, Family};
use crate::finding::{Finding, Severity};
use crate::names;
use crate::object::{ObjectKey, Pod, ServiceRef};
use crate::reach::diff::Side;
use crate::reach::packet::{Carries, Client, Destination, Entry, Question};
use crate::reach::sets::{Questions, TooMuch};
use crate::reach::trace;
use crate::reach::verdict::{Action, Hop, Stage, Verdict};
use crate::reach::written::Written;
use crate::scope::Scope;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Pods of one namespace, and pods in all, of which a packet is followed at most at each address and port.
const MOST_OF_NAMESPACE: usize = 4;
const MOST_FOLLOWED: usize = 16;

/// What a policy of others lets in: one pod for all, how, and the packet.
struct Found {
    pod: String,
    why: String,
    packet: Written,
}

/// Whom policies of others let call `service` that its access shuts out inside the cluster: by the policy that does.
pub(super) fn let_in(side: Side, questions: &Questions, service: &ServiceRef, access: &Access) -> Result<Vec<Finding>, TooMuch> {
    let chosen: &[String] = match &access.in_cluster {
        InCluster::Unchanged => return Ok(Vec::new()),
        InCluster::Nobody => &[],
        InCluster::Namespaces(names) => names,
    };
    let Some(scope) = Scope::alone(side.snapshot, service) else { return Ok(Vec::new()) };
    // Pods with these are let in as clients outside, of which a check warns.
    let as_outside = access.addresses();
    let mut found: BTreeMap<ObjectKey, Found> = BTreeMap::new();
    for ((family, port), clients) in questions.let_in_at_pods(service)? {
        let clients = clients.difference(&as_outside);
        let to = scope.service.cluster_ips.iter().find(|address| Family::of(**address) == family);
        // At other addresses they may come as their node, of which a check warns.
        let Some(to) = to.filter(|_| !clients.is_empty()) else { continue };
        for pod in unchosen(side, chosen, &clients) {
            if let Some((policy, why, packet)) = by_others(side, pod, (*to, port)) {
                found.entry(policy).or_insert_with(|| Found {
                    pod: format!("{}/{}", pod.metadata.namespace, pod.metadata.name),
                    why,
                    packet,
                });
            }
        }
    }
    Ok(found.into_iter().map(|(policy, found)| finding(service, policy, found)).collect())
}

/// Running pods with these addresses, of other namespaces than the chosen ones.
fn unchosen<'a>(side: Side<'a>, chosen: &[String], clients: &CidrSet) -> Vec<&'a Arc<Pod>> {
    let mut of: BTreeMap<&str, usize> = BTreeMap::new();
    let comes = |pod: &&Arc<Pod>| {
        !pod.spec.host_network
            && pod.status.phase == "Running"
            && !chosen.contains(&pod.metadata.namespace)
            && pod.status.pod_ips.iter().filter_map(|at| at.ip.parse().ok()).any(|address| clients.contains(address))
    };
    let few_of_each = |pod: &&'a Arc<Pod>| {
        let seen = of.entry(&pod.metadata.namespace).or_default();
        *seen += 1;
        *seen <= MOST_OF_NAMESPACE
    };
    side.snapshot.iter::<Pod>().filter(comes).filter(few_of_each).take(MOST_FOLLOWED).collect()
}

/// The policy of others that lets a pod in there, how, and the packet; none where it does not get in, or where ours lets it.
fn by_others(side: Side, pod: &Pod, (to, port): (IpAddr, Port)) -> Option<(ObjectKey, String, Written)> {
    let question = Question {
        client: Client::Pod { namespace: pod.metadata.namespace.clone(), name: pod.metadata.name.clone() },
        to: Destination::Address { address: to },
        carries: Carries::Ports { protocol: port.protocol, port: port.port, source_port: None },
        entry: Entry::default(),
    };
    let paths = trace::ask(side.snapshot, side.settings, &question).paths;
    let lets = |hop: &&Hop| hop.stage == Stage::Pod && hop.action == Action::Allow;
    let theirs = |key: &ObjectKey| side.snapshot.find(key).is_some_and(|object| !names::is_ours(object.meta()));
    let let_in = paths.iter().filter(|journey| journey.verdict == Verdict::Allowed);
    let (policy, why) = let_in
        .filter_map(|journey| journey.hops.iter().rev().find(lets))
        .find_map(|hop| hop.object.clone().filter(theirs).map(|key| (key, hop.why.clone())))?;
    Some((policy, why, Written::from(&question)))
}

fn finding(service: &ServiceRef, policy: ObjectKey, Found { pod, why, packet }: Found) -> Finding {
    let what = format!("{policy} lets pods call `{service}` that the access does not choose, `{pod}` for one.");
    let finding = Draft::new(Severity::Blocker, "in-cluster-let-in", vec![service.key(), policy]).says(
        what,
        format!("It decides before the pod policy: {why}"),
        format!(
            "Let it come after (`order` above {} in the tier `default`), narrow its sources, or choose the namespaces that it lets in, or `unchanged`.",
            names::POD_ORDER
        ),
    );
    Finding { packet: Some(Box::new(packet)), ..finding }
}
