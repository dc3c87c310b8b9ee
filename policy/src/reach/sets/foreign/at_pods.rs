//! What policies on the pods of a Service make of senders, whatever comes before.

use crate::access::Port;
use crate::cidr::{CidrSet, Family};
use crate::object::{Service, ServiceRef};
use crate::reach::sets::budget::TooMuch;
use crate::reach::sets::policies::{Direction, Split, Stage};
use crate::reach::sets::proxy::{Back, Front, Place, number_of};
use crate::reach::sets::world::{Dest, World};
use crate::snapshot::PolicyList;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whom policies on the pods of a Service let in, whatever comes before: by family and port of what leads to them.
pub(in crate::reach::sets) fn let_in_at_pods(world: &World, service: &ServiceRef) -> Result<BTreeMap<(Family, Port), CidrSet>, TooMuch> {
    let mut found: BTreeMap<(Family, Port), CidrSet> = BTreeMap::new();
    let Some(object) = world.snapshot.get::<Service>(service.namespace(), service.name()) else { return Ok(found) };
    for front in world.fronts(object) {
        for back in front.behind.iter().flat_map(|behind| &behind.backends) {
            let Some((_, split)) = on_pod(world, &front, back)? else { continue };
            let let_in = found.entry((front.family, front.port)).or_default();
            *let_in = let_in.union(&split.allowed).union(&split.left);
        }
    }
    Ok(found)
}

/// What the policies on the pod behind a front make of everyone; none where it is no pod.
pub(super) fn on_pod(world: &World, front: &Front, back: &Back) -> Result<Option<(PolicyList, Arc<Split>)>, TooMuch> {
    let Place::Pod(pod) = &back.at else { return Ok(None) };
    let list = world.policies_of(pod);
    let dest = Dest { address: back.backend.address, protocol: number_of(front.port.protocol), port: back.backend.port };
    let split = world.split(&list, Stage::Normal, Direction::Ingress, dest, &world.everyone(front.family))?;
    Ok(Some((list, split)))
}
