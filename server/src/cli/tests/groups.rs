//! `portcullis groups`.

use super::{folder, run, write};
use policy::access::Asked;
use policy::plan::Plan;
use serde_json::json;

const OFFICE: &str = "{apiVersion: projectcalico.org/v3, kind: GlobalNetworkSet, metadata: {name: portcullis-group-office, labels: \
    {portcullis.dev/group: office}, annotations: {portcullis.dev/shape: '2', portcullis.dev/notes: '{\"198.51.100.0/24\":\"Berlin\"}'}}, \
    spec: {nets: [198.51.100.0/24, 198.51.101.0/24]}}";

const PARTNER: &str = "{apiVersion: projectcalico.org/v3, kind: GlobalNetworkSet, metadata: {name: portcullis-group-partner, labels: \
    {portcullis.dev/group: partner}, annotations: {portcullis.dev/shape: '2'}}, spec: {nets: []}}";

const DOCUMENTS: &str = "group: office
ranges:
- cidr: 198.51.100.0/24
  note: Berlin
- cidr: 198.51.101.0/24
---
group: partner
ranges: []
";

/// The page's example, whose Service lets in the group `office` on TCP 80.
async fn used() -> tempfile::TempDir {
    let folder = folder(&[("office.yaml", OFFICE), ("partner.yaml", PARTNER)]);
    let plan = "plan --objects FOLDER --service shop/svc-a --host-endpoints named:eth0 --allow-group office:TCP/80 --output yaml";
    let planned = run(plan, folder.path()).await;
    assert_eq!(planned.code, 0, "{}", planned.err);
    write(folder.path(), &[("planned.yaml", &planned.out)]);
    folder
}

#[tokio::test]
async fn groups_are_listed_and_shown() {
    let folder = used().await;
    let list = run("groups list --objects FOLDER", folder.path()).await;
    let lines: Vec<&str> = list.out.lines().collect();
    assert_eq!(
        lines,
        [
            "GROUP    HOLDS                     USED BY",
            "office   2 ranges · 512 addresses  1 Service",
            "partner  0 ranges · 0 addresses    -"
        ]
    );
    let shown = run("groups show office --objects FOLDER", folder.path()).await;
    assert_eq!(
        shown.out.lines().collect::<Vec<_>>(),
        ["office: 2 ranges · 512 addresses", "  198.51.100.0/24  Berlin", "  198.51.101.0/24", "used by 1 Service", "  shop/svc-a  TCP/80",]
    );
    let as_json = run("groups show office --objects FOLDER --output json", folder.path()).await;
    let value: serde_json::Value = serde_json::from_str(&as_json.out).unwrap();
    assert_eq!(
        value,
        json!({
            "name": "office",
            "defined": true,
            "ranges": [{"cidr": "198.51.100.0/24", "note": "Berlin"}, {"cidr": "198.51.101.0/24"}],
            "addresses": "512",
            "usedBy": [{"service": "shop/svc-a", "ports": ["TCP/80"], "note": "", "current": true}],
        })
    );
    let all = run("groups list --objects FOLDER --output json", folder.path()).await;
    let all: Vec<serde_json::Value> = serde_json::from_str(&all.out).unwrap();
    assert_eq!((all.len(), &all[0]), (2, &value));
    let markdown = run("groups show office --objects FOLDER --output markdown", folder.path()).await;
    for part in ["**`office`: 2 ranges · 512 addresses.**", "| `198.51.100.0/24` | Berlin |", "| `shop/svc-a` | TCP/80 |  |"] {
        assert!(markdown.out.contains(part), "{part}: {}", markdown.out);
    }
    let markdown = run("groups list --objects FOLDER --output markdown", folder.path()).await;
    assert!(markdown.out.contains("| `office` | 2 ranges · 512 addresses | 1 Service |"), "{}", markdown.out);
}

#[tokio::test]
async fn a_group_that_was_changed_beside_portcullis_is_said() {
    let folder = used().await;
    write(folder.path(), &[("office.yaml", &OFFICE.replace("198.51.101.0/24", "198.51.102.0/24"))]);
    let shown = run("groups show office --objects FOLDER", folder.path()).await;
    assert!(shown.out.contains("shop/svc-a  TCP/80  lets in 512 addresses of it, which is not what the group holds"), "{}", shown.out);
}

#[tokio::test]
async fn what_is_exported_is_imported() {
    let folder = used().await;
    let exported = run("groups export --objects FOLDER", folder.path()).await;
    assert_eq!((exported.code, exported.out.as_str()), (0, DOCUMENTS), "{}", exported.err);
    let one = run("groups show office --objects FOLDER --output yaml", folder.path()).await;
    assert!(DOCUMENTS.starts_with(&one.out) && one.out.lines().count() == 5, "{}", one.out);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), DOCUMENTS).unwrap();
    let import = format!("groups import {} --objects FOLDER", file.path().display());
    let same = run(&format!("{import} --group office --output json"), folder.path()).await;
    let plan: Plan = serde_json::from_str(&same.out).unwrap();
    assert_eq!(plan.steps, [], "it is in force");
    let several = run(&import, folder.path()).await;
    assert!(several.code == 2 && several.err.contains("`office`, `partner`, and a plan is of one group"), "{}", several.err);
    let none = run(&format!("{import} --group vpn"), folder.path()).await;
    assert!(none.code == 2 && none.err.contains("has no group `vpn`: it has `office`, `partner`"), "{}", none.err);
    std::fs::write(file.path(), "group: Office\nranges: [{cidr: 1.2.3.4/24}]").unwrap();
    let faults = run(&import, folder.path()).await;
    assert_eq!(faults.code, 2);
    assert!(faults.err.contains("document 1, `group`") && faults.err.contains("document 1, `ranges[0].cidr`"), "{}", faults.err);
}

#[tokio::test]
async fn a_change_is_one_plan_with_the_services_that_use_the_group() {
    let folder = used().await;
    let change = "groups plan office --add 203.0.113.0/24 --note Paris --remove 198.51.100.128/25 --objects FOLDER";
    let text = run(change, folder.path()).await;
    assert_eq!(text.code, 0, "{}", text.err);
    let said = "Changes the group `office` from 2 ranges (512 addresses) to 3 ranges (640 addresses); 1 Service uses it: \
                `shop/svc-a`.";
    assert!(text.out.starts_with(said), "{}", text.out);
    let markdown = run(&format!("{change} --output markdown"), folder.path()).await;
    assert!(markdown.out.contains("| Service | At | Gains access | Loses access |"), "{}", markdown.out);
    let json = run(&format!("{change} --output json"), folder.path()).await;
    let plan: Plan = serde_json::from_str(&json.out).unwrap();
    let Asked::Group(of) = &plan.change else { panic!("{:?}", plan.change) };
    let held: Vec<String> = of.group.ranges.iter().flatten().map(|range| format!("{} {}", range.cidr, range.note)).collect();
    assert_eq!(held, ["198.51.100.0/25 Berlin", "198.51.101.0/24 ", "203.0.113.0/24 Paris"]);
    let yaml = run(&format!("{change} --output yaml"), folder.path()).await;
    assert_eq!(yaml.out.matches("- 203.0.113.0/24").count(), 2, "its own set and that of the Service: {}", yaml.out);
    let created = run("groups plan vpn --add 10.8.0.0/16 --objects FOLDER", folder.path()).await;
    assert!(created.out.starts_with("Creates the group `vpn` with 1 range (65,536 addresses); no Service uses it."), "{}", created.out);
    let deleted = run("groups plan partner --delete --objects FOLDER", folder.path()).await;
    assert!(deleted.code == 0 && deleted.out.starts_with("Deletes the group `partner`"), "{}", deleted.out);
    let kept = run("groups plan office --delete --objects FOLDER", folder.path()).await;
    assert!(kept.code == 1 && kept.err.contains("group-used"), "{}", kept.err);
    assert!(kept.out.starts_with("Deletes nothing: the group `office` is used by 1 Service.\n"), "{}", kept.out);
}

#[tokio::test]
async fn what_cannot_be_done_is_named() {
    let folder = used().await;
    for (line, said) in [
        ("groups show ofice --objects FOLDER", "there is no group `ofice`: the cluster has `office`, `partner`"),
        ("groups show The-Office --objects FOLDER", "`The-Office` is not the name of a group"),
        ("groups export --group vpn --objects FOLDER", "there is no group `vpn`"),
        ("groups plan office --objects FOLDER", "--add"),
        ("groups plan office --add 1.2.3.4/24 --objects FOLDER", "write 1.2.3.0/24 for the range"),
        ("groups plan office --delete --add 1.2.3.0/24 --objects FOLDER", "cannot be used with"),
        ("groups plan office --note x --remove 198.51.100.0/24 --objects FOLDER", "--add"),
        ("groups plan office --remove 10.0.0.0/8 --objects FOLDER", "the group `office` holds no address of 10.0.0.0/8"),
        ("groups plan vpn --remove 10.0.0.0/8 --objects FOLDER", "there is no group `vpn`, so there is nothing to --remove"),
        ("groups plan vpn --delete --objects FOLDER", "there is no group `vpn`, so there is nothing to --delete"),
        ("groups list", "--objects"),
    ] {
        let answer = run(line, folder.path()).await;
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{line}: {}", answer.err);
        assert!(answer.err.contains(said), "{line}: {}", answer.err);
    }
    let empty = super::folder(&[]);
    let none = run("groups list --objects FOLDER", empty.path()).await;
    assert!(none.code == 2 && none.err.contains("client groups are not known"), "{}", none.err);
}
