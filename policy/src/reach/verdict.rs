//! What is answered.

use super::packet::{Backend, Interface, PathKey};
use crate::object::{Kind, ObjectKey};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// What becomes of a packet on one path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It gets to a process that may answer.
    Allowed,
    /// It does not.
    Denied,
    /// It cannot be told.
    Unknown(Unknown),
}

/// Why a verdict cannot be told. A closed list: all else is decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unknown {
    /// The node's data plane is eBPF, which is not modelled.
    Ebpf,
    /// Felix puts its rules behind those of others, which is not modelled.
    ChainInsertMode,
    /// kube-proxy runs in a mode that is not modelled.
    ProxyMode,
    /// It hangs on the version of kube-proxy, which is not known, whether it sends to the endpoint.
    ProxyVersion,
    /// EndpointSlices of the Service say otherwise of one endpoint: which of them counts to kube-proxy is chance.
    EndpointSlices,
    /// Objects of this kind decide, and were not read.
    NotRead(Kind),
    /// This object decides, and does not have the shape of its kind.
    Unreadable(ObjectKey),
    /// An untracked policy lets the packet through: then no translation happens, and what follows is not modelled.
    Untracked(ObjectKey),
    /// A rule of this policy tells source ports apart, and the client's is not known.
    SourcePort(ObjectKey),
    /// A rule of this policy goes by what is said in HTTP.
    Http(ObjectKey),
    /// This policy of an administrator may decide, and what it says is not modelled.
    AdminPolicy(ObjectKey),
    /// Which of several interfaces the packet leaves or enters by between nodes cannot be told from what was read.
    BetweenNodes,
    /// The endpoint is an address and port of a Service itself: its node may translate the packet once more.
    TranslatedAgain,
    /// Felix is set to give what leaves the pools a source of its own, or at some interfaces alone: which is not modelled.
    NatOutgoing,
    /// No object of the cluster has the address.
    NoSuchAddress,
    /// There is no such client in the cluster.
    NoSuchClient,
    /// The address is outside the cluster: what lies between is not known.
    OutsideTheCluster,
    /// It has more paths than are followed for one question.
    TooManyPaths,
}

impl Unknown {
    /// Its name: stable, in kebab case.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ebpf => "ebpf",
            Self::ChainInsertMode => "chain-insert-mode",
            Self::ProxyMode => "proxy-mode",
            Self::ProxyVersion => "proxy-version",
            Self::EndpointSlices => "endpoint-slices",
            Self::NotRead(_) => "not-read",
            Self::Unreadable(_) => "unreadable",
            Self::Untracked(_) => "untracked",
            Self::SourcePort(_) => "source-port",
            Self::Http(_) => "http",
            Self::AdminPolicy(_) => "admin-policy",
            Self::BetweenNodes => "between-nodes",
            Self::TranslatedAgain => "translated-again",
            Self::NatOutgoing => "nat-outgoing",
            Self::NoSuchAddress => "no-such-address",
            Self::NoSuchClient => "no-such-client",
            Self::OutsideTheCluster => "outside-the-cluster",
            Self::TooManyPaths => "too-many-paths",
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ebpf => f.write_str("the data plane of the node is eBPF, which is not modelled"),
            Self::ChainInsertMode => f.write_str(
                "by `chainInsertMode: Append` the rules of Calico come behind kube-proxy's, which let through what they have marked, and that is not followed",
            ),
            Self::ProxyMode => f.write_str("kube-proxy runs in a mode that is not modelled"),
            Self::ProxyVersion => f.write_str(
                "the endpoint is meant for other nodes or zones, and whether kube-proxy goes by that hangs on its version, which is not known",
            ),
            Self::EndpointSlices => f.write_str(
                "EndpointSlices say otherwise of one endpoint, whether it is ready or for whom, and it is chance which of them counts to kube-proxy",
            ),
            Self::NotRead(kind) => write!(f, "objects of kind {kind} decide, and were not read"),
            Self::Unreadable(key) => write!(f, "{key} decides, and could not be read"),
            Self::Untracked(key) => write!(f, "{key} lets the packet past connection tracking, and so past translation"),
            Self::SourcePort(key) => write!(f, "a rule of {key} goes by the port of the client, which is not known"),
            Self::Http(key) => write!(f, "a rule of {key} goes by what is said in HTTP"),
            Self::AdminPolicy(key) => write!(f, "{key} may decide, and what such policies say is not modelled"),
            Self::BetweenNodes => f.write_str("the interface that the packet takes at a node or between nodes cannot be told from what was read"),
            Self::TranslatedAgain => {
                f.write_str("the endpoint is an address and port of a Service itself, and what its node makes of it then is not followed")
            }
            Self::NatOutgoing => f.write_str(
                "`natOutgoingAddress` or `iptablesNATOutgoingInterfaceFilter` say with which source it leaves the pools, which is not followed",
            ),
            Self::NoSuchAddress => f.write_str("no Service, pod or node of the cluster has the address"),
            Self::NoSuchClient => f.write_str("there is no such client in the cluster"),
            Self::OutsideTheCluster => f.write_str("the address lies outside the cluster"),
            Self::TooManyPaths => f.write_str("it has more paths than are followed at once: name the node where the packet comes in"),
        }
    }
}

/// Where on its journey a packet meets something. In the order in which a packet meets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Policy on the pod that sends, and what its node does with packets of its pods.
    PodEgress,
    /// Policy on the node that sends.
    HostEgress,
    /// Host policy before connection tracking.
    Untracked,
    /// Failsafe ports.
    Failsafe,
    /// Host policy before translation: the edge.
    PreDnat,
    /// kube-proxy.
    Translation,
    /// Host policy on what the node forwards, where it comes in.
    ForwardIn,
    /// Host policy on what the node forwards, where it goes out.
    ForwardOut,
    /// The source address that the packet goes on with.
    SourceTranslation,
    /// The way to another node, encapsulated or not.
    BetweenNodes,
    /// Policy on the pod that receives.
    Pod,
    /// Policy on the host that receives.
    Host,
    /// The end.
    Delivery,
}

/// What was done at a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Let through.
    Allow,
    /// Stopped.
    Deny,
    /// Left to what comes next.
    Pass,
    /// Nothing spoke about it, and it goes on.
    Continue,
    /// An address was put in place of another.
    Translate,
    /// It cannot be told.
    Unknown,
}

/// One thing that a packet meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// Where on the journey.
    pub stage: Stage,
    /// The node on which it happens.
    pub node: String,
    /// The object that decides, as `Kind namespace/name`; none where no object does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectKey>,
    /// The rule of it that decides, from 0, as it stands in `spec.ingress` or `spec.egress`; none where no rule does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<u32>,
    /// What is done.
    pub action: Action,
    /// The field that matched, as it stands in the object: `source.selector`, `destination.nets[0]`; empty where none did.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// Why, in one sentence.
    pub why: String,
}

/// One packet's journey on one path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey {
    /// The path.
    #[serde(flatten)]
    pub path: PathKey,
    /// What becomes of it.
    pub verdict: Verdict,
    /// The client's address as the process that answers sees it; none where it is not allowed.
    pub source_seen_by_pod: Option<IpAddr>,
    /// What it meets, in order, up to what decides.
    pub hops: Vec<Hop>,
}

/// All paths together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overall {
    /// Allowed on every path.
    Allowed,
    /// Denied on every path.
    Denied,
    /// It depends on the path.
    Mixed,
    /// On a path it cannot be told.
    Unknown,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// All paths together.
    pub verdict: Overall,
    /// Every path, by node, interface, address and backend.
    pub paths: Vec<Journey>,
}

impl Answer {
    /// The answer that these journeys make.
    #[must_use]
    pub fn of(mut paths: Vec<Journey>) -> Self {
        paths.sort_by(|one, other| one.path.cmp(&other.path));
        let all = |verdict: &Verdict| paths.iter().all(|journey| journey.verdict == *verdict);
        let verdict = if paths.is_empty() || paths.iter().any(|journey| matches!(journey.verdict, Verdict::Unknown(_))) {
            Overall::Unknown
        } else if all(&Verdict::Allowed) {
            Overall::Allowed
        } else if all(&Verdict::Denied) {
            Overall::Denied
        } else {
            Overall::Mixed
        };
        Self { verdict, paths }
    }
}

/// Which of the two ends a path has in common: what decides where the client's own address is seen last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathKind {
    /// The backend is on the node where the packet comes in.
    SameNode,
    /// The backend is on another node.
    OtherNode,
    /// Nothing stands behind the address.
    NoBackend,
    /// The address is not translated: a pod's own, or a node's.
    Direct,
}

impl PathKind {
    /// The kind of a path that comes in at `node`.
    #[must_use]
    pub fn of(node: &str, backend: Option<&Backend>, translated: bool) -> Self {
        match backend {
            _ if !translated => Self::Direct,
            None => Self::NoBackend,
            Some(backend) if backend.node.as_deref() == Some(node) => Self::SameNode,
            Some(_) => Self::OtherNode,
        }
    }
}

/// An interface for people: `eth0`, `the main interface`, `the one with 10.0.11.1`.
#[must_use]
pub fn interface_in_words(interface: &Interface) -> String {
    match interface {
        Interface::Named(name) => name.clone(),
        Interface::Main => "the main interface".to_owned(),
        Interface::Having(address) => format!("the one with {address}"),
    }
}
