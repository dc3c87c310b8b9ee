//! Plans of several changes: one after another, each on the cluster as those before it leave it.
//!
//! So whatever holds between the steps of one plan holds between these. An object that several Services share can be written more than
//! once: the run engine knows each time what it wrote last.

use super::digest::Input;
use super::group::{self, Begun};
use super::{Plan, PlanError, Step, canary, carried_out, digest, make};
use crate::access::{Asked, Baseline, Intent, counted};
use crate::baseline::{self, Planned};
use crate::checks;
use crate::finding::Finding;
use crate::scope::Scope;
use crate::snapshot::Snapshot;
use std::collections::BTreeSet;

/// Everything that `asked` would do to the cluster.
///
/// # Errors
/// As for [`make::plan`], of any of the Services.
pub fn plan_of(snapshot: &Snapshot, asked: &Asked) -> Result<Plan, PlanError> {
    match asked {
        Asked::Service(change) => make::plan(snapshot, change),
        Asked::Services(_) => together(snapshot, asked.normalised(), Vec::new(), Vec::new(), Vec::new()),
        Asked::Canary(of) => canary::one_node_first(snapshot, of),
        Asked::Baseline { baseline } => Ok(of_baseline(snapshot, baseline)),
        Asked::Group(of) => {
            let Begun { asked, refused, steps, findings, input } = group::begin(snapshot, &of.group);
            let plan = together(snapshot, asked.into(), steps, findings, vec![input])?;
            Ok(match refused {
                Some(summary) => Plan { summary, ..plan },
                None => plan,
            })
        }
    }
}

fn of_baseline(snapshot: &Snapshot, baseline: &Baseline) -> Plan {
    let Planned { summary, steps, caused, findings, inputs } = baseline::plan(snapshot, baseline);
    let change = Asked::from(baseline.clone());
    Plan { digest: digest::of_plan(&change, &inputs), change, summary, steps, caused, findings, inputs }
}

/// The plan of changes behind these steps.
fn together(
    snapshot: &Snapshot,
    asked: Asked,
    mut steps: Vec<Step>,
    mut findings: Vec<Finding>,
    mut inputs: Vec<Input>,
) -> Result<Plan, PlanError> {
    let mut now = carried_out(snapshot, &steps);
    let mut resolved = Vec::new();
    for (part, change) in (0_u32..).zip(asked.changes()) {
        let plan = make::plan(&now, change)?;
        resolved.extend(plan.change.changes().iter().cloned());
        now = carried_out(&now, &plan.steps);
        steps.extend(plan.steps.into_iter().map(|step| Step { part, ..step }));
        // What another of them that leads to the same pods is like is seen once all are made.
        let of_sharing = |finding: &Finding| ["pods-shared", "in-cluster-conflict"].contains(&finding.id.as_str());
        findings.extend(plan.findings.into_iter().filter(|finding| asked.changes().len() == 1 || !of_sharing(finding)));
        for mut input in plan.inputs {
            // What all of them read is read once for each: of the later ones with what the earlier ones make of it.
            if !input.name.contains(&change.service.to_string()) {
                input.name = format!("{} (for {})", input.name, change.service);
            }
            inputs.push(input);
        }
    }
    let change = asked.with(resolved);
    // What one of them says of another's pods or addresses can be otherwise once all are made.
    for change in change.changes() {
        findings.extend(Scope::of(&now, &change.service).iter().flat_map(|scope| checks::of_change(scope, change)));
    }
    findings = checks::sets::said_once(&now, findings);
    findings.sort();
    findings.dedup();
    let touched: BTreeSet<_> = steps.iter().map(|step: &Step| &step.key).collect();
    let summary = summary(&change, touched.len());
    Ok(Plan { digest: digest::of_plan(&change, &inputs), change, summary, steps, caused: Vec::new(), findings, inputs })
}

fn summary(asked: &Asked, objects: usize) -> String {
    if let Some(of) = asked.of_group() {
        return with_count(&group::summary(of), objects);
    }
    let guarded = asked.changes().iter().filter(|change| change.intent != Intent::Open).count();
    let opened = asked.changes().len() - guarded;
    let services = |count| counted(count, "Service");
    let what = match (guarded, opened) {
        (_, 0) => format!("Sets who may reach {}.", services(guarded)),
        (0, _) => format!("Takes away what guards {}.", services(opened)),
        _ => format!("Sets who may reach {}, and takes away what guards {}.", services(guarded), services(opened)),
    };
    with_count(&what, objects)
}

/// What a plan does, and to how many objects.
pub(super) fn with_count(what: &str, objects: usize) -> String {
    match objects {
        0 => format!("{what} Nothing needs to change: the cluster says so already."),
        n => format!("{what} Changes {}.", counted(n, "object")),
    }
}
