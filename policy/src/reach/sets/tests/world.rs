//! Small clusters, one change at a time.

use super::super::{Reach, of_service};
use crate::access::Port;
use crate::object::{AnyObject, Kind, ServiceRef};
use crate::reach::packet::{Backend, PathKey};
use crate::reach::settings::{Settings, Told};
use crate::reach::verdict::Verdict;
use crate::snapshot::Snapshot;
use serde_json::{Value, json};

/// A cluster as JSON.
#[derive(Clone)]
pub(crate) struct Cluster(pub(crate) Vec<Value>);

pub(crate) const VIP: &str = "10.20.30.40";

impl Cluster {
    /// Two nodes, `shop/svc-a` with one pod, on `a`; the page's addresses.
    pub(crate) fn page() -> Self {
        Self(vec![
            json!({"kind": "Namespace", "metadata": {"name": "shop"}}),
            json!({"kind": "IPPool", "metadata": {"name": "pods"}, "spec": {"cidr": "192.168.0.0/16"}}),
            node("a", "10.0.1.1/16", "192.168.77.1"),
            node("b", "10.0.2.1/16", "192.168.77.2"),
            service("svc-a", VIP, json!([{"name": "http", "port": 80, "targetPort": 8080}])),
            pod("a-1", "a", "192.168.1.1", json!({"app": "svc-a"})),
            slice("svc-a", &[("a-1", "a", "192.168.1.1")], json!([{"name": "http", "port": 8080}])),
        ])
    }

    #[must_use]
    pub(crate) fn with(mut self, object: Value) -> Self {
        let same = |other: &Value| other["kind"] == object["kind"] && other["metadata"]["name"] == object["metadata"]["name"];
        self.0.retain(|other| !same(other));
        self.0.push(object);
        self
    }

    #[must_use]
    pub(crate) fn endpoints(self, interface: &str, expected: bool, profile: bool) -> Self {
        ["a", "b"].into_iter().zip([["10.0.1.1", "192.168.77.1"], ["10.0.2.1", "192.168.77.2"]]).fold(self, |cluster, (node, addresses)| {
            let mut endpoint = host_endpoint(node, interface, &addresses[..if expected { 2 } else { 0 }]);
            if profile {
                endpoint["spec"]["profiles"] = json!(["projectcalico-default-allow"]);
            }
            cluster.with(endpoint)
        })
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for kind in Kind::ALL {
            let calico = |object: &Value| {
                object["apiVersion"].is_null() && Kind::find("projectcalico.org/v3", object["kind"].as_str().unwrap()).is_some()
            };
            let of_kind = |object: &&Value| object["kind"] == kind.name() && calico(object) == (kind.group() == "projectcalico.org");
            snapshot.set_all(kind, self.0.iter().filter(of_kind).map(|object| AnyObject::decode(kind, object).unwrap()).collect());
        }
        snapshot
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::read(&self.snapshot(), &Told::default())
    }

    pub(crate) fn reach(&self) -> Reach {
        of_service(&self.snapshot(), &self.settings(), &svc_a()).unwrap()
    }

    /// Whether a client gets in at `node`, by the interface `eth0` or the main one, to the pod on `a`.
    pub(crate) fn gets_in(&self, client: &str, node: &str, port: u16) -> bool {
        let reach = self.reach();
        let path = path(&reach, node, port);
        let verdict = reach.verdict(&path, format!("TCP/{port}").parse().unwrap(), client.parse().unwrap());
        match verdict {
            Some(Verdict::Allowed) => true,
            Some(Verdict::Denied) => false,
            other => panic!("{other:?} on {path:?} of {reach:#?}"),
        }
    }
}

/// The path that comes in at `node`, to the first backend.
pub(crate) fn path(reach: &Reach, node: &str, port: u16) -> PathKey {
    let port: Port = format!("TCP/{port}").parse().unwrap();
    let address = reach.addresses.iter().find(|at| at.port == port).unwrap();
    let group = &address.groups[0];
    let entries = address.groups.iter().flat_map(|group| reach.entries(group));
    let entry = entries.into_iter().find(|entry| &*entry.node == node).unwrap();
    let backend: Option<Backend> = reach.backends(group).first().cloned();
    PathKey {
        node: node.to_owned(),
        interface: Some(entry.interface.clone()),
        address: address.address.or(entry.address).unwrap(),
        backend,
    }
}

pub(crate) fn svc_a() -> ServiceRef {
    "shop/svc-a".parse().unwrap()
}

pub(crate) fn node(name: &str, address: &str, tunnel: &str) -> Value {
    let bare = address.split('/').next().unwrap();
    json!({"kind": "Node", "metadata": {"name": name, "annotations": {"projectcalico.org/IPv4Address": address,
            "projectcalico.org/IPv4VXLANTunnelAddr": tunnel}},
        "status": {"addresses": [{"type": "InternalIP", "address": bare}]}})
}

pub(crate) fn host_endpoint(node: &str, interface: &str, addresses: &[&str]) -> Value {
    json!({"kind": "HostEndpoint", "metadata": {"name": format!("{node}-hep"), "labels": {"k8s-role": "node"}},
        "spec": {"node": node, "interfaceName": interface, "expectedIPs": addresses}})
}

pub(crate) fn service(name: &str, address: &str, ports: Value) -> Value {
    json!({"kind": "Service", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"type": "ClusterIP", "clusterIP": address, "clusterIPs": [address], "selector": {"app": name}, "ports": ports}})
}

pub(crate) fn pod(name: &str, node: &str, address: &str, labels: Value) -> Value {
    json!({"kind": "Pod", "metadata": {"name": name, "namespace": "shop", "labels": labels},
        "spec": {"nodeName": node, "containers": [{"ports": [{"name": "web", "containerPort": 8080}]}]},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}})
}

pub(crate) fn slice(service: &str, endpoints: &[(&str, &str, &str)], ports: Value) -> Value {
    let endpoint = |(pod, node, address): &(&str, &str, &str)| {
        json!({"addresses": [address], "nodeName": node, "conditions": {"ready": true},
            "targetRef": {"kind": "Pod", "namespace": "shop", "name": pod}})
    };
    json!({"kind": "EndpointSlice", "metadata": {"name": format!("{service}-1"), "namespace": "shop",
            "labels": {"kubernetes.io/service-name": service}},
        "addressType": "IPv4", "endpoints": endpoints.iter().map(endpoint).collect::<Vec<_>>(), "ports": ports})
}

pub(crate) fn policy(name: &str, spec: Value) -> Value {
    json!({"kind": "GlobalNetworkPolicy", "metadata": {"name": name}, "spec": spec})
}
