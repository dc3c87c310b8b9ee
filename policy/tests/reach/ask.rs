//! Questions to the trace, in short.

use policy::access::{Port, Protocol};
use policy::reach::packet::{Carries, Client, Destination, Entry, Question};
use policy::reach::settings::Settings;
use policy::reach::trace;
use policy::reach::verdict::{Answer, Journey, Overall, Unknown, Verdict};
use policy::snapshot::Snapshot;
use std::net::IpAddr;

pub(crate) const fn carries(protocol: Protocol, port: u16) -> Carries {
    Carries::Ports { protocol, port, source_port: None }
}

pub(crate) const fn of_port(port: Port) -> Carries {
    carries(port.protocol, port.port)
}

pub(crate) const fn outside(address: IpAddr) -> Client {
    Client::Outside { address }
}

pub(crate) fn entry(node: &str) -> Entry {
    Entry { node: Some(node.to_owned()), interface: None }
}

/// Who asks, as the rig's probes write it: an address, `NAMESPACE/POD`, `node:NAME`.
pub(crate) fn client(text: &str) -> Client {
    if let Ok(address) = text.parse() {
        return Client::Outside { address };
    }
    match (text.strip_prefix("node:"), text.split_once('/')) {
        (Some(name), _) => Client::Node { name: name.to_owned() },
        (None, Some((namespace, name))) => Client::Pod { namespace: namespace.to_owned(), name: name.to_owned() },
        (None, None) => panic!("`{text}` is no client"),
    }
}

/// What becomes of a packet to one address.
pub(crate) fn ask(snapshot: &Snapshot, settings: &Settings, client: Client, to: IpAddr, carries: Carries, entry: Entry) -> Answer {
    trace::ask(snapshot, settings, &Question { client, to: Destination::Address { address: to }, carries, entry })
}

/// Whether it gets where it is sent, on every path; none where that depends on the path or cannot be told. What leaves the cluster gets there.
pub(crate) fn reached(answer: &Answer) -> Option<bool> {
    let leaves = |journey: &Journey| journey.verdict == Verdict::Unknown(Unknown::OutsideTheCluster);
    match answer.verdict {
        Overall::Allowed => Some(true),
        Overall::Denied => Some(false),
        Overall::Unknown if !answer.paths.is_empty() && answer.paths.iter().all(leaves) => Some(true),
        Overall::Mixed | Overall::Unknown => None,
    }
}
