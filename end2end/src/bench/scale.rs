//! Many guarded Services at once.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use policy::access::HostEndpoints;
use policy::names::{ADDRESSES_LABEL, edge_policy};
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
    /// in a way of its own, and with those in the first shape.
    pub(super) async fn many(&mut self, services: usize) -> Result<()> {
        self.apply(guard(world::LAST, &["50.60.0.0/16"], on_eth0()?)?).await?;
        self.pairs("1 guarded Service")?;
        for (others, how) in [(Others::Alike, "guarded alike"), (Others::Unlike, "each in a way of its own")] {
            let (mut guarded, mut objects) = (1, Vec::new());
            for count in [100, 1_000].into_iter().filter(|count| *count <= services) {
                objects.extend(self.guard_others(guarded..count, others, how).await?);
                guarded = count;
                self.pairs(&format!("{count} guarded Services, {how}"))?;
            }
            match others {
                _ if objects.is_empty() => {}
                Others::Alike => {
                    // What shuts out goes first.
                    objects.reverse();
                    self.scene.remove_all(objects).await?;
                    self.scene.settle().await?;
                }
                Others::Unlike => {
                    self.bring_to_first_shape(objects).await?;
                    self.pairs(&format!("{guarded} guarded Services, each by an edge policy that names its address (the first shape)"))?;
                }
            }
        }
        Ok(())
    }

    /// Puts what was written for Services with an edge policy each into the first shape, as far as packets meet it: the rules name the
    /// address, and there is no address set.
    async fn bring_to_first_shape(&self, objects: Vec<Value>) -> Result<()> {
        let mut policies: Vec<Value> = objects.iter().filter(|object| object["kind"] == "GlobalNetworkPolicy").cloned().collect();
        let sets: Vec<Value> = objects.into_iter().filter(|object| !object["metadata"]["labels"][ADDRESSES_LABEL].is_null()).collect();
        let nets: BTreeMap<String, &Value> = sets
            .iter()
            .filter_map(|set| Some((edge_policy(set["metadata"]["labels"][ADDRESSES_LABEL].as_str()?), &set["spec"]["nets"])))
            .collect();
        self.scene.remove_all(policies.clone()).await?;
        for policy in &mut policies {
            let nets = policy["metadata"]["name"].as_str().and_then(|name| nets.get(name));
            let nets = (*nets.context("an edge policy has an address set")?).clone();
            for rule in policy["spec"]["ingress"].as_array_mut().into_iter().flatten() {
                let destination = rule["destination"].as_object_mut().context("a rule of an edge policy has a destination")?;
                destination.retain(|field, _| field == "ports");
                destination.insert("nets".to_owned(), nets.clone());
            }
        }
        self.scene.create(policies).await?;
        self.scene.remove_all(sets).await?;
        self.scene.settle().await
    }

    /// Plans each of these Services with the product, and writes what the plans say, many objects at once but in the order of their roles.
    /// Gives what was written.
    async fn guard_others(&mut self, numbers: std::ops::Range<usize>, others: Others, how: &'static str) -> Result<Vec<Value>> {
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
        eprintln!("{creation}");
        self.report.creations.push(creation);
        Ok(written)
    }
}
