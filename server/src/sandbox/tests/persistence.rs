//! What is kept over a restart, and which files are refused.

use super::*;
use crate::sandbox::SandboxError;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::path::Path;

async fn sandbox(path: &Path) -> World {
    World { sandbox: Sandbox::open(path).await.unwrap(), _folder: TempDir::new().unwrap() }
}

async fn sql(path: &Path, statements: &'static str) {
    let mut connection = SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap();
    sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_restart_keeps_every_object_and_the_revision() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("sandbox.db");
    let world = sandbox(&path).await;
    let set = world.created(SETS, &mk_set("a", &["192.0.2.0/24"])).await;
    world.delete("/api/v1/namespaces/shop/services/svc-b", &json!({})).await;
    let (_, before) = world.get("/api/v1/services").await;
    drop(world);

    let world = sandbox(&path).await;
    assert_eq!(world.get("/api/v1/services").await.1, before);
    assert_eq!(world.get(&format!("{SETS}/a")).await.1, set);
    // Nobody changed anything since: a watch goes on. What was before is forgotten.
    let version = text(&before["metadata"]["resourceVersion"]);
    let watch = |version: &str| format!("/api/v1/services?watch=1&resourceVersion={version}");
    assert_eq!(world.watch(&watch(&version), MOMENT).await, [""; 0]);
    let lines = world.watch_lines(&watch(&text(&set["metadata"]["resourceVersion"])), MOMENT).await;
    assert_eq!(lines[0]["object"]["code"], 410);
    let next = world.created(SETS, &mk_set("b", &[])).await;
    assert!(text(&next["metadata"]["resourceVersion"]).parse::<u64>().unwrap() > version.parse().unwrap());
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("sandbox.db");
    let _first = sandbox(&path).await;
    assert!(matches!(Sandbox::open(&path).await, Err(SandboxError::InUse(p)) if p == path));
}

#[tokio::test]
async fn files_that_are_no_sandbox_are_named_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("file");

    std::fs::write(&path, "not a database, but a text that is long enough to be looked at ".repeat(20)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = Sandbox::open(&path).await.unwrap_err();
    assert!(matches!(error, SandboxError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains(path.to_str().unwrap()));
    assert_eq!(std::fs::read(&path).unwrap(), before);

    let other = folder.path().join("other");
    sql(&other, "CREATE TABLE mine (a TEXT); INSERT INTO mine VALUES ('x')").await;
    let before = std::fs::read(&other).unwrap();
    assert!(matches!(Sandbox::open(&other).await, Err(SandboxError::NotASandbox(_))));
    assert_eq!(std::fs::read(&other).unwrap(), before);

    let missing = folder.path().join("no/such/folder/file");
    assert!(matches!(Sandbox::open(&missing).await, Err(SandboxError::Unusable { .. })));
}

#[tokio::test]
async fn a_newer_or_a_damaged_sandbox_is_refused() {
    for (statements, expected) in [
        ("PRAGMA user_version = 2", "version 2"),
        ("UPDATE object SET object = '{' WHERE name = 'svc-a'", "svc-a"),
        ("UPDATE object SET kind = 'Tier' WHERE name = 'svc-a'", "Tier"),
        ("UPDATE revision SET revision = -1", "-1"),
        ("DELETE FROM revision", "no revision"),
    ] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("sandbox.db");
        drop(sandbox(&path).await);
        // The file is closed in the background.
        tokio::time::sleep(MOMENT).await;
        sql(&path, statements).await;
        let error = Sandbox::open(&path).await.unwrap_err();
        assert!(error.to_string().contains(expected) && error.to_string().contains("sandbox.db"), "{error}");
    }
}
