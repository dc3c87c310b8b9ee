//! What is drawn can be, says something, and is the same from the same seed.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};
use policy::object::{AnyObject, Kind};
use policy::validate;

use super::*;
use crate::world::{DataPlane, Encapsulation, Line, World};

fn drawn(seed: u64) -> Result<(World, Vec<Situation>)> {
    let mut draw = Draw::new(seed);
    let (line, encapsulation) = (draw.one(&Line::ALL), draw.one(&[Encapsulation::None, Encapsulation::Vxlan]));
    let world = world(&mut draw, line, DataPlane::IptablesLegacy, encapsulation)?;
    let situations = (0..4).map(|_| Situation::drawn(&mut draw, &world)).collect();
    Ok((world, situations))
}

#[test]
fn the_same_seed_is_the_same_world() -> Result<()> {
    for seed in 0..20 {
        let (one, other) = (drawn(seed)?, drawn(seed)?);
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }
    Ok(())
}

#[test]
fn every_world_can_be_brought_up_and_raises_questions() -> Result<()> {
    for seed in 0..200 {
        let (world, _) = drawn(seed)?;
        assert!(world.questions().len() > 100, "seed {seed}");
    }
    Ok(())
}

#[test]
fn situations_hold_every_shape() -> Result<()> {
    let mut seen = BTreeSet::new();
    for seed in 0..200 {
        for situation in drawn(seed)?.1 {
            for object in &situation.objects {
                let text = object.to_string();
                seen.extend(
                    [
                        "\"preDNAT\"",
                        "\"notNets\"",
                        "\"notPorts\"",
                        "\"Pass\"",
                        "\"*\"",
                        "eth0",
                        "bond0.7",
                        "\"Tier\"",
                        "\"NetworkSet\"",
                        "ipBlock",
                        "\"services\"",
                    ]
                    .into_iter()
                    .filter(|shape| text.contains(shape)),
                );
            }
        }
    }
    assert_eq!(seen.len(), 11, "{seen:?}");
    Ok(())
}

#[test]
fn calicos_api_takes_what_is_drawn() -> Result<()> {
    for seed in 0..200 {
        let (world, situations) = drawn(seed)?;
        for object in situations.iter().flat_map(|situation| &situation.objects).chain(&world.objects) {
            let text = |pointer: &str| object.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default();
            let Some(kind) = Kind::find(text("/apiVersion"), text("/kind")) else { continue };
            let read = AnyObject::decode(kind, object).map_err(|unreadable| anyhow!("{object}: {unreadable:?}"))?;
            let violations = validate::object(&read);
            assert!(violations.is_empty(), "seed {seed}: {object}: {violations:?}");
        }
    }
    Ok(())
}
