//! Services: defaults and cluster IPs (`pkg/registry/core/service` at v1.29.0).

use super::kubernetes::default;
use super::metadata::remove;
use super::state::Draft;
use super::status::{ApiError, Cause};
use policy::object::{Kind, ObjectKey};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The range of cluster IPs of each family, as the rig's API server has it: 10.20.0.0/16 and fd00:20::/112. Both hold 2^16 addresses.
const RANGE_V4: [u8; 2] = [10, 20];
const RANGE_V6: [u16; 7] = [0xfd00, 0x20, 0, 0, 0, 0, 0];

/// The address with this number in the range of a family.
fn address(v6: bool, number: u16) -> IpAddr {
    let [a, b, c, d, e, f, g] = RANGE_V6;
    let [high, low] = number.to_be_bytes();
    if v6 { Ipv6Addr::new(a, b, c, d, e, f, g, number).into() } else { Ipv4Addr::new(RANGE_V4[0], RANGE_V4[1], high, low).into() }
}

/// The number of an address in the range of its family.
fn number(address: IpAddr) -> Option<u16> {
    match address {
        IpAddr::V4(v4) => v4.octets().strip_prefix(&RANGE_V4).and_then(|rest| Some(u16::from_be_bytes(rest.try_into().ok()?))),
        IpAddr::V6(v6) => v6.segments().strip_prefix(&RANGE_V6).and_then(|rest| rest.first().copied()),
    }
}

/// Fills in what does not depend on other objects.
pub(super) fn defaults(object: &mut Value) {
    default(object, "spec", json!({}));
    let spec = &mut object["spec"];
    default(spec, "type", "ClusterIP");
    default(spec, "sessionAffinity", "None");
    let kind = spec["type"].as_str().unwrap_or_default().to_owned();
    if kind != "ExternalName" {
        default(spec, "internalTrafficPolicy", "Cluster");
    }
    let external =
        matches!(kind.as_str(), "NodePort" | "LoadBalancer") || spec["externalIPs"].as_array().is_some_and(|ips| !ips.is_empty());
    if external {
        default(spec, "externalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        default(spec, "allocateLoadBalancerNodePorts", true);
    }
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        default(port, "protocol", "TCP");
        let number = port["port"].clone();
        default(port, "targetPort", number);
    }
    // `clusterIP` and the first of `clusterIPs` are one thing.
    if kind == "ExternalName" {
        for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            remove(spec, field);
        }
    } else if spec["clusterIPs"].is_null() && !text(&spec["clusterIP"]).is_empty() {
        spec["clusterIPs"] = json!([spec["clusterIP"]]);
    } else if text(&spec["clusterIP"]).is_empty() && !spec["clusterIPs"][0].is_null() {
        spec["clusterIP"] = spec["clusterIPs"][0].clone();
    }
    families(spec);
}

/// `ipFamilies` and `ipFamilyPolicy` of given addresses.
fn families(spec: &mut Value) {
    let addresses: Vec<IpAddr> = cluster_ips(spec);
    if !addresses.is_empty() {
        let families: Vec<_> = addresses.iter().map(|ip| if ip.is_ipv6() { "IPv6" } else { "IPv4" }).collect();
        default(spec, "ipFamilyPolicy", if families.len() > 1 { "RequireDualStack" } else { "SingleStack" });
        default(spec, "ipFamilies", families);
    } else if text(&spec["clusterIP"]) == "None" {
        // Whose endpoints are made by hand may have both families.
        let selects = spec["selector"].as_object().is_some_and(|labels| !labels.is_empty());
        default(spec, "ipFamilyPolicy", if selects { "SingleStack" } else { "RequireDualStack" });
        default(spec, "ipFamilies", if selects { json!(["IPv4"]) } else { json!(["IPv4", "IPv6"]) });
    }
}

/// Gives a new Service its cluster IPs, or checks the ones it asks for.
pub(super) fn prepare_new(draft: &Draft<'_>, key: &ObjectKey, object: &mut Value) -> Result<(), ApiError> {
    let spec = &mut object["spec"];
    if text(&spec["type"]) == "ExternalName" || text(&spec["clusterIP"]) == "None" {
        return Ok(());
    }
    let taken = taken(draft, key);
    if text(&spec["clusterIP"]).is_empty() {
        let wanted: Vec<bool> = match spec["ipFamilies"].as_array() {
            Some(families) => families.iter().map(|family| family == "IPv6").collect(),
            None if matches!(text(&spec["ipFamilyPolicy"]).as_str(), "RequireDualStack" | "PreferDualStack") => vec![false, true],
            None => vec![false],
        };
        let mut given = Vec::new();
        for v6 in wanted {
            // The first and the last number are left alone: they are the network's and, in IPv4, the broadcast address.
            let free = (1..u16::MAX).map(|number| address(v6, number)).find(|ip| !taken.contains(ip));
            given.push(free.ok_or_else(|| ApiError::Internal("every cluster IP of the range is taken".to_owned()))?);
        }
        spec["clusterIPs"] = given.iter().map(IpAddr::to_string).collect();
        spec["clusterIP"] = spec["clusterIPs"][0].clone();
        families(spec);
        return Ok(());
    }
    for ip in spec["clusterIPs"].as_array().into_iter().flatten() {
        let rule = match text(ip).parse::<IpAddr>() {
            Err(_) => "it has to be an IP address or `None`",
            Ok(ip) if number(ip).is_none() => "the provided IP is not in the valid range; the ranges are 10.20.0.0/16 and fd00:20::/112",
            Ok(ip) if taken.contains(&ip) => "failed to allocate IP: provided IP is already allocated",
            Ok(_) => continue,
        };
        return Err(invalid(key, Cause::invalid("spec.clusterIPs", &text(ip), rule)));
    }
    Ok(())
}

/// Cluster IPs stay: absent ones are carried over, others are refused. A headless or external Service may be given one.
pub(super) fn prepare_replacement(draft: &Draft<'_>, key: &ObjectKey, old: &Value, object: &mut Value) -> Result<(), ApiError> {
    let had = cluster_ips(&old["spec"]);
    let spec = &mut object["spec"];
    if had.is_empty() || text(&spec["type"]) == "ExternalName" {
        return prepare_new(draft, key, object);
    }
    if text(&spec["clusterIP"]).is_empty() {
        for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            let was = old["spec"][field].clone();
            default(spec, field, was);
        }
        return Ok(());
    }
    if cluster_ips(spec).first() != had.first() {
        let value = spec["clusterIPs"].to_string();
        return Err(invalid(key, Cause::invalid("spec.clusterIPs[0]", &value, "may not change once set")));
    }
    Ok(())
}

/// Every cluster IP of the other Services.
fn taken(draft: &Draft<'_>, key: &ObjectKey) -> BTreeSet<IpAddr> {
    let services = draft.list(Kind::Service, None);
    services.iter().filter(|(other, _)| *other != key).flat_map(|(_, service)| cluster_ips(&service.read()["spec"])).collect()
}

fn cluster_ips(spec: &Value) -> Vec<IpAddr> {
    spec["clusterIPs"].as_array().into_iter().flatten().filter_map(|ip| ip.as_str()?.parse().ok()).collect()
}

fn invalid(key: &ObjectKey, cause: Cause) -> ApiError {
    ApiError::Invalid { kind: key.kind, name: key.name.clone(), causes: vec![cause] }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
