//! Names, labels and annotations.
//!
//! Sources: `validateObjectMeta` and the name expressions of Calico's validator, and Kubernetes' `util/validation`, which it calls.

use super::report::{At, Report};
use crate::object::{Labels, Meta};

/// Longest name of an object.
const MAX_NAME: usize = 253;

const NAME: &str = "a name has at most 253 of a-z, 0-9, `-` and `.`, and each part between dots starts and ends with a letter or digit";
const POLICY_NAME: &str = "the name of a policy has at most 253 of a-z, 0-9 and `-`, starts and ends with a letter or digit, and has no dots but that of `TIER.NAME` (Calico 3.29 and later)";
/// How the names of policies begin that Calico 3.29 and later make of Kubernetes' policies for administrators.
const CONVERTED: &[&str] = &["kanp.", "kbanp.", "kcnp."];

const KEY: &str =
    "a key is a name of at most 63 letters, digits, `-`, `_` and `.`, with a lower-case DNS name and `/` before it if need be";
const LABEL_VALUE: &str =
    "the value of a label has at most 63 letters, digits, `-`, `_` and `.`, and starts and ends with a letter or digit";

/// Name, labels and annotations of every kind but policies.
pub(super) fn meta(report: &mut Report, meta: &Meta) {
    let at = At::Root("metadata");
    report.check(is_name(&meta.name) && meta.name.len() <= MAX_NAME, at.field("name"), &meta.name, NAME);
    labels_and_annotations(report, meta);
}

/// The same for policies, whose names are narrower. A policy with a tier is of Calico 3.29 or later, where `TIER.NAME` and, for what
/// is converted from Kubernetes' own policies, longer names are valid too.
pub(super) fn policy(report: &mut Report, meta: &Meta, namespaced: bool, tier: &str) {
    let name = meta.name.as_str();
    let converted = |prefix: &str| namespaced && name.strip_prefix(prefix).is_some_and(is_name);
    let tiered = !tier.is_empty()
        && (name.strip_prefix(tier).and_then(|name| name.strip_prefix('.')).is_some_and(is_name_part)
            || (is_name(name) && CONVERTED.iter().any(|prefix| name.starts_with(prefix))));
    let allowed = is_name_part(name) || converted("knp.default.") || converted("ossg.default.") || tiered;
    report.check(allowed && name.len() <= MAX_NAME, At::Root("metadata").field("name"), name, POLICY_NAME);
    labels_and_annotations(report, meta);
}

/// A Tier: its name stands before a dot in the names of policies, and has none itself.
pub(super) fn tier(report: &mut Report, meta: &Meta) {
    let rule = "the name of a tier has at most 63 of a-z, 0-9 and `-`, and no dash at an end";
    report.check(is_name_part(&meta.name) && meta.name.len() <= 63, At::Root("metadata").field("name"), &meta.name, rule);
    labels_and_annotations(report, meta);
}

/// `KubeControllersConfiguration` and `ClusterInformation` (`clientv3`).
pub(super) fn only_default(report: &mut Report, name: &str) {
    report.check(name == "default", At::Root("metadata").field("name"), name, "the only object of this kind is named `default`");
}

fn labels_and_annotations(report: &mut Report, meta: &Meta) {
    let at = At::Root("metadata");
    labels(report, at.field("labels"), &meta.labels);
    annotations(report, at.field("annotations"), &meta.annotations);
}

/// Labels as Kubernetes allows them.
pub(super) fn labels(report: &mut Report, at: At<'_>, labels: &Labels) {
    for (key, value) in labels {
        report.check(is_qualified_name(key), at, key, KEY);
        report.check(is_label_value(value), at.field(key), value, LABEL_VALUE);
    }
}

/// Annotations as Kubernetes allows them: keys in any case.
pub(super) fn annotations(report: &mut Report, at: At<'_>, annotations: &Labels) {
    for key in annotations.keys() {
        report.check(is_qualified_name(&key.to_ascii_lowercase()), at, key, KEY);
    }
}

/// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, of any length.
pub(super) fn is_name_part(text: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = text.as_bytes();
    edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}

/// Parts of [`is_name_part`] with dots between, of any length: Calico's `nameRegex`.
pub(crate) fn is_name(text: &str) -> bool {
    text.split('.').all(is_name_part)
}

/// A key of a label: `NAME` or `PREFIX/NAME` (Kubernetes' `IsQualifiedName`).
pub(crate) fn is_qualified_name(key: &str) -> bool {
    let name = match key.split_once('/') {
        Some((prefix, name)) if is_name(prefix) && prefix.len() <= MAX_NAME => name,
        Some(_) => return false,
        None => key,
    };
    !name.is_empty() && is_label_value(name)
}

/// The value of a label (Kubernetes' `IsValidLabelValue`); it may be empty.
pub(super) fn is_label_value(value: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = value.as_bytes();
    bytes.len() <= 63
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}
