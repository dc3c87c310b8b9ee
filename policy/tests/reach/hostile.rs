//! Whatever a cluster holds, neither engine breaks: objects with any of their fields put in another's place, out of range, or endless.

use crate::ask::{client, entry};
use crate::cluster::{Cluster, cluster};
use crate::counts::Counts;
use crate::packets::{always, any_address};
use crate::run::{self, Size};
use policy::access::Protocol;
use policy::reach::packet::{Carries, Client, Destination, Entry, Question};
use policy::reach::{sets, trace};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What somebody hostile writes into a field.
fn hostile() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("")),
        Just(json!("é'\"\\\u{0}")),
        Just(json!(-1)),
        Just(json!(i64::MAX)),
        Just(json!(u64::MAX)),
        Just(json!(65_536)),
        Just(json!(0)),
        Just(json!(1e308)),
        Just(json!([])),
        Just(json!({})),
        Just(json!([null])),
        Just(json!("0.0.0.0/0")),
        Just(json!("::ffff:10.0.0.1/104")),
        Just(json!("::/0")),
        Just(json!("255.255.255.255/0")),
        Just(json!("65535:1")),
        Just(json!("0:65535")),
        Just(json!("*")),
        Just(json!("all()")),
        Just(json!("!".repeat(3_000) + "all()")),
        Just(json!("a".repeat(2_000))),
        Just(json!(vec!["10.0.0.0/8"; 300])),
        Just(json!(["Ingress", "Egress", "ingress"])),
        Just(json!({"nets": ["::/0", "0.0.0.0/0"], "ports": [0, 65_535, "0:65535", "65536"]})),
    ]
}

/// Puts `value` in the place of the `at`-th thing inside an object.
fn put(object: &mut Value, at: usize, value: &Value) {
    fn count(value: &Value) -> usize {
        1 + match value {
            Value::Array(items) => items.iter().map(count).sum::<usize>(),
            Value::Object(fields) => fields.values().map(count).sum(),
            _ => 0,
        }
    }
    fn replace(place: &mut Value, at: usize, value: &Value) {
        if at == 0 {
            place.clone_from(value);
            return;
        }
        let mut left = at - 1;
        let inner: Vec<&mut Value> = match place {
            Value::Array(items) => items.iter_mut().collect(),
            Value::Object(fields) => fields.values_mut().collect(),
            _ => Vec::new(),
        };
        for inner in inner {
            let size = count(inner);
            if left < size {
                return replace(inner, left, value);
            }
            left -= size;
        }
    }
    // What it is and how it is called stays: else it is another object.
    let (kind, metadata) = (object["kind"].clone(), object["metadata"].clone());
    let api_version = object["apiVersion"].clone();
    for part in ["spec", "status", "endpoints", "ports"] {
        if let Some(inside) = object.get_mut(part) {
            let size = count(inside);
            replace(inside, at % size, value);
        }
    }
    (object["kind"], object["metadata"], object["apiVersion"]) = (kind, metadata, api_version);
}

fn spoiled() -> impl Strategy<Value = Cluster> {
    let faults = prop::collection::vec((any::<prop::sample::Index>(), any::<u16>(), hostile()), 1..8);
    (cluster(), faults).prop_map(|(mut cluster, faults)| {
        for (which, at, value) in faults {
            let which = which.index(cluster.objects.len());
            put(&mut cluster.objects[which], at.into(), &value);
        }
        cluster
    })
}

fn questions(to: &Destination, more: std::net::IpAddr) -> Vec<Question> {
    let clients = [
        Client::Outside { address: more },
        client("50.60.7.7"),
        client("2001:db8::1"),
        client("10.0.1.1"),
        client("shop/p0"),
        client("ops/p1"),
        client("node:node-a"),
        client("node:nowhere"),
    ];
    let ports = |protocol, port| Carries::Ports { protocol, port, source_port: None };
    let carried = [
        ports(Protocol::Tcp, 80),
        ports(Protocol::Udp, 53),
        Carries::Ports { protocol: Protocol::Sctp, port: 0, source_port: Some(0) },
        Carries::Icmp { kind: 8, code: 0 },
        Carries::Other { protocol: 255 },
    ];
    let places = [
        Entry::default(),
        entry("node-a"),
        Entry { node: Some("node-a".to_owned()), interface: Some("eth0".to_owned()) },
        entry("nowhere"),
    ];
    let asked = |client: Client| {
        let to = to.clone();
        let with = move |carries| (client.clone(), carries);
        carried.map(with).map(move |(client, carries)| Question { client, to: to.clone(), carries, entry: Entry::default() })
    };
    let mut questions: Vec<Question> = clients.into_iter().flat_map(asked).collect();
    for (at, question) in questions.iter_mut().enumerate() {
        question.entry = places[at % places.len()].clone();
    }
    questions
}

fn holds(cluster: &Cluster, more: std::net::IpAddr, counts: &mut Counts) -> Result<(), TestCaseError> {
    counts.clusters += 1;
    let snapshot = cluster.snapshot();
    let settings = cluster.settings(&snapshot);
    let mut places: Vec<Destination> = always().into_iter().map(|address| Destination::Address { address }).collect();
    for service in cluster.services() {
        // More than it may look at is an answer too.
        if let Ok(reach) = sets::of_service(&snapshot, &settings, &service) {
            let _ = serde_json::to_string(&reach).map_err(|error| TestCaseError::fail(error.to_string()))?;
        }
        places.push(Destination::Service { service });
    }
    for question in places.iter().flat_map(|to| questions(to, more)) {
        let answer = trace::ask(&snapshot, &settings, &question);
        answer.paths.iter().for_each(|journey| counts.count(journey));
        // Somebody who asks gets an answer in any case.
        prop_assert!(!answer.paths.is_empty() || answer.verdict == policy::reach::verdict::Overall::Unknown);
    }
    Ok(())
}

#[test]
fn nothing_that_a_cluster_may_hold_breaks_an_engine() {
    let mut counts = Counts::default();
    let strategy = (spoiled(), any_address());
    run::law(Size { packets: 20_000, long: 300_000 }, 300, strategy, &mut counts, |(cluster, more), counts| holds(cluster, *more, counts));
    println!("hostile: {counts}");
}
