//! Watches: what they begin with, what they tell, and when they give up.

use super::*;

async fn revision(world: &World) -> String {
    text(&world.get("/api/v1/nodes").await.1["metadata"]["resourceVersion"])
}

#[tokio::test]
async fn a_watch_without_a_version_begins_with_what_there_is() {
    let world = World::new().await;
    for version in ["", "&resourceVersion=0"] {
        let lines = world.watch(&format!("/api/v1/nodes?watch=1{version}"), MOMENT).await;
        assert_eq!(lines, ["ADDED node-a", "ADDED node-b"]);
    }
}

#[tokio::test]
async fn a_watch_tells_every_change_in_order() {
    let world = World::new().await;
    let from = revision(&world).await;
    let mut set = world.created(SETS, &mk_set("a", &[])).await;
    world.created(SLICES, &mk_slice("other", json!({}))).await;
    set["spec"]["nets"] = json!(["192.0.2.0/24"]);
    let (_, changed) = world.put(&format!("{SETS}/a"), &set).await;
    world.delete(&format!("{SETS}/a"), &json!({})).await;
    let lines = world.watch_lines(&format!("{SETS}?watch=true&resourceVersion={from}"), MOMENT).await;
    let kinds: Vec<_> = lines.iter().map(|line| text(&line["type"])).collect();
    assert_eq!(kinds, ["ADDED", "MODIFIED", "DELETED"]);
    assert_eq!(lines[1]["object"], changed);
    let versions: Vec<u64> = lines.iter().map(|l| text(&l["object"]["metadata"]["resourceVersion"]).parse().unwrap()).collect();
    assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    assert_eq!(versions[2].to_string(), revision(&world).await, "a deletion has a version of its own");
}

#[tokio::test]
async fn coming_into_a_selection_is_an_addition_and_leaving_it_a_deletion() {
    let world = World::new().await;
    let path = format!("{SLICES}/s");
    world.created(SLICES, &mk_slice("s", json!({}))).await;
    let from = revision(&world).await;
    for labels in [json!({"a": "1"}), json!({"a": "1", "b": "2"}), json!({})] {
        world.put(&path, &mk_slice("s", labels)).await;
    }
    let lines = world.watch_lines(&format!("{SLICES}?watch=1&labelSelector=a&resourceVersion={from}"), MOMENT).await;
    let kinds: Vec<_> = lines.iter().map(|line| text(&line["type"])).collect();
    assert_eq!(kinds, ["ADDED", "MODIFIED", "DELETED"]);
    assert_eq!(lines[2]["object"]["metadata"]["labels"], json!({"a": "1", "b": "2"}), "as it was last seen");
    assert_eq!(lines[2]["object"]["metadata"]["resourceVersion"], revision(&world).await);
}

#[tokio::test]
async fn a_watch_of_calico_s_does_not_know_how_an_object_was() {
    let world = World::new().await;
    let from = revision(&world).await;
    let mut set = mk_set("a", &[]);
    set["metadata"]["labels"] = json!({"a": "1"});
    let mut set = world.created(SETS, &set).await;
    for labels in [json!({"a": "2"}), json!({})] {
        set["metadata"]["labels"] = labels;
        set = world.put(&format!("{SETS}/a"), &set).await.1;
    }
    let watch = format!("{SETS}?watch=1&labelSelector=a&resourceVersion={from}");
    assert_eq!(world.watch(&watch, MOMENT).await, ["ADDED a", "ADDED a"]);
}

#[tokio::test]
async fn a_watch_of_one_namespace_is_told_of_no_other() {
    let world = World::new().await;
    let from = revision(&world).await;
    world.created(SLICES, &mk_slice("here", json!({}))).await;
    world.created(&SLICES.replace("shop", "media"), &mk_slice("there", json!({}))).await;
    let watch = |path: &str| format!("{path}?watch=1&resourceVersion={from}");
    assert_eq!(world.watch(&watch(SLICES), MOMENT).await, ["ADDED here"]);
    let all = world.watch(&watch("/apis/discovery.k8s.io/v1/endpointslices"), MOMENT).await;
    assert_eq!(all, ["ADDED here", "ADDED there"]);
}

#[tokio::test]
async fn a_watch_hears_what_happens_while_it_lasts_and_ends_on_time() {
    let world = World::new().await;
    let from = revision(&world).await;
    let watch = format!("{SETS}?watch=1&timeoutSeconds=1&resourceVersion={from}");
    let listening = async {
        let begun = std::time::Instant::now();
        let lines = world.watch(&watch, Duration::from_secs(10)).await;
        (lines, begun.elapsed())
    };
    let writing = async {
        tokio::time::sleep(MOMENT).await;
        world.created(SETS, &mk_set("later", &[])).await
    };
    let ((lines, lasted), _) = tokio::join!(listening, writing);
    assert_eq!(lines, ["ADDED later"]);
    assert!(lasted >= Duration::from_millis(950) && lasted < Duration::from_secs(5), "{lasted:?}");
}

#[tokio::test]
async fn bookmarks_come_to_those_who_ask_but_not_from_calico() {
    let world = World::new().await;
    let from = revision(&world).await;
    world.created(SETS, &mk_set("a", &[])).await;
    let query = format!("watch=1&timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion={from}");
    let lines = world.watch_lines(&format!("/api/v1/nodes?{query}"), Duration::from_secs(10)).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["type"], "BOOKMARK");
    assert_eq!(lines[0]["object"]["kind"], "Node");
    assert_eq!(text(&lines[0]["object"]["metadata"]["resourceVersion"]), revision(&world).await, "also past other kinds' changes");
    assert_eq!(world.watch(&format!("{SETS}?{query}"), Duration::from_secs(10)).await, ["ADDED a"]);
}

#[tokio::test]
async fn an_expired_version_is_an_error_event() {
    let world = World::with(Limits { events: 3, ..Limits::default() }).await;
    let from = revision(&world).await;
    for n in 0..4 {
        world.created(SETS, &mk_set(&format!("a{n}"), &[])).await;
    }
    let lines = world.watch_lines(&format!("/api/v1/nodes?watch=1&resourceVersion={from}"), Duration::from_secs(5)).await;
    assert_eq!(lines.len(), 1, "the stream ends");
    assert_eq!((&lines[0]["type"], &lines[0]["object"]["code"]), (&json!("ERROR"), &json!(410)));
    assert_eq!(lines[0]["object"]["reason"], "Expired");
    let calico = world.watch_lines(&format!("{SETS}?watch=1&resourceVersion={from}"), Duration::from_secs(5)).await;
    assert_eq!((&calico[0]["object"]["reason"], &calico[0]["object"]["code"]), (&json!("InternalError"), &Value::Null));
    // The oldest version that is still known.
    let kept = format!("{SETS}?watch=1&resourceVersion={}", from.parse::<u64>().unwrap() + 1);
    assert_eq!(world.watch(&kept, MOMENT).await, ["ADDED a1", "ADDED a2", "ADDED a3"]);
    // As a status, for a list.
    let list = world.get(&format!("/api/v1/nodes?resourceVersionMatch=Exact&resourceVersion={from}")).await;
    assert_eq!(refusal(&list), refused(410, "Expired"));
    // A version of the future belongs to another cluster.
    let lines = world.watch_lines("/api/v1/nodes?watch=1&resourceVersion=999999", Duration::from_secs(5)).await;
    assert_eq!(lines[0]["object"]["code"], 410);
}

#[tokio::test]
async fn memory_for_events_is_bounded_by_their_size_too() {
    let world = World::with(Limits { bytes: 1000, ..Limits::default() }).await;
    let from = revision(&world).await;
    for n in 0..20 {
        world.created(SETS, &mk_set(&format!("a{n}"), &[])).await;
    }
    let lines = world.watch_lines(&format!("/api/v1/nodes?watch=1&resourceVersion={from}"), Duration::from_secs(5)).await;
    assert_eq!(lines[0]["object"]["code"], 410);
}

#[tokio::test]
async fn streaming_lists_are_not_offered() {
    let world = World::new().await;
    let answer = world.get("/api/v1/nodes?watch=1&sendInitialEvents=true").await;
    assert_eq!(refusal(&answer), refused(422, "Invalid"));
}
