//! The exact sets of client addresses that reach a Service, for whole Services at once.
//!
//! Nodes whose HostEndpoints have the same ordered policies, and that have the same settings, are one class. For a class and one
//! destination the rules of a list of policies reduce to ranges of senders, and one sweep over their boundaries says what becomes of each
//! (`sweep`); what was found out for a list and a destination is kept and shared by identity. What a client's packet meets at
//! a host is `host_policy`, in its whole order `journey`, from node to node `remote`, on all paths of a Service `service`.

mod budget;
mod foreign;
mod host_policy;
mod hosts;
mod journey;
mod kept;
mod kubernetes;
mod members;
mod node;
mod policies;
mod proxy;
mod reach;
mod remote;
mod rules;
mod service;
mod sweep;
mod tables;
mod topology;
mod ways;
mod world;

#[cfg(test)]
pub(crate) use tests::world as testing;
#[cfg(test)]
mod tests;

pub use budget::{LIMIT, TooMuch};
pub(crate) use hosts::Hosts;
pub use kept::Kept;
pub(crate) use kubernetes::rules_of as rules_of_kubernetes;
pub use proxy::AddressKind;
pub use reach::{AddressReach, Clients, Entry, PathGroup, Reach, Seen, UnknownClients};
pub(crate) use rules::may_be_about;
pub use service::{Questions, of_service, of_service_within};
pub(crate) use ways::outer_packets;
