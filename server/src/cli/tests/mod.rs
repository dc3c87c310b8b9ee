//! The commands, as a shell calls them.

mod access;
mod groups;
mod live;
mod markdown;
mod reach;
mod untold;

use super::{Answer, Command, answer};
use clap::Parser;
use serde_json::Value;
use std::path::{Path, PathBuf};

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// A folder with the page's example and these files more.
fn folder(more: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("page.yaml", include_str!("page.yaml"))]);
    write(folder.path(), more);
    folder
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path: PathBuf = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// Runs a command line; what clap refuses has exit code 2, as the program gives it.
async fn run(line: &str, folder: &Path) -> Answer {
    let objects = folder.to_str().unwrap();
    let words = std::iter::once("portcullis").chain(line.split_whitespace()).map(|word| word.replace("FOLDER", objects));
    match Cli::try_parse_from(words) {
        Ok(cli) => answer(cli.command).await,
        Err(error) => Answer { out: String::new(), err: error.to_string(), code: u8::try_from(error.exit_code()).unwrap() },
    }
}

/// What a command line that ends well prints, as JSON.
async fn json(line: &str, folder: &Path) -> Value {
    let answer = run(line, folder).await;
    assert_eq!(answer.code, 0, "{}", answer.err);
    serde_json::from_str(&answer.out).unwrap()
}

const PLAN: &str = "plan --objects FOLDER --service shop/svc-a --host-endpoints named:eth0 --allow 50.60.0.0/16";

#[tokio::test]
async fn a_plan_as_yaml_is_in_step_order_and_reads_back() {
    let folder = folder(&[]);
    let answer = run(&format!("{PLAN} --allow 2001:db8::/32 --allow 70.80.90.0/24:UDP/53 --output yaml"), folder.path()).await;
    assert_eq!(answer.code, 0, "{}", answer.err);
    let documents: Vec<Value> = serde_saphyr::from_multiple(&answer.out).unwrap();
    let kinds: Vec<&str> = documents.iter().map(|document| document["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["GlobalNetworkSet", "GlobalNetworkSet", "HostEndpoint", "GlobalNetworkSet", "GlobalNetworkPolicy", "NetworkPolicy"]);
    assert_eq!(documents[0]["spec"]["nets"], serde_json::json!(["50.60.0.0/16", "2001:db8::/32"]));
    assert_eq!(documents[1]["metadata"]["annotations"]["portcullis.dev/ports"], "UDP/53");
    // What was planned is no difference any more.
    write(folder.path(), &[("planned.yaml", &answer.out)]);
    let again = run("diff --objects FOLDER --service shop/svc-a", folder.path()).await;
    assert_eq!((again.code, again.out.as_str()), (0, "No object of `shop/svc-a` differs.\n"), "{}", again.err);
    let other = run("diff --objects FOLDER --service shop/svc-a --allow 50.61.0.0/16", folder.path()).await;
    assert_eq!(other.code, 1);
    assert!(other.out.contains("-   - 50.60.0.0/16") && other.out.contains("+   - 50.61.0.0/16"), "{}", other.out);
}

#[tokio::test]
async fn a_plan_as_text_and_json() {
    let folder = folder(&[]);
    let text = run(PLAN, folder.path()).await;
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(text.out.starts_with("Lets 1 client range (65,536 addresses) reach `shop/svc-a` on TCP 80 and UDP 53;"), "{}", text.out);
    let json = run(&format!("{PLAN} --output json"), folder.path()).await;
    let plan: policy::plan::Plan = serde_json::from_str(&json.out).unwrap();
    assert_eq!(plan.steps.len(), 5);
    assert!(text.out.contains(plan.digest.short()));
}

#[tokio::test]
async fn a_blocker_is_on_standard_error_and_the_objects_are_still_printed() {
    let felix = "{apiVersion: projectcalico.org/v3, kind: FelixConfiguration, metadata: {name: default}, spec: {bpfEnabled: true}}";
    let folder = folder(&[("felix.yml", felix)]);
    let answer = run(&format!("{PLAN} --output yaml"), folder.path()).await;
    assert_eq!(answer.code, 1);
    assert!(answer.err.contains("blocker  data-plane-ebpf"), "{}", answer.err);
    assert!(answer.out.contains("kind: GlobalNetworkPolicy"));
}

#[tokio::test]
async fn a_kind_absent_from_the_files_is_unknown_and_said() {
    let answer = run(PLAN, folder(&[]).path()).await;
    assert!(answer.out.contains("unknown  kind-unknown  No FelixConfiguration was read: none is in the files."), "{}", answer.out);
    // An empty List says that there are none.
    let list = "{apiVersion: projectcalico.org/v3, kind: FelixConfigurationList, items: []}";
    let answer = run(PLAN, folder(&[("felix.json", list)]).path()).await;
    assert!(!answer.out.contains("No FelixConfiguration was read"), "{}", answer.out);
}

#[tokio::test]
async fn unusable_input_is_named_and_exits_with_2() {
    type Files<'a> = &'a [(&'a str, &'a str)];
    let cases: &[(&str, Files<'_>, &str)] = &[
        ("plan --objects FOLDER --service shop/svc-a --allow 1.2.3.0/24", &[], "--host-endpoints"),
        ("plan --objects FOLDER --service shop/nope --host-endpoints named:eth0", &[], "there is no Service `shop/nope`"),
        ("plan --objects FOLDER --service svc-a", &[], "write NAMESPACE/NAME"),
        ("plan --objects FOLDER --service shop/svc-a --allow 50.60.1.0/16", &[], "50.60.0.0/16"),
        ("plan --objects FOLDER --service shop/svc-a --allow 50.60.0.0/16:TCP/99999", &[], "TCP/99999"),
        (
            "plan --objects FOLDER --service shop/svc-a --host-endpoints named:eth0 --allow 50.60.0.0/16:TCP/81",
            &[],
            "no port of `shop/svc-a`",
        ),
        ("plan --objects FOLDER --service shop/svc-a --host-endpoints named:much-too-long-a-name", &[], "1 to 15"),
        ("plan --objects FOLDER --service shop/svc-a --in-cluster Not_A_Namespace", &[], "Not_A_Namespace"),
        ("plan --objects FOLDER/none.yaml --service shop/svc-a", &[], "none.yaml"),
        ("plan --service shop/svc-a", &[], "--objects"),
        (PLAN, &[("bad.yaml", "a: [1")], "bad.yaml"),
        (PLAN, &[("bad.yaml", "just: text")], "bad.yaml"),
        (PLAN, &[("bad.yaml", "{apiVersion: v1, kind: Service, metadata: {}}")], "metadata.name"),
        (PLAN, &[("twice.yaml", "{apiVersion: v1, kind: Node, metadata: {name: node-a, labels: {a: b}}}")], "twice.yaml"),
        ("diff --objects FOLDER --service shop/svc-a --host-endpoints named:eth0", &[], "is not guarded"),
        ("check --kubeconfig FOLDER/none", &[], "kubeconfig"),
    ];
    for (line, files, said) in cases {
        let answer = run(line, folder(files).path()).await;
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{line}: {}", answer.err);
        assert!(answer.err.contains(said), "{line}: {}", answer.err);
    }
}

#[tokio::test]
async fn check_exits_with_1_from_warning_up() {
    let clean = run("check --objects FOLDER", folder(&[]).path()).await;
    assert_eq!(clean.code, 0, "{}", clean.out);
    let bad =
        "{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: p}, spec: {selector: 'a ==', types: [Ingress]}}";
    let found = run("check --objects FOLDER --output json", folder(&[("sub/deep/p.yaml", bad)]).path()).await;
    assert_eq!(found.code, 1);
    let findings: Vec<policy::finding::Finding> = serde_json::from_str(&found.out).unwrap();
    let finding = findings.iter().find(|finding| finding.id == "object-invalid").unwrap();
    assert_eq!(finding.field, "spec.selector");
}

#[tokio::test]
async fn an_object_that_does_not_decode_is_a_finding() {
    let odd = "{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: p}, spec: {selector: 7, order: {}}}";
    let found = run("check --objects FOLDER", folder(&[("p.yaml", odd)]).path()).await;
    assert_eq!(found.code, 1);
    assert!(found.out.contains("object-unreadable"), "{}", found.out);
}

#[tokio::test]
async fn services_are_listed() {
    let answer = run("services --objects FOLDER", folder(&[]).path()).await;
    let lines: Vec<&str> = answer.out.lines().collect();
    assert_eq!(
        lines,
        [
            "SERVICE     TYPE       STATE  ADDRESSES    PORTS          CLIENTS",
            "shop/svc-a  ClusterIP  open   10.20.30.40  TCP/80,UDP/53  -",
        ]
    );
}

#[tokio::test]
async fn a_service_that_cannot_be_read_is_not_left_out_in_silence() {
    let odd = "{apiVersion: v1, kind: Service, metadata: {name: odd, namespace: shop}, spec: {ports: 80}}";
    let answer = run("services --objects FOLDER", folder(&[("odd.yaml", odd)]).path()).await;
    assert!(!answer.out.contains("shop/odd"), "{}", answer.out);
    assert!(answer.err.contains("Service shop/odd cannot be read, and is left out"), "{}", answer.err);
}

#[tokio::test]
async fn what_was_made_by_hand_is_taken_over() {
    let none = run("plan --objects FOLDER --service shop/svc-a --adopt --host-endpoints named:eth0", folder(&[]).path()).await;
    assert!(none.code == 2 && none.err.contains("nothing to --adopt"), "{}", none.err);
    let gate = "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: gate}\nspec:\n  selector: has(role)\n  \
                types: [Ingress]\n  preDNAT: true\n  applyOnForward: true\n  ingress:\n    - {action: Allow, source: {nets: [70.80.0.0/16]}, \
                destination: {nets: [10.20.30.40/32]}}\n---\napiVersion: projectcalico.org/v3\nkind: HostEndpoint\nmetadata: {name: theirs, \
                labels: {role: node}}\nspec: {node: node-a, interfaceName: eth0}\n";
    let folder = folder(&[("gate.yaml", gate)]);
    let answer = run("plan --objects FOLDER --service shop/svc-a --adopt --output json", folder.path()).await;
    let plan: policy::plan::Plan = serde_json::from_str(&answer.out).unwrap();
    assert!(plan.summary.contains("Takes over 1 policy that was made by hand."), "{}", plan.summary);
    assert!(answer.out.contains("70.80.0.0/16") && answer.out.contains("gate, rule 1"), "{}", answer.out);
    // What no access can say stays, and the error says which and why.
    let tier = "\n---\napiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: security}\nspec: {order: 10}\n";
    let in_tier = gate.replace("{name: gate}", "{name: security.gate}").replacen("spec:", "spec:\n  tier: security", 1) + tier;
    let folder = self::folder(&[("gate.yaml", &in_tier)]);
    let answer = run("plan --objects FOLDER --service shop/svc-a --adopt", folder.path()).await;
    assert!(answer.code == 2 && answer.err.contains("gate stays: it is in the tier `security`"), "{} {}", answer.code, answer.err);
}
