//! Many guarded Services at once.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use policy::access::HostEndpoints;
use policy::plan::{Role, Step};
use serde_json::Value;

use super::report::Creation;
use super::{Bench, world};
use crate::operator::{guard, on_eth0};

/// How the many are guarded.
#[derive(Clone, Copy)]
enum Others {
    /// All as the one that is measured: they share its edge policy.
    Alike,
    /// Each with clients of its own, and so with an edge policy of its own.
    Unlike,
}

impl Bench {
    /// Guards so many Services alike, with as many writes a second as Calico's API server allows of its own.
    pub(super) async fn limited(&mut self, services: usize) -> Result<()> {
        self.apply(guard(world::LAST, &["50.60.0.0/16"], on_eth0()?)?).await?;
        self.guard_others(1..services, Others::Alike, "guarded alike, under Calico's own limit").await?;
        Ok(())
    }

    /// Guards 1, 100 and more Services, up to `services`, and measures the one that was guarded first: with all of them guarded alike, with each
    /// in a way of its own, and with those by policies that name no addresses.
    pub(super) async fn many(&mut self, services: usize) -> Result<()> {
        let alike = || anyhow::Ok(guard(world::LAST, &["50.60.0.0/16"], on_eth0()?)?);
        let otherwise = || anyhow::Ok(guard(world::LAST, &["50.60.0.0/16", "60.255.0.0/24"], on_eth0()?)?);
        self.apply(alike()?).await?;
        self.pairs("1 guarded Service")?;
        for (others, how) in [(Others::Alike, "guarded alike"), (Others::Unlike, "each in a way of its own")] {
            let (mut guarded, mut objects) = (1, Vec::new());
            for count in [100, 1_000].into_iter().filter(|count| *count <= services) {
                objects.extend(self.guard_others(guarded..count, others, how).await?);
                guarded = count;
                if let Others::Alike = others {
                    // It had a policy of its own before there was one to share.
                    self.apply(otherwise()?).await?;
                    self.apply(alike()?).await?;
                }
                self.pairs(&format!("{count} guarded Services, {how}"))?;
            }
            match others {
                _ if objects.is_empty() => {}
                Others::Alike => {
                    // The policy that it shares goes with the others. What shuts out goes first.
                    self.apply(otherwise()?).await?;
                    objects.reverse();
                    self.scene.remove_all(objects).await?;
                    self.scene.settle().await?;
                }
                Others::Unlike => {
                    self.leave_out_addresses(objects).await?;
                    self.pairs(&format!("{guarded} guarded Services, each in a way of its own, by policies that name no addresses"))?;
                }
            }
        }
        Ok(())
    }

    /// Puts what was written for Services with an edge policy each into the shape that shared ones have: the rules mean sets alone.
    async fn leave_out_addresses(&self, objects: Vec<Value>) -> Result<()> {
        let mut policies: Vec<Value> = objects.into_iter().filter(|object| object["kind"] == "GlobalNetworkPolicy").collect();
        self.scene.remove_all(policies.clone()).await?;
        for policy in &mut policies {
            for rule in policy["spec"]["ingress"].as_array_mut().into_iter().flatten() {
                let destination = rule["destination"].as_object_mut().context("a rule of an edge policy has a destination")?;
                destination.remove("nets").context("an edge policy of its own names addresses")?;
            }
        }
        self.scene.create(policies).await?;
        self.scene.settle().await
    }

    /// Plans each of these Services with the product, and writes what the plans say, many objects at once but in the order of their roles.
    /// Gives what was written. The first comes before the rest: it brings the policy that those alike share.
    async fn guard_others(&mut self, numbers: std::ops::Range<usize>, others: Others, how: &'static str) -> Result<Vec<Value>> {
        let first = numbers.start..(numbers.start + 1).min(numbers.end);
        let (mut written, creation) = self.guard_at_once(first.clone(), others, how).await?;
        let (rest, next) = self.guard_at_once(first.end..numbers.end, others, how).await?;
        written.extend(rest);
        let creation = creation.and(next);
        eprintln!("{creation}");
        self.report.creations.push(creation);
        Ok(written)
    }

    async fn guard_at_once(&self, numbers: std::ops::Range<usize>, others: Others, how: &'static str) -> Result<(Vec<Value>, Creation)> {
        let mut steps: Vec<Step> = Vec::new();
        let planning = Instant::now();
        for number in numbers.clone() {
            let own = format!("60.{}.{}.0/24", number / 250, number % 250);
            let clients = match others {
                Others::Alike => vec!["50.60.0.0/16"],
                Others::Unlike => vec![&*own, "50.60.0.0/16"],
            };
            let change = guard(&format!("shop/{}", world::other(number)), &clients, HostEndpoints::Existing)?;
            let plan = self.operator.plan(change).await?;
            ensure!(!plan.blocked(), "{:#?}", plan.findings);
            steps.extend(plan.steps);
        }
        let planned = planning.elapsed();
        let writing = Instant::now();
        let mut written = Vec::new();
        for role in [Role::ClientSet, Role::PodPolicy, Role::AddressSet, Role::EdgePolicy] {
            let objects: Vec<Value> =
                steps.iter().filter(|step| step.role == role).filter_map(|step| step.write.after().cloned()).collect();
            self.scene.create(objects.clone()).await?;
            written.extend(objects);
        }
        let took = writing.elapsed();
        self.scene.settle().await?;
        let services = (numbers.start, numbers.end);
        let creation = Creation { services, how, objects: steps.len(), planned, written: took, decides: writing.elapsed() };
        Ok((written, creation))
    }
}
