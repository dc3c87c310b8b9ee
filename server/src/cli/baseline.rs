//! The baseline that `plan` is asked for.

use super::change::{host_endpoints, no_host_endpoints};
use anyhow::Context;
use policy::access::{Baseline, HostEndpoints};
use policy::baseline::in_force;
use policy::checks::default_host_endpoints;
use policy::scope::EdgeFacts;
use policy::snapshot::Snapshot;

/// One `--baseline`: what becomes other than it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Switch {
    /// Closed on the HostEndpoints that edges stand on.
    Closed,
    /// Closed on these.
    ClosedOn(HostEndpoints),
    /// Not closed.
    Open,
    /// Whether Calico's controller makes HostEndpoints.
    Automatic(bool),
}

pub(super) fn switch(text: &str) -> Result<Switch, String> {
    let unknown = || format!("`{text}` is none of `closed=on`, `closed=off`, `closed=HOST-ENDPOINTS`, `automatic=on` and `automatic=off`");
    match text.split_once('=').ok_or_else(unknown)? {
        ("closed", "on") => Ok(Switch::Closed),
        ("closed", "off") => Ok(Switch::Open),
        ("closed", on) => host_endpoints(on).map(Switch::ClosedOn),
        ("automatic", "on") => Ok(Switch::Automatic(true)),
        ("automatic", "off") => Ok(Switch::Automatic(false)),
        _ => Err(unknown()),
    }
}

impl Switch {
    /// The baseline with this changed.
    pub(super) fn of(&self, snapshot: &Snapshot) -> anyhow::Result<Baseline> {
        let now = in_force(snapshot);
        Ok(match self {
            Self::Closed => {
                let choice = match &now.closed {
                    Some(choice) => choice.clone(),
                    None => default_host_endpoints(&EdgeFacts::of_cluster(snapshot))
                        .ok_or_else(|| no_host_endpoints(snapshot))
                        .context("say with --baseline closed=auto or closed=named:IFACE")?,
                };
                Baseline { closed: Some(choice), ..now }
            }
            Self::ClosedOn(choice) => Baseline { closed: Some(choice.clone()), ..now },
            Self::Open => Baseline { closed: None, ..now },
            Self::Automatic(on) => Baseline { automatic_host_endpoints: *on, ..now },
        })
    }
}
