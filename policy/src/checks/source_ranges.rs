//! Clients that the edge lets in and `loadBalancerSourceRanges` does not.

use super::service::key;
use super::{Draft, few};
use crate::access::Access;
use crate::cidr::{Cidr, CidrSet, Family};
use crate::finding::{Finding, Severity};
use crate::scope::Scope;
use std::net::IpAddr;

/// kube-proxy goes by the ranges of the address' family, and lets everyone through where there is none (`pkg/proxy/service.go` at v1.29.15).
pub(super) fn checks(scope: &Scope, access: &Access) -> Vec<Finding> {
    [Family::V4, Family::V6].into_iter().filter_map(|family| of_family(scope, access, family)).collect()
}

fn of_family(scope: &Scope, access: &Access, family: Family) -> Option<Finding> {
    let service = &scope.service;
    let balancers = service.load_balancer.iter().filter_map(|text| text.parse::<IpAddr>().ok());
    let at: Vec<String> = balancers.filter(|address| Family::of(*address) == family).map(|address| address.to_string()).collect();
    let sources: CidrSet = service.balancer_sources.iter().copied().filter(|range| range.family() == family).collect();
    if at.is_empty() || sources.is_empty() {
        return None;
    }
    let left_out = access.addresses().intersection(&Cidr::all(family).into()).difference(&sources);
    let ranges: Vec<String> = left_out.cidrs().iter().map(ToString::to_string).collect();
    (!ranges.is_empty()).then(|| {
        Draft::new(Severity::Warning, "outside-source-ranges", key(scope)).says(
            format!("{} may reach `{}`, and its `loadBalancerSourceRanges` leave them out.", few(&ranges), service.service),
            format!(
                "kube-proxy drops them at {}, whatever policies say, and so do many load balancers before they come to a node. At its other addresses \
                 they get in.",
                few(&at)
            ),
            "Add the ranges to `spec.loadBalancerSourceRanges` of the Service, or leave them out of the access.",
        )
    })
}
