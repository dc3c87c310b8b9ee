//! Closed by default, over generated clusters: nobody outside reaches an advertised address that nobody has opened, and nothing else
//! changes for anybody.

use crate::after::made;
use crate::ask::{ask, carries, of_port, outside};
use crate::cluster::Cluster;
use crate::cluster::jobs::{Job, job, target};
use crate::counts::Counts;
use crate::hardened::{entries, held, others, outsiders};
use crate::packets::any_address;
use crate::run::{self, Size};
use crate::strangers::asked;
use policy::access::{Baseline, Protocol, in_force};
use policy::baseline::{self, Closed, Planned};
use policy::finding::Severity;
use policy::object::{Node, Pod, ServiceRef};
use policy::reach::diff::Side;
use policy::reach::packet::{Carries, Client, Entry};
use policy::reach::pods_alone;
use policy::reach::sets::Kept;
use policy::reach::settings::Settings;
use policy::reach::verdict::{Journey, Stage, Unknown, Verdict};
use policy::snapshot::Snapshot;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The job's cluster with ranges of every kind, in one of which nodes have addresses.
fn advertised(job: &Job, shared: bool) -> Cluster {
    let mut cluster = job.cluster.clone();
    for object in cluster.objects.iter_mut().filter(|object| object["kind"] == "BGPConfiguration") {
        object["spec"]["serviceExternalIPs"] = json!([{"cidr": "203.0.113.0/26"}, {"cidr": "2001:db8:ff::/48"}]);
        let balancers = if shared { "10.0.0.0/16" } else { "203.0.113.64/26" };
        object["spec"]["serviceLoadBalancerIPs"] = json!([{"cidr": balancers}]);
    }
    cluster
}

/// A packet, with who sends it and where it comes in.
struct Sent {
    client: Client,
    entry: Entry,
    to: IpAddr,
    carries: Carries,
}

struct Both<'a> {
    before: &'a Snapshot,
    after: &'a Snapshot,
    settings: &'a Settings,
    job: &'a Job,
}

impl Both<'_> {
    /// The journeys of a packet before and after, path by path.
    fn of(&self, sent: &Sent) -> Vec<(Journey, Journey)> {
        let of = |snapshot| ask(snapshot, self.settings, sent.client.clone(), sent.to, sent.carries, sent.entry.clone()).paths;
        of(self.before).into_iter().zip(of(self.after)).collect()
    }

    fn same(&self, sent: &Sent, counts: &mut Counts) -> Result<(), TestCaseError> {
        for (then, now) in self.of(sent) {
            counts.count(&now);
            if (&then.path, &then.verdict) != (&now.path, &now.verdict) {
                return Err(self.fails("is to stay as it was", &then, &now));
            }
        }
        Ok(())
    }

    /// Shut out, but for what others let in before.
    fn shut(&self, sent: &Sent, counts: &mut Counts) -> Result<(), TestCaseError> {
        for (then, now) in self.of(sent) {
            counts.count(&now);
            let failsafe = now.hops.iter().any(|hop| hop.stage == Stage::Failsafe);
            if now.verdict == Verdict::Denied {
                counts.note(if then.verdict == Verdict::Denied { "shut out before and after" } else { "shut out by it" });
            } else if now.verdict == Verdict::Unknown(Unknown::NoSuchAddress) {
                counts.note("no Service there");
            } else if failsafe || !others(&now).is_empty() {
                counts.note("let in by a failsafe port or by others");
            } else {
                return Err(self.fails("is to be shut out", &then, &now));
            }
        }
        Ok(())
    }

    fn fails(&self, what: &str, then: &Journey, now: &Journey) -> TestCaseError {
        TestCaseError::fail(format!("{what}: before {then:#?}\nafter {now:#?}\n{:?}", self.job))
    }

    /// Every address of every Service, for clients outside.
    fn services(
        &self,
        closed: &Closed,
        clients: &BTreeSet<IpAddr>,
        services: &[ServiceRef],
        counts: &mut Counts,
    ) -> Result<(), TestCaseError> {
        for service in services {
            let guarded = in_force(self.before, service).is_some();
            for (to, port) in asked(self.before, service) {
                for entry in entries(self.job) {
                    for client in clients.iter().filter(|client| client.is_ipv4() == to.is_ipv4()) {
                        let sent = Sent { client: outside(*client), entry: entry.clone(), to, carries: of_port(port) };
                        if guarded || !closed.addresses.contains(to) {
                            self.same(&sent, counts)?;
                        } else {
                            self.shut(&sent, counts)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The nodes' own addresses, for clients outside and for each other.
    fn nodes(&self, clients: &BTreeSet<IpAddr>, counts: &mut Counts) -> Result<(), TestCaseError> {
        let nodes: Vec<(String, IpAddr)> = self.before.iter::<Node>().flat_map(|node| addresses(node)).collect();
        let senders: Vec<Client> = nodes.iter().map(|(name, _)| Client::Node { name: name.clone() }).collect();
        for (_, to) in &nodes {
            for port in [22, 80, 10_250] {
                let carries = carries(Protocol::Tcp, port);
                for entry in entries(self.job) {
                    for client in clients.iter().filter(|client| client.is_ipv4() == to.is_ipv4()).take(6) {
                        self.same(&Sent { client: outside(*client), entry: entry.clone(), to: *to, carries }, counts)?;
                    }
                }
                for client in &senders {
                    self.same(&Sent { client: client.clone(), entry: Entry::default(), to: *to, carries }, counts)?;
                }
            }
        }
        Ok(())
    }

    /// Pods and nodes to every Service.
    fn inside(&self, services: &[ServiceRef], counts: &mut Counts) -> Result<(), TestCaseError> {
        let running = |pod: &&std::sync::Arc<Pod>| !pod.spec.host_network && pod.status.phase == "Running";
        let pods = self.before.iter::<Pod>().filter(running);
        let pods = pods.map(|pod| Client::Pod { namespace: pod.metadata.namespace.clone(), name: pod.metadata.name.clone() });
        let nodes = self.before.iter::<Node>().map(|node| Client::Node { name: node.metadata.name.clone() });
        for client in pods.chain(nodes) {
            for (to, port) in services.iter().flat_map(|service| asked(self.before, service)) {
                self.same(&Sent { client: client.clone(), entry: Entry::default(), to, carries: of_port(port) }, counts)?;
            }
        }
        Ok(())
    }
}

fn addresses(node: &Node) -> Vec<(String, IpAddr)> {
    let own = node.status.addresses.iter().filter_map(|at| at.address.parse().ok());
    own.map(|address| (node.metadata.name.clone(), address)).collect()
}

fn blocked(planned: &Planned) -> bool {
    planned.findings.iter().any(|finding| finding.severity == Severity::Blocker)
}

fn holds(job: &Job, shared: bool, guarded: bool, more: &[IpAddr], counts: &mut Counts) -> Result<(), TestCaseError> {
    counts.clusters += 1;
    let mut cluster = advertised(job, shared);
    if guarded {
        let then = cluster.snapshot();
        let plan = held(&cluster.settings(&then), &then, cluster.plan(&job.guard(0)));
        if plan.blocked() {
            counts.note("blocked");
            return Ok(());
        }
        cluster = cluster.after(&plan.steps);
        counts.note("with a guarded Service");
    }
    let before = cluster.snapshot();
    let now = baseline::in_force(&before);
    let planned = baseline::plan(&before, &Baseline { closed: Some(job.host_endpoints.clone()), ..now.clone() });
    if blocked(&planned) {
        counts.note("blocked");
        return Ok(());
    }
    let after = planned.steps.iter().fold(before.clone(), |snapshot, step| made(&snapshot, step));
    let settings = cluster.settings(&before);
    let closed = baseline::closed(&after).ok_or_else(|| TestCaseError::fail("nothing is closed"))?;
    prop_assert_eq!(baseline::outdated(&after), None);
    let alone = in_force(&after, &target())
        .map(|access| pods_alone::findings(Side { snapshot: &after, settings: &settings }, &target(), &access, &mut Kept::default()));
    if alone.is_some_and(|findings| !findings.is_empty()) {
        counts.note("would cut clients of a guard at the pods alone, and says so");
        return Ok(());
    }
    let both = Both { before: &before, after: &after, settings: &settings, job };
    let (services, clients) = (cluster.services(), outsiders(job, more));
    both.services(&closed, &clients, &services, counts)?;
    both.nodes(&clients, counts)?;
    both.inside(&services, counts)?;
    let taken_away = baseline::plan(&after, &now);
    prop_assert!(!blocked(&taken_away), "{:#?}", taken_away.findings);
    let again = taken_away.steps.iter().fold(after.clone(), |snapshot, step| made(&snapshot, step));
    prop_assert_eq!(before.differing(&again), []);
    Ok(())
}

#[test]
fn closed_by_default_shuts_out_whom_nobody_lets_in_and_nobody_else() {
    let mut counts = Counts::default();
    let strategy = (job(), any::<bool>(), any::<bool>(), prop::collection::vec(any_address(), 2));
    run::law(Size { packets: 20_000, long: 200_000 }, 200, strategy, &mut counts, |(job, shared, guarded, more), counts| {
        holds(job, *shared, *guarded, more, counts)
    });
    println!("closed: {counts}\n{}", counts.notes());
    for seen in ["shut out by it", "with a guarded Service"] {
        assert!(counts.noted(seen) > 0, "{seen}: {}", counts.notes());
    }
}
