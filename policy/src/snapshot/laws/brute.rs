//! Every look-up once more, as a walk over all objects.

use super::super::{ClientNets, Content, Endpoint, Snapshot, content};
use crate::names;
use crate::object::{
    AnyObject, EndpointSlice, GlobalNetworkPolicy, GlobalNetworkSet, HostEndpoint, Kept, Kind, KubernetesNetworkPolicy, Labels, Namespace,
    NetworkPolicy, Object, ObjectKey, Pod, Service, ServiceAccount, ServiceRef, Tier,
};
use crate::selector::{EndpointLabels, Inherited, Selector};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

fn name<T: Object>(object: &T) -> &str {
    &object.meta().name
}

pub(super) fn pods_with<'a>(snapshot: &'a Snapshot, namespace: &str, labels: &Labels) -> Vec<&'a str> {
    let has = |pod: &Pod| !labels.is_empty() && labels.iter().all(|(key, value)| pod.metadata.labels.get(key) == Some(value));
    snapshot.in_namespace::<Pod>(namespace).filter(|pod| has(pod)).map(|pod| name(pod.as_ref())).collect()
}

pub(super) fn services_asking_for<'a>(snapshot: &'a Snapshot, namespace: &str, key: &str, value: &str) -> Vec<&'a str> {
    let services = snapshot.in_namespace::<Service>(namespace);
    services.filter(|service| service.spec.selector.get(key).is_some_and(|v| v == value)).map(|service| name(service.as_ref())).collect()
}

pub(super) fn slices<'a>(snapshot: &'a Snapshot, service: &ServiceRef) -> Vec<&'a str> {
    let slices = snapshot.in_namespace::<EndpointSlice>(service.namespace());
    let of_service = |slice: &EndpointSlice| slice.metadata.labels.get("kubernetes.io/service-name").is_some_and(|v| v == service.name());
    slices.filter(|slice| of_service(slice)).map(|slice| name(slice.as_ref())).collect()
}

pub(super) fn services_to(snapshot: &Snapshot, address: IpAddr) -> BTreeSet<ServiceRef> {
    let has = |slice: &&Arc<EndpointSlice>| {
        slice.endpoints.iter().flat_map(|endpoint| &endpoint.addresses).any(|text| text.parse() == Ok(address))
    };
    snapshot.iter::<EndpointSlice>().filter(has).filter_map(|slice| slice.service()).collect()
}

pub(super) fn services_at(snapshot: &Snapshot, address: IpAddr) -> Vec<ObjectKey> {
    let text = address.to_string();
    let lists = |service: &Service| {
        let balancer = &service.status.load_balancer.ingress;
        service.spec.cluster_ip == text || service.spec.external_ips.contains(&text) || balancer.iter().any(|entry| entry.ip == text)
    };
    snapshot.iter::<Service>().filter(|service| lists(service)).map(|service| service.key()).collect()
}

pub(super) fn endpoints_at(snapshot: &Snapshot, address: IpAddr) -> Vec<ObjectKey> {
    let text = address.to_string();
    let runs = |pod: &Pod| pod.status.phase == "Running" && !pod.spec.host_network && !pod.spec.node_name.is_empty();
    let pods = snapshot.iter::<Pod>().filter(|pod| runs(pod) && pod.status.pod_ip == text).map(|pod| pod.key());
    let hosts = snapshot.iter::<Kept<HostEndpoint>>().filter(|host| host.spec.expected_ips.contains(&text)).map(|host| host.key());
    pods.chain(hosts).collect()
}

pub(super) fn refused(snapshot: &Snapshot) -> Vec<ObjectKey> {
    let kinds = [Kind::NetworkPolicy, Kind::GlobalNetworkPolicy, Kind::HostEndpoint, Kind::NetworkSet, Kind::GlobalNetworkSet];
    let objects = kinds.into_iter().flat_map(|kind| snapshot.all(kind));
    objects.filter(|object| !crate::validate::dropped_by_felix(object).is_empty()).map(|object| object.key()).collect()
}

pub(super) fn carriers(snapshot: &Snapshot, key: &str, is: impl Fn(&str) -> bool) -> Vec<ObjectKey> {
    let kinds = [Kind::Pod, Kind::GlobalNetworkSet, Kind::NetworkSet, Kind::HostEndpoint];
    let objects = kinds.into_iter().flat_map(|kind| snapshot.all(kind));
    objects.filter(|object| object.meta().labels.get(key).is_some_and(|value| is(value))).map(|object| object.key()).collect()
}

pub(super) fn strangers(snapshot: &Snapshot, key: &str, is: impl Fn(&str) -> bool) -> Vec<ObjectKey> {
    let of_others = |key: &ObjectKey| {
        let ours = snapshot.get::<Kept<GlobalNetworkSet>>("", &key.name).is_some_and(|set| names::is_ours(&set.metadata));
        key.kind != Kind::HostEndpoint && !(key.kind == Kind::GlobalNetworkSet && ours)
    };
    carriers(snapshot, key, is).into_iter().filter(|found| key.starts_with("portcullis.dev/") && of_others(found)).collect()
}

pub(super) fn own_sets<'a>(snapshot: &'a Snapshot, service: &ServiceRef) -> Vec<&'a str> {
    let sets = snapshot.iter::<Kept<GlobalNetworkSet>>().filter(|set| names::is_ours(&set.metadata));
    let owner = service.to_string();
    sets.filter(|set| set.metadata.annotations.get(names::SERVICE_ANNOTATION) == Some(&owner)).map(|set| name(set.as_ref())).collect()
}

/// Each with what is in the sets that its policy means, read anew.
pub(super) fn edge_groups(snapshot: &Snapshot) -> Vec<(String, Content)> {
    let policies = snapshot.iter::<Kept<GlobalNetworkPolicy>>().filter(|policy| names::is_ours(&policy.metadata));
    let groups = policies.filter_map(|policy| Some((names::edge_group(&policy.metadata)?, &policy.spec)));
    let mut found: Vec<(String, Content)> = groups
        .map(|(id, spec)| {
            let mut nets = ClientNets::new();
            for set in snapshot.iter::<Kept<GlobalNetworkSet>>() {
                let labels = &set.metadata.labels;
                if labels.get(names::EDGE_CLIENTS_LABEL).is_some_and(|group| group == id) {
                    let ports = labels.get(names::PORTS_LABEL).cloned().unwrap_or_default();
                    nets.entry(ports).or_default().extend(set.spec.nets.iter().cloned());
                }
            }
            (id.to_owned(), content(id, spec, &nets))
        })
        .collect();
    found.sort();
    found
}

pub(super) fn endpoints(snapshot: &Snapshot) -> impl Iterator<Item = Endpoint> {
    let hosts = snapshot.iter::<Kept<HostEndpoint>>().cloned().map(Endpoint::Host);
    snapshot.iter::<Pod>().cloned().map(Endpoint::Pod).chain(hosts)
}

/// By order and the backend's name, each policy's selectors read and tried on the endpoint.
pub(super) fn policies_on(snapshot: &Snapshot, endpoint: &Endpoint) -> Vec<ObjectKey> {
    let (namespace, labels) = match endpoint {
        Endpoint::Pod(pod) => {
            let namespace = snapshot.get::<Namespace>("", &pod.metadata.namespace).map(|namespace| &namespace.metadata.labels);
            let account = snapshot.get::<ServiceAccount>(&pod.metadata.namespace, &pod.spec.service_account_name);
            let inherited = Inherited { namespace, service_account: account.map(|account| &account.metadata.labels) };
            (pod.metadata.namespace.as_str(), EndpointLabels::of_pod(pod, inherited))
        }
        Endpoint::Host(host) => {
            let namespace = host.profile_namespace().and_then(|name| snapshot.get::<Namespace>("", name));
            let account = host.profile_account().and_then(|(namespace, name)| snapshot.get::<ServiceAccount>(namespace, name));
            let inherited = Inherited {
                namespace: namespace.map(|namespace| &namespace.metadata.labels),
                service_account: account.map(|account| &account.metadata.labels),
            };
            ("", EndpointLabels::of_host_endpoint(host, inherited))
        }
    };
    let mut found: Vec<(bool, f64, f64, String, ObjectKey)> = Vec::new();
    let mut add = |selector: Option<Selector>, tier: &str, order: f64, tie: String, key: ObjectKey| {
        let tier = if tier.is_empty() { "default" } else { tier };
        let object = snapshot.get::<Tier>("", tier);
        let default = if tier == "default" { 1_000_000.0 } else { f64::INFINITY };
        let rank = object.map_or(default, |tier| tier.spec.order.map_or(f64::INFINITY, f64::from));
        if selector.is_some_and(|selector| selector.matches(&labels)) {
            found.push((object.is_none() && tier != "default", rank, order, tie, key));
        }
    };
    for policy in snapshot.in_namespace::<KubernetesNetworkPolicy>(namespace) {
        let selector = Selector::of_kubernetes_policy(&policy.spec.pod_selector, namespace).ok();
        add(selector, "", 1000.0, format!("{namespace}/knp.default.{}", name(policy.as_ref())), policy.key());
    }
    let tiered =
        |name: &str| if name.starts_with("default.") || name.starts_with("other.") { name.to_owned() } else { format!("default.{name}") };
    for policy in snapshot.in_namespace::<Kept<NetworkPolicy>>(namespace) {
        let order = policy.spec.order.map_or(f64::INFINITY, f64::from);
        add(
            Selector::of_policy(&policy.spec, namespace).ok(),
            &policy.spec.tier,
            order,
            format!("{namespace}/{}", tiered(name(policy.as_ref()))),
            policy.key(),
        );
    }
    for policy in snapshot.iter::<Kept<GlobalNetworkPolicy>>() {
        let order = policy.spec.order.map_or(f64::INFINITY, f64::from);
        add(Selector::of_policy(&policy.spec, "").ok(), &policy.spec.tier, order, tiered(name(policy.as_ref())), policy.key());
    }
    // Two tiers of one order go by their names.
    let name_of = |key: &ObjectKey| match snapshot.find(key) {
        Some(AnyObject::GlobalNetworkPolicy(policy)) if !policy.spec.tier.is_empty() => policy.spec.tier.clone(),
        Some(AnyObject::NetworkPolicy(policy)) if !policy.spec.tier.is_empty() => policy.spec.tier.clone(),
        _ => "default".to_owned(),
    };
    found.sort_by(|one, other| {
        let tiers = one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)).then_with(|| name_of(&one.4).cmp(&name_of(&other.4)));
        tiers.then(one.2.total_cmp(&other.2)).then_with(|| (&one.3, &one.4).cmp(&(&other.3, &other.4)))
    });
    found.into_iter().map(|(_, _, _, _, key)| key).collect()
}

pub(super) fn policies_on_hosts(snapshot: &Snapshot) -> Vec<ObjectKey> {
    let hosts = snapshot.iter::<Kept<HostEndpoint>>().cloned().map(Endpoint::Host);
    let of_others = |key: &ObjectKey| snapshot.find(key).is_some_and(|policy| !names::is_ours(policy.meta()));
    let mut found: Vec<ObjectKey> = hosts.flat_map(|host| policies_on(snapshot, &host)).filter(of_others).collect();
    found.sort();
    found.dedup();
    found
}
