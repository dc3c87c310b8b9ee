//! The page's example as a cluster that tests change one thing of.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::allow_attributes,
    reason = "each test file uses its part, and a world that is wrong fails its test"
)]

use policy::access::{Access, Adoption, Change, ClientRange, HostEndpoints, InCluster, Intent};
use policy::object::{AnyObject, Kind, ServiceRef};
use policy::plan::{Plan, Write, plan};
use policy::snapshot::Snapshot;
use serde_json::{Value, json};

/// Objects by kind and name, as JSON.
#[derive(Debug, Clone)]
pub(crate) struct World {
    objects: Vec<Value>,
    unknown: Vec<Kind>,
}

impl World {
    /// Two nodes, `svc-a` with a pod on each, its address advertised, no HostEndpoints.
    pub(crate) fn page() -> Self {
        let mut objects = vec![
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "tenant"}}),
            json!({"apiVersion": "projectcalico.org/v3", "kind": "IPPool", "metadata": {"name": "pods"}, "spec": {"cidr": "192.168.0.0/16"}}),
            json!({"apiVersion": "projectcalico.org/v3", "kind": "BGPConfiguration", "metadata": {"name": "default"},
                "spec": {"serviceClusterIPs": [{"cidr": "10.20.30.0/24"}]}}),
            json!({"apiVersion": "projectcalico.org/v3", "kind": "FelixConfiguration", "metadata": {"name": "default"}, "spec": {}}),
            json!({"apiVersion": "projectcalico.org/v3", "kind": "KubeControllersConfiguration", "metadata": {"name": "default"},
                "spec": {"controllers": {"node": {"hostEndpoint": {"autoCreate": "Disabled"}}}}}),
            json!({"apiVersion": "projectcalico.org/v3", "kind": "ClusterInformation", "metadata": {"name": "default"},
                "spec": {"calicoVersion": "v3.28.5"}}),
            service(
                "svc-a",
                "10.20.30.40",
                json!({"app": "a"}),
                json!([
                {"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080},
                {"name": "https", "protocol": "TCP", "port": 443, "targetPort": "tls"}]),
            ),
        ];
        for (node, ip) in [("node-a", "10.0.1.1"), ("node-b", "10.0.2.1")] {
            objects.push(json!({"apiVersion": "v1", "kind": "Node",
                "metadata": {"name": node, "annotations": {"projectcalico.org/IPv4Address": format!("{ip}/24"),
                    "projectcalico.org/IPv4VXLANTunnelAddr": "192.168.77.64"}},
                "status": {"addresses": [{"type": "InternalIP", "address": ip}]}}));
        }
        objects.push(pod("a-1", "node-a", json!({"app": "a"})));
        objects.push(pod("a-2", "node-b", json!({"app": "a"})));
        Self { objects, unknown: Vec::new() }
    }

    /// With endpoints of `svc-a`: a pod on each node.
    #[must_use]
    pub(crate) fn with_endpoints(self) -> Self {
        let ports = json!([{"name": "http", "protocol": "TCP", "port": 8080}, {"name": "https", "protocol": "TCP", "port": 8443}]);
        let endpoint = |(node, address): (&str, &str)| json!({"addresses": [address], "conditions": {"ready": true}, "nodeName": node});
        let endpoints: Vec<Value> = [("node-a", "192.168.7.1"), ("node-b", "192.168.8.1")].map(endpoint).into();
        self.with(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": "svc-a-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "svc-a"}},
            "addressType": "IPv4", "endpoints": endpoints, "ports": ports}))
            .with(addressed("a-1", "node-a", "192.168.7.1"))
            .with(addressed("a-2", "node-b", "192.168.8.1"))
    }

    /// With one object more.
    #[must_use]
    pub(crate) fn with(mut self, object: Value) -> Self {
        self.objects.push(object);
        self
    }

    /// With a named HostEndpoint on each node, labelled as the page says.
    #[must_use]
    pub(crate) fn with_host_endpoints(self, interface: &str) -> Self {
        let endpoint = |node: &str, ip: &str| {
            json!({"apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint",
                "metadata": {"name": format!("{node}-hep"), "labels": {"k8s-role": "node"}},
                "spec": {"node": node, "interfaceName": interface, "expectedIPs": [ip], "profiles": ["projectcalico-default-allow"]}})
        };
        self.with(endpoint("node-a", "10.0.1.1")).with(endpoint("node-b", "10.0.2.1"))
    }

    /// With the object of this kind and name changed at a JSON pointer (its parent must exist).
    #[must_use]
    pub(crate) fn set(mut self, kind: &str, name: &str, pointer: &str, value: Value) -> Self {
        let object = self.objects.iter_mut().find(|o| o["kind"] == kind && o["metadata"]["name"] == name).expect("no such object");
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let parent = object.pointer_mut(parent).expect("no such parent");
        parent.as_object_mut().expect("an object").insert(key.replace("~1", "/"), value);
        self
    }

    /// Without the objects of this kind whose name begins so.
    #[must_use]
    pub(crate) fn without(mut self, kind: &str, name: &str) -> Self {
        self.objects.retain(|o| o["kind"] != kind || !o["metadata"]["name"].as_str().is_some_and(|n| n.starts_with(name)));
        self
    }

    /// With a kind that was not read.
    #[must_use]
    pub(crate) fn unknown(mut self, kind: Kind) -> Self {
        self.unknown.push(kind);
        self
    }

    pub(crate) fn objects(&self) -> &[Value] {
        &self.objects
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for kind in Kind::ALL {
            let of_kind = |o: &&Value| Kind::find(o["apiVersion"].as_str().unwrap(), o["kind"].as_str().unwrap()) == Some(kind);
            let objects = self.objects.iter().filter(of_kind).map(|o| AnyObject::decode(kind, o).unwrap()).collect();
            if self.unknown.contains(&kind) {
                snapshot.set_unknown(kind, "not in the files");
            } else {
                snapshot.set_all(kind, objects);
            }
        }
        snapshot
    }

    pub(crate) fn plan(&self, change: &Change) -> Plan {
        plan(&self.snapshot(), change).expect("a plan")
    }

    /// The world once a plan is carried out.
    #[must_use]
    pub(crate) fn after(&self, plan: &Plan) -> Self {
        let mut world = self.clone();
        for step in &plan.steps {
            let name = step.key.name.clone();
            world.objects.retain(|o| o["kind"] != step.key.kind.name() || o["metadata"]["name"] != name);
            world.objects.extend(step.write.after().cloned());
        }
        world
    }
}

pub(crate) fn service(name: &str, address: &str, selector: Value, ports: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "namespace": "shop", "annotations": {"kubectl.kubernetes.io/last-applied-configuration":
            json!({"spec": {"clusterIP": address}}).to_string()}},
        "spec": {"type": "ClusterIP", "clusterIP": address, "clusterIPs": [address], "selector": selector, "ports": ports}})
}

pub(crate) fn pod(name: &str, node: &str, labels: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "labels": labels},
        "spec": {"nodeName": node, "containers": [{"name": "c", "ports": [{"name": "tls", "containerPort": 8443}]}]},
        "status": {"phase": "Running", "podIP": "192.168.1.1"}})
}

/// A running pod of `svc-a` with an address.
fn addressed(name: &str, node: &str, address: &str) -> Value {
    let mut pod = pod(name, node, json!({"app": "a"}));
    pod["spec"]["containers"] = json!([{"ports": [{"name": "http", "containerPort": 8080}, {"name": "tls", "containerPort": 8443}]}]);
    pod["status"] = json!({"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]});
    pod
}

pub(crate) fn global_policy(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {"name": name}, "spec": spec})
}

pub(crate) fn svc_a() -> ServiceRef {
    "shop/svc-a".parse().unwrap()
}

pub(crate) fn row(cidr: &str, ports: &[&str]) -> ClientRange {
    ClientRange { cidr: cidr.parse().unwrap(), ports: ports.iter().map(|p| p.parse().unwrap()).collect(), note: String::new() }
}

pub(crate) fn access(cidrs: &[&str]) -> Access {
    Access { clients: cidrs.iter().map(|cidr| row(cidr, &[])).collect(), in_cluster: InCluster::Unchanged, ..Access::default() }
}

pub(crate) fn eth0() -> HostEndpoints {
    HostEndpoints::Named { interface: "eth0".to_owned().try_into().unwrap() }
}

/// `svc-a`, guarded for 50.60.0.0/16, with HostEndpoints created on eth0.
pub(crate) fn guard(access: Access) -> Change {
    Change { service: svc_a(), intent: Intent::Guard(access), host_endpoints: eth0(), adoption: Adoption::default() }
}

pub(crate) fn open() -> Change {
    Change { service: svc_a(), intent: Intent::Open, host_endpoints: HostEndpoints::Existing, adoption: Adoption::default() }
}

/// The planned object whose name begins so.
pub(crate) fn written<'a>(plan: &'a Plan, name: &str) -> &'a Value {
    let step = plan.steps.iter().find(|step| step.key.name.starts_with(name)).expect("no such step");
    match &step.write {
        Write::Create { object } | Write::Replace { object, .. } => object,
        Write::Delete { before, .. } => before,
    }
}

pub(crate) fn ids(plan: &Plan) -> Vec<&str> {
    plan.findings.iter().map(|finding| finding.id.as_str()).collect()
}
