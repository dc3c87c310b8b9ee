//! How far what is said about clients of a cluster is held by packets, as `docs/proof.md` says it in full.

use policy::object::{FelixConfiguration, IpPool};
use policy::snapshot::Snapshot;

/// The line of Calico through which the tests send packets.
const TESTED: &str = "3.28";
/// Lines whose source has the same structure before translation, at the hosts and at the pods (`docs/calico-behaviour.md`).
const ALIKE: [&str; 5] = ["3.27", "3.28", "3.29", "3.30", "3.31"];

/// One sentence for the *Cluster* page.
pub(super) fn of(snapshot: &Snapshot, calico: &str, sandbox: bool) -> String {
    if sandbox {
        return "The sandbox has no packets. The tests of Portcullis send real ones through Calico 3.28 with iptables.".to_owned();
    }
    let spec = snapshot.get::<FelixConfiguration>("", "default").map(|felix| &felix.spec);
    if spec.is_some_and(|spec| spec.bpf_enabled == Some(true)) {
        return "None: eBPF is known from Calico's source alone, and plans are blocked.".to_owned();
    }
    if spec.is_some_and(|spec| spec.nftables_mode.as_deref() == Some("Enabled")) {
        return "By source: packets were sent with iptables; nftables is programmed by the same code.".to_owned();
    }
    let ipip = snapshot.iter::<IpPool>().any(|pool| !matches!(pool.spec.ipip_mode.as_str(), "" | "Never"));
    if ipip {
        return "By source for IP in IP: packets were sent without encapsulation and in VXLAN.".to_owned();
    }
    match line(calico) {
        None => format!("Calico's version is not known. Packets were sent through {TESTED} with iptables."),
        Some(TESTED) => format!("By packets: the tests of Portcullis send them through Calico {TESTED} with iptables, as here."),
        Some(line) if ALIKE.contains(&line) => {
            format!(
                "By source: packets were sent through Calico {TESTED}; as far as Portcullis relies on it, {line} has the same structure."
            )
        }
        Some(line) => format!("None for Calico {line}: packets were sent through {TESTED}, and the source of this line was not compared."),
    }
}

/// `3.28` of `v3.28.5`.
fn line(version: &str) -> Option<&str> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let (major, rest) = version.split_once('.')?;
    let minor = rest.split(|letter: char| !letter.is_ascii_digit()).next()?;
    if major.is_empty() || minor.is_empty() || !major.bytes().all(|letter| letter.is_ascii_digit()) {
        return None;
    }
    version.get(..major.len() + 1 + minor.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::object::{AnyObject, Kind};
    use serde_json::{Value, json};

    fn with(kind: Kind, object: &Value) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.set_all(kind, vec![AnyObject::decode(kind, object).unwrap()]);
        snapshot
    }

    fn felix(spec: &Value) -> Snapshot {
        with(Kind::FelixConfiguration, &json!({ "metadata": { "name": "default" }, "spec": spec }))
    }

    #[test]
    fn only_what_was_run_is_said_to_be_held_by_packets() {
        let plain = felix(&json!({}));
        assert!(of(&plain, "v3.28.5", false).starts_with("By packets"));
        for (snapshot, calico, begins) in [
            (&plain, "v3.27.0", "By source: packets were sent through Calico 3.28"),
            (&plain, "v3.32.1", "None for Calico 3.32"),
            (&plain, "", "Calico's version is not known"),
            (&plain, "master", "Calico's version is not known"),
            (&felix(&json!({ "bpfEnabled": true })), "v3.28.5", "None: eBPF"),
            (&felix(&json!({ "nftablesMode": "Enabled" })), "v3.30.1", "By source: packets were sent with iptables"),
            (
                &with(Kind::IpPool, &json!({ "metadata": { "name": "p" }, "spec": { "cidr": "192.168.0.0/16", "ipipMode": "Always" } })),
                "v3.28.5",
                "By source for IP in IP",
            ),
        ] {
            let said = of(snapshot, calico, false);
            assert!(said.starts_with(begins), "{calico}: {said}");
        }
        assert!(of(&plain, "v3.28.5", true).starts_with("The sandbox has no packets"));
    }
}
