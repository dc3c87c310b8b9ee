//! `ask`, `reach`, `diff BEFORE AFTER`, `check --invariants`, on the sandbox's cluster.

use super::{json, run, write};
use serde_json::Value;

/// The sandbox's objects.
const SEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sandbox/seed");

/// The sandbox's objects, with `shop/svc-a` guarded.
pub(super) async fn guarded() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(SEED).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
    }
    let line = "plan --objects FOLDER --service shop/svc-a --host-endpoints named:eth0 --allow 50.60.0.0/16 --output yaml";
    let plan = run(line, folder.path()).await;
    assert_eq!(plan.code, 0, "{}", plan.err);
    write(folder.path(), &[("planned.yaml", &plan.out)]);
    folder
}

#[tokio::test]
async fn whoever_may_gets_in_by_every_path_and_nobody_else() {
    let folder = guarded().await;
    let ask = |client: &str| format!("ask --objects FOLDER --client {client} --to shop/svc-a --port 80 --output json");
    let allowed = json(&ask("50.60.1.2"), folder.path()).await;
    assert_eq!(allowed["verdict"], "allowed");
    let paths = allowed["paths"].as_array().unwrap();
    assert!(paths.len() > 1);
    for path in paths {
        assert_eq!((&path["verdict"], &path["interface"], &path["address"]), (&"allowed".into(), &"eth0".into(), &"10.20.30.40".into()));
        assert!(path["backend"]["pod"].as_str().unwrap().starts_with("shop/svc-a-"));
        assert!(path["source_seen_by_pod"].is_string());
        let edge = path["hops"].as_array().unwrap().iter().find(|hop| hop["stage"] == "pre-dnat").unwrap();
        assert_eq!((&edge["action"], &edge["rule"]), (&"allow".into(), &0.into()));
        assert!(edge["object"].as_str().unwrap().starts_with("GlobalNetworkPolicy portcullis-edge-"), "{edge}");
    }
    let denied = json(&ask("70.80.1.2"), folder.path()).await;
    assert_eq!(denied["verdict"], "denied");
    let last = denied["paths"][0]["hops"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["stage"], &last["action"]), (&"pre-dnat".into(), &"deny".into()));
    assert_eq!(denied["paths"][0]["source_seen_by_pod"], Value::Null);
    let inside = json(&ask("node:node-a"), folder.path()).await;
    assert_eq!(inside["verdict"], "allowed");
}

#[tokio::test]
async fn one_node_is_one_way_in_and_another_interface_is_another_answer() {
    let folder = guarded().await;
    let line = "ask --objects FOLDER --client 70.80.1.2 --to 10.20.30.40 --port 80 --node node-b --output json";
    let by_node = json(line, folder.path()).await;
    assert!(by_node["paths"].as_array().unwrap().iter().all(|path| path["node"] == "node-b"));
    let other = json(&format!("{line} --interface eth1"), folder.path()).await;
    // No HostEndpoint stands there: only the pods on the node itself still see who comes.
    assert_eq!(other["verdict"], "mixed");
    for path in other["paths"].as_array().unwrap() {
        let here = path["backend"]["node"] == "node-b";
        assert_eq!(path["verdict"], if here { "denied" } else { "allowed" }, "{path}");
    }
}

#[tokio::test]
async fn who_reaches_a_service_is_said_in_ranges() {
    let folder = guarded().await;
    let reach = json("reach --objects FOLDER --service shop/svc-a --output json", folder.path()).await;
    let addresses = reach["addresses"].as_array().unwrap();
    assert!(!addresses.is_empty());
    for path in addresses.iter().flat_map(|at| at["paths"].as_array().unwrap()) {
        assert_eq!(path["allowed"], serde_json::json!(["50.60.0.0/16"]), "{path}");
        assert!(path["denied"].as_array().unwrap().len() > 1);
    }
    let text = run("reach --objects FOLDER --service shop/svc-a", folder.path()).await;
    assert!(text.out.contains("allowed: 50.60.0.0/16"), "{}", text.out);
}

#[tokio::test]
async fn a_wider_host_policy_is_a_difference_and_another_name_of_a_label_is_none() {
    let (before, after) = (guarded().await, guarded().await);
    let both = format!("diff {} {}", before.path().display(), after.path().display());
    let same = run(&both, before.path()).await;
    assert_eq!((same.code, same.out.as_str()), (0, "Nobody outside gains or loses access to any Service.\n"), "{}", same.err);
    let planned = std::fs::read_to_string(after.path().join("planned.yaml")).unwrap();
    write(after.path(), &[("planned.yaml", &planned.replace("50.60.0.0/16", "50.0.0.0/8"))]);
    let wider = run(&both, before.path()).await;
    assert_eq!(wider.code, 1, "{}", wider.err);
    assert!(wider.out.starts_with("Lets 16,711,680 more addresses reach `shop/svc-a` on TCP 80"), "{}", wider.out);
    assert!(wider.out.contains("denied -> allowed: 50.0.0.0/11, 50.32.0.0/12"), "{}", wider.out);
    let narrower = run(&format!("diff {} {} --output json", after.path().display(), before.path().display()), before.path()).await;
    assert_eq!(narrower.code, 1);
    assert!(narrower.out.contains("16711680"), "{}", narrower.out);
}

#[tokio::test]
async fn a_sentence_that_does_not_hold_is_a_blocker_with_a_packet() {
    let folder = guarded().await;
    let holds = "# who may\n\n50.60.0.0/16 must always reach shop/svc-a on TCP 80\n10.9.0.0/16 must never reach `shop/svc-a`.\n";
    write(folder.path(), &[("sentences.txt", holds)]);
    let check = "check --objects FOLDER --invariants FOLDER/sentences.txt";
    assert!(!run(check, folder.path()).await.out.contains("invariant-broken"));
    write(folder.path(), &[("sentences.txt", "50.0.0.0/8 must never reach shop/svc-a")]);
    let broken = run(check, folder.path()).await;
    assert_eq!(broken.code, 1);
    assert!(
        broken.out.contains("does not hold: a packet of `50.60.0.0` on TCP 80 gets there by `node-a` at `10.20.30.40`"),
        "{}",
        broken.out
    );
    write(folder.path(), &[("sentences.txt", "everyone must reach shop/svc-a")]);
    let unreadable = run(check, folder.path()).await;
    assert_eq!(unreadable.code, 2);
    assert!(unreadable.err.contains("line 1") && unreadable.err.contains("is no invariant"), "{}", unreadable.err);
}

#[tokio::test]
async fn a_plan_is_held_to_the_sentences_of_a_file() {
    let folder = guarded().await;
    let plan = |allow: &str, more: &str| {
        format!(
            "plan --objects FOLDER --service shop/svc-a --host-endpoints named:eth0 --allow {allow} --invariants FOLDER/sentences.txt {more}"
        )
    };
    write(folder.path(), &[("sentences.txt", "50.60.0.0/16 must always reach shop/svc-a\n50.61.0.0/16 must never reach shop/svc-a\n")]);
    let narrower = run(&plan("50.60.0.0/17", ""), folder.path()).await;
    assert_eq!(narrower.code, 1, "{}", narrower.out);
    assert!(narrower.err.contains("does not hold: a packet of `50.60.128.0` on TCP 80 does not get there by `node-a`"), "{}", narrower.err);
    // The same plan as a difference says all that it is held to, and its objects alone on standard output.
    let as_json = run(&plan("50.60.0.0/17", "--output json"), folder.path()).await;
    let planned: policy::plan::Plan = serde_json::from_str(&as_json.out).unwrap();
    let difference = run(&plan("50.60.0.0/17", "").replacen("plan", "diff", 1), folder.path()).await;
    assert_eq!(difference.code, 1, "{}", difference.err);
    assert!(planned.findings.iter().any(|finding| finding.id == "invariant-broken"), "{:?}", planned.findings);
    for finding in &planned.findings {
        assert!(difference.err.contains(&finding.what), "{} is not in {}", finding.what, difference.err);
    }
    assert!(!difference.out.contains("does not hold"), "{}", difference.out);
    let wider = run(&plan("50.60.0.0/15", "--output json"), folder.path()).await;
    let wider: policy::plan::Plan = serde_json::from_str(&wider.out).unwrap();
    let blocker = wider.findings.iter().find(|finding| finding.id == "invariant-broken").unwrap();
    assert_eq!(blocker.packet.as_ref().unwrap().client, "50.61.0.0");
    let kept = run(&plan("50.60.0.0/16 --allow 50.62.0.0/16", ""), folder.path()).await;
    assert_eq!(kept.code, 0, "{}", kept.err);
    write(folder.path(), &[("sentences.txt", "50.60.0.0/16 must always reach shop/none")]);
    let none = run(&plan("50.60.0.0/16", ""), folder.path()).await;
    assert_eq!(none.code, 2);
    assert!(none.err.contains("there is no Service `shop/none`"), "{}", none.err);
}

#[tokio::test]
async fn what_cannot_be_asked_is_named() {
    let folder = guarded().await;
    for (rest, said) in [
        ("--client 50.60.1 --to shop/svc-a --port 80", "the client `50.60.1`: write an address"),
        ("--client 50.60.1.2 --to shop/none --port 80", "there is no Service `shop/none`"),
        ("--client pod:shop/none --to shop/svc-a --port 80", "there is no Pod `shop/none`"),
        ("--client 50.60.1.2 --to shop/svc-a --port 80 --node none", "there is no Node `none`"),
        ("--client 50.60.1.2 --to shop/svc-a", "the port is missing"),
        ("--client 50.60.1.2 --to shop/svc-a --port 80 --calico 3.12", "is not a line of Calico that is modelled"),
        ("--client 50.60.1.2 --to shop/svc-a --port 80 --kube-proxy latest", "`latest` is not a version of kube-proxy"),
    ] {
        let answer = run(&format!("ask --objects FOLDER {rest}"), folder.path()).await;
        assert_eq!(answer.code, 2, "{rest}");
        assert!(answer.err.contains(said), "{rest}: {}", answer.err);
    }
}

#[tokio::test]
async fn how_the_programs_on_the_nodes_are_set_is_read_where_files_have_it() {
    let folder = guarded().await;
    let proxy =
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: kube-proxy, namespace: kube-system}, data: {config.conf: 'mode: ipvs'}}";
    let env = "[{name: FELIX_FAILSAFEINBOUNDHOSTPORTS, value: 'tcp:80'}]";
    let spec = format!("{{template: {{spec: {{containers: [{{name: calico-node, env: {env}}}]}}}}}}");
    let node = format!("{{apiVersion: apps/v1, kind: DaemonSet, metadata: {{name: calico-node, namespace: calico-system}}, spec: {spec}}}");
    let ask = "ask --objects FOLDER --client 70.80.1.2 --to shop/svc-a --port 80 --output json";
    write(folder.path(), &[("calico-node.yaml", &node)]);
    let failsafe = json(ask, folder.path()).await;
    assert_eq!(failsafe["paths"][0]["hops"][0]["stage"], "failsafe", "{failsafe}");
    write(folder.path(), &[("kube-proxy.yaml", proxy)]);
    let unknown = json(ask, folder.path()).await;
    assert_eq!(unknown["verdict"], "unknown", "{unknown}");
}
