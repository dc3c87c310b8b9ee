//! Kubeconfigs, good and bad.

use crate::cluster::{ConnectError, Connected, connect};
use std::path::PathBuf;

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config");
    std::fs::write(&path, text).unwrap();
    (dir, path)
}

const TWO: &str = "
apiVersion: v1
kind: Config
current-context: production
clusters:
- { name: p, cluster: { server: 'https://10.0.9.10:6443' } }
- { name: s, cluster: { server: 'https://user:secret@staging.example:8443/k8s/' } }
- { name: bad, cluster: { server: 'https://10.0.9.10:6443', certificate-authority: /nowhere/ca.crt } }
users:
- { name: me, user: { token: t } }
contexts:
- { name: production, context: { cluster: p, user: me } }
- { name: staging, context: { cluster: s, user: me } }
- { name: broken, context: { cluster: bad, user: me } }
";

async fn refused(text: &str, context: Option<&str>) -> String {
    let (_dir, path) = file(text);
    let Err(error) = connect(&path, context).await else { panic!("a client from {text}") };
    let said = error.to_string();
    assert!(said.contains(path.to_str().unwrap()), "names the file: {said}");
    said
}

#[tokio::test]
async fn the_current_context_is_the_default() {
    let (_dir, path) = file(TWO);
    let Connected { name, server, .. } = connect(&path, None).await.unwrap();
    assert_eq!((name.as_str(), server.as_str()), ("production", "https://10.0.9.10:6443"));
}

#[tokio::test]
async fn another_context_can_be_chosen_and_no_password_is_shown() {
    let (_dir, path) = file(TWO);
    let Connected { name, server, .. } = connect(&path, Some("staging")).await.unwrap();
    assert_eq!((name.as_str(), server.as_str()), ("staging", "https://staging.example:8443/k8s"));
}

#[tokio::test]
async fn errors_name_file_and_context() {
    let said = refused(TWO, Some("test")).await;
    assert!(said.contains("`test`") && said.contains("`production`, `staging`"), "{said}");
    let said = refused(TWO, Some("broken")).await;
    assert!(said.contains("`broken`") && said.contains("/nowhere/ca.crt"), "{said}");
    let said = refused(&TWO.replace("current-context: production", ""), None).await;
    assert!(said.contains("--context"), "{said}");
    refused("a: [", None).await;
    refused("", None).await;
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let Err(error) = connect("/nowhere/config".as_ref(), None).await else { panic!("no such file") };
    assert!(matches!(error, ConnectError::File { .. }));
    assert!(error.to_string().contains("/nowhere/config"), "{error}");
}
