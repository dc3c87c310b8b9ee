//! Plans of several changes: one after another, each on the cluster as those before it leave it.
//!
//! So whatever holds between the steps of one plan holds between these. An object that several Services share can be written more than
//! once: the run engine knows each time what it wrote last.

use super::{Plan, PlanError, Step, carried_out, digest, make};
use crate::access::{Asked, Intent, counted};
use crate::checks;
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
        Asked::Services(_) => together(snapshot, asked.normalised()),
    }
}

fn together(snapshot: &Snapshot, change: Asked) -> Result<Plan, PlanError> {
    let mut now = snapshot.clone();
    let (mut steps, mut findings, mut inputs) = (Vec::new(), Vec::new(), Vec::new());
    for (part, change) in (0_u32..).zip(change.changes()) {
        let plan = make::plan(&now, change)?;
        now = carried_out(&now, &plan.steps);
        steps.extend(plan.steps.into_iter().map(|step| Step { part, ..step }));
        findings.extend(plan.findings);
        for mut input in plan.inputs {
            // What all of them read is read once for each: of the later ones with what the earlier ones make of it.
            if !input.name.contains(&change.service.to_string()) {
                input.name = format!("{} (for {})", input.name, change.service);
            }
            inputs.push(input);
        }
    }
    // What one of them says of another's pods or addresses can be otherwise once all are made.
    for change in change.changes() {
        findings.extend(Scope::of(&now, &change.service).iter().flat_map(|scope| checks::of_change(scope, change)));
    }
    findings.sort();
    findings.dedup();
    let touched: BTreeSet<_> = steps.iter().map(|step: &Step| &step.key).collect();
    let summary = summary(&change, touched.len());
    Ok(Plan { digest: digest::of_plan(&change, &inputs), change, summary, steps, findings, inputs })
}

fn summary(asked: &Asked, objects: usize) -> String {
    let guarded = asked.changes().iter().filter(|change| change.intent != Intent::Open).count();
    let opened = asked.changes().len() - guarded;
    let services = |count| counted(count, "Service");
    let what = match (guarded, opened) {
        (_, 0) => format!("Sets who may reach {}.", services(guarded)),
        (0, _) => format!("Takes away what guards {}.", services(opened)),
        _ => format!("Sets who may reach {}, and takes away what guards {}.", services(guarded), services(opened)),
    };
    match objects {
        0 => format!("{what} Nothing needs to change: the cluster says so already."),
        n => format!("{what} Changes {}.", counted(n, "object")),
    }
}
