//! KubeControllersConfiguration.

use super::report::{At, Report};
use super::value;
use crate::object::KubeControllersConfigurationSpec;

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
    }
}
