//! Rules for fields that are kept as JSON, as tables of field and rule.

use super::address::{Family, address, cidr_or_address};
use super::endpoint::is_interface;
use super::regex::is_regex;
use super::report::{At, Report};
use serde_json::Value;
use std::collections::BTreeMap;

/// Levels of the `logSeverity...` fields; `Trace` from Calico 3.30.
pub(super) const LOG_LEVELS: &[&str] = &["Trace", "Debug", "Info", "Warning", "Error", "Fatal"];

/// What the value of a field must be. Null and absent are always allowed, as is an empty text but for durations: all mean "not given".
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    OneOf(&'static [&'static str]),
    Integer(i64, i64),
    Duration,
    Address(Family),
    /// CIDRs or addresses, of both families or one.
    Cidrs(Option<Family>),
    Interface,
    /// An interface with `+` as a wildcard, as iptables takes it.
    InterfaceFilter,
    InterfaceFilters,
    /// A regular expression; only gross errors are found.
    Regex,
    /// `KEY=VALUE,...`
    KeyValues,
    /// A host or address to listen on.
    Host,
    /// An object whose keys are interfaces.
    InterfaceKeys,
}

/// Judges each field of `values` that `rules` name.
pub(super) fn each(report: &mut Report, at: At<'_>, values: &BTreeMap<String, Value>, rules: &[(&str, Rule)]) {
    for (name, rule) in rules {
        if let Some(value) = values.get(*name) {
            given(report, at.field(name), value, *rule);
        }
    }
}

/// As [`each`], for fields of a JSON object; anything else has none.
pub(super) fn each_of_object(report: &mut Report, at: At<'_>, object: &Value, rules: &[(&str, Rule)]) {
    for (name, rule) in rules {
        if let Some(value) = object.get(*name) {
            given(report, at.field(name), value, *rule);
        }
    }
}

fn given(report: &mut Report, at: At<'_>, value: &Value, rule: Rule) {
    let is_text = !matches!(rule, Rule::Duration | Rule::Integer(..) | Rule::Cidrs(_) | Rule::InterfaceFilters | Rule::InterfaceKeys);
    let empty = is_text && value.as_str() == Some("");
    if !value.is_null() && !empty {
        one(report, at, value, rule);
    }
}

fn one(report: &mut Report, at: At<'_>, value: &Value, rule: Rule) {
    match rule {
        Rule::Cidrs(family) => {
            let sentence = if family.is_some() { "each item is an IPv4 address or CIDR" } else { "each item is an address or a CIDR" };
            let valid = |text: &str| cidr_or_address(text).is_some_and(|net| family.is_none_or(|family| net.family() == family));
            items(report, at, value, sentence, valid);
        }
        Rule::InterfaceFilters => items(report, at, value, INTERFACE_FILTER, is_interface_filter),
        Rule::Integer(min, max) => {
            let valid = value.as_i64().is_some_and(|number| (min..=max).contains(&number));
            let sentence =
                if min == i64::MIN { "the value is an integer".to_owned() } else { format!("the value is an integer from {min} to {max}") };
            report.check(valid, at, shown(value), sentence);
        }
        Rule::InterfaceKeys => {
            let valid = value.as_object().is_some_and(|map| map.iter().all(|(key, value)| is_interface(key) && value.is_string()));
            report.check(
                valid,
                at,
                shown(value),
                "the keys are names of interfaces, at most 15 letters, digits, `_`, `.` and `-`, and the values are texts",
            );
        }
        _ => match value.as_str() {
            Some(text) => text_rule(report, at, text, rule),
            None => report.add(at, shown(value), "the value is a text"),
        },
    }
}

fn text_rule(report: &mut Report, at: At<'_>, text: &str, rule: Rule) {
    let (valid, sentence) = match rule {
        Rule::OneOf(values) => return report.one_of(values, at, text),
        Rule::Duration => (is_duration(text), "a duration is a number with its unit, as 90s or 1m30s"),
        Rule::Address(Family::V4) => (address(text) == Some(Family::V4), "the value is one IPv4 address"),
        Rule::Address(Family::V6) => (address(text) == Some(Family::V6), "the value is one IPv6 address"),
        Rule::Interface => (text == "*" || is_interface(text), "an interface is `*`, or at most 15 letters, digits, `_`, `.` and `-`"),
        Rule::InterfaceFilter => (is_interface_filter(text), INTERFACE_FILTER),
        Rule::Regex => (is_regex(text), "the value is a regular expression"),
        Rule::KeyValues => (is_key_values(text), "the value is KEY=VALUE pairs with commas between"),
        Rule::Host => {
            let valid = text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":._+-".contains(&byte));
            (valid, "the value is an address or a host name of at most 64 characters")
        }
        Rule::Integer(..) | Rule::Cidrs(_) | Rule::InterfaceFilters | Rule::InterfaceKeys => (true, ""),
    };
    report.check(valid, at, text, sentence);
}

const INTERFACE_FILTER: &str = "an interface filter has at most 15 letters, digits, `:`, `.`, `_`, `+` and `-`";

fn is_interface_filter(text: &str) -> bool {
    (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":._+-".contains(&byte))
}

fn items(report: &mut Report, at: At<'_>, value: &Value, sentence: &str, valid: impl Fn(&str) -> bool) {
    for (index, item) in list(report, at, Some(value)).iter().enumerate() {
        report.check(item.as_str().is_some_and(&valid), at.item(index), shown(item), sentence);
    }
}

/// The items of a list; none if it is absent, and noted if it is no list.
pub(super) fn list<'a>(report: &mut Report, at: At<'_>, value: Option<&'a Value>) -> &'a [Value] {
    match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(items)) => items,
        Some(other) => {
            report.add(at, shown(other), "the value is a list");
            &[]
        }
    }
}

/// A value for people: a text without its quotes.
pub(super) fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Go's `time.ParseDuration`.
pub(super) fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = &rest[..rest.len() - digits.len()];
        if !number.contains(|c: char| c.is_ascii_digit()) || number.matches('.').count() > 1 {
            return false;
        }
        // "ms" before "m", so that the longer unit is taken.
        let Some(tail) = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"].iter().find_map(|unit| digits.strip_prefix(unit)) else {
            return false;
        };
        rest = tail;
    }
    true
}

fn is_key_values(text: &str) -> bool {
    text.trim().is_empty()
        || text.split(',').filter(|item| !item.is_empty()).all(|item| {
            item.split_once('=').is_some_and(|(key, _)| {
                let key = key.trim_start();
                !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            })
        })
}
