//! Invariants: the operator's own sentences about who must reach what, checked in every plan.

use super::packet::{Backend, PathKey};
use super::sets::{AddressReach, PathGroup, Reach};
use super::verdict::{PathKind, Verdict};
use super::written::Written;
use crate::access::Port;
use crate::cidr::{Cidr, CidrSet};
use crate::finding::{Finding, Severity};
use crate::object::{Kind, ObjectKey, ServiceRef};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::{fmt, str::FromStr};

/// A sentence that must stay true: `50.60.0.0/16 must always reach shop/svc-a on TCP 443`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Invariant {
    /// Clients outside the cluster.
    pub clients: Cidr,
    /// How often they must reach it.
    pub must: Must,
    /// The Service.
    pub service: ServiceRef,
    /// A port of it, or the number of one of its NodePorts; none for all of its ports.
    pub port: Option<Port>,
}

/// On no path, or on every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Must {
    /// No client on any path.
    Never,
    /// Every client on every path.
    Always,
}

/// A packet for which an invariant does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counterexample {
    /// Who sends it.
    pub client: IpAddr,
    /// The port and protocol that it is sent to; none where neither the sentence nor the Service has one.
    pub port: Option<Port>,
    /// The path that it takes; none where the Service has no address at which the port is served.
    pub path: Option<PathKey>,
    /// What becomes of it.
    pub verdict: Verdict,
    /// All clients for whom it does not hold on that path.
    pub clients: CidrSet,
}

/// Why a text is no [`Invariant`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no invariant: write CIDR must never reach NAMESPACE/NAME, or CIDR must always reach NAMESPACE/NAME, with `on PROTOCOL PORT` \
     behind it for one port, as 50.60.0.0/16 must always reach shop/svc-a on TCP 443"
)]
pub struct NotAnInvariant(pub String);

impl Invariant {
    /// A packet for which it does not hold, the first by address, port and path; none where it holds. `reach` is that of its Service.
    ///
    /// What cannot be told breaks both kinds: a promise that nobody can check is none.
    #[must_use]
    pub fn check(&self, reach: &Reach) -> Option<Counterexample> {
        let clients = CidrSet::from(self.clients);
        let asked = |at: &&AddressReach| at.family == self.clients.family() && self.port.is_none_or(|port| port == at.port);
        let mut served = false;
        for at in reach.addresses.iter().filter(asked) {
            served = true;
            for group in &at.groups {
                let wrong = match self.must {
                    Must::Never => group.clients.allowed.union(&group.clients.unknown_clients()),
                    Must::Always => group.clients.denied.union(&group.clients.unknown_clients()),
                };
                let wrong = wrong.intersection(&clients);
                if let Some(client) = wrong.first() {
                    let verdict = group.clients.verdict(client).unwrap_or(Verdict::Denied);
                    return Some(Counterexample { client, port: Some(at.port), path: path(reach, at, group), verdict, clients: wrong });
                }
            }
        }
        // What is not served is never reached.
        let port = self.port.or_else(|| reach.addresses.first().map(|at| at.port));
        (self.must == Must::Always && !served).then(|| Counterexample {
            client: self.clients.first(),
            port,
            path: None,
            verdict: Verdict::Denied,
            clients,
        })
    }

    /// The finding that it does not hold, for this packet.
    #[must_use]
    pub fn finding(&self, broken: &Counterexample) -> Finding {
        Finding {
            severity: Severity::Blocker,
            id: "invariant-broken".to_owned(),
            what: format!("The sentence \u{201c}{self}\u{201d} does not hold: {broken}."),
            objects: vec![ObjectKey::new(Kind::Service, self.service.namespace(), self.service.name())],
            field: String::new(),
            why: format!("The sentence was kept as one that must stay true; it fails for {}.", broken.clients.counted()),
            action: "Change who may reach the Service, or take the sentence back where it is no longer meant.".to_owned(),
            packet: self.question(broken).map(Box::new),
        }
    }
}

impl Invariant {
    /// The question whose answer shows that it does not hold; none where no port is known to ask about.
    #[must_use]
    pub fn question(&self, broken: &Counterexample) -> Option<Written> {
        let port = broken.port?;
        let path = broken.path.as_ref();
        Some(Written {
            client: broken.client.to_string(),
            to: self.service.to_string(),
            port: port.port.to_string(),
            protocol: port.protocol.name().to_owned(),
            node: path.map(|path| path.node.clone()).unwrap_or_default(),
            interface: path.and_then(|path| path.interface.as_ref()).map(ToString::to_string).unwrap_or_default(),
            source_port: String::new(),
        })
    }
}

/// The first path of a group.
fn path(reach: &Reach, at: &AddressReach, group: &PathGroup) -> Option<PathKey> {
    let backends = reach.backends(group);
    let fits = |node: &str, backend: &&Backend| (backend.node.as_deref() == Some(node)) == (group.kind == PathKind::SameNode);
    for entry in reach.entries(group) {
        let backend = backends.iter().find(|backend| fits(&entry.node, backend));
        if backend.is_some() || backends.is_empty() {
            let address = at.address.or(entry.address)?;
            return Some(PathKey {
                node: entry.node.to_string(),
                interface: Some(entry.interface.clone()),
                address,
                backend: backend.cloned(),
            });
        }
    }
    None
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a packet of `{}`", self.client)?;
        if let Some(port) = self.port {
            write!(f, " on {} {}", port.protocol, port.port)?;
        }
        match &self.verdict {
            Verdict::Allowed => f.write_str(" gets there")?,
            Verdict::Denied => f.write_str(" does not get there")?,
            Verdict::Unknown(reason) => write!(f, " may or may not get there ({reason})")?,
        }
        let Some(path) = &self.path else { return f.write_str(": the Service is not served there") };
        write!(f, " by `{}` at `{}`", path.node, path.address)?;
        match path.backend.as_ref().and_then(|backend| backend.pod.as_ref()) {
            Some(pod) => write!(f, " to `{pod}`"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let must = if self.must == Must::Never { "never" } else { "always" };
        write!(f, "{} must {must} reach `{}`", self.clients, self.service)?;
        match self.port {
            Some(port) => write!(f, " on {} {}", port.protocol, port.port),
            None => Ok(()),
        }
    }
}

impl FromStr for Invariant {
    type Err = NotAnInvariant;

    /// Reads the sentence; the Service with or without backticks, a full stop at the end or none.
    fn from_str(text: &str) -> Result<Self, NotAnInvariant> {
        let wrong = || NotAnInvariant(text.chars().take(200).collect());
        let words: Vec<&str> = text.trim().trim_end_matches('.').split_whitespace().collect();
        let (clients, must, service, rest) = match words.as_slice() {
            [clients, "must", must, "reach", service, rest @ ..] => (clients, must, service, rest),
            _ => return Err(wrong()),
        };
        let port = match rest {
            [] => None,
            ["on", protocol, port] => Some(format!("{protocol}/{port}").parse().map_err(|_| wrong())?),
            _ => return Err(wrong()),
        };
        let must = match *must {
            "never" => Must::Never,
            "always" => Must::Always,
            _ => return Err(wrong()),
        };
        let clients = clients.parse().map_err(|_| wrong())?;
        Ok(Self { clients, must, service: service.trim_matches('`').parse().map_err(|_| wrong())?, port })
    }
}

impl TryFrom<String> for Invariant {
    type Error = NotAnInvariant;
    fn try_from(text: String) -> Result<Self, NotAnInvariant> {
        text.parse()
    }
}

impl From<Invariant> for String {
    fn from(invariant: Invariant) -> Self {
        invariant.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reach::sets::testing::{Cluster, VIP, policy, slice};
    use serde_json::json;

    fn read(text: &str) -> Invariant {
        text.parse().unwrap()
    }

    #[test]
    fn a_sentence_reads_back_as_it_is_written() {
        for text in ["10.9.0.0/16 must never reach `shop/svc-a`", "50.60.0.0/16 must always reach `shop/svc-a` on TCP 443"] {
            assert_eq!(read(text).to_string(), text);
            assert_eq!(read(&text.replace('`', "")), read(&format!("{text}.")));
        }
        for text in [
            "",
            "10.9.0.0/16 must reach shop/svc-a",
            "everyone must never reach shop/svc-a",
            "10.9.0.0/16 must never reach shop/svc-a on 443",
        ] {
            assert!(text.parse::<Invariant>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_breaks_one_is_a_packet() {
        let gate = json!({"selector": "k8s-role == 'node'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": [
            {"action": "Allow", "source": {"nets": ["50.60.0.0/16"]}, "destination": {"nets": [format!("{VIP}/32")]}},
            {"action": "Deny", "destination": {"nets": [format!("{VIP}/32")]}}]});
        let reach = Cluster::page().endpoints("eth0", true, true).with(policy("gate", gate)).reach();
        for holds in ["10.9.0.0/16 must never reach shop/svc-a", "50.60.7.0/24 must always reach shop/svc-a on TCP 80"] {
            assert_eq!(read(holds).check(&reach), None, "{holds}");
        }
        let broken = read("50.60.255.0/16 must never reach shop/svc-a".replace("255.0/16", "0.0/15").as_str()).check(&reach).unwrap();
        assert_eq!((broken.client, broken.verdict), ("50.60.0.0".parse().unwrap(), Verdict::Allowed));
        assert_eq!(broken.clients.to_string(), "50.60.0.0/16");
        let path = broken.path.unwrap();
        assert_eq!(path.address.to_string(), VIP);
        assert_eq!(path.backend.unwrap().pod.as_deref(), Some("shop/a-1"));
        let broken = read("50.60.0.0/15 must always reach shop/svc-a on TCP 80").check(&reach).unwrap();
        assert_eq!((broken.client, broken.verdict), ("50.61.0.0".parse().unwrap(), Verdict::Denied));
        let unserved = read("50.60.0.0/16 must always reach shop/svc-a on TCP 443").check(&reach).unwrap();
        assert_eq!(unserved.path, None);
        // Addresses without a pod behind them let nobody reach anything.
        let page = Cluster::page().endpoints("eth0", true, true);
        let none = page.with(slice("svc-a", &[], json!([{"name": "http", "port": 8080}]))).reach();
        let broken = read("50.60.0.0/16 must always reach shop/svc-a").check(&none).unwrap();
        assert_eq!((broken.verdict, broken.path.unwrap().backend), (Verdict::Denied, None));
        assert_eq!(read("50.60.0.0/16 must always reach shop/none").check(&Reach { addresses: Vec::new(), ..reach }).unwrap().port, None);
    }
}
