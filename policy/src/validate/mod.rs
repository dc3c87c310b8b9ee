//! Calico's own validation of every object read or generated.
//!
//! Calico's API server validates on create and update only, not in a dry run, and not at all where the API is served from CRDs; and
//! what it lets through by another path Felix treats as absent, so that an invalid Deny fails open. The rules are those of
//! `libcalico-go/lib/validator/v3/validator.go` and `libcalico-go/lib/clientv3` at v3.28. What only later versions have is accepted where
//! it can be told from a mistake (tiers, pools of load-balancer addresses, log level Trace); where they merely allow more (named ports without
//! a protocol), the rule of 3.28 holds, because an object that it accepts is accepted by all of them.
//!
//! Work is bounded: linear in the size of the object, and at most [`MAX_VIOLATIONS`] are named.

mod address;
mod backend;
mod bgp;
mod controllers;
mod endpoint;
mod felix;
mod http;
mod kubernetes;
mod names;
mod policy;
mod pool;
mod port;
mod regex;
mod report;
mod rule;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use names::{is_name, is_qualified_name};
pub use report::{MAX_VIOLATIONS, Violation};

use crate::object::AnyObject;
use report::{At, Report};

/// What Calico (or Kubernetes) would refuse about `object`; nothing if it is valid.
#[must_use]
pub fn object(object: &AnyObject) -> Vec<Violation> {
    let mut report = Report::default();
    let spec = At::Root("spec");
    match object {
        AnyObject::Namespace(_)
        | AnyObject::ServiceAccount(_)
        | AnyObject::Node(_)
        | AnyObject::Pod(_)
        | AnyObject::Service(_)
        | AnyObject::EndpointSlice(_)
        | AnyObject::KubernetesNetworkPolicy(_)
        | AnyObject::AdminNetworkPolicy(_)
        | AnyObject::BaselineAdminNetworkPolicy(_) => kubernetes::object(&mut report, object),
        AnyObject::GlobalNetworkPolicy(policy) => {
            names::policy(&mut report, &policy.metadata, false, &policy.spec.tier);
            policy::global(&mut report, spec, &policy.spec);
        }
        AnyObject::NetworkPolicy(policy) => {
            names::policy(&mut report, &policy.metadata, true, &policy.spec.tier);
            policy::namespaced(&mut report, spec, &policy.spec);
        }
        AnyObject::StagedGlobalNetworkPolicy(staged) => {
            names::policy(&mut report, &staged.metadata, false, &staged.spec.policy.tier);
            policy::global(&mut report, spec, &staged.spec.policy);
        }
        AnyObject::Tier(tier) => {
            names::tier(&mut report, &tier.metadata);
            report.one_of(&["Deny", "Pass"], spec.field("defaultAction"), &tier.spec.default_action);
        }
        AnyObject::HostEndpoint(endpoint) => {
            names::meta(&mut report, &endpoint.metadata);
            endpoint::host_endpoint(&mut report, spec, &endpoint.spec);
        }
        AnyObject::GlobalNetworkSet(set) => {
            names::meta(&mut report, &set.metadata);
            endpoint::network_set(&mut report, &set.metadata, &set.spec);
        }
        AnyObject::NetworkSet(set) => {
            names::meta(&mut report, &set.metadata);
            endpoint::network_set(&mut report, &set.metadata, &set.spec);
        }
        AnyObject::IpPool(pool) => {
            names::meta(&mut report, &pool.metadata);
            pool::ip_pool(&mut report, spec, &pool.spec);
        }
        AnyObject::BgpConfiguration(configuration) => {
            names::meta(&mut report, &configuration.metadata);
            bgp::configuration(&mut report, spec, &configuration.metadata.name, &configuration.spec);
        }
        AnyObject::BgpPeer(peer) => {
            names::meta(&mut report, &peer.metadata);
            bgp::peer(&mut report, spec, &peer.spec);
        }
        AnyObject::FelixConfiguration(configuration) => {
            names::meta(&mut report, &configuration.metadata);
            felix::configuration(&mut report, spec, &configuration.spec);
        }
        AnyObject::KubeControllersConfiguration(configuration) => {
            names::meta(&mut report, &configuration.metadata);
            names::only_default(&mut report, &configuration.metadata.name);
            controllers::configuration(&mut report, spec, &configuration.spec);
        }
        AnyObject::ClusterInformation(information) => {
            names::meta(&mut report, &information.metadata);
            names::only_default(&mut report, &information.metadata.name);
        }
    }
    report.into_violations()
}

/// Why Felix treats `object` as missing; nothing if it does not. These rules are fewer than those of the API ([`object`]).
#[must_use]
pub fn dropped_by_felix(object: &AnyObject) -> Vec<Violation> {
    let mut report = Report::default();
    let spec = At::Root("spec");
    match object {
        AnyObject::GlobalNetworkPolicy(policy) => backend::policy(&mut report, spec, &policy.spec),
        AnyObject::NetworkPolicy(policy) => backend::policy(&mut report, spec, &policy.spec),
        AnyObject::StagedGlobalNetworkPolicy(staged) => backend::policy(&mut report, spec, &staged.spec.policy),
        AnyObject::HostEndpoint(endpoint) => backend::host_endpoint(&mut report, spec, &endpoint.metadata.labels, &endpoint.spec),
        AnyObject::GlobalNetworkSet(set) => backend::set(&mut report, &set.metadata.labels),
        AnyObject::NetworkSet(set) => backend::set(&mut report, &set.metadata.labels),
        _ => {}
    }
    report.into_violations()
}
