//! How Calico's and Kubernetes' own programs on the nodes are set: what decides about packets and is said by no object that is watched.
//!
//! Read once a minute and never written: the DaemonSets of calico-node and kube-proxy at the places where installers put them, and kube-proxy's
//! ConfigMap as kubeadm writes it. What is not there, or may not be read, stays unknown, and pages say what is assumed instead. Files may hold
//! the same objects.

use super::requests::send;
use kube::Client;
use policy::cidr::Cidr;
use policy::reach::settings::{FelixEnvironment, Hints, NodePorts, ProxyMode, Setting, Source, Told};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often they are read again: they change with an upgrade.
const AGAIN: Duration = Duration::from_secs(60);

/// An object that says how programs on the nodes are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Program {
    /// Calico's own, as its operator installs it.
    CalicoNode,
    /// The same as its manifests do.
    CalicoNodeByManifest,
    /// What kube-proxy is told.
    ProxyConfiguration,
    /// How kube-proxy is started.
    Proxy,
}

impl Program {
    const ALL: [Self; 4] = [Self::CalicoNode, Self::CalicoNodeByManifest, Self::ProxyConfiguration, Self::Proxy];

    const fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::CalicoNode => ("calico-system", "calico-node"),
            Self::CalicoNodeByManifest => ("kube-system", "calico-node"),
            Self::ProxyConfiguration | Self::Proxy => ("kube-system", "kube-proxy"),
        }
    }

    fn path(self) -> String {
        let (namespace, name) = self.place();
        if self == Self::ProxyConfiguration {
            return format!("/api/v1/namespaces/{namespace}/configmaps/{name}");
        }
        format!("/apis/apps/v1/namespaces/{namespace}/daemonsets/{name}")
    }

    /// Which of them a document is; none for every other object.
    pub(crate) fn of(document: &Value) -> Option<Self> {
        let is = |program: &Self| {
            let (namespace, name) = program.place();
            let (api, kind) = if *program == Self::ProxyConfiguration { ("v1", "ConfigMap") } else { ("apps/v1", "DaemonSet") };
            document["apiVersion"] == api
                && document["kind"] == kind
                && document["metadata"]["namespace"] == namespace
                && document["metadata"]["name"] == name
        };
        Self::ALL.into_iter().find(is)
    }
}

/// The fields of kube-proxy's configuration that are read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ProxyConfiguration {
    mode: String,
    #[serde(rename = "clusterCIDR")]
    cluster_cidr: String,
    feature_gates: Option<BTreeMap<String, bool>>,
    node_port_addresses: Option<Vec<String>>,
}

/// Reads them until `stop`.
pub(super) fn start(client: &Client, stop: &CancellationToken) -> watch::Receiver<Arc<Told>> {
    let (publish, told) = watch::channel(Arc::new(Told::default()));
    let (client, stopped) = (client.clone(), stop.clone());
    tokio::spawn(async move {
        let reading = async {
            loop {
                let now = read(&client).await;
                publish.send_if_modified(|before| {
                    let changed = **before != now;
                    if changed {
                        *before = Arc::new(now);
                    }
                    changed
                });
                tokio::time::sleep(AGAIN).await;
            }
        };
        stopped.run_until_cancelled(reading).await
    });
    told
}

/// Reads them once.
pub(super) async fn read(client: &Client) -> Told {
    let mut found = BTreeMap::new();
    for program in Program::ALL {
        if let Some(object) = get(client, &program.path()).await {
            found.insert(program, object);
        }
    }
    told(&found)
}

/// What these objects say.
pub(crate) fn told(found: &BTreeMap<Program, Value>) -> Told {
    let of_calico = |program: Program| found.get(&program).map(|object| environment(program.place().0, object));
    let felix = of_calico(Program::CalicoNode).or_else(|| of_calico(Program::CalicoNodeByManifest));
    let proxy = found.get(&Program::ProxyConfiguration).and_then(configuration);
    let hints = found.get(&Program::Proxy).and_then(|daemon_set| hints(daemon_set, proxy.as_ref()));
    let node_ports = proxy.as_ref().and_then(node_ports);
    let (proxy_mode, cluster_cidrs) = proxy.map(settings).unwrap_or_default();
    Told { felix, proxy_mode, cluster_cidrs, hints, node_ports, ..Told::default() }
}

async fn get(client: &Client, path: &str) -> Option<Value> {
    let request = http::Request::get(path).body(Vec::new()).ok()?;
    send(client, request).await.inspect_err(|error| tracing::debug!(path, %error, "a setting of the nodes' programs cannot be read")).ok()
}

/// The environment of the container `calico-node`; what comes from somewhere else (`valueFrom`) is not known.
fn environment(namespace: &str, daemon_set: &Value) -> FelixEnvironment {
    let text = |value: &Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
    let listed = container(daemon_set, "calico-node").and_then(|node| node["env"].as_array()).into_iter().flatten();
    let variables: BTreeMap<String, String> =
        listed.filter(|entry| entry["valueFrom"].is_null()).map(|entry| (text(entry, "name"), text(entry, "value"))).collect();
    FelixEnvironment { of: format!("DaemonSet {namespace}/calico-node"), variables }
}

fn container<'a>(daemon_set: &'a Value, name: &str) -> Option<&'a Value> {
    let containers = daemon_set.pointer("/spec/template/spec/containers").and_then(Value::as_array);
    containers.into_iter().flatten().find(|container| container["name"] == name)
}

/// By which hints kube-proxy goes: the version is in the tag of its image, the gates in its configuration. Not known where the tag is no
/// version, or where its command sets gates, which then count instead.
fn hints(daemon_set: &Value, configured: Option<&ProxyConfiguration>) -> Option<Setting<Hints>> {
    let proxy = container(daemon_set, "kube-proxy")?;
    let words = ["command", "args"].into_iter().filter_map(|field| proxy[field].as_array()).flatten().filter_map(Value::as_str);
    if words.into_iter().any(|word| word.contains("--feature-gates")) {
        return None;
    }
    let image = proxy["image"].as_str()?;
    let (_, tag) = image.split('@').next()?.rsplit_once(':')?;
    let gates = configured.and_then(|configured| configured.feature_gates.clone()).unwrap_or_default();
    let source = Source::Configuration { of: "DaemonSet kube-system/kube-proxy".to_owned(), field: "the image".to_owned() };
    Hints::of_version(tag, &gates).map(|value| Setting { value, source })
}

fn configuration(config_map: &Value) -> Option<ProxyConfiguration> {
    serde_saphyr::from_str(config_map.pointer("/data/config.conf")?.as_str()?).ok()
}

fn of_config_map(field: &str) -> Source {
    Source::Configuration { of: "ConfigMap kube-system/kube-proxy".to_owned(), field: field.to_owned() }
}

/// Where it takes NodePorts, if that is set: `primary` alone, or ranges.
fn node_ports(read: &ProxyConfiguration) -> Option<Setting<NodePorts>> {
    let said = read.node_port_addresses.as_deref().filter(|said| !said.is_empty())?;
    let ranges = || said.iter().map(|text| text.trim().parse().ok()).collect::<Option<Vec<Cidr>>>();
    let value = if said == ["primary"] { NodePorts::Primary } else { NodePorts::In(ranges()?) };
    Some(Setting { value, source: of_config_map("nodePortAddresses") })
}

/// The mode, and the ranges of pods; an empty text is the default of the one, and leaves the other unknown.
fn settings(read: ProxyConfiguration) -> (Option<Setting<ProxyMode>>, Option<Setting<Vec<Cidr>>>) {
    let mode = match read.mode.as_str() {
        "" | "iptables" => Some(ProxyMode::Iptables),
        "nftables" => Some(ProxyMode::Nftables),
        "ipvs" => Some(ProxyMode::Ipvs),
        _ => None,
    };
    let ranges: Vec<Cidr> = read.cluster_cidr.split(',').filter_map(|text| text.trim().parse().ok()).collect();
    (
        mode.map(|value| Setting { value, source: of_config_map("mode") }),
        (!ranges.is_empty()).then(|| Setting { value: ranges, source: of_config_map("clusterCIDR") }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_environment_of_calico_node_is_read_and_no_other() {
        let env = json!([{ "name": "FELIX_BPFENABLED", "value": "true" }, { "name": "NODENAME", "valueFrom": { "fieldRef": {} } }]);
        let other = json!([{ "name": "FELIX_BPFENABLED", "value": "false" }]);
        let containers = json!([{ "name": "sidecar", "env": other }, { "name": "calico-node", "env": env }]);
        let read = environment("calico-system", &json!({ "spec": { "template": { "spec": { "containers": containers } } } }));
        assert_eq!(read.of, "DaemonSet calico-system/calico-node");
        assert_eq!(read.variables, BTreeMap::from([("FELIX_BPFENABLED".to_owned(), "true".to_owned())]));
        assert_eq!(environment("kube-system", &json!({})).variables, BTreeMap::new());
    }

    #[test]
    fn the_configuration_of_kube_proxy_as_kubeadm_writes_it() {
        let text = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 192.168.0.0/16,fd00:192::/48\nmode: \"\"\niptables:\n  syncPeriod: 0s\n";
        let (mode, ranges) = settings(configuration(&json!({ "data": { "config.conf": text } })).unwrap());
        assert_eq!(mode.unwrap().value, ProxyMode::Iptables);
        let ranges = ranges.unwrap();
        assert_eq!(ranges.value, ["192.168.0.0/16".parse().unwrap(), "fd00:192::/48".parse().unwrap()]);
        assert_eq!(ranges.source.to_string(), "clusterCIDR of ConfigMap kube-system/kube-proxy");
    }

    #[test]
    fn the_addresses_at_which_kube_proxy_takes_node_ports() {
        let of =
            |said: &str| node_ports(&configuration(&json!({ "data": { "config.conf": format!("nodePortAddresses: {said}") } })).unwrap());
        assert_eq!(of("null"), None);
        assert_eq!(of("[]"), None);
        assert_eq!(of("[primary]").unwrap().value, NodePorts::Primary);
        let ranges = of("[10.0.1.0/24, 'fd00::/64']").unwrap();
        assert_eq!(ranges.value, NodePorts::In(vec!["10.0.1.0/24".parse().unwrap(), "fd00::/64".parse().unwrap()]));
        assert_eq!(ranges.source.to_string(), "nodePortAddresses of ConfigMap kube-system/kube-proxy");
        assert_eq!(of("[nonsense]"), None);
    }

    #[test]
    fn the_version_of_kube_proxy_is_that_of_its_image() {
        let of = |container: Value, configured: Option<&str>| {
            let configured = configured.map(|text| configuration(&json!({ "data": { "config.conf": text } })).unwrap());
            let daemon_set =
                json!({ "spec": { "template": { "spec": { "containers": [{ "name": "sidecar", "image": "x:v1.20.0" }, container] } } } });
            hints(&daemon_set, configured.as_ref())
        };
        let image = |image: &str| json!({ "name": "kube-proxy", "image": image });
        let read = of(image("registry.example:5000/kube-proxy:v1.31.14-minimal.3@sha256:00"), None).unwrap();
        assert_eq!((read.value, read.source.to_string().as_str()), (Hints::Zones, "the image of DaemonSet kube-system/kube-proxy"));
        let gates = "featureGates: {ServiceTrafficDistribution: false}";
        assert_eq!(of(image("registry.k8s.io/kube-proxy:v1.31.14"), Some(gates)).unwrap().value, Hints::ZonesWhereAsked);
        assert_eq!(of(image("registry.k8s.io/kube-proxy:v1.34.4"), Some("featureGates: null")).unwrap().value, Hints::NodesAndZones);
        assert_eq!(of(image("registry.example:5000/kube-proxy"), None), None);
        assert_eq!(of(image("kube-proxy:latest"), None), None);
        let mut flagged = image("kube-proxy:v1.34.4");
        flagged["command"] = json!(["kube-proxy", "--feature-gates=AllAlpha=true"]);
        assert_eq!(of(flagged, None), None);
    }

    #[test]
    fn what_says_nothing_stays_unknown() {
        assert!(configuration(&json!({ "data": {} })).is_none());
        let (mode, ranges) = settings(ProxyConfiguration { mode: "userspace".to_owned(), ..ProxyConfiguration::default() });
        assert!(mode.is_none() && ranges.is_none());
    }
}
