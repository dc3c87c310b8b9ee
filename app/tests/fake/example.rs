//! The example of Calico's page as a snapshot: two nodes, `default/svc-a` with a pod on each, its range advertised.

use policy::object::{AnyObject, Kind, ServiceRef};
use policy::scope::Scope;
use policy::snapshot::Snapshot;
use serde_json::{Value, json};

/// The snapshot. The Service is called as is asked.
fn snapshot(service: &ServiceRef) -> Snapshot {
    let (namespace, name) = (service.namespace(), service.name());
    let meta = |namespace: &str, name: &str, labels: Value| json!({"namespace": namespace, "name": name, "uid": format!("uid-{name}"), "resourceVersion": "7", "labels": labels});
    let app = json!({"app": name});
    let objects = [
        (Kind::Namespace, json!([{"metadata": meta("", namespace, json!({}))}, {"metadata": meta("", "web", json!({}))}])),
        (
            Kind::Node,
            json!([
                {"metadata": meta("", "node-1", json!({})), "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.11"}]}},
                {"metadata": meta("", "node-2", json!({})), "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.12"}]}},
            ]),
        ),
        (
            Kind::Service,
            json!([{
                "metadata": meta(namespace, name, json!({})),
                "spec": {
                    "type": "ClusterIP", "clusterIP": "10.20.30.40", "clusterIPs": ["10.20.30.40"], "ipFamilies": ["IPv4"], "selector": app,
                    "ports": [
                        {"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080},
                        {"name": "https", "protocol": "TCP", "port": 443, "targetPort": 8443},
                    ],
                },
            }]),
        ),
        (
            Kind::Pod,
            json!([
                {"metadata": meta(namespace, "a-1", app.clone()), "spec": {"nodeName": "node-1"}, "status": {"phase": "Running", "podIPs": [{"ip": "192.168.1.2"}]}},
                {"metadata": meta(namespace, "a-2", app), "spec": {"nodeName": "node-2"}, "status": {"phase": "Running", "podIPs": [{"ip": "192.168.2.2"}]}},
            ]),
        ),
        (
            Kind::BgpConfiguration,
            json!([{"metadata": meta("", "default", json!({})), "spec": {"serviceClusterIPs": [{"cidr": "10.20.30.0/24"}]}}]),
        ),
        (Kind::IpPool, json!([{"metadata": meta("", "pods", json!({})), "spec": {"cidr": "192.168.0.0/16"}}])),
    ];
    // `svc-b` stands for a cluster that has no HostEndpoints yet.
    let hosts = if name == "svc-b" { Vec::new() } else { vec![1, 2] };
    let hosts: Vec<Value> = hosts
        .into_iter()
        .map(|node| json!({
            "metadata": meta("", &format!("node-{node}-eth0"), json!({"role": "edge"})),
            "spec": {"node": format!("node-{node}"), "interfaceName": "eth0", "expectedIPs": [format!("10.0.0.1{node}")], "profiles": ["projectcalico-default-allow"]},
        }))
        .collect();
    let objects = objects.into_iter().chain([(Kind::HostEndpoint, Value::from(hosts))]);
    let mut snapshot = Snapshot::default();
    for kind in Kind::ALL {
        snapshot.set_all(kind, Vec::new());
    }
    for (kind, values) in objects {
        let values = values.as_array().cloned().unwrap_or_default();
        snapshot.set_all(kind, values.iter().map(|value| AnyObject::decode(kind, value).expect("an object")).collect());
    }
    snapshot
}

/// What a preview of the Service needs.
pub(crate) fn scope(service: &ServiceRef) -> Scope {
    Scope::of(&snapshot(service), service).expect("the Service is in the snapshot")
}
