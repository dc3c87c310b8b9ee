//! KubeControllersConfiguration.

use super::regex::is_regex;
use super::report::{At, Report};
use super::value;
use crate::object::{HostEndpointTemplate, KubeControllersConfigurationSpec};
use crate::selector::Selector;

const SWITCH: &[&str] = &["Enabled", "Disabled"];

const PERIODS: &[(&str, value::Rule)] = &[("reconcilerPeriod", value::Rule::Duration), ("leakGracePeriod", value::Rule::Duration)];

/// The tags of `KubeControllersConfigurationSpec`.
pub(super) fn configuration(report: &mut Report, at: At<'_>, spec: &KubeControllersConfigurationSpec) {
    value::each(
        report,
        at,
        &spec.other,
        &[
            ("logSeverityScreen", value::Rule::OneOf(value::LOG_LEVELS)),
            ("healthChecks", value::Rule::OneOf(SWITCH)),
            ("etcdV3CompactionPeriod", value::Rule::Duration),
            ("prometheusMetricsPort", value::Rule::Integer(i64::MIN, i64::MAX)),
            ("debugProfilePort", value::Rule::Integer(i32::MIN as i64, i32::MAX as i64)),
        ],
    );
    let at = at.field("controllers");
    for name in ["policy", "workloadEndpoint", "serviceAccount", "namespace"] {
        if let Some(controller) = spec.controllers.other.get(name) {
            value::each_of_object(report, at.field(name), controller, PERIODS);
        }
    }
    if let Some(node) = &spec.controllers.node {
        let at = at.field("node");
        value::each(report, at, &node.other, PERIODS);
        report.one_of(SWITCH, at.field("syncLabels"), &node.sync_labels);
        report.one_of(SWITCH, at.field("hostEndpoint").field("autoCreate"), &node.host_endpoint.auto_create);
        for (index, template) in node.host_endpoint.templates.iter().enumerate() {
            let at = at.field("hostEndpoint");
            let at = at.field("templates");
            self::template(report, at.item(index), template);
        }
    }
}

/// A template of HostEndpoints: its tags, and what `clientv3/kubecontrollersconfig.go:101` asks at v3.31.0.
fn template(report: &mut Report, at: At<'_>, template: &HostEndpointTemplate) {
    if let Err(error) = Selector::parse(&template.node_selector) {
        report.add(at.field("nodeSelector"), &template.node_selector, error);
    }
    let pattern = &template.interface_pattern;
    report.check(is_regex(pattern), at.field("interfacePattern"), pattern, "the field is a regular expression of Go");
    let means = !template.interface_cidrs.is_empty() || !pattern.is_empty();
    report.check(means, at.field("interfaceCIDRs"), "", "a template goes by interfaceCIDRs, interfacePattern, or both");
}
