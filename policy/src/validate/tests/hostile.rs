//! Objects that someone wrote to break us.

use super::{fields, mk};
use crate::object::{AnyObject, Kind};
use crate::validate::{MAX_VIOLATIONS, object};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn a_million_wrong_nets_are_named_a_hundred_times() {
    let set = mk(Kind::GlobalNetworkSet, &json!({"nets": vec!["garbage"; 1_000_000]}));
    assert_eq!(fields(Kind::GlobalNetworkSet, &set).len(), MAX_VIOLATIONS);
}

#[test]
fn long_values_are_shortened() {
    let set = mk(Kind::GlobalNetworkSet, &json!({"nets": ["ä".repeat(100_000)]}));
    let found = object(&AnyObject::decode(Kind::GlobalNetworkSet, &set).unwrap());
    assert!(found[0].value.len() < 300);
}

/// Keys that occur in the kinds, so that a random object often has the right shape.
const KEYS: &[&str] = &[
    "selector",
    "namespaceSelector",
    "serviceAccountSelector",
    "types",
    "ingress",
    "egress",
    "order",
    "preDNAT",
    "doNotTrack",
    "applyOnForward",
    "action",
    "protocol",
    "notProtocol",
    "icmp",
    "notICMP",
    "type",
    "code",
    "source",
    "destination",
    "nets",
    "notNets",
    "ports",
    "notPorts",
    "services",
    "serviceAccounts",
    "names",
    "name",
    "namespace",
    "http",
    "methods",
    "paths",
    "exact",
    "prefix",
    "ipVersion",
    "notSelector",
    "metadata",
    "annotations",
    "labels",
    "node",
    "interfaceName",
    "expectedIPs",
    "profiles",
    "port",
    "cidr",
    "blockSize",
    "ipipMode",
    "vxlanMode",
    "nodeSelector",
    "allowedUses",
    "serviceClusterIPs",
    "asNumber",
    "listenPort",
    "communities",
    "prefixAdvertisements",
    "value",
    "failsafeInboundHostPorts",
    "net",
    "kubeNodePortRanges",
    "routeTableRange",
    "routeTableRanges",
    "min",
    "max",
    "healthTimeoutOverrides",
    "timeout",
    "controllers",
    "hostEndpoint",
    "autoCreate",
    "bpfDataIfacePattern",
    "reportingInterval",
    "externalNodesList",
    "podSelector",
    "matchLabels",
    "matchExpressions",
    "key",
    "operator",
    "values",
    "policyTypes",
    "performanceHints",
    "natPortRange",
    "openstackRegion",
];

fn any_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("Allow"),
        Just("TCP"),
        Just("80:90"),
        Just("65536"),
        Just("10.0.0.0/8"),
        Just("::/0"),
        Just("::ffff:10.0.0.0/104"),
        Just("0.0.0.0/0"),
        Just("/"),
        Just(":"),
        Just("a == 'b'"),
        Just("global()"),
        Just("((("),
        Just("-"),
        Just("1h"),
        Just("["),
        Just("default"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1_i64..70_000).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        let key = prop_oneof![9 => proptest::sample::select(KEYS).prop_map(str::to_owned), 1 => "\\PC{0,6}"];
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::from), btree_map(key, inner, 0..6).prop_map(|map| map.into_iter().collect())]
    })
}

proptest! {
    #[test]
    fn any_object_decodes_or_errs_and_is_judged(kind in proptest::sample::select(Kind::ALL.to_vec()), metadata in any_value(), spec in any_value()) {
        let value = json!({"metadata": metadata, "spec": spec});
        if let Ok(any) = AnyObject::decode(kind, &value) {
            let found = object(&any);
            prop_assert!(found.len() <= MAX_VIOLATIONS);
            prop_assert!(found.iter().all(|violation| !violation.field.is_empty() && !violation.rule.is_empty()));
        }
        // The parts alone are read more often than the whole.
        for value in [mk(kind, &spec), mk(kind, &json!({"ingress": [spec], "ports": [spec], "controllers": {"node": spec}}))] {
            if let Ok(any) = AnyObject::decode(kind, &value) {
                prop_assert!(object(&any).len() <= MAX_VIOLATIONS);
            }
        }
    }
}
