//! Laws of snapshots: whatever came in whatever order, the index is that of the objects, and look-ups find what a walk would find.

mod brute;
mod edge;
mod objects;

use super::index::Index;
use super::{Endpoint, Snapshot};
use crate::object::{AnyObject, Kind, Labels, ObjectKey, Pod, Service, Unreadable};
use objects::{KEYS, NAMESPACES, VALUES, key, list, object};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// One thing that a watch, or a list, tells.
#[derive(Debug, Clone)]
enum Event {
    Insert(AnyObject),
    Remove(ObjectKey),
    Unreadable(ObjectKey),
    SetAll(Kind, Vec<AnyObject>),
    SetUnknown(Kind),
}

type Model = BTreeMap<ObjectKey, AnyObject>;

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => object().prop_map(Event::Insert),
        4 => key().prop_map(Event::Remove),
        1 => key().prop_map(Event::Unreadable),
        3 => list().prop_map(|(kind, objects)| Event::SetAll(kind, objects)),
        1 => prop::sample::select(Kind::ALL.to_vec()).prop_map(Event::SetUnknown),
    ]
}

fn tell(snapshot: &mut Snapshot, event: Event) {
    match event {
        Event::Insert(object) => snapshot.insert(object),
        Event::Remove(key) => snapshot.remove(&key),
        Event::Unreadable(key) => snapshot.insert_unreadable(Unreadable { key, error: "not an object".to_owned() }),
        Event::SetAll(kind, objects) => snapshot.set_all(kind, objects),
        Event::SetUnknown(kind) => snapshot.set_unknown(kind, "not allowed"),
    }
}

fn note(model: &mut Model, event: Event) {
    match event {
        Event::Insert(object) => {
            model.insert(object.key(), object);
        }
        Event::Remove(key) | Event::Unreadable(key) => {
            model.remove(&key);
        }
        Event::SetAll(kind, objects) => {
            model.retain(|key, _| key.kind != kind);
            model.extend(objects.into_iter().filter(|object| object.kind() == kind).map(|object| (object.key(), object)));
        }
        Event::SetUnknown(kind) => model.retain(|key, _| key.kind != kind),
    }
}

/// The index made of the tables, in an order that no watch keeps.
fn rebuilt(snapshot: &Snapshot) -> Index {
    let mut index = Index::default();
    for object in Kind::ALL.into_iter().rev().flat_map(|kind| snapshot.all(kind)) {
        index.change(&snapshot.tables, &object.key(), None, Some(&object));
    }
    index
}

fn all(snapshot: &Snapshot) -> Vec<AnyObject> {
    Kind::ALL.into_iter().flat_map(|kind| snapshot.all(kind)).collect()
}

proptest! {
    #[test]
    fn kept_up_is_rebuilt(events in prop::collection::vec(event(), 0..40)) {
        let mut snapshot = Snapshot::default();
        let mut model = Model::default();
        for event in events {
            let before = (snapshot.clone(), all(&snapshot));
            tell(&mut snapshot, event.clone());
            note(&mut model, event);
            prop_assert_eq!(&all(&snapshot), &model.values().cloned().collect::<Vec<_>>());
            prop_assert_eq!(&snapshot.index, &rebuilt(&snapshot));
            prop_assert_eq!(all(&before.0), before.1, "what one holder inserts another does not see");
        }
    }

    #[test]
    fn a_list_is_its_objects_one_by_one(lists in prop::collection::vec(prop::collection::vec(object(), 0..120), 2)) {
        let [mut listed, mut told] = [Snapshot::default(), Snapshot::default()];
        for objects in &lists {
            for kind in Kind::ALL {
                listed.set_all(kind, objects.clone());
                told.set_all(kind, Vec::new());
            }
        }
        lists.last().into_iter().flatten().for_each(|object| told.insert(object.clone()));
        prop_assert_eq!(&listed, &told);
        prop_assert_eq!(&listed.index, &told.index);
    }

    #[test]
    fn look_ups_find_what_a_walk_finds(
        objects in prop::collection::vec(object(), 0..90),
        labels in prop::collection::btree_map(prop::sample::select(KEYS.to_vec()), prop::sample::select(VALUES.to_vec()), 0..3),
    ) {
        let mut snapshot = Snapshot::default();
        objects.into_iter().for_each(|object| snapshot.insert(object));
        let labels: Labels = labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        for namespace in NAMESPACES {
            let found: Vec<&str> = snapshot.pods_with(namespace, &labels).map(|pod| pod.metadata.name.as_str()).collect();
            prop_assert_eq!(found, brute::pods_with(&snapshot, namespace, &labels));
            for (key, value) in &labels {
                let found: Vec<&str> = snapshot.services_asking_for(namespace, key, value).map(|s| s.metadata.name.as_str()).collect();
                prop_assert_eq!(found, brute::services_asking_for(&snapshot, namespace, key, value));
            }
        }
        for service in snapshot.iter::<Service>().filter_map(|service| service.reference()) {
            let found: Vec<&str> = snapshot.endpoint_slices(&service).map(|slice| slice.metadata.name.as_str()).collect();
            prop_assert_eq!(found, brute::slices(&snapshot, &service));
        }
        for address in objects::addresses() {
            let found: Vec<ObjectKey> = snapshot.services_at(address).map(|s| crate::object::Object::key(s.as_ref())).collect();
            prop_assert_eq!(found, brute::services_at(&snapshot, address));
            prop_assert_eq!(snapshot.services_to(address), brute::services_to(&snapshot, address));
            let found: Vec<ObjectKey> = snapshot.endpoints_between(address, address).map(|(_, key)| key.clone()).collect();
            prop_assert_eq!(found, brute::endpoints_at(&snapshot, address));
        }
        let kinds = [Kind::NetworkPolicy, Kind::GlobalNetworkPolicy, Kind::HostEndpoint];
        let keys = kinds.into_iter().flat_map(|kind| snapshot.all(kind)).map(|object| object.key());
        let refused: Vec<ObjectKey> = keys.filter(|key| snapshot.is_refused(key)).collect();
        prop_assert_eq!(refused, brute::refused(&snapshot));
        for key in KEYS {
            let mut found: Vec<ObjectKey> = snapshot.carriers(key).cloned().collect();
            found.sort();
            prop_assert_eq!(found, brute::carriers(&snapshot, key, |_| true));
            for value in VALUES {
                let found: Vec<ObjectKey> = snapshot.carriers_of(key, value).cloned().collect();
                prop_assert_eq!(found, brute::carriers(&snapshot, key, |found| found == value));
                let mut found: Vec<ObjectKey> = snapshot.strangers_starting(key, value).cloned().collect();
                found.sort();
                prop_assert_eq!(found, brute::strangers(&snapshot, key, |found| found.starts_with(value)));
            }
            let mut found: Vec<ObjectKey> = snapshot.strangers(key).cloned().collect();
            found.sort();
            prop_assert_eq!(found, brute::strangers(&snapshot, key, |_| true));
        }
    }

    #[test]
    fn what_is_ours_is_found_as_a_walk_finds_it(objects in prop::collection::vec(object(), 0..120)) {
        let mut snapshot = Snapshot::default();
        objects.into_iter().for_each(|object| snapshot.insert(object));
        for service in objects::SERVICES.iter().filter_map(|name| name.parse().ok()) {
            let found: Vec<&str> = snapshot.own_sets(&service).into_iter().map(|set| set.metadata.name.as_str()).collect();
            prop_assert_eq!(found, brute::own_sets(&snapshot, &service));
        }
        let found: Vec<_> = snapshot.edge_groups().map(|(id, content)| (id.to_owned(), content.clone())).collect();
        prop_assert_eq!(found, brute::edge_groups(&snapshot));
    }

    #[test]
    fn policies_are_on_what_they_select_in_order(objects in prop::collection::vec(object(), 0..90), stranger in objects::pod()) {
        let mut snapshot = Snapshot::default();
        objects.into_iter().for_each(|object| snapshot.insert(object));
        let endpoints: Vec<Endpoint> = brute::endpoints(&snapshot).chain([Endpoint::Pod(stranger.into())]).collect();
        for endpoint in endpoints {
            let found: Vec<ObjectKey> = snapshot.policies_on(&endpoint).iter().map(|policy| policy.key.clone()).collect();
            prop_assert_eq!(found, brute::policies_on(&snapshot, &endpoint), "on {:?}", endpoint);
        }
        let found: Vec<ObjectKey> = snapshot.policies_on_hosts().into_iter().cloned().collect();
        prop_assert_eq!(found, brute::policies_on_hosts(&snapshot));
    }
}

#[test]
fn endpoints_with_equal_labels_share_one_list() {
    let decode = |kind, value: serde_json::Value| AnyObject::decode(kind, &value).unwrap();
    let mut snapshot = Snapshot::default();
    for (name, extra) in [("a-1", "1"), ("a-2", "1"), ("a-3", "2")] {
        let labels = serde_json::json!({"app": "a", "extra": extra});
        snapshot.insert(decode(Kind::Pod, serde_json::json!({"metadata": {"name": name, "namespace": "shop", "labels": labels}})));
    }
    let policy = serde_json::json!({"metadata": {"name": "p"}, "spec": {"selector": "app == 'a'"}});
    snapshot.insert(decode(Kind::GlobalNetworkPolicy, policy));
    let lists: Vec<_> = snapshot.iter::<Pod>().map(|pod| snapshot.policies_on(&Endpoint::Pod(pod.clone()))).collect();
    assert_eq!(lists.len(), 3);
    // Shared in memory, also between classes.
    assert!(lists.iter().all(|list| list.len() == 1 && std::ptr::eq(&**list, &*lists[0])));
}
