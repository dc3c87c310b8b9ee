//! Every page as the server renders it over the fake backend: its status, and that what it is about can be read without JavaScript.
#![expect(clippy::expect_used, reason = "what cannot be asked for fails its test")]

mod fake;

use app::backend::BackendHandle;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use leptos::prelude::*;
use leptos_axum::LeptosRoutes as _;
use std::sync::Arc;
use tower::ServiceExt as _;

fn router(signed_in: bool) -> Router {
    let options = LeptosOptions::builder().output_name("portcullis").site_pkg_dir("pkg").build();
    let context = move || {
        provide_context(BackendHandle(Arc::new(fake::Fake)));
        if signed_in {
            provide_context(fake::caller());
        }
    };
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    Router::new().leptos_routes_with_context(&options, app::routes(), context, shell).with_state(options)
}

async fn get(path: &str, signed_in: bool) -> (StatusCode, String) {
    let request = Request::get(path).header("accept", "text/html").body(Body::empty()).expect("a request");
    let response = router(signed_in).oneshot(request).await.expect("an answer");
    let status = response.status();
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    let page = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (status, page.replace("<!>", "").replace("<!---->", ""))
}

/// What stands in the page's own part: no script in it counts as read.
fn main_part(page: &str) -> &str {
    let from = page.find("<main").unwrap_or_default();
    let to = page.find("</main>").unwrap_or(page.len());
    &page[from..to]
}

#[tokio::test]
async fn every_page_reads_without_javascript() {
    let plan = |letter: &str| format!("/plans/{}", letter.repeat(64));
    let cases: &[(&str, u16, &[&str])] = &[
        ("/services", 200, &["10,012 Services", "href=\"/services/default/svc-a\"", "1–100 of 10,012", "/services?from=100"]),
        ("/services?ns=web&state=drifted&exposed=true", 200, &["1 of 10,012 Services", "web", "checked"]),
        ("/services?q=no%20such", 200, &["No Service matches", "Show all"]),
        ("/services?state=purple&from=x", 200, &["10,012 Services"]),
        ("/services/default/svc-a", 200, &["3 of 4 backends ready, on 2 nodes", "value=\"50.60.0.0/16\"", "Edge policy", "Pod policy"]),
        ("/services/default/svc-a", 200, &["every node as part of 10.20.30.0/24", "They all tell 10.0.0.254, AS 64512, by BGPPeer"]),
        (
            "/services/default/svc-a",
            200,
            &[
                "Guarded at",
                "The pods alone",
                "The pods cannot guard it alone: ",
                "At 10.20.30.40 (cluster IP) a client of",
                "internalTrafficPolicy: Local",
            ],
        ),
        ("/services/team-4/service-4", 200, &["Its pods cannot guard it alone", "Review the plan that guards it at the nodes too"]),
        ("/services/default/svc-a?tab=history", 200, &["Shuts out 256 addresses.", "Compare the two chosen"]),
        (
            "/groups",
            200,
            &[
                "Client groups",
                "2 ranges · 65,792 addresses",
                "Used by 2 Services",
                "/services/default/svc-b",
                "No Service uses it.",
                "There is no such group",
                "203.0.113.0/24",
                "Berlin",
                "href=\"/groups?group=office\"",
            ],
        ),
        (
            "/groups?group=office",
            200,
            &[
                "2 ranges · 65,792 addresses",
                "value=\"50.60.0.0/16\"",
                "Range 2",
                "The draft is what the cluster has.",
                "Leaves the group <code>office</code> as it is, with 2 ranges (65,792 addresses)",
                "no change",
                "2 Services use it: take the group out of their access first.",
                "href=\"/groups/office/group.yaml\" download",
            ],
        ),
        (
            "/groups?group=gone",
            200,
            &["not in the cluster", "There is no such group: create it again", "One plan changes the group and 1 Service"],
        ),
        ("/groups?group=new", 200, &["not in the cluster", "No Service uses it", "Creates the group"]),
        ("/groups?group=Office", 200, &["No name of a group", "is not the name of a group: 1 to 40"]),
        ("/services/default/svc-a", 200, &["Client groups", "The cluster has no group", "access.yaml", "Import YAML"]),
        (
            "/services/default/svc-b",
            200,
            &["The cluster has none yet", "value=\"eth0\"", "Made by hand", "Take over 1 policy", "It stays: it is about the nodes"],
        ),
        ("/services/default/none", 404, &["The cluster has no Service", "default/none"]),
        ("/services/Default/svc-a", 404, &["does not name a Service"]),
        (&plan("a"), 200, &["Apply 2 changes", "name=\"reason\" required", "holds", "unchanged lines"]),
        (
            &plan("a"),
            200,
            &[
                "Open connections stay",
                "<code>node-1</code>, <code>node-2</code> and 3 more: 1 command",
                "conntrack -D -p tcp --orig-dst 10.20.30.42 --orig-port-dst 80 --orig-src 198.51.100.0/28",
                "aaaa/objects.yaml\" download",
            ],
        ),
        (&plan("b"), 200, &["Cannot be applied while this blocks it", "disabled"]),
        (&plan("c"), 200, &["Review the new plan", "was replaced", "Roll back"]),
        (&plan("d"), 200, &["Nothing to apply"]),
        (&plan("e"), 200, &["in force", "as this plan asks for", "disabled"]),
        (&plan("a"), 200, &["256 addresses newly allowed", "Also touches 1 other Service", "Before", "± changed"]),
        (&format!("{}?side=before&line=0", plan("a")), 200, &["After the plan: allowed.", "Ask about it"]),
        (
            "/services/default/svc-a",
            200,
            &["Who can reach it", "65,536 addresses can reach", "/ask?to=default/svc-a&amp;port=80&amp;protocol=TCP"],
        ),
        ("/services/default/svc-a?tab=path", 200, &["<svg", "Everyone else", "denied by Edge, before translation", "Other node"]),
        ("/services/default/svc-a?tab=path&port=TCP/443&line=2", 200, &["It is dropped here.", "rule 2", "aria-current=\"true\""]),
        ("/services/web/front?tab=path", 200, &["199 nodes", "node-7"]),
        ("/ask", 200, &["Follows the first packet", "name=\"client\""]),
        ("/ask?to=default/svc-a&port=80", 200, &["value=\"default/svc-a\"", "Follows the first packet"]),
        (
            "/ask?client=50.60.1.2&to=default/svc-a&port=443",
            200,
            &["Allowed on every path (4)", "node-1", "/services/default/svc-a", "are assumed"],
        ),
        (
            "/ask?client=203.0.113.7&to=default/svc-a&port=443",
            200,
            &["Denied on every path (4)", "rule 2", "spec.ingress[1].destination.selector"],
        ),
        ("/ask?client=50.60.1.2&to=web/front&port=443", 200, &["Mixed: allowed on 398 of 400 paths", "and 197 more"]),
        ("/ask?client=pod:shop/web-0&to=default/svc-a&port=443", 200, &["Unknown on 1 of 1 path", "were not read"]),
        (
            "/ask?client=203.0.113&to=default/svc-a&port=443",
            200,
            &["write an address, pod:NAMESPACE/NAME or node:NAME", "value=\"203.0.113\"", "value=\"443\""],
        ),
        (
            &format!("/ask?client=203.0.113.7&to=default/svc-a&port=443&plan={}", "a".repeat(64)),
            200,
            &["As planned", "Allowed on every path (4)", "The plan changes this."],
        ),
        ("/ask?client=203.0.113.7&to=default/svc-a&port=443&plan=short", 404, &["There is no plan"]),
        ("/plans/short", 404, &["There is no plan"]),
        ("/runs/7", 200, &["Being applied", "2 of 4 steps landed"]),
        ("/runs/8", 200, &["Revert 2 objects"]),
        ("/runs/9", 200, &["Every step landed", "/revisions/5", "Open connections stay", "conntrack -D -p tcp"]),
        ("/runs/11", 200, &["something could not be put back", "403 Forbidden"]),
        ("/runs/12", 200, &["It waits for you", "node-a decides as planned", "Go on with 2 steps", "Take back 2 steps"]),
        ("/runs/seven", 404, &["There is no run"]),
        ("/changes", 200, &["2 runs go on, wait or were interrupted", "/runs/8"]),
        ("/history", 200, &["Shuts out 256 addresses.", "in force"]),
        ("/history?service=nonsense", 422, &["does not name a Service"]),
        ("/history?group=No", 422, &["is not the name of a group"]),
        ("/history?group=office&baseline=true", 200, &["value=\"office\"", "checked", "the group office"]),
        (
            "/revisions/1",
            200,
            &[
                "Plan to return to revision 1",
                "What it left – <code>default/svc-a</code>: ",
                "Plan to undo revision 1",
                "not guarded",
                "Made by hand",
            ],
        ),
        (
            "/revisions/2",
            200,
            &["Plan to return to revision 2", "What it did to clients, as its plan said when it was applied.", "Before", "After"],
        ),
        (
            "/history",
            200,
            &["run 5", "failed", "Step 3 of 6 failed: forbidden.", "Nothing was applied since: see the ways on", "run 3", "reverted"],
        ),
        ("/changes", 200, &["Did not land", "/runs/5", "/runs/4"]),
        ("/services/default/svc-a?tab=history", 200, &["run 4", "put back"]),
        (
            "/services/default/svc-a",
            200,
            &[
                "The last change failed, and something of it is left",
                "Review its plan again",
                "Plan to go back to what was there before it",
                "Its client group office was changed in the cluster",
                "Drifted beside it",
                "/services/web/front",
            ],
        ),
        (
            "/groups",
            200,
            &[
                "The group office has drifted",
                "In the cluster <code>6.6.6.0/24</code> was added.",
                "Review the plan that undoes it for office",
            ],
        ),
        ("/groups?group=office", 200, &["The group office has drifted"]),
        ("/services", 200, &["by hand", "href=\"/import\""]),
        ("/import", 200, &["Import YAML", "name=\"yaml\"", "Review the plans"]),
        ("/services/change?service=default/svc-a&service=default/svc-b", 200, &["name=\"groups[]\"", "office", "Ports of these groups"]),
        ("/revisions/3", 200, &["in force", "href=\"/revisions/3/objects.yaml\" download"]),
        ("/compare?from=1&to=3", 200, &["Revision 1 to revision 3"]),
        ("/compare?from=1", 422, &["compared by their numbers"]),
        ("/checks", 200, &["5 findings", "2 warning", "serviceClusterIPs"]),
        ("/checks", 200, &["1 node that receives traffic has no HostEndpoint", "<th scope=\"col\">eth1</th>", "no such interface"]),
        ("/cluster", 200, &["10,240", "may not list ippools", "192.168.0.0/16"]),
        (
            "/cluster",
            200,
            &[
                "What must stay true",
                "3 of 200 sentences",
                "holds",
                "does not hold",
                "/ask?client=50.60.0.0&amp;to=default/svc-a&amp;port=443&amp;protocol=TCP&amp;node=node-1",
                "The cluster has no Service",
                "Take back",
                "name=\"sentence\" required",
                "name=\"reason\" required",
            ],
        ),
        ("/no/such/page", 404, &["No such page"]),
    ];
    let mut wrong = Vec::new();
    for (path, status, texts) in cases {
        let (answered, page) = get(path, true).await;
        if answered.as_u16() != *status {
            wrong.push(format!("{path} answers {answered}, not {status}"));
        }
        let missing = texts.iter().filter(|text| !main_part(&page).contains(*text));
        wrong.extend(missing.map(|text| format!("{path} does not say: {text}")));
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
async fn the_rail_shows_the_place_that_a_page_is_of() {
    for (path, current) in [
        ("/services", "href=\"/services\" aria-current=\"page\""),
        ("/groups?group=office", "href=\"/groups\" aria-current=\"page\""),
        ("/import", "href=\"/services\" aria-current=\"true\""),
        ("/runs/7", "href=\"/changes\" aria-current=\"true\""),
        ("/revisions/1", "href=\"/history\" aria-current=\"true\""),
    ] {
        let (_, page) = get(path, true).await;
        let (rail, _) = page.split_once("<main").expect("a page has its own part");
        assert!(rail.contains(current), "{path} lights no {current}");
    }
}

#[tokio::test]
async fn a_group_that_the_cluster_does_not_have_is_no_file() {
    for path in ["/groups?group=gone", "/groups?group=new"] {
        let (_, page) = get(path, true).await;
        assert!(!page.contains("group.yaml"), "{path}: {page}");
    }
}

#[tokio::test]
async fn where_all_that_was_made_by_hand_stays_it_is_guarded_beside_with_the_same_clients() {
    let (_, page) = get("/services/team-7/service-7", true).await;
    let notice = main_part(&page).split("Made by hand").nth(1).expect("a notice");
    let form = notice.split("<form").nth(1).and_then(|rest| rest.split("</form>").next()).expect("a form");
    assert!(form.contains(">Guard with its clients</button>") && !form.contains("Take over"), "{form}");
    let change = form.split("name=\"change\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a change");
    assert!(change.contains("50.60.0.0/16") && change.contains("allow-cluster-ips, rule 1"), "{change}");
    assert!(notice.contains("Nothing is changed yet: the plan shows each step. What was made by hand stays as it is."), "{notice}");
}

#[tokio::test]
async fn what_did_not_land_stands_where_it_was_among_the_revisions() {
    let (_, page) = get("/history", true).await;
    let at = |text: &str| main_part(&page).find(text).unwrap_or_else(|| panic!("{text} is shown"));
    // By time: revision 1 at 1:00, runs 3 to 5 before it, 2 and 3 after.
    assert!(at("#2") < at("#1") && at("#1") < at("run 5") && at("run 5") < at("run 4"));
    // Somebody stopped that one on purpose.
    let (_, page) = get("/changes", true).await;
    assert!(!main_part(&page).contains("/runs/3"));
}

#[tokio::test]
async fn a_revision_in_force_offers_no_way_back_to_itself() {
    let (_, page) = get("/revisions/3", true).await;
    assert!(!page.contains("Plan to return to") && page.contains("Plan to undo revision 3"), "{page}");
}

#[tokio::test]
async fn who_has_not_signed_in_sees_nothing_of_the_cluster() {
    for path in ["/services", "/services/default/svc-a", "/cluster", "/no/such/page"] {
        let (status, page) = get(path, false).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(page.contains("Portcullis prints a link when it starts"), "{path}");
        assert!(!page.contains("svc-a") && !page.contains("sandbox"), "{path} tells of the cluster:\n{page}");
    }
}

#[tokio::test]
async fn the_first_page_is_the_list() {
    let response = router(true)
        .oneshot(Request::get("/").header("accept", "text/html").body(Body::empty()).expect("a request"))
        .await
        .expect("an answer");
    assert_eq!((response.status(), response.headers()["location"].to_str().expect("a path")), (StatusCode::FOUND, "/services"));
}

#[tokio::test]
async fn no_page_holds_a_style_that_the_policy_would_refuse() {
    for path in [
        "/services",
        "/services/default/svc-a?tab=path&line=0",
        "/ask?client=50.60.1.2&to=web/front&port=443",
        "/runs/7",
        "/checks",
        "/cluster",
        "/compare?from=1&to=3",
    ] {
        let (_, page) = get(path, true).await;
        assert!(!page.contains(" style=") && !page.contains("<style"), "{path}");
    }
}
