//! What the recipe of Calico 3.27's page really does, with real packets. Each row is one way to follow the page; what it says was measured,
//! and is kept here so that nobody has to believe it.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use end2end::rig::{From, Question, Scene};
use end2end::world::World;
use policy::access::Protocol;
use serde_json::{Value, json};

/// What is asked in every row: the name of the cell, who asks, and where the packet goes.
const CELLS: [(&str, &str, &str); 16] = [
    ("authorised, same node", "authorised-same", "10.20.30.40:80"),
    ("outsider, same node", "outsider-same", "10.20.30.40:80"),
    ("authorised, other node", "authorised-other", "10.20.30.40:80"),
    ("outsider, other node", "outsider-other", "10.20.30.40:80"),
    ("failsafe port 22, outsider, same node", "outsider-same", "10.20.30.40:22"),
    ("failsafe port 22, outsider, other node", "outsider-other", "10.20.30.40:22"),
    ("failsafe port 6443, outsider, same node", "outsider-same", "10.20.30.40:6443"),
    ("failsafe port 6443, outsider, other node", "outsider-other", "10.20.30.40:6443"),
    ("NodePort of the pod's node, outsider", "outsider-same", "10.0.1.1:30080"),
    ("NodePort of the other node, outsider", "outsider-other", "10.0.2.1:30080"),
    ("pod on the same node", "shop/caller-a", "10.20.30.40:80"),
    ("pod on the other node", "ops/caller-b", "10.20.30.40:80"),
    ("into the host, port 10250", "outsider-other", "10.0.1.1:10250"),
    ("into the host, failsafe port 22", "outsider-other", "10.0.1.1:22"),
    ("out of the host", "node:node-a", "70.80.1.10:8080"),
    ("kubelet's probe of its pod", "node:node-a", "192.168.10.11:80"),
];

/// A row: its name, the objects, and a letter for each cell: `y` reached, `n` not.
struct Row {
    name: &'static str,
    objects: Vec<Value>,
    expected: &'static str,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn what_the_page_really_does() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::read(include_str!("../worlds/page.yaml"))?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
    let mut wrong = Vec::new();
    for row in rows()? {
        let begin = Instant::now();
        wrong.extend(differences(&scene, &row).await?);
        println!("{}: {:.1} s", row.name, begin.elapsed().as_secs_f32());
    }
    ensure!(wrong.is_empty(), "packets say otherwise:\n{}", wrong.join("\n"));
    Ok(())
}

/// What packets say otherwise than the row, over TCP and UDP. The objects are gone afterwards.
async fn differences(scene: &Scene, row: &Row) -> Result<Vec<String>> {
    for object in &row.objects {
        scene.write(object).await?;
    }
    scene.settle().await?;
    let mut questions = CELLS
        .iter()
        .map(|(_, from, to)| Ok(Question { from: From::read(from, None)?, protocol: Protocol::Tcp, to: to.parse()? }))
        .collect::<Result<Vec<Question>>>()?;
    // UDP where the Service has it: the same path, so the same letter.
    for from in CELLS.iter().take(4).map(|(_, from, _)| from) {
        questions.push(Question { from: From::read(from, None)?, protocol: Protocol::Udp, to: "10.20.30.40:443".parse()? });
    }
    let outcomes = scene.ask(&questions)?;
    for object in row.objects.iter().rev() {
        scene.remove(object).await?;
    }
    let udp = CELLS.iter().take(4).map(|(cell, ..)| format!("{cell}, UDP"));
    let names = CELLS.iter().map(|(cell, ..)| (*cell).to_owned()).chain(udp);
    let letters: Vec<char> = row.expected.chars().filter(|letter| !letter.is_whitespace()).collect();
    ensure!(letters.len() == CELLS.len(), "`{}` has {} letters for {} cells", row.name, letters.len(), CELLS.len());
    let expected = letters.iter().chain(letters.iter().take(4));
    let all = std::iter::zip(std::iter::zip(names, expected), &outcomes);
    let others = all.filter(|((_, letter), outcome)| outcome.is_allowed() != (**letter == 'y'));
    Ok(others.map(|((cell, letter), outcome)| format!("{}: {cell}: {letter} was expected; {outcome}", row.name)).collect())
}

/// How the HostEndpoints of a row are.
#[derive(Clone, Copy)]
struct Hosts {
    interface: &'static str,
    addresses: bool,
    profile: bool,
}

const BARE: Hosts = Hosts { interface: "eth0", addresses: false, profile: false };
const WITH_ADDRESSES: Hosts = Hosts { addresses: true, ..BARE };
const HARMLESS: Hosts = Hosts { addresses: true, profile: true, ..BARE };

fn host_endpoints(hosts: Hosts) -> Vec<Value> {
    let nodes = [("node-a", "10.0.1.1"), ("node-b", "10.0.2.1")];
    nodes
        .iter()
        .map(|(node, address)| {
            let mut spec = json!({ "node": node, "interfaceName": hosts.interface });
            if hosts.addresses {
                spec["expectedIPs"] = json!([address]);
            }
            if hosts.profile {
                spec["profiles"] = json!(["projectcalico-default-allow"]);
            }
            let name = format!("{node}-{}", if hosts.interface == "*" { "all" } else { hosts.interface });
            json!({
                "apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint",
                "metadata": { "name": name, "labels": { "k8s-role": "node" } }, "spec": spec,
            })
        })
        .collect()
}

fn rows() -> Result<Vec<Row>> {
    let policies: Vec<Value> = serde_saphyr::from_multiple(include_str!("page/policies.yaml"))?;
    let page = |hosts: Hosts| -> Vec<Value> { host_endpoints(hosts).into_iter().chain(policies.iter().cloned()).collect() };
    let step_2 = |hosts: Hosts| -> Vec<Value> { host_endpoints(hosts).into_iter().chain(policies.iter().take(1).cloned()).collect() };
    Ok(vec![
        Row { name: "no objects", objects: Vec::new(), expected: "yyyy yyyy yy yy yy yy" },
        Row { name: "bare HostEndpoints cut the host", objects: host_endpoints(BARE), expected: "yyyy yyyy yy yy ny ny" },
        Row { name: "Step 2 alone blocks nobody", objects: step_2(HARMLESS), expected: "yyyy yyyy yy yy yy yy" },
        Row { name: "the page to the letter blocks everyone", objects: page(BARE), expected: "nnnn nnnn nn nn ny ny" },
        Row {
            name: "the page with its labels resolved cuts the authorised by the same node and lets outsiders in by the other",
            objects: page(WITH_ADDRESSES),
            expected: "nnyy nyny ny nn yy ny",
        },
        Row { name: "the same with a profile that lets the hosts be", objects: page(HARMLESS), expected: "nnyy nyny ny nn yy yy" },
    ])
}
