use super::fixtures::{caller, open, plan, record, revision, service, set_key, ticking};
use super::*;
use policy::access::Baseline;
use policy::plan::Role;
use policy::view::{HistoryQuery, RevisionId, RunId};

fn folder() -> (tempfile::TempDir, DataFolder) {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(&dir.path().join("data")).unwrap();
    (dir, folder)
}

#[test]
fn a_folder_has_one_owner_at_a_time() {
    let (dir, first) = folder();
    let error = DataFolder::open(first.path()).unwrap_err();
    let said = error.to_string();
    assert!(matches!(error, HistoryError::InUse { .. }), "{said}");
    assert!(said.contains(&format!("process {}", std::process::id())), "{said}");
    drop(first);
    DataFolder::open(&dir.path().join("data")).unwrap();
}

#[cfg(unix)]
#[test]
fn a_new_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_dir, folder) = folder();
    assert_eq!(std::fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_folder_that_is_a_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    std::fs::write(&path, "").unwrap();
    let error = DataFolder::open(&path).unwrap_err();
    assert!(error.to_string().contains("file"), "{error}");
}

#[tokio::test]
async fn a_history_belongs_to_one_cluster() {
    let (_dir, folder) = folder();
    let history = open(&folder).await;
    history.bind("1111", "production").await.unwrap();
    history.bind("1111", "renamed").await.unwrap();
    let error = history.bind("2222", "staging").await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains("production") && said.contains("1111") && said.contains("2222"), "{said}");
}

#[tokio::test]
async fn a_newer_database_is_left_as_it_is() {
    let (_dir, folder) = folder();
    let history = open(&folder).await;
    sqlx::query("UPDATE _sqlx_migrations SET version = 900 WHERE version = 6").execute(&history.writer).await.unwrap();
    history.close().await;
    let error = History::open(&folder, ticking()).await.unwrap_err();
    assert!(matches!(error, HistoryError::Newer { found: 900, known: 6, .. }), "{error}");
    assert!(error.to_string().contains("900"), "{error}");
}

#[tokio::test]
async fn a_torn_database_is_named() {
    let (_dir, folder) = folder();
    std::fs::write(folder.file("history.db"), vec![7; 8192]).unwrap();
    let error = History::open(&folder, ticking()).await.unwrap_err();
    assert!(matches!(error, HistoryError::Damaged { .. }), "{error}");
    assert_eq!(std::fs::read(folder.file("history.db")).unwrap(), vec![7; 8192], "the file is as it was");
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let (_dir, folder) = folder();
    let a = service("a");
    let made = plan(1, &a, Vec::new());
    let history = open(&folder).await;
    let id = record(&history, &made, &revision(&made, "x", Some("10.0.0.0/8"))).await;
    history.close().await;
    let history = open(&folder).await;
    assert_eq!(history.plan(&made.digest).await.unwrap().unwrap().plan, made);
    let kept = history.revision(id).await.unwrap().unwrap();
    assert_eq!((kept.row.caller.as_str(), kept.row.reason.as_str(), kept.row.latest), ("Ada", "because", true));
    assert_eq!(history.run(kept.run).await.unwrap().unwrap().stage, Stage::Done);
    assert_eq!(history.objects(id).await.unwrap(), revision(&made, "x", Some("10.0.0.0/8")).objects);
}

#[tokio::test]
async fn one_run_is_open_at_a_time() {
    let (_dir, folder) = folder();
    let history = open(&folder).await;
    let made = plan(1, &service("a"), Vec::new());
    history.keep_plan(&made, &caller(), None).await.unwrap();
    let run = NewRun { plan: &made, caller: &caller(), reason: "r", access_before: &[None], reach: None };
    let first = history.begin_run(&run).await.unwrap();
    let error = history.begin_run(&run).await.unwrap_err();
    assert!(matches!(error, HistoryError::RunOpen { run } if run == first), "{error}");
    history.set_stage(first, Stage::PutBack, "").await.unwrap();
    history.begin_run(&run).await.unwrap();
}

#[tokio::test]
async fn what_happened_is_not_rewritten() {
    let (_dir, folder) = folder();
    let history = open(&folder).await;
    let made = plan(1, &service("a"), Vec::new());
    let id = record(&history, &made, &revision(&made, "x", None)).await;
    let run = history.revision(id).await.unwrap().unwrap().run;
    for statement in [
        "UPDATE revisions SET reason = 'another'",
        "DELETE FROM revision_objects",
        "UPDATE revision_objects SET after = NULL",
        "DELETE FROM revisions",
        "DELETE FROM revision_services",
        "UPDATE revision_services SET access_after = NULL",
        "UPDATE plans SET plan = '{}'",
        "DELETE FROM plan_requests",
        "DELETE FROM runs",
        "UPDATE runs SET state = 'failed'",
        "UPDATE cluster SET uid = 'x'",
    ] {
        history.bind("1111", "c").await.unwrap();
        sqlx::query(statement).execute(&history.writer).await.expect_err(statement);
    }
    assert!(history.set_stage(run, Stage::Running, "").await.is_err(), "a run that has ended stays as it is");
}

#[tokio::test]
async fn an_entry_of_the_journal_is_completed_once() {
    let (_dir, folder) = folder();
    let history = open(&folder).await;
    let made = plan(1, &service("a"), Vec::new());
    history.keep_plan(&made, &caller(), None).await.unwrap();
    let run = NewRun { plan: &made, caller: &caller(), reason: "r", access_before: &[None], reach: None };
    let run = history.begin_run(&run).await.unwrap();
    let entry = history.intend(run, 3, Direction::Forward).await.unwrap();
    assert_eq!(history.journal(run).await.unwrap()[0].outcome, None);
    history.answer(entry, Outcome::Landed, "", Some(&serde_json::json!({ "a": 1 }))).await.unwrap();
    history.answer(entry, Outcome::Refused, "", None).await.unwrap_err();
    let journal = history.journal(run).await.unwrap();
    assert_eq!((journal[0].step, journal[0].outcome), (3, Some(Outcome::Landed)));
    assert_eq!(journal[0].object, Some(serde_json::json!({ "a": 1 })));
    history.intend(RunId(99), 0, Direction::Back).await.expect_err("no entry without its run");
}

#[tokio::test]
async fn objects_are_as_the_last_revision_left_them() {
    let (_dir, folder) = folder();
    let history = open(&folder).await;
    let (a, b) = (service("a"), service("b"));
    let mut ids = Vec::new();
    for (seed, of, name, net) in
        [(1, &a, "x", Some("10.0.0.0/8")), (2, &a, "y", Some("10.1.0.0/16")), (3, &b, "x", Some("10.2.0.0/16")), (4, &a, "y", None)]
    {
        let made = plan(seed, of, Vec::new());
        ids.push(record(&history, &made, &revision(&made, name, net)).await);
    }
    let net_of = |applied: &[Applied], name: &str| {
        let found = applied.iter().find(|o| o.key == set_key(name)).unwrap();
        found.after.as_ref().map(|o| o["spec"]["nets"][0].as_str().unwrap().to_owned())
    };
    let all = history.applied_objects().await.unwrap();
    assert_eq!((net_of(&all, "x").as_deref(), net_of(&all, "y")), (Some("10.2.0.0/16"), None));
    let of_a = history.objects_as_of(&a, ids[1]).await.unwrap();
    assert_eq!((net_of(&of_a, "x").as_deref(), net_of(&of_a, "y").as_deref()), (Some("10.0.0.0/8"), Some("10.1.0.0/16")));
    assert_eq!(history.touched().await.unwrap().len(), 3);
    let (rows, _) = history.revisions(&HistoryQuery::default()).await.unwrap();
    assert_eq!(rows.into_iter().filter(|row| row.latest).map(|row| row.id).collect::<Vec<_>>(), [ids[3], ids[2]]);
    assert_eq!(history.changed().await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_history_comes_in_windows() {
    let (_dir, folder) = folder();
    let history = open(&folder).await;
    for seed in 0..60 {
        let made = plan(seed, &service(if seed % 2 == 0 { "a" } else { "b" }), Vec::new());
        record(&history, &made, &revision(&made, "x", None)).await;
    }
    let (rows, more) = history.revisions(&HistoryQuery::default()).await.unwrap();
    assert_eq!((rows.len(), rows[0].id, more), (50, RevisionId(60), true));
    let (rows, more) = history.revisions(&HistoryQuery { before: Some(rows[49].id), ..HistoryQuery::default() }).await.unwrap();
    assert_eq!((rows.len(), rows[9].id, more), (10, RevisionId(1), false));
    let (rows, more) = history.revisions(&HistoryQuery { service: Some(service("a")), ..HistoryQuery::default() }).await.unwrap();
    assert_eq!((rows.len(), more), (30, false));
    assert_eq!(rows.iter().filter(|r| r.latest).count(), 1);
}

#[tokio::test]
async fn the_history_of_a_group_and_of_the_baseline() {
    let (_dir, folder) = folder();
    let history = open(&folder).await;
    let baseline = [Baseline::default(), Baseline { automatic_host_endpoints: true, ..Baseline::default() }];
    for (seed, of_group, baseline) in [(0, Some("office"), None), (1, Some("partner"), None), (2, None, Some(baseline)), (3, None, None)] {
        let made = plan(seed, &service("a"), Vec::new());
        let mut written = NewRevision { baseline, ..revision(&made, "x", Some("10.0.0.0/8")) };
        if let Some(group) = of_group {
            let key = set_key(&format!("portcullis-group-{group}"));
            let set = serde_json::json!({ "metadata": { "labels": { "portcullis.dev/group": group } } });
            // The group's own set is gone with it.
            written.objects.push(NewObject { key, role: Role::ClientGroup, part: 0, before: Some(set), after: None });
        }
        record(&history, &made, &written).await;
    }
    let ids = async |query: HistoryQuery| {
        let (rows, _) = history.revisions(&query).await.unwrap();
        rows.iter().map(|row| row.id.0).collect::<Vec<_>>()
    };
    let of = |name: &str| HistoryQuery { group: Some(name.parse().unwrap()), ..HistoryQuery::default() };
    assert_eq!(ids(of("office")).await, [1]);
    assert_eq!(ids(of("offices")).await, Vec::<i64>::new());
    assert_eq!(
        ids(HistoryQuery { service: Some(service("b")), ..of("office") }).await,
        Vec::<i64>::new(),
        "everything that is named counts"
    );
    assert_eq!(ids(HistoryQuery { baseline: true, ..HistoryQuery::default() }).await, [3]);
    assert_eq!(ids(HistoryQuery::default()).await, [4, 3, 2, 1]);
    let (rows, _) = history.revisions(&of("partner")).await.unwrap();
    assert_eq!(rows[0].subject(), "the group partner");
}

#[tokio::test]
async fn of_a_group_that_no_service_uses_the_last_revision_is_in_force() {
    let (_dir, folder) = folder();
    let history = open(&folder).await;
    for (seed, group) in [(0, "office"), (1, "partner"), (2, "office")] {
        let made = plan(seed, &service("a"), Vec::new());
        let object =
            NewObject { key: set_key(&format!("portcullis-group-{group}")), role: Role::ClientGroup, part: 0, before: None, after: None };
        let written = NewRevision { parts: Vec::new(), objects: vec![object], ..revision(&made, "x", None) };
        record(&history, &made, &written).await;
    }
    let (rows, _) = history.revisions(&HistoryQuery::default()).await.unwrap();
    assert_eq!(rows.iter().map(|row| (row.id.0, row.latest)).collect::<Vec<_>>(), [(3, true), (2, true), (1, false)]);
}

#[tokio::test]
async fn a_full_disk_is_named_and_loses_nothing() {
    let (_dir, folder) = folder();
    let history = open(&folder).await;
    let made = plan(1, &service("a"), Vec::new());
    let id = record(&history, &made, &revision(&made, "x", Some("10.0.0.0/8"))).await;
    history.room_for(0).await;
    let big = plan(2, &service(&"b".repeat(63)), Vec::new());
    let mut large = big.clone();
    large.summary = "x".repeat(100_000);
    let error = history.keep_plan(&large, &caller(), None).await.unwrap_err();
    assert!(matches!(error, HistoryError::Full { .. }), "{error}");
    assert!(error.to_string().contains("history.db"), "{error}");
    assert!(history.revision(id).await.unwrap().is_some());
    assert!(history.plan(&large.digest).await.unwrap().is_none(), "all of it or nothing");
    history.room_for(1000).await;
    history.keep_plan(&large, &caller(), None).await.unwrap();
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_named() {
    let (_dir, folder) = folder();
    let history = open(&folder).await;
    sqlx::query("PRAGMA query_only = on").execute(&history.writer).await.unwrap();
    let error = history.keep_plan(&plan(1, &service("a"), Vec::new()), &caller(), None).await.unwrap_err();
    assert!(matches!(error, HistoryError::ReadOnly { .. }), "{error}");
}
