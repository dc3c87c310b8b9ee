//! A world: the cluster that a test describes, and what lies around it.
//!
//! A world is a small YAML file. Its first document, of kind `World`, says what no object of Kubernetes can: the clients outside and the
//! node by which each enters, the interfaces of nodes, the data plane; and it has a short way to write nodes, pods and Services, which
//! [`short`] expands to objects. Every further document is an object and is loaded as it is: HostEndpoints, policies, pools. The
//! [`layout`] of namespaces and links is read off the objects alone, so that the short way and whole objects mean the same.

mod check;
mod layout;
mod line;
mod short;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use server::sandbox::Sandbox;

pub use layout::{Interface, Layout, Listener, NodeLayout, PodLayout};
pub use line::{DataPlane, Line};
use short::{Node, Pod, Service};

/// The kind and the version of a world's first document.
const KIND: (&str, &str) = ("rig.portcullis.dev/v1", "World");

/// A described world.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct World {
    /// The line of Calico, and the Kubernetes that belongs to it.
    pub calico: Line,
    /// How Felix and kube-proxy program the kernel.
    pub data_plane: DataPlane,
    /// How pods of different nodes reach each other.
    pub encapsulation: Encapsulation,
    /// How many requests for objects of one kind Calico's API server passes on in a second, once it has passed on a hundred
    /// ([`CALICO_REQUESTS`] where a file does not say it); its own limit, which is 5, where none.
    pub calico_requests: Option<u32>,
    /// Who sends packets from outside.
    pub clients: Vec<Client>,
    /// The objects, in an order in which an API server takes them.
    pub objects: Vec<Value>,
    /// Namespaces, links and listeners.
    pub layout: Layout,
}

/// How packets travel between nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encapsulation {
    /// As they are: the network knows the way to every pod.
    #[default]
    None,
    /// In VXLAN, always.
    Vxlan,
}

impl Encapsulation {
    /// What it is called in a sentence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "no encapsulation",
            Self::Vxlan => "VXLAN",
        }
    }
}

/// A client outside the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// What tests call it.
    pub name: String,
    /// Its address.
    pub address: IpAddr,
    /// The node that its packets for Services go to first.
    pub enters: String,
}

/// The first document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Head {
    #[serde(rename = "apiVersion")]
    _version: String,
    #[serde(rename = "kind")]
    _kind: String,
    /// Begin with the objects of the sandbox.
    #[serde(default)]
    sandbox: bool,
    #[serde(default)]
    calico: Line,
    #[serde(default)]
    data_plane: DataPlane,
    #[serde(default)]
    encapsulation: Encapsulation,
    #[serde(default = "many_requests")]
    calico_requests: Option<u32>,
    /// Ranges of the pod network; the first of each family is the pool.
    #[serde(default)]
    pod_ranges: Vec<String>,
    /// Ranges of Services that the network outside is told of.
    #[serde(default)]
    advertised: Advertised,
    #[serde(default)]
    nodes: Vec<Node>,
    #[serde(default)]
    pods: Vec<Pod>,
    #[serde(default)]
    services: Vec<Service>,
    #[serde(default)]
    clients: Vec<Client>,
    /// Interfaces of nodes besides `eth0`: node, interface, addresses.
    #[serde(default)]
    interfaces: BTreeMap<String, BTreeMap<String, Vec<IpAddr>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Advertised {
    #[serde(default)]
    cluster: Vec<String>,
    #[serde(default)]
    external: Vec<String>,
    #[serde(default)]
    load_balancer: Vec<String>,
}

/// What Calico's API server may pass on in a second where its own limit is not what is asked about: tests would spend half of their time on that.
pub const CALICO_REQUESTS: u32 = 1000;

#[expect(clippy::unnecessary_wraps, reason = "the default of an optional field")]
const fn many_requests() -> Option<u32> {
    Some(CALICO_REQUESTS)
}

impl World {
    /// Reads a world from the text of a file.
    ///
    /// # Errors
    /// When the text is no YAML, its first document is no world, or what it says cannot be: the message names the part.
    pub fn read(text: &str) -> Result<Self> {
        let mut documents: Vec<Value> = serde_saphyr::from_multiple(text).context("a world is a YAML file")?;
        if documents.is_empty() {
            bail!("a world begins with a document of kind `{}`, and the file is empty", KIND.1);
        }
        let head = documents.remove(0);
        if (head["apiVersion"].as_str(), head["kind"].as_str()) != (Some(KIND.0), Some(KIND.1)) {
            bail!("a world begins with a document of kind `{}` in `{}`, not with {}", KIND.1, KIND.0, head["kind"]);
        }
        // A reader is told where: `pods[3].ports.http`.
        let head: Head = serde_path_to_error::deserialize(head)
            .map_err(|error| anyhow!("the first document is no world: `{}`: {}", error.path(), error.inner()))?;
        head.calico.check(head.data_plane)?;
        let mut objects = if head.sandbox { Sandbox::seed()? } else { Vec::new() };
        objects.extend(short::expand(&head)?);
        objects.extend(documents);
        short::complete(&mut objects);
        let layout = Layout::of(&objects, &head.interfaces)?;
        let Head { calico, data_plane, encapsulation, calico_requests, .. } = head;
        let world = Self { calico, data_plane, encapsulation, calico_requests, clients: head.clients, objects, layout };
        check::all(&world, &head.interfaces)?;
        Ok(world)
    }

    /// The same world on another line of Calico or another data plane; what is not named stays.
    ///
    /// # Errors
    /// When the line does not have the data plane.
    pub fn on(self, calico: Option<Line>, data_plane: Option<DataPlane>) -> Result<Self> {
        let (calico, data_plane) = (calico.unwrap_or(self.calico), data_plane.unwrap_or(self.data_plane));
        calico.check(data_plane)?;
        Ok(Self { calico, data_plane, ..self })
    }

    /// Reads a world's file.
    ///
    /// # Errors
    /// As [`World::read`], and when the file cannot be read.
    pub fn open(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        Self::read(&text).with_context(|| format!("{} is not a world", file.display()))
    }

    /// The client of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn client(&self, name: &str) -> Result<&Client> {
        self.clients.iter().find(|client| client.name == name).with_context(|| format!("the world has no client `{name}`"))
    }
}
