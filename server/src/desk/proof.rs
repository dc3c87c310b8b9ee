//! How far what is said about clients of a cluster is held by packets, as `docs/proof.md` says it in full.

use policy::object::{FelixConfiguration, IpPool};
use policy::snapshot::Snapshot;

/// The lines of Calico through which the tests send packets: with iptables through both (in every run, and in longer ones), with nftables
/// through the second alone.
const TESTED: [&str; 2] = ["3.28", "3.30"];
const WITH_NFTABLES: &str = "3.30";
/// Lines whose source has the same structure before translation, at the hosts and at the pods (`docs/calico-behaviour.md`).
const ALIKE: [&str; 5] = ["3.27", "3.28", "3.29", "3.30", "3.31"];

/// One sentence for the *Cluster* page.
pub(super) fn of(snapshot: &Snapshot, calico: &str, sandbox: bool) -> String {
    let [first, second] = TESTED;
    if sandbox {
        return format!(
            "The sandbox has no packets. The tests of Portcullis send real ones through Calico {first} and {second} with iptables, and through \
             {WITH_NFTABLES} with nftables."
        );
    }
    let spec = snapshot.get::<FelixConfiguration>("", "default").map(|felix| &felix.spec);
    if spec.is_some_and(|spec| spec.bpf_enabled == Some(true)) {
        return "None: eBPF is known from Calico's source alone, and plans are blocked.".to_owned();
    }
    let ipip = snapshot.iter::<IpPool>().any(|pool| !matches!(pool.spec.ipip_mode.as_str(), "" | "Never"));
    if ipip {
        return "By source for IP in IP: packets were sent without encapsulation and in VXLAN.".to_owned();
    }
    let nftables = spec.is_some_and(|spec| spec.nftables_mode.as_deref() == Some("Enabled"));
    let (tested, plane, through): (&[&str], _, _) = if nftables {
        (&[WITH_NFTABLES], "nftables", WITH_NFTABLES.to_owned())
    } else {
        (&TESTED, "iptables", format!("{first} and {second}"))
    };
    match line(calico) {
        None => format!("Calico's version is not known. Packets were sent through {through} with {plane}."),
        Some(line) if tested.contains(&line) => {
            format!("By packets: the tests of Portcullis send them through Calico {line} with {plane}, as here.")
        }
        Some(line) if ALIKE.contains(&line) => format!(
            "By source: with {plane}, packets were sent through Calico {through}; as far as Portcullis relies on it, {line} has the same structure."
        ),
        Some(line) => {
            format!(
                "None for Calico {line}: with {plane}, packets were sent through {through}, and the source of this line was not compared."
            )
        }
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
        let native = felix(&json!({ "nftablesMode": "Enabled" }));
        for (snapshot, calico, begins) in [
            (&plain, "v3.28.5", "By packets: the tests of Portcullis send them through Calico 3.28 with iptables"),
            (&plain, "v3.30.1", "By packets: the tests of Portcullis send them through Calico 3.30 with iptables"),
            (&native, "v3.30.1", "By packets: the tests of Portcullis send them through Calico 3.30 with nftables"),
            (&native, "v3.31.0", "By source: with nftables, packets were sent through Calico 3.30;"),
            (&native, "v3.32.1", "None for Calico 3.32: with nftables"),
            (&plain, "v3.27.0", "By source: with iptables, packets were sent through Calico 3.28 and 3.30;"),
            (&plain, "v3.29.0", "By source: with iptables, packets were sent through Calico 3.28 and 3.30;"),
            (&plain, "v3.32.1", "None for Calico 3.32"),
            (&plain, "", "Calico's version is not known"),
            (&plain, "master", "Calico's version is not known"),
            (&felix(&json!({ "bpfEnabled": true })), "v3.28.5", "None: eBPF"),
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
