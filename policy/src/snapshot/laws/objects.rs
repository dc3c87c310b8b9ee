//! Objects that meet often: few names, few labels, every kind that is indexed.

use crate::object::{AnyObject, Kind, ObjectKey, Pod};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::net::IpAddr;

pub(super) const NAMESPACES: [&str; 2] = ["x", "y"];

/// Labels, among them some that Calico adds or inherits where an object does not carry them itself.
pub(super) const KEYS: [&str; 7] = [
    "app",
    "tier",
    "pcns.team",
    "projectcalico.org/namespace",
    "portcullis.dev/edge",
    "portcullis.dev/edge-clients",
    "portcullis.dev/ports",
];

/// Services that objects are annotated with.
pub(super) const SERVICES: [&str; 2] = ["x/a", "y/b"];

pub(super) const VALUES: [&str; 4] = ["a", "ab", "x", "true"];

const KINDS: [Kind; 13] = [
    Kind::Namespace,
    Kind::ServiceAccount,
    Kind::Pod,
    Kind::Service,
    Kind::EndpointSlice,
    Kind::KubernetesNetworkPolicy,
    Kind::GlobalNetworkSet,
    Kind::NetworkSet,
    Kind::HostEndpoint,
    Kind::NetworkPolicy,
    Kind::GlobalNetworkPolicy,
    Kind::Node,
    Kind::Tier,
];

const SELECTORS: [&str; 19] = [
    "",
    "all()",
    "app == 'a'",
    "app == \"ab\" && has(tier)",
    "app == 'a' || tier == 'x'",
    "app == 'a' || tier != 'x'",
    "app in {'a', 'ab'}",
    "app in {}",
    "app not in {'a'}",
    "app starts with 'a'",
    "has(app)",
    "!has(app)",
    "projectcalico.org/namespace == 'x'",
    "projectcalico.org/serviceaccount == 's' && app != 'a'",
    "projectcalico.org/orchestrator == 'k8s'",
    "pcns.team == 'a'",
    "pcsa.app == 'a' || app == 'x'",
    "portcullis.dev/edge == 'true'",
    "app ==",
];

pub(super) fn addresses() -> impl Iterator<Item = IpAddr> {
    ["10.0.0.1", "10.0.0.2", "fd00::1"].into_iter().filter_map(|text| text.parse().ok())
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "c", "d", "default.a", "other.a", "portcullis-edge-a", "portcullis-edge-ab"])
}

pub(super) fn key() -> impl Strategy<Value = ObjectKey> {
    prop::sample::select(KINDS.to_vec()).prop_flat_map(key_of)
}

fn key_of(kind: Kind) -> impl Strategy<Value = ObjectKey> {
    (prop::sample::select(NAMESPACES.to_vec()), name()).prop_map(move |(namespace, name)| {
        // Namespaces are those that the other objects are in.
        let name = match (kind, namespace) {
            (Kind::Namespace, _) => namespace,
            (Kind::ServiceAccount, _) => "s",
            // One tier that policies name, and the default one.
            (Kind::Tier, "x") => "late",
            (Kind::Tier, _) => "default",
            _ => name,
        };
        ObjectKey::new(kind, if kind.namespaced() { namespace } else { "" }, name)
    })
}

fn labels() -> impl Strategy<Value = Value> {
    let pair = (prop::sample::select(KEYS.to_vec()), prop::sample::select(VALUES.to_vec()));
    prop::collection::vec(pair, 0..4).prop_map(|pairs| pairs.into_iter().collect())
}

/// Those of objects that Portcullis wrote, or half of them.
fn annotations() -> impl Strategy<Value = Value> {
    let service = prop::option::of(prop::sample::select(SERVICES.to_vec()));
    (prop::bool::weighted(0.7), service).prop_map(|(shape, service)| {
        let mut annotations = json!({});
        if shape {
            annotations["portcullis.dev/shape"] = json!("2");
        }
        if let Some(service) = service {
            annotations["portcullis.dev/service"] = json!(service);
        }
        annotations
    })
}

fn selector() -> impl Strategy<Value = &'static str> {
    prop::sample::select(SELECTORS.to_vec())
}

fn address() -> impl Strategy<Value = String> {
    prop::sample::select(addresses().map(|address| address.to_string()).chain(["None".to_owned()]).collect::<Vec<_>>())
}

/// The spec and status of an object of `kind`.
fn rest(kind: Kind) -> BoxedStrategy<Value> {
    let account = prop::sample::select(vec!["", "s"]);
    match kind {
        Kind::Pod => {
            (account, address(), prop::sample::select(vec!["Running", "Failed"]), prop::sample::select(vec!["", "n"]), any::<bool>())
                .prop_map(|(name, address, phase, node, host)| {
                    json!({"spec": {"serviceAccountName": name, "nodeName": node, "hostNetwork": host},
                    "status": {"phase": phase, "podIP": address, "podIPs": [{"ip": address}]}})
                })
                .boxed()
        }
        Kind::HostEndpoint => {
            let profiles = prop::sample::subsequence(vec!["projectcalico-default-allow", "kns.x", "kns.y", "ksa.x.s"], 0..3);
            (address(), prop::sample::select(vec!["eth0", "not an interface"]), profiles)
                .prop_map(|(address, interface, profiles)| {
                    json!({"spec": {"node": "n", "interfaceName": interface, "expectedIPs": [address], "profiles": profiles}})
                })
                .boxed()
        }
        Kind::Tier => {
            prop::option::of(prop::sample::select(vec![5, 2_000_000])).prop_map(|order| json!({"spec": {"order": order}})).boxed()
        }
        Kind::Service => (labels(), address(), address(), address())
            .prop_map(|(selector, cluster, external, balancer)| {
                json!({"spec": {"selector": selector, "clusterIP": cluster, "clusterIPs": [cluster], "externalIPs": [external]},
                    "status": {"loadBalancer": {"ingress": [{"ip": balancer}]}}})
            })
            .boxed(),
        Kind::KubernetesNetworkPolicy => (labels(), any::<bool>())
            .prop_map(|(labels, absent)| {
                let expressions = if absent { json!([{"key": "tier", "operator": "DoesNotExist"}]) } else { json!([]) };
                json!({"spec": {"podSelector": {"matchLabels": labels, "matchExpressions": expressions}}})
            })
            .boxed(),
        Kind::NetworkPolicy | Kind::GlobalNetworkPolicy => {
            let order = prop::option::of(prop::sample::select(vec![-1, 5, 1000, 2000]));
            let namespaces = prop::sample::select(vec!["", "", "team == 'a'", "all()"]);
            let tier = prop::sample::select(vec!["", "", "default", "late"]);
            (order, selector(), namespaces, prop::sample::select(vec!["", "", "has(projectcalico.org/name)", "app == 'a'"]), tier)
                .prop_map(move |(order, selector, namespaces, accounts, tier)| {
                    let namespaces = if kind == Kind::GlobalNetworkPolicy { namespaces } else { "" };
                    json!({"spec": {"order": order, "selector": selector, "namespaceSelector": namespaces, "serviceAccountSelector": accounts, "tier": tier}})
                })
                .boxed()
        }
        Kind::GlobalNetworkSet | Kind::NetworkSet => {
            let nets = prop::sample::subsequence(vec!["10.0.0.0/8", "50.60.0.0/16", "fd00::/8"], 0..3);
            nets.prop_map(|nets| json!({"spec": {"nets": nets}})).boxed()
        }
        _ => Just(json!({})).boxed(),
    }
}

/// A kind, and objects of it, sometimes more than are tried one by one.
pub(super) fn list() -> impl Strategy<Value = (Kind, Vec<AnyObject>)> {
    let objects = |kind| prop::collection::vec(key_of(kind).prop_flat_map(of_key), 0..20);
    prop::sample::select(KINDS.to_vec()).prop_flat_map(move |kind| (Just(kind), objects(kind)))
}

/// An object of a kind that is indexed, or of one that is not.
pub(super) fn object() -> impl Strategy<Value = AnyObject> {
    key().prop_flat_map(of_key)
}

pub(super) fn pod() -> impl Strategy<Value = Pod> {
    let object = name().prop_flat_map(|name| of_key(ObjectKey::new(Kind::Pod, "x", name)));
    object.prop_filter_map("a pod", |object| if let AnyObject::Pod(pod) = object { Some(pod.as_ref().clone()) } else { None })
}

fn of_key(key: ObjectKey) -> impl Strategy<Value = AnyObject> {
    (labels(), annotations(), name(), rest(key.kind)).prop_map(move |(mut labels, annotations, service, mut object)| {
        if key.kind == Kind::EndpointSlice {
            labels["kubernetes.io/service-name"] = json!(service);
        }
        if key.kind == Kind::Namespace {
            labels["team"] = labels["app"].take();
            labels.as_object_mut().expect("labels").retain(|_, value| value.is_string());
        }
        object["metadata"] = json!({"name": key.name, "namespace": key.namespace, "labels": labels, "annotations": annotations});
        AnyObject::decode(key.kind, &object).expect("an object of the kind")
    })
}
