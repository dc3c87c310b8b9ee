//! The files differ in one policy, and rows say what was measured.

use super::*;
use objects::objects;
use policy::object::{AnyObject, Kind};
use policy::reach::diff::{Side, of_snapshots};
use policy::reach::settings::{Settings, Told};
use policy::snapshot::Snapshot;
use serde_json::Value;

fn read(objects: &[Value]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    Kind::ALL.into_iter().for_each(|kind| snapshot.set_all(kind, Vec::new()));
    for object in objects {
        let kind = Kind::find(object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap()).unwrap();
        snapshot.insert(AnyObject::decode(kind, object).unwrap());
    }
    snapshot
}

#[test]
fn the_files_differ_in_one_policy_that_widens_who_gets_in() {
    for on in [On::Pods, On::Hosts] {
        let [before, after] = [false, true].map(|wide| read(&objects(on, POLICIES, wide)));
        let settings = Settings::read(&before, &Told::default());
        let sides = [&before, &after].map(|snapshot| Side { snapshot, settings: &settings });
        let diff = of_snapshots(sides[0], sides[1], None).unwrap();
        assert!(
            diff.summary.starts_with("Lets ") && diff.summary.contains("`shop/svc-7`") && diff.summary.ends_with("denies nobody."),
            "{}",
            diff.summary
        );
    }
}

#[test]
fn a_row_says_the_ratios_and_what_both_say() {
    let own = Own { whole: Duration::from_millis(20), comparing: Duration::from_millis(2), sees: true };
    let row = Compared { what: "on pods", peer: Duration::from_secs(20), peer_sees: false, own };
    assert_eq!(row.to_string(), "| 400 policies on pods | 20.00 s | 20.0 ms | 1/1000 | 2.0 ms | 1/10000 | no change | they differ |");
}

#[test]
fn comparing_alone_is_what_the_log_says() {
    let log = "2026-11-26T07:16:13Z  INFO server::cli::compare: compared reading_us=1200 comparing_us=345\nThe files have no Tier\n";
    assert_eq!(comparing_alone(log), Some(Duration::from_micros(345)));
    assert_eq!(comparing_alone("nothing"), None);
}

#[test]
fn twice_the_policies_in_twice_the_time_is_an_exponent_of_one() {
    let time = |ms: f64| Duration::from_secs_f64(ms / 1e3);
    let points = vec![(100, time(1.0), time(0.5)), (1_000, time(10.0), time(50.0)), (10_000, time(100.0), time(5_000.0))];
    let row = Growth { what: "on pods", points }.to_string();
    assert_eq!(row, "| on pods | 1.0 / 10.0 / 100.0 ms | 1.00 | 0.5 / 50.0 / 5000.0 ms | 2.00 |");
}
