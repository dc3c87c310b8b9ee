//! Calico's own verdicts, kept: on the generated selectors and objects in `tests/calico`, ours are the same.
//!
//! The verdicts are those of Calico 3.28.5's selector parser and validator, recorded by `end2end/rig/oracle`. Where ours is knowingly
//! stricter, the line says why: mostly because Calico's client refuses what its validator does not look at.

use policy::object::{AnyObject, Kind, Labels};
use policy::selector::Selector;
use policy::validate;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Selector {
        text: String,
        canonical: Option<String>,
        #[serde(default)]
        matches: String,
    },
    Object {
        kind: String,
        object: Value,
        valid: bool,
        #[serde(default)]
        stricter: String,
    },
    Labels {
        labels: Vec<Labels>,
    },
}

fn lines(text: &str) -> Result<Vec<Line>, serde_json::Error> {
    text.lines().map(serde_json::from_str).collect()
}

#[test]
fn selectors_parse_print_and_match_as_in_calico() {
    let (mut sets, mut seen) = (Vec::new(), 0);
    for line in lines(include_str!("calico/selectors.jsonl")).unwrap() {
        match line {
            Line::Labels { labels } => sets = labels,
            Line::Selector { text, canonical, matches } => {
                let ours = Selector::parse(&text).ok();
                // Calico keeps `!!` from `!(!...)`, which it does not read back as it was.
                let theirs = canonical.map(|text| text.replace("!!", ""));
                assert_eq!(ours.as_ref().map(Selector::as_str), theirs.as_deref(), "{text:?}");
                let found: String =
                    ours.iter().flat_map(|ours| sets.iter().map(|labels| if ours.matches(labels) { '1' } else { '0' })).collect();
                assert_eq!(found, matches, "{text:?}");
                seen += 1;
            }
            Line::Object { .. } => panic!("an object among the selectors"),
        }
    }
    assert!(seen >= 800, "{seen} selectors");
}

#[test]
fn objects_are_valid_as_in_calico() {
    let mut seen = 0;
    for line in lines(include_str!("calico/objects.jsonl")).unwrap() {
        let Line::Object { kind, object, valid, stricter } = line else { panic!("not an object") };
        let kind = Kind::find("projectcalico.org/v3", &kind).unwrap_or_else(|| panic!("{kind} is not a kind"));
        let found = match AnyObject::decode(kind, &object) {
            Ok(object) => validate::object(&object).into_iter().map(|found| format!("{}: {}", found.field, found.rule)).collect(),
            Err(error) => vec![error.to_string()],
        };
        assert_eq!(found.is_empty(), valid && stricter.is_empty(), "{kind} {object}: {found:?}; stricter: {stricter}");
        seen += 1;
    }
    assert!(seen >= 2000, "{seen} objects");
}
