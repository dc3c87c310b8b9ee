//! IPPools (`validateIPPoolSpec`, and `validateAndSetDefaults` of `clientv3/ippool.go`).

use super::address::{Family, cidr};
use super::report::{At, Report};
use super::rule;
use crate::object::IpPoolSpec;
use serde_json::Value;

const MODES: &[&str] = &["Always", "CrossSubnet", "Never"];

/// One pool; overlap with others is not looked at.
pub(super) fn ip_pool(report: &mut Report, at: At<'_>, spec: &IpPoolSpec) {
    report.one_of(MODES, at.field("ipipMode"), &spec.ipip_mode);
    report.one_of(MODES, at.field("vxlanMode"), &spec.vxlan_mode);
    rule::selector(report, at.field("nodeSelector"), &spec.node_selector);
    let load_balancer = spec.allowed_uses.iter().any(|used| used == "LoadBalancer");
    for (index, used) in spec.allowed_uses.iter().enumerate() {
        let at = at.field("allowedUses");
        let at = at.item(index);
        let known = ["Workload", "Tunnel", "LoadBalancer"].contains(&used.as_str());
        report.check(known, at, used, "a use is Workload, Tunnel or, from Calico 3.30, LoadBalancer");
        report.check(!load_balancer || used == "LoadBalancer", at, used, "LoadBalancer cannot stand beside other uses");
    }
    let ipip = enabled(&spec.ipip_mode);
    report.check(!(ipip && enabled(&spec.vxlan_mode)), at.field("vxlanMode"), &spec.vxlan_mode, "a pool uses IPIP or VXLAN, not both");
    let tunnelled = ipip || enabled(&spec.vxlan_mode);
    report.check(
        !(load_balancer && tunnelled),
        at.field("allowedUses"),
        "LoadBalancer",
        "a pool of load-balancer addresses uses no IPIP or VXLAN",
    );
    if let Some(old) = spec.other.get("ipip").filter(|old| !old.is_null()) {
        report.add(at.field("ipip"), old, "`ipip` is of Calico's v1 API: use ipipMode");
    }
    if spec.other.get("nat-outgoing") == Some(&Value::Bool(true)) {
        report.add(at.field("nat-outgoing"), true, "`nat-outgoing` is of Calico's v1 API: use natOutgoing");
    }
    let Some(net) = cidr(&spec.cidr) else {
        return report.add(at.field("cidr"), &spec.cidr, "a pool has a CIDR, as 192.168.0.0/16");
    };
    report.check(net.is_exact(), at.field("cidr"), &spec.cidr, "the host bits of the CIDR are zero");
    report.check(
        !net.is_link_local(),
        at.field("cidr"),
        &spec.cidr,
        "a pool cannot overlap the link-local ranges 169.254.0.0/16 and fe80::/10",
    );
    let (range, default) = match net.family() {
        Family::V4 => (20..=32, 26),
        Family::V6 => {
            report.check(!ipip, at.field("ipipMode"), &spec.ipip_mode, "IPIP is for IPv4 pools only");
            (116..=128, 122)
        }
    };
    let block = spec.block_size.filter(|block| *block != 0).unwrap_or(default);
    let rule = format_args!("the block size is from {} to {}", range.start(), range.end()).to_string();
    report.check(range.contains(&block), at.field("blockSize"), block, rule);
    if !spec.disabled {
        let rule = format_args!("a pool holds at least one block: its prefix length is at most {block}").to_string();
        report.check(i64::from(net.length) <= block, at.field("cidr"), &spec.cidr, rule);
    }
}

fn enabled(mode: &str) -> bool {
    mode == "Always" || mode == "CrossSubnet"
}
