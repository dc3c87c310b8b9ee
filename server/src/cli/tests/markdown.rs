//! Summaries for pull requests, as they are printed, on the sandbox's cluster. `BLESS=1` writes the expected ones anew, to be read like code.

use super::reach::guarded;
use super::{run, write};
use std::path::{Path, PathBuf};

/// Whether it is what `golden/NAME.md` says.
fn same(name: &str, found: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/cli/tests/golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, found).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(found, expected, "{name}: `BLESS=1` writes it anew");
}

async fn summary(line: &str, folder: &Path) -> String {
    let answer = run(&format!("{line} --output markdown"), folder).await;
    assert!(answer.code < 2, "{}", answer.err);
    answer.out
}

const NARROWER: &str = "--objects FOLDER --service shop/svc-a --host-endpoints named:eth0 --allow 50.60.0.0/17 --allow 203.0.113.0/24";

#[tokio::test]
async fn a_plan() {
    same("plan.md", &summary(&format!("plan {NARROWER}"), guarded().await.path()).await);
}

#[tokio::test]
async fn a_plan_that_cannot_be_applied_says_so_first() {
    let folder = guarded().await;
    write(folder.path(), &[("sentences.txt", "50.60.0.0/16 must always reach shop/svc-a")]);
    let blocked = summary(&format!("plan {NARROWER} --invariants FOLDER/sentences.txt"), folder.path()).await;
    assert!(blocked.starts_with("**Cannot be applied: 1 blocker. Lets 2 client ranges"), "{blocked}");
    assert!(blocked.contains("\n- **blocker** `invariant-broken` "), "{blocked}");
}

#[tokio::test]
async fn a_difference_with_what_is_planned() {
    let folder = guarded().await;
    let text = summary(&format!("diff {NARROWER}"), folder.path()).await;
    assert!(text.contains("\n| `shop/svc-a` | "), "{text}");
    assert!(text.contains("<details><summary>Replace GlobalNetworkSet <code>"), "{text}");
    let none = summary("diff --objects FOLDER --service shop/svc-a", folder.path()).await;
    assert!(none.contains("Nobody outside gains or loses access.") && !none.contains("### Objects"), "{none}");
}

#[tokio::test]
async fn a_difference_of_two_folders() {
    let (before, after) = (guarded().await, guarded().await);
    let planned = std::fs::read_to_string(after.path().join("planned.yaml")).unwrap();
    write(after.path(), &[("planned.yaml", &planned.replace("50.60.0.0/16", "50.60.0.0/17"))]);
    let tenant = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: 'n', namespace: shop}, spec: {podSelector: {matchLabels: {none: x}}}}";
    write(after.path(), &[("tenant.yaml", tenant)]);
    same("diff.md", &summary(&format!("diff {} {}", before.path().display(), after.path().display()), before.path()).await);
}

#[tokio::test]
async fn the_checks() {
    same("check.md", &summary("check --objects FOLDER", guarded().await.path()).await);
}

#[tokio::test]
async fn a_question() {
    let folder = guarded().await;
    same("ask.md", &summary("ask --objects FOLDER --client 70.80.1.2 --to shop/svc-a --port 80", folder.path()).await);
    let allowed = summary("ask --objects FOLDER --client 50.60.1.2 --to shop/svc-a --port 80", folder.path()).await;
    assert!(allowed.starts_with("**`50.60.1.2` to `shop/svc-a` on TCP 80: allowed.**\n\n| Verdict |"), "{allowed}");
}

#[tokio::test]
async fn a_narrower_plan_says_in_words_and_json_that_open_connections_stay() {
    let folder = guarded().await;
    let text = run(&format!("plan {NARROWER}"), folder.path()).await.out;
    assert!(text.contains("\nConnections that are open stay") && text.contains("\n  conntrack -D -p tcp --orig-dst 10.20.30.40"), "{text}");
    let text = run(&format!("diff {NARROWER}"), folder.path()).await.out;
    assert!(text.contains("\n  conntrack -D -p tcp --orig-dst 10.20.30.40"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&run(&format!("plan {NARROWER} --output json"), folder.path()).await.out).unwrap();
    assert_eq!(json["reachability"]["services"][0]["service"], "shop/svc-a");
    let command = json["openConnections"]["cuts"][0]["commands"][0].as_str().unwrap();
    assert!(command.ends_with("--orig-port-dst 80 --orig-src 50.60.128.0/17"), "{command}");
    let wider = run(&format!("plan {NARROWER} --allow 50.60.0.0/16 --output json"), folder.path()).await.out;
    assert!(!wider.contains("openConnections"), "{wider}");
}
