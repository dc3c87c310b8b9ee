//! How much is followed for one question.

use super::Cluster;
use crate::access::Protocol;
use crate::reach::packet::{Carries, Client, Destination, Entry, Question};
use crate::reach::settings::Settings;
use crate::reach::trace::{LIMIT, Questions};
use crate::reach::verdict::{Overall, Unknown, Verdict};

#[test]
fn too_many_paths_are_refused_by_name() {
    let cluster = Cluster::page().and(
        "{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: theirs}, spec: {selector: all(), types: [Ingress], \
         ingress: [{action: Log}, {action: Allow}]}}",
    );
    let snapshot = cluster.snapshot();
    let settings = Settings::read(&snapshot, &cluster.told);
    let question = |node: Option<&str>| Question {
        client: Client::Outside { address: "50.60.1.10".parse().unwrap() },
        to: Destination::Service { service: "shop/svc-a".parse().unwrap() },
        carries: Carries::Ports { protocol: Protocol::Tcp, port: 80, source_port: None },
        entry: Entry { node: node.map(str::to_owned), interface: None },
    };
    let ask = |limit, node| Questions::within(&snapshot, &settings, limit).ask(&question(node));
    let both = ask(LIMIT, None);
    assert_eq!(both.paths.len(), 2, "{both:#?}");
    // A policy and its two rules, for each node.
    assert_eq!(ask(3, None).paths[0].verdict, Verdict::Unknown(Unknown::TooManyPaths));
    assert_eq!(ask(3, Some("node-b")).verdict, Overall::Allowed);
    assert_eq!(ask(6, None), both);
}
