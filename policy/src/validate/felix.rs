//! FelixConfigurations (the tags of `FelixConfigurationSpec`, `validateFelixConfigSpec`).

use super::address::{Family, cidr_or_address};
use super::report::{At, Report};
use super::value::{self, LOG_LEVELS, Rule, shown};
use super::{names, port, rule};
use crate::object::{FelixConfigurationSpec, IntOrString, ProtoPort};
use serde::Deserialize;
use serde_json::Value;

const SWITCH: &[&str] = &["Enabled", "Disabled"];

/// Fields that are judged by themselves.
const FIELDS: &[(&str, Rule)] = &[
    ("iptablesFilterAllowAction", Rule::OneOf(&["Accept", "Return"])),
    ("iptablesMangleAllowAction", Rule::OneOf(&["Accept", "Return"])),
    ("iptablesFilterDenyAction", Rule::OneOf(&["Drop", "Reject"])),
    ("logSeverityFile", Rule::OneOf(LOG_LEVELS)),
    ("logSeverityScreen", Rule::OneOf(LOG_LEVELS)),
    ("logSeveritySys", Rule::OneOf(LOG_LEVELS)),
    ("bpfLogLevel", Rule::OneOf(&["Debug", "Info", "Off"])),
    ("bpfExternalServiceMode", Rule::OneOf(&["Tunnel", "DSR"])),
    ("bpfConnectTimeLoadBalancing", Rule::OneOf(&["TCP", "Enabled", "Disabled"])),
    ("bpfHostNetworkedNATWithoutCTLB", Rule::OneOf(SWITCH)),
    ("awsSrcDstCheck", Rule::OneOf(&["DoNothing", "Enable", "Disable"])),
    ("workloadSourceSpoofing", Rule::OneOf(&["Disabled", "Any"])),
    ("windowsManageFirewallRules", Rule::OneOf(SWITCH)),
    ("floatingIPs", Rule::OneOf(SWITCH)),
    ("bpfDataIfacePattern", Rule::Regex),
    ("bpfL3IfacePattern", Rule::Regex),
    ("bpfDisableGROForIfaces", Rule::Regex),
    ("mtuIfacePattern", Rule::Regex),
    ("logDebugFilenameRegex", Rule::Regex),
    ("routeSource", Rule::Regex),
    ("featureDetectOverride", Rule::KeyValues),
    ("featureGates", Rule::KeyValues),
    ("iptablesNATOutgoingInterfaceFilter", Rule::InterfaceFilter),
    ("bpfForceTrackPacketsFromIfaces", Rule::InterfaceFilters),
    ("bpfLogFilters", Rule::InterfaceKeys),
    ("wireguardInterfaceName", Rule::Interface),
    ("wireguardInterfaceNameV6", Rule::Interface),
    ("wireguardListeningPort", Rule::Integer(1, 65535)),
    ("wireguardListeningPortV6", Rule::Integer(1, 65535)),
    ("wireguardRoutingRulePriority", Rule::Integer(1, 32765)),
    ("debugPort", Rule::Integer(0, 65535)),
    ("bpfExtToServiceConnmark", Rule::Integer(0, u32::MAX as i64)),
    ("iptablesMarkMask", Rule::Integer(0, u32::MAX as i64)),
    ("prometheusMetricsHost", Rule::Host),
    ("natOutgoingAddress", Rule::Address(Family::V4)),
    ("deviceRouteSourceAddress", Rule::Address(Family::V4)),
    ("deviceRouteSourceAddressIPv6", Rule::Address(Family::V6)),
    ("externalNodesList", Rule::Cidrs(Some(Family::V4))),
    ("bpfDSROptoutCIDRs", Rule::Cidrs(None)),
    ("bpfExcludeCIDRsFromNAT", Rule::Cidrs(None)),
    ("bpfKubeProxyMinSyncPeriod", Rule::Duration),
    ("dataplaneWatchdogTimeout", Rule::Duration),
    ("endpointReportingDelay", Rule::Duration),
    ("interfaceRefreshInterval", Rule::Duration),
    ("ipsetsRefreshInterval", Rule::Duration),
    ("iptablesLockProbeInterval", Rule::Duration),
    ("iptablesLockTimeout", Rule::Duration),
    ("iptablesPostWriteCheckInterval", Rule::Duration),
    ("iptablesRefreshInterval", Rule::Duration),
    ("netlinkTimeout", Rule::Duration),
    ("reportingInterval", Rule::Duration),
    ("reportingTTL", Rule::Duration),
    ("routeRefreshInterval", Rule::Duration),
    ("usageReportingInitialDelay", Rule::Duration),
    ("usageReportingInterval", Rule::Duration),
    ("wireguardKeepAlive", Rule::Duration),
    ("xdpRefreshInterval", Rule::Duration),
];

/// One FelixConfiguration.
pub(super) fn configuration(report: &mut Report, at: At<'_>, spec: &FelixConfigurationSpec) {
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    let action = given(&spec.default_endpoint_to_host_action);
    report.one_of(&["Drop", "Accept", "Return"], at.field("defaultEndpointToHostAction"), &action);
    report.one_of(&["Drop", "Reject", "Disabled"], at.field("serviceLoopPrevention"), &given(&spec.service_loop_prevention));
    report.one_of(&["Legacy", "NFT", "Auto"], at.field("iptablesBackend"), &given(&spec.iptables_backend));
    report.one_of(&["Disabled", "Enabled", "Auto"], at.field("nftablesMode"), &given(&spec.nftables_mode));
    failsafes(report, at.field("failsafeInboundHostPorts"), spec.failsafe_inbound_host_ports.as_deref());
    failsafes(report, at.field("failsafeOutboundHostPorts"), spec.failsafe_outbound_host_ports.as_deref());
    value::each(report, at, &spec.other, FIELDS);
    let other = |name: &str| spec.other.get(name).filter(|value| !value.is_null());
    if let Some(ranges) = other("kubeNodePortRanges") {
        node_port_ranges(report, at.field("kubeNodePortRanges"), ranges);
    }
    for name in ["natPortRange", "bpfPSNATPorts"] {
        if let Some(range) = other(name) {
            ports(report, at.field(name), std::slice::from_ref(range));
        }
    }
    if let Some(region) = other("openstackRegion") {
        // It becomes part of a namespace's name, `openstack-region-REGION`.
        let fits = |region: &str| region.is_empty() || (names::is_name_part(region) && region.len() <= 63 - "openstack-region-".len());
        report.check(
            region.as_str().is_some_and(fits),
            at.field("openstackRegion"),
            shown(region),
            "a region has at most 46 of a-z, 0-9 and `-`, and no dash at an end",
        );
    }
    route_tables(report, at, other("routeTableRange"), other("routeTableRanges"));
    let at = at.field("healthTimeoutOverrides");
    for (index, item) in value::list(report, at, other("healthTimeoutOverrides")).iter().enumerate() {
        health_timeout(report, at.item(index), item);
    }
}

fn failsafes(report: &mut Report, at: At<'_>, ports: Option<&[ProtoPort]>) {
    for (index, failsafe) in ports.into_iter().flatten().enumerate() {
        let at = at.item(index);
        let known = ["TCP", "UDP", "SCTP"].contains(&failsafe.protocol.as_str());
        report.check(known, at.field("protocol"), &failsafe.protocol, "the protocol of a failsafe port is TCP, UDP or SCTP");
        report.check((0..=65535).contains(&failsafe.port), at.field("port"), failsafe.port, "a port is a number up to 65535");
        // Felix parses it later, and ignores the whole list when it cannot (`felix/config`).
        let net = failsafe.net.is_empty() || cidr_or_address(&failsafe.net).is_some();
        report.check(net, at.field("net"), &failsafe.net, "the net of a failsafe port is a CIDR, as 10.0.0.0/8");
    }
}

fn node_port_ranges(report: &mut Report, at: At<'_>, ranges: &Value) {
    let list = value::list(report, at, Some(ranges));
    report.check(list.len() <= 7, at, list.len(), "there are at most 7 ranges: iptables takes no more in one rule");
    if let Some(read) = ports(report, at, list)
        && let Some((index, named)) = rule::first_named(&read)
    {
        report.add(at.item(index), named, "node ports are numbers and ranges, not names");
    }
}

fn ports(report: &mut Report, at: At<'_>, values: &[Value]) -> Option<Vec<IntOrString>> {
    let mut read = Vec::new();
    for (index, value) in values.iter().enumerate() {
        match IntOrString::deserialize(value) {
            Ok(port) => {
                port::port(report, at.item(index), &port);
                read.push(port);
            }
            Err(_) => {
                report.add(at.item(index), shown(value), "a port is a number or a text");
                return None;
            }
        }
    }
    Some(read)
}

/// Highest routing table of Linux, and the most tables that Felix takes.
const MAX_TABLE: i64 = 0xffff_ffff;
const MAX_TABLES: i64 = 0xffff;

fn route_tables(report: &mut Report, at: At<'_>, range: Option<&Value>, ranges: Option<&Value>) {
    let bounds =
        |value: &Value| (value.get("min").and_then(Value::as_i64).unwrap_or(0), value.get("max").and_then(Value::as_i64).unwrap_or(0));
    if let Some(range) = range {
        let (min, max) = bounds(range);
        report.check(
            min >= 1 && max >= min && max <= 250,
            at.field("routeTableRange"),
            range,
            "the range lies within 1 to 250, and min is not above max",
        );
        report.check(ranges.is_none(), at.field("routeTableRange"), range, "routeTableRange and routeTableRanges cannot both be set");
    }
    let mut tables = 0_i64;
    let at = at.field("routeTableRanges");
    for (index, range) in value::list(report, at, ranges).iter().enumerate() {
        let (min, max) = bounds(range);
        let rule = "a range starts at 1 or later, ends at 4294967295 or before, and min is not above max";
        report.check(min >= 1 && max >= min && max <= MAX_TABLE, at.item(index), range, rule);
        tables = tables.saturating_add(max.saturating_sub(min).saturating_add(1));
    }
    report.check(tables <= MAX_TABLES, at, tables, "the ranges hold at most 65535 tables together");
}

fn health_timeout(report: &mut Report, at: At<'_>, item: &Value) {
    let name = item.get("name").and_then(Value::as_str).unwrap_or_default();
    let valid = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_ -".contains(&byte));
    report.check(valid, at.field("name"), name, "the name has letters, digits, `_`, `-` and blanks");
    if let Some(timeout) = item.get("timeout").filter(|timeout| !timeout.is_null()) {
        let valid = timeout.as_str().is_some_and(|text| value::is_duration(text) && !text.starts_with('-'));
        report.check(valid, at.field("timeout"), shown(timeout), "the timeout is a duration that is not negative, as 90s");
    }
}
