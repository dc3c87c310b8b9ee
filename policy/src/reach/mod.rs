//! Reachability: which client gets what, exactly, and why.
//!
//! The whole journey of the first packet of a connection: failsafe ports and host policy before translation, kube-proxy, forward policy,
//! source translation, host policy where a backend is on the host network, and pod policy of Calico and Kubernetes. For iptables and nftables.
//!
//! There are two ways to one verdict, which share [`packet`], [`settings`], [`verdict`], the objects, the selectors, what Felix drops and what
//! is not modelled (`admin`), and nothing else:
//! [`trace`] follows one packet, rule by rule, and explains itself; `sets` computes for whole Services the exact sets of
//! client addresses. Laws hold them equal (`tests/reach`), and real packets hold both to their word (`end2end/src/proof/foretold.rs`).

mod admin;
pub mod brief;
pub mod diff;
pub mod invariant;
pub mod live;
pub mod lockout;
pub mod packet;
pub mod pods_alone;
pub mod safety;
pub mod sets;
pub mod settings;
pub mod template;
pub mod trace;
pub mod verdict;
pub mod written;

pub(crate) use sets::{Hosts, may_be_about, outer_packets};
