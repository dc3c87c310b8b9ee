//! What the commands about reachability read besides the objects, and what they take for granted.

use super::source::{Read, Source};
use anyhow::bail;
use clap::ValueEnum;
use policy::object::{Kind, Node, Pod, Service};
use policy::reach::packet::{Client, Destination, Question};
use policy::reach::settings::{DataPlane, Hints, Line, ProxyMode, Setting, Settings, Source as Said, Told};
use policy::snapshot::Snapshot;

/// The settings that flags may say.
#[derive(Debug, clap::Args)]
pub(super) struct Reading {
    /// The line of Calico, where ClusterInformation does not say it or another is meant.
    #[arg(long, value_name = "3.27|...|3.31", value_parser = line)]
    calico: Option<Line>,
    /// How Felix and kube-proxy program nodes, where FelixConfiguration does not say it or another is meant.
    #[arg(long, value_enum)]
    dataplane: Option<Plane>,
    /// The version of kube-proxy, where its DaemonSet does not say it or another is meant: by it hangs by which hints of endpoints it goes.
    #[arg(long, value_name = "1.29|...|1.34", value_parser = hints)]
    kube_proxy: Option<Hints>,
}

/// A data plane that is modelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Plane {
    Iptables,
    Nftables,
}

fn line(text: &str) -> Result<Line, String> {
    let minor = text.trim_start_matches('v').splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    match minor.as_str() {
        "3.27" => Ok(Line::V3_27),
        "3.28" => Ok(Line::V3_28),
        "3.29" => Ok(Line::V3_29),
        "3.30" => Ok(Line::V3_30),
        "3.31" => Ok(Line::V3_31),
        _ => Err(format!("`{text}` is not a line of Calico that is modelled: 3.27, 3.28, 3.29, 3.30 or 3.31")),
    }
}

fn hints(text: &str) -> Result<Hints, String> {
    Hints::of_version(text, &std::collections::BTreeMap::new()).ok_or_else(|| format!("`{text}` is not a version of kube-proxy, as 1.31"))
}

/// Without these nothing can be said. Of every other kind a cluster may have no object, and then files of it have none either.
const NEEDED: [Kind; 4] = [Kind::Node, Kind::Pod, Kind::Service, Kind::EndpointSlice];

/// A cluster, with all that decides.
pub(super) struct Known {
    pub(super) snapshot: Snapshot,
    pub(super) settings: Settings,
    /// What was taken for granted, as sentences.
    pub(super) assumed: Vec<String>,
    remarks: Vec<String>,
}

impl Reading {
    pub(super) async fn read(&self, source: &Source) -> anyhow::Result<Known> {
        let read = source.read().await?;
        Ok(self.of(read, source.is_files()))
    }

    /// With the settings that go with these objects.
    pub(super) fn of(&self, read: Read, files: bool) -> Known {
        let Read { mut snapshot, remarks, told, cluster: _ } = read;
        let absent = if files { take_as_empty(&mut snapshot) } else { Vec::new() };
        let data_plane = self.dataplane.map(|plane| match plane {
            Plane::Iptables => DataPlane::Iptables,
            Plane::Nftables => DataPlane::Nftables,
        });
        let proxy_mode = told.proxy_mode.clone().or_else(|| {
            self.dataplane.map(|plane| {
                let value = if plane == Plane::Nftables { ProxyMode::Nftables } else { ProxyMode::Iptables };
                Setting { value, source: Said::Told }
            })
        });
        let hints = self.kube_proxy.map(|value| Setting { value, source: Said::Told }).or_else(|| told.hints.clone());
        let told = Told { line: self.calico, data_plane, proxy_mode, hints, ..told };
        let settings = Settings::read(&snapshot, &told);
        let mut assumed = Vec::new();
        if !absent.is_empty() {
            assumed.push(format!("The files have no {}: taken for none.", absent.join(", ")));
        }
        assumed.extend(settings.assumptions());
        // Said once: the remark of a kind that is absent is repeated by what is assumed of it.
        let remarks = remarks.into_iter().filter(|remark| !absent.iter().any(|kind| remark.starts_with(kind.as_str()))).collect();
        Known { snapshot, settings, assumed, remarks }
    }
}

/// Kinds that are not in the files are taken for kinds without objects, where a cluster may have none: not Tiers where a policy names one.
fn take_as_empty(snapshot: &mut Snapshot) -> Vec<String> {
    let needed = |kind: &Kind| NEEDED.contains(kind) || *kind == Kind::Tier && snapshot.missed(*kind).is_some();
    let absent: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| snapshot.unknown(*kind).is_some() && !needed(kind)).collect();
    for kind in &absent {
        snapshot.set_all(*kind, Vec::new());
    }
    absent.iter().map(|kind| kind.title().to_owned()).collect()
}

impl Known {
    /// What is said on standard error.
    pub(super) fn remarks(&self) -> impl Iterator<Item = &str> {
        self.remarks.iter().chain(&self.assumed).map(String::as_str)
    }

    /// Whether what the question names is in the cluster.
    pub(super) fn knows(&self, question: &Question) -> anyhow::Result<()> {
        let snapshot = &self.snapshot;
        let known = |kind: Kind| snapshot.unknown(kind).is_none();
        match &question.client {
            Client::Pod { namespace, name } if known(Kind::Pod) && snapshot.get::<Pod>(namespace, name).is_none() => {
                bail!("there is no Pod `{namespace}/{name}`")
            }
            Client::Node { name } if known(Kind::Node) && snapshot.get::<Node>("", name).is_none() => bail!("there is no Node `{name}`"),
            _ => {}
        }
        if let Destination::Service { service } = &question.to
            && known(Kind::Service)
            && snapshot.get::<Service>(service.namespace(), service.name()).is_none()
        {
            bail!("there is no Service `{service}`");
        }
        if let Some(node) = &question.entry.node
            && known(Kind::Node)
            && snapshot.get::<Node>("", node).is_none()
        {
            bail!("there is no Node `{node}`");
        }
        Ok(())
    }
}
