//! Specs of both kinds of policy.

use super::{check_specs, mk};
use crate::object::{AnyObject, Kind};
use crate::validate::{Violation, object};
use serde_json::json;

#[test]
fn of_both_kinds() {
    let cases = [
        (json!({}), ""),
        (json!({"types": []}), ""),
        (json!({"types": ["Ingress"]}), ""),
        (json!({"types": ["Egress"]}), ""),
        (json!({"types": ["Ingress", "Egress"]}), ""),
        (json!({"types": ["Egress", "Egress"]}), "spec.types[1]"),
        (json!({"types": ["unexpected"]}), "spec.types[0]"),
        (json!({"types": ["ingress"]}), "spec.types[0]"),
        (json!({"ingress": [{"action": "Allow"}], "types": ["Egress"]}), ""),
        (json!({"egress": [{"action": "Allow"}], "types": ["Ingress"]}), ""),
        (json!({"ingress": [{"action": "Allow"}], "types": ["Ingress", "Egress"]}), ""),
        (json!({"egress": [{"action": "Allow"}, {"action": "x"}]}), "spec.egress[1].action"),
        (json!({"selector": "global()"}), "spec.selector"),
        (json!({"selector": "a b"}), "spec.selector"),
        (json!({"selector": "a == 'b'\n&& c == 'd'"}), "spec.selector"),
        (json!({"serviceAccountSelector": "global()"}), "spec.serviceAccountSelector"),
        (json!({"serviceAccountSelector": "a b"}), "spec.serviceAccountSelector"),
        (json!({"performanceHints": ["junk"]}), "spec.performanceHints[0]"),
        (json!({"performanceHints": ["AssumeNeededOnEveryNode"]}), ""),
        (json!({"performanceHints": ["AssumeNeededOnEveryNode", "AssumeNeededOnEveryNode"]}), "spec.performanceHints[1]"),
        (json!({"selector": null, "order": null, "ingress": [{"action": "Deny", "source": {"nets": null, "selector": null}}]}), ""),
        (json!({"ingress": [null]}), "unreadable"),
        (json!({"ingress": [{"action": "Allow", "source": []}]}), "unreadable"),
        (json!({"ingress": [["Allow"]]}), "unreadable"),
        (json!({"order": 10.5}), ""),
        (json!({"order": "ten"}), "unreadable"),
    ];
    check_specs(Kind::GlobalNetworkPolicy, &cases);
    check_specs(Kind::NetworkPolicy, &cases);
}

#[test]
fn of_global_policies() {
    check_specs(
        Kind::GlobalNetworkPolicy,
        &[
            (json!({"preDNAT": true, "doNotTrack": true, "applyOnForward": true}), "spec.preDNAT"),
            (json!({"preDNAT": true, "applyOnForward": true}), ""),
            (json!({"doNotTrack": true, "applyOnForward": true}), ""),
            (json!({"applyOnForward": true}), ""),
            (json!({"preDNAT": false, "doNotTrack": false, "applyOnForward": false}), ""),
            (json!({"preDNAT": true}), "spec.applyOnForward"),
            (json!({"doNotTrack": true}), "spec.applyOnForward"),
            (json!({"preDNAT": true, "applyOnForward": true, "egress": [{"action": "Allow"}]}), "spec.egress"),
            (json!({"preDNAT": true, "applyOnForward": true, "ingress": [{"action": "Allow"}]}), ""),
            (json!({"preDNAT": true, "applyOnForward": true, "types": ["Ingress"]}), ""),
            (json!({"preDNAT": true, "applyOnForward": true, "types": ["Egress"]}), "spec.types[0]"),
            (json!({"preDNAT": true, "applyOnForward": true, "types": ["Ingress", "Egress"]}), "spec.types[1]"),
            (json!({"namespaceSelector": "global()"}), "spec.namespaceSelector"),
            (json!({"namespaceSelector": "a b"}), "spec.namespaceSelector"),
            (json!({"namespaceSelector": "has(a)"}), ""),
        ],
    );
}

#[test]
fn of_namespaced_policies_with_fields_of_global_ones() {
    check_specs(
        Kind::NetworkPolicy,
        &[
            (json!({"preDNAT": true, "applyOnForward": true}), "spec.preDNAT"),
            (json!({"doNotTrack": true}), "spec.doNotTrack"),
            (json!({"applyOnForward": true}), "spec.applyOnForward"),
            (json!({"namespaceSelector": "has(a)"}), "spec.namespaceSelector"),
        ],
    );
}

#[test]
fn names_field_value_and_rule() {
    let spec = json!({"ingress": [{"action": "Allow", "source": {"nets": ["10.0.0.0/8", "50.60.1.2/16"]}}]});
    let policy = AnyObject::decode(Kind::GlobalNetworkPolicy, &mk(Kind::GlobalNetworkPolicy, &spec)).unwrap();
    assert_eq!(
        object(&policy),
        [Violation {
            field: "spec.ingress[0].source.nets[1]".into(),
            value: "50.60.1.2/16".into(),
            rule: "the host bits of a net are zero".into(),
        }]
    );
}
