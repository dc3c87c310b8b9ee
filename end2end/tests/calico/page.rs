//! What the recipe of Calico 3.27's page really does, with real packets. Each row is one way to follow the page; what it says was measured,
//! and is kept here so that nobody has to believe it.

use anyhow::{Result, ensure};
use end2end::proof::{Expected, Fact, Record, Run};
use end2end::rig::Scene;
use end2end::world::{DataPlane, World};
use policy::access::Protocol;
use serde_json::{Value, json};

use super::{PAGE, on};

/// What is asked in every row: who asks, and where the packet goes.
const CELLS: [(&str, &str); 16] = [
    ("authorised-same", "10.20.30.40:80"),
    ("outsider-same", "10.20.30.40:80"),
    ("authorised-other", "10.20.30.40:80"),
    ("outsider-other", "10.20.30.40:80"),
    // Two ports that are failsafe on hosts.
    ("outsider-same", "10.20.30.40:22"),
    ("outsider-other", "10.20.30.40:22"),
    ("outsider-same", "10.20.30.40:6443"),
    ("outsider-other", "10.20.30.40:6443"),
    // A NodePort, on the pod's node and on the other.
    ("outsider-same", "10.0.1.1:30080"),
    ("outsider-other", "10.0.2.1:30080"),
    // Pods, on the same node and on the other.
    ("shop/caller-a", "10.20.30.40:80"),
    ("ops/caller-b", "10.20.30.40:80"),
    // Into the host, by a port that is not failsafe and by one that is; out of it; and as the kubelet probes its pods.
    ("outsider-other", "10.0.1.1:10250"),
    ("outsider-other", "10.0.1.1:22"),
    ("node:node-a", "70.80.1.10:8080"),
    ("node:node-a", "192.168.10.11:80"),
];

/// A row: its name, the objects, and a letter for each cell: `y` reached, `n` not.
struct Row {
    name: &'static str,
    objects: Vec<Value>,
    expected: &'static str,
}

impl Row {
    fn fact(&self) -> Result<Fact> {
        let letters: Vec<char> = self.expected.chars().filter(|letter| !letter.is_whitespace()).collect();
        ensure!(letters.len() == CELLS.len(), "`{}` has {} letters for {} cells", self.name, letters.len(), CELLS.len());
        let expected = |letter: char| if letter == 'y' { Expected::Reached } else { Expected::Cut };
        let mut fact = Fact::new(self.name, self.objects.clone());
        for ((from, to), letter) in std::iter::zip(CELLS, &letters) {
            fact = fact.expect(Protocol::Tcp, from, to, expected(*letter));
        }
        // UDP where the Service has it: the same path, so the same letter.
        for ((from, _), letter) in std::iter::zip(CELLS, &letters).take(4) {
            fact = fact.expect(Protocol::Udp, from, "10.20.30.40:443", expected(*letter));
        }
        Ok(fact)
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn with_iptables_nft() -> Result<()> {
    let world = World::read(PAGE)?.on(None, Some(DataPlane::IptablesNft))?;
    on(&world, async |scene| page(scene, Run::Every).await).await
}

/// Asks every row.
pub(crate) async fn page(scene: &Scene, run: Run) -> Result<()> {
    let mut record = Record::new("page", "page", scene.world(), run);
    for row in rows()? {
        record.ask(scene, &row.fact()?).await?;
    }
    record.finish()
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
    let policies: Vec<Value> = serde_saphyr::from_multiple(include_str!("page.yaml"))?;
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
