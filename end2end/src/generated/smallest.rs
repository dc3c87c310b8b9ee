//! The smallest world that still shows a packet of which something else was said.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;
use tokio::time::Instant;

use super::Situation;
use super::situation::{in_yaml, is_way};
use crate::proof::Foretold;
use crate::rig::{Question, Scene};

/// How often a packet is sent to see it again: kube-proxy chooses among backends.
const TIMES: usize = 12;
/// How often it has to show: a machine that is busy may be late once.
const SHOWN: usize = 2;
/// How long things may be taken out; what is left is the smallest world found until then.
const PATIENCE: Duration = Duration::from_secs(150);

/// Takes out objects of a situation, rules of its policies, and Services of the world, as long as the packet still becomes something else
/// than what is said of it. What is left, and what became of the packet beside what was said; none where it does not show again.
///
/// The world stays as it is then.
///
/// # Errors
/// When the rig fails.
pub async fn smallest(scene: &Scene, situation: &Situation, question: &Question) -> Result<Option<String>> {
    let Some(mut shown) = shows(scene, question).await? else { return Ok(None) };
    let deadline = Instant::now() + PATIENCE;
    let mut left = situation.objects.clone();
    let mut at = left.len();
    while at > 0 && Instant::now() < deadline {
        at -= 1;
        if is_way(&left[at]) {
            continue;
        }
        scene.remove(&left[at]).await?;
        match shows(scene, question).await? {
            Some(still) => {
                shown = still;
                left.remove(at);
            }
            None => scene.write(&left[at]).await?,
        }
    }
    for object in left.iter_mut().filter(|object| !is_way(object)) {
        for list in ["ingress", "egress"] {
            let mut rule = object["spec"][list].as_array().map_or(0, Vec::len);
            while rule > 0 && Instant::now() < deadline {
                rule -= 1;
                let mut tried = object.clone();
                if let Some(rules) = tried["spec"][list].as_array_mut() {
                    rules.remove(rule);
                }
                // What is left may break a rule of the API: then this one is needed.
                if scene.write(&tried).await.is_err() {
                    continue;
                }
                match shows(scene, question).await? {
                    Some(still) => {
                        shown = still;
                        *object = tried;
                    }
                    None => scene.write(object).await?,
                }
            }
        }
    }
    let mut of_world: Vec<Value> =
        scene.world().objects.iter().filter(|object| object["metadata"]["namespace"] != "rig-system").cloned().collect();
    let services: Vec<Value> =
        of_world.iter().filter(|object| object["kind"] == "Service" && !serves(object, question.to)).cloned().collect();
    for service in services {
        if Instant::now() > deadline {
            break;
        }
        let (out, rest): (Vec<Value>, Vec<Value>) =
            of_world.iter().cloned().partition(|object| *object == service || is_slice_of(object, &service));
        scene.remove_all(out.clone()).await?;
        match shows(scene, question).await? {
            Some(still) => {
                shown = still;
                of_world = rest;
            }
            None => scene.create(out).await?,
        }
    }
    Ok(Some(format!("{shown}\n# what others wrote\n{}# on\n{}", in_yaml(&left), in_yaml(&of_world))))
}

/// What became of the packet and what was said of it, if they differ.
async fn shows(scene: &Scene, question: &Question) -> Result<Option<String>> {
    scene.settle().await?;
    let foretold = Foretold::read(scene).await?;
    let questions = vec![question.clone(); TIMES];
    let outcomes = scene.ask(&questions)?;
    Ok(foretold.compare(scene.world(), &questions, &outcomes)?.mismatches.into_iter().nth(SHOWN - 1))
}

/// Whether a Service has the address, or is served at nodes' on the port.
fn serves(service: &Value, to: SocketAddr) -> bool {
    let text = service.to_string();
    text.contains(&format!("\"{}\"", to.ip())) || text.contains(&format!("\"nodePort\":{}", to.port()))
}

fn is_slice_of(object: &Value, service: &Value) -> bool {
    object["kind"] == "EndpointSlice"
        && object["metadata"]["namespace"] == service["metadata"]["namespace"]
        && object["metadata"]["labels"]["kubernetes.io/service-name"] == service["metadata"]["name"]
}
