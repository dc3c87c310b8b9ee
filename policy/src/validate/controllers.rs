//! KubeControllersConfiguration.

use super::report::{At, Report};
use super::value;
use crate::object::KubeControllersConfigurationSpec;

const SWITCH: &[&str] = &["Enabled", "Disabled"];

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
    if let Some(node) = &spec.controllers.node {
        let at = at.field("controllers");
        let at = at.field("node");
        report.one_of(SWITCH, at.field("syncLabels"), &node.sync_labels);
        report.one_of(SWITCH, at.field("hostEndpoint").field("autoCreate"), &node.host_endpoint.auto_create);
    }
}
