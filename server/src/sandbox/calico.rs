//! What Calico's API server makes of an object that is written to it: it reads it into its own types, so that unknown and empty fields are
//! gone, fills in `types`, and validates (`apiserver/pkg/storage/calico` and `libcalico-go/lib/clientv3` at v3.28.5).

use super::kubernetes::default;
use super::status::{ApiError, Cause};
use policy::object::{AnyObject, Kind, ObjectKey};
use serde_json::{Map, Value, json};

/// Fields of one JSON object: those that vanish when they are empty, as `omitempty` says of Go's types, and those that stay.
struct Fields {
    omitted_when_empty: &'static [&'static str],
    kept: &'static [&'static str],
}

const NETWORK_POLICY: Fields = Fields {
    omitted_when_empty: &["ingress", "egress", "selector", "types", "serviceAccountSelector", "performanceHints"],
    kept: &["order"],
};
const GLOBAL_NETWORK_POLICY: Fields = Fields {
    omitted_when_empty: &[
        "ingress",
        "egress",
        "selector",
        "types",
        "serviceAccountSelector",
        "performanceHints",
        "doNotTrack",
        "preDNAT",
        "applyOnForward",
        "namespaceSelector",
    ],
    kept: &["order"],
};
const RULE: Fields = Fields {
    omitted_when_empty: &[],
    kept: &["action", "ipVersion", "protocol", "icmp", "notProtocol", "notICMP", "source", "destination", "http", "metadata"],
};
const ENTITY: Fields = Fields {
    omitted_when_empty: &["nets", "selector", "namespaceSelector", "ports", "notNets", "notSelector", "notPorts"],
    kept: &["services", "serviceAccounts"],
};
const HOST_ENDPOINT: Fields = Fields { omitted_when_empty: &["node", "interfaceName", "expectedIPs", "profiles", "ports"], kept: &[] };
const NETWORK_SET: Fields = Fields { omitted_when_empty: &["nets"], kept: &[] };

/// Brings `object` into the shape that Calico's API server gives back.
pub(super) fn normalise(kind: Kind, object: &mut Value) {
    let fields = match kind {
        Kind::NetworkPolicy => NETWORK_POLICY,
        Kind::GlobalNetworkPolicy => GLOBAL_NETWORK_POLICY,
        Kind::HostEndpoint => HOST_ENDPOINT,
        Kind::NetworkSet | Kind::GlobalNetworkSet => NETWORK_SET,
        // Configuration is not written by Portcullis but for one field; it is kept as it is.
        _ => return,
    };
    if let Some(top) = object.as_object_mut() {
        top.retain(|field, _| matches!(field.as_str(), "apiVersion" | "kind" | "metadata" | "spec"));
        let spec = top.entry("spec").or_insert(Value::Null);
        if spec.is_null() {
            *spec = json!({});
        }
        prune(spec, &fields);
        if matches!(kind, Kind::NetworkPolicy | Kind::GlobalNetworkPolicy) {
            normalise_policy(spec);
        }
    }
}

fn normalise_policy(spec: &mut Value) {
    for direction in ["ingress", "egress"] {
        for rule in spec.get_mut(direction).and_then(Value::as_array_mut).into_iter().flatten() {
            prune(rule, &RULE);
            for side in ["source", "destination"] {
                default(rule, side, json!({}));
                let Some(entity) = rule.get_mut(side) else { continue };
                prune(entity, &ENTITY);
                for ports in ["ports", "notPorts"] {
                    entity.get_mut(ports).and_then(Value::as_array_mut).into_iter().flatten().for_each(normalise_port);
                }
            }
        }
    }
    if let Some(order) = spec.get_mut("order")
        && let Some(whole) = order.as_f64().and_then(whole)
    {
        *order = json!(whole);
    }
    default_types(spec);
}

/// `clientv3/globalnetworkpolicy.go:156-175`: what rules there are says in which directions the policy applies.
fn default_types(spec: &mut Value) {
    let has = |direction: &str| spec.get(direction).is_some();
    let types = match (has("ingress"), has("egress")) {
        (_, false) => json!(["Ingress"]),
        (false, true) => json!(["Egress"]),
        (true, true) => json!(["Ingress", "Egress"]),
    };
    default(spec, "types", types);
}

/// A number in quotes and a range of one port become numbers (`api/pkg/lib/numorstring/port.go`).
fn normalise_port(port: &mut Value) {
    let Some(text) = port.as_str() else { return };
    let number = match text.split_once(':') {
        Some((from, to)) if from == to => from.parse::<u16>().ok(),
        Some(_) => None,
        None => text.parse::<u16>().ok(),
    };
    if let Some(number) = number {
        *port = json!(number);
    }
}

/// Go prints a float without a fraction as an integer; beyond 2^53 the text would differ anyway.
fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53, where every integer is exact")]
    (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
}

fn prune(object: &mut Value, fields: &Fields) {
    if let Some(object) = object.as_object_mut() {
        object.retain(|field, value| {
            let field = field.as_str();
            (fields.kept.contains(&field) && !value.is_null()) || (fields.omitted_when_empty.contains(&field) && !is_empty(value))
        });
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => Map::is_empty(fields),
        _ => false,
    }
}

/// Whether the ports and protocols of a policy read as Calico's types do: what does not is a bad request, before any rule of validation is
/// looked at (`UnmarshalJSON` in `api/pkg/lib/numorstring`).
///
/// # Errors
/// [`ApiError::BadRequest`], which names the value.
pub(super) fn check_numbers(kind: Kind, object: &Value) -> Result<(), ApiError> {
    let lists = |object: &Value, fields: [&str; 2]| fields.map(|field| object[field].as_array().cloned().unwrap_or_default()).concat();
    for rule in lists(&object["spec"], ["ingress", "egress"]) {
        let protocols = ["protocol", "notProtocol"].map(|field| rule[field].clone());
        let ports = ["source", "destination"].map(|side| lists(&rule[side], ["ports", "notPorts"])).concat();
        let fault = protocols.iter().find(|protocol| !is_protocol(protocol)).or_else(|| ports.iter().find(|port| !is_port(port)));
        if let Some(fault) = fault {
            let name = kind.name();
            return Err(ApiError::BadRequest(format!("{name} in version \"v3\" cannot be handled as a {name}: {fault} is out of range")));
        }
    }
    Ok(())
}

fn is_protocol(protocol: &Value) -> bool {
    !protocol.is_number() || protocol.as_u64().is_some_and(|number| number <= 255)
}

/// A number, `MIN:MAX`, or a name; 0 is left to validation.
fn is_port(port: &Value) -> bool {
    let Some(text) = port.as_str() else { return port.as_u64().is_some_and(|number| number <= 65535) };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.split_once(':') {
        Some((from, to)) => matches!((from.parse::<u16>(), to.parse::<u16>()), (Ok(from), Ok(to)) if from <= to),
        None if digits(text) => text.parse::<u16>().is_ok(),
        None => (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b)),
    }
}

/// Validates as Calico's client does before it writes.
///
/// # Errors
/// [`ApiError::Invalid`] with every fault; [`ApiError::BadRequest`] if it does not have the shape of its kind.
pub(super) fn validate(key: &ObjectKey, object: &Value) -> Result<(), ApiError> {
    let object = AnyObject::decode(key.kind, object).map_err(|unreadable| ApiError::BadRequest(unreadable.to_string()))?;
    let faults = policy::validate::object(&object);
    if faults.is_empty() {
        return Ok(());
    }
    let causes = faults.iter().map(|fault| Cause::invalid(&fault.field, &fault.value, &fault.rule)).collect();
    Err(ApiError::Invalid { kind: key.kind, name: key.name.clone(), causes })
}
