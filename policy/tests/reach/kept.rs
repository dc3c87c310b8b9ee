//! What is kept from one question to the next says what would be found out anew, whatever becomes of the cluster meanwhile.

use crate::ask::{carries, client};
use crate::cluster::{Cluster, cluster};
use crate::counts::Counts;
use crate::run::{self, Size};
use policy::access::Protocol;
use policy::object::{AnyObject, Kind, ObjectKey, ServiceRef, key_of};
use policy::reach::packet::{Destination, Entry, Question};
use policy::reach::sets::{Kept, LIMIT, Questions, of_service};
use policy::reach::trace;
use policy::snapshot::Snapshot;
use proptest::prelude::*;
use serde_json::Value;

fn identified(object: &Value) -> Option<(ObjectKey, AnyObject)> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let kind = Kind::find(text("/apiVersion"), text("/kind"))?;
    Some((key_of(kind, object), AnyObject::decode(kind, object).ok()?))
}

/// The snapshots on the way from one cluster to another, object by object: what comes or changes, and what goes.
fn way(from: &Cluster, to: &Cluster, namespace: &str) -> Vec<Snapshot> {
    let mut now = from.snapshot();
    let mut seen = vec![now.clone()];
    let relabelled =
        serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": {"team": "green"}}});
    let gone = from.objects.iter().step_by(3).filter_map(identified).map(|(key, _)| (key, None));
    let come = to.objects.iter().chain([&relabelled]).filter_map(identified).map(|(key, object)| (key, Some(object)));
    for (at, (key, object)) in come.chain(gone).enumerate() {
        match object {
            Some(object) => now.insert(object),
            None => now.remove(&key),
        }
        // Some changes are seen together.
        if at % 4 != 1 {
            seen.push(now.clone());
        }
    }
    seen
}

fn holds(from: &Cluster, to: &Cluster, counts: &mut Counts) -> Result<(), TestCaseError> {
    counts.clusters += 1;
    let services: std::collections::BTreeSet<ServiceRef> = from.services().into_iter().chain(to.services()).collect();
    let mut kept = Kept::default();
    let seen = way(from, to, "shop");
    for (at, snapshot) in seen.iter().enumerate() {
        let settings = from.settings(snapshot);
        // What the trace shares with what it has read of another snapshot.
        let before = trace::Questions::about(seen.get(at.saturating_sub(1)).unwrap_or(snapshot), &settings);
        let beside = before.beside(snapshot, &settings);
        for service in services.iter().skip(at % 2).step_by(2) {
            let questions = Questions::keeping(snapshot, &settings, LIMIT, kept.clone());
            let told = questions.of_service(service).unwrap();
            kept = questions.kept();
            counts.packets += 1;
            let client = client(["50.60.0.1", "10.0.1.1", "node:node-a"][at % 3]);
            let at_service = Destination::Service { service: service.clone() };
            let question = Question { client, to: at_service, carries: carries(Protocol::Tcp, 80), entry: Entry::default() };
            prop_assert_eq!(beside.ask(&question), trace::ask(snapshot, &settings, &question), "step {}\n{:?}\n{:?}", at, from, question);
            prop_assert_eq!(told, of_service(snapshot, &settings, service).unwrap(), "{} at step {}\n{:?}\n{:?}", service, at, from, to);
        }
    }
    Ok(())
}

#[test]
fn what_is_kept_is_what_would_be_found_out_anew() {
    let mut counts = Counts::default();
    run::law(Size { packets: 1_500, long: 50_000 }, 100, (cluster(), cluster()), &mut counts, |(from, to), counts| holds(from, to, counts));
    println!("kept: {} pairs of clusters, {} questions", counts.clusters, counts.packets);
}
