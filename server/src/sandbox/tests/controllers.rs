//! The sandbox behind `kube::Client`, with kube's own watcher.

use super::*;
use futures::{StreamExt, TryStreamExt, pin_mut};
use k8s_openapi::api::core::v1::{Namespace, Service};
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::core::{DynamicObject, GroupVersionKind};
use kube::runtime::watcher::{self, Event};
use kube::{Api, ResourceExt};

#[tokio::test]
async fn typed_clients_read_and_write() {
    let world = World::new().await;
    let client = world.sandbox.client();
    assert_eq!(client.apiserver_version().await.unwrap().minor, "29");
    assert!(Api::<Namespace>::all(client.clone()).get("kube-system").await.unwrap().uid().is_some());
    let services = Api::<Service>::namespaced(client.clone(), "shop");
    assert_eq!(services.list(&ListParams::default().limit(2)).await.unwrap().items.len(), 2);
    let mut service = services.get("svc-a").await.unwrap();
    assert_eq!(service.spec.as_ref().unwrap().cluster_ip.as_deref(), Some("10.20.30.40"));
    service.labels_mut().insert("a".to_owned(), "b".to_owned());
    services.replace("svc-a", &PostParams::default(), &service).await.unwrap();
    let stale = services.replace("svc-a", &PostParams::default(), &service).await;
    assert!(matches!(stale, Err(kube::Error::Api(status)) if status.is_conflict()));
    services.delete("svc-a", &DeleteParams::default()).await.unwrap();
    assert!(services.get_opt("svc-a").await.unwrap().is_none());
}

#[tokio::test]
async fn discovery_finds_calico_s_kinds() {
    let world = World::new().await;
    let client = world.sandbox.client();
    let kind = GroupVersionKind::gvk("projectcalico.org", "v3", "GlobalNetworkPolicy");
    let (resource, _) = kube::discovery::pinned_kind(&client, &kind).await.unwrap();
    let policies: Api<DynamicObject> = Api::all_with(client, &resource);
    let names: Vec<_> = policies.list(&ListParams::default()).await.unwrap().iter().map(ResourceExt::name_any).collect();
    assert_eq!(names, ["allow-clients-intake", "edge-hosts-ssh"]);
}

#[tokio::test]
async fn the_watcher_follows_and_recovers_from_an_expired_version() {
    let world = World::with(Limits { events: 2, ..Limits::default() }).await;
    let client = world.sandbox.client();
    let services = Api::<Service>::namespaced(client, "shop");
    // A page smaller than the list, and a watch that ends every second.
    let config = watcher::Config::default().page_size(2).timeout(1);
    let events = watcher::watcher(services.clone(), config);
    pin_mut!(events);
    let mut first = Vec::new();
    loop {
        match events.try_next().await.unwrap().unwrap() {
            Event::InitApply(service) => first.push(service.name_any()),
            Event::InitDone => break,
            _ => {}
        }
    }
    assert_eq!(first, ["cart", "cart-admin", "search", "storefront", "svc-a", "svc-b"]);

    // More happens than the ring keeps while the watcher does not look.
    for n in 0..5 {
        world.created(SETS, &mk_set(&format!("a{n}"), &[])).await;
    }
    services.delete("svc-b", &DeleteParams::default()).await.unwrap();
    let mut names = None;
    let recovered = async {
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::Init) => names = Some(Vec::new()),
                Ok(Event::InitApply(service)) => names.as_mut().unwrap().push(service.name_any()),
                Ok(Event::InitDone) => return,
                Ok(other) => panic!("{other:?}"),
                Err(error) => assert!(error.to_string().contains("too old") || format!("{error:?}").contains("410"), "{error:?}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), recovered).await.unwrap();
    assert_eq!(names.unwrap(), ["cart", "cart-admin", "search", "storefront", "svc-a"]);
}
