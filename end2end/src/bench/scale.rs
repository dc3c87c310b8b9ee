//! Many guarded Services at once.

use std::time::Instant;

use anyhow::{Result, ensure};
use policy::access::HostEndpoints;
use policy::plan::{Role, Step};

use super::report::Creation;
use super::{Bench, world};
use crate::operator::{guard, on_eth0};

impl Bench {
    /// Guards 1, 100 and more Services, up to `services`, and measures the one that was guarded first.
    pub(super) async fn many(&mut self, services: usize) -> Result<()> {
        self.apply(guard(world::LAST, &["50.60.0.0/16"], on_eth0()?)?).await?;
        let mut guarded = 1;
        for count in [1, 100, 1_000].into_iter().filter(|count| *count <= services) {
            if count > guarded {
                self.guard_others(guarded..count).await?;
                guarded = count;
            }
            self.pairs(&format!("{count} guarded Service{}", if count == 1 { "" } else { "s" }))?;
        }
        Ok(())
    }

    /// Plans each of these Services with the product, and writes what the plans say, many objects at once but in the order of their roles.
    async fn guard_others(&mut self, numbers: std::ops::Range<usize>) -> Result<()> {
        let mut steps: Vec<Step> = Vec::new();
        let planning = Instant::now();
        for number in numbers.clone() {
            // Each Service has clients of its own.
            let clients = format!("60.{}.{}.0/24", number / 250, number % 250);
            let change = guard(&format!("shop/{}", world::other(number)), &[&clients, "50.60.0.0/16"], HostEndpoints::Existing)?;
            let plan = self.operator.plan(change).await?;
            ensure!(!plan.blocked(), "{:#?}", plan.findings);
            steps.extend(plan.steps);
        }
        let planned = planning.elapsed();
        let writing = Instant::now();
        for role in [Role::ClientSet, Role::PodPolicy, Role::AddressSet, Role::EdgePolicy] {
            let objects = steps.iter().filter(|step| step.role == role).filter_map(|step| step.write.after().cloned()).collect();
            self.scene.create(objects).await?;
        }
        let written = writing.elapsed();
        self.scene.settle().await?;
        let creation = Creation { services: numbers.len(), objects: steps.len(), planned, written, decides: writing.elapsed() };
        eprintln!("{creation}");
        self.report.creations.push(creation);
        Ok(())
    }
}
