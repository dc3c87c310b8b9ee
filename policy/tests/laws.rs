//! Laws of plans: for any access, on clusters that differ in all that the recipe looks at.
#![cfg(not(target_family = "wasm"))]
#![expect(clippy::expect_used, reason = "a world that cannot be made fails its law")]

mod common;

use common::{World, eth0, global_policy, open, pod, service, svc_a};
use policy::access::{Access, Adoption, Change, ClientRange, HostEndpoints, InCluster, Intent, Port, Protocol, in_force};
use policy::cidr::Cidr;
use policy::object::AnyObject;
use policy::plan::{Plan, Role};
use policy::preview::Preview;
use policy::scope::Scope;
use policy::validate;
use proptest::prelude::*;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

fn cidr() -> impl Strategy<Value = Cidr> {
    let v4 = (any::<u32>(), 0_u8..=32).prop_map(|(address, length)| (IpAddr::from(Ipv4Addr::from(address)), length));
    let v6 = (any::<u128>(), 0_u8..=128).prop_map(|(address, length)| (IpAddr::from(Ipv6Addr::from(address | 1 << 125)), length));
    prop_oneof![v4, v6].prop_map(|(address, length)| {
        let net = ipnet::IpNet::new(address, length).expect("a length of the family").trunc();
        Cidr::try_from(net).expect("no mapped address")
    })
}

fn row() -> impl Strategy<Value = ClientRange> {
    let ports =
        prop::sample::subsequence(vec![Port { protocol: Protocol::Tcp, port: 80 }, Port { protocol: Protocol::Tcp, port: 443 }], 0..=2);
    (cidr(), ports, "[a-z \"',:#\\\\é]{0,20}").prop_map(|(cidr, ports, note)| ClientRange { cidr, ports, note: note.trim().to_owned() })
}

fn access() -> impl Strategy<Value = Access> {
    let in_cluster = prop_oneof![
        Just(InCluster::Unchanged),
        Just(InCluster::Nobody),
        Just(InCluster::Namespaces(vec!["shop".to_owned(), "tenant".to_owned()])),
    ];
    (prop::collection::vec(row(), 0..12), in_cluster).prop_map(|(clients, in_cluster)| Access { clients, in_cluster, ..Access::default() })
}

/// A cluster, and the HostEndpoints to plan with.
fn cluster() -> impl Strategy<Value = (World, HostEndpoints)> {
    (0..4_u8, any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(edge, dual, tunnel, isolated, shared)| {
        let mut world = World::page();
        if dual {
            world = world.set("Service", "svc-a", "/spec/clusterIPs", json!(["10.20.30.40", "fd00:20::40"]));
        }
        if tunnel {
            world = world.set("IPPool", "pods", "/spec/vxlanMode", json!("Always"));
        }
        if isolated {
            world = world.with(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                "metadata": {"name": "isolate", "namespace": "shop"}, "spec": {"podSelector": {}}}));
        }
        if shared {
            world = world.with(service("svc-b", "10.20.30.41", json!({"app": "a"}), json!([{"port": 9000}])));
        }
        match edge {
            0 => (world, eth0()),
            1 => (world.with_host_endpoints("eth0"), HostEndpoints::Existing),
            2 => (world.with_host_endpoints("*"), HostEndpoints::Existing),
            _ => (world.with_host_endpoints("eth1"), eth0()),
        }
    })
}

fn guard(access: &Access, host_endpoints: &HostEndpoints) -> Change {
    Change {
        service: svc_a(),
        intent: Intent::Guard(access.clone()),
        host_endpoints: host_endpoints.clone(),
        adoption: Adoption::default(),
    }
}

/// The planned objects as YAML, by role.
fn yaml(plan: &Plan) -> Vec<(Role, String)> {
    plan.steps.iter().filter_map(|step| Some((step.role, policy::yaml::to_yaml(step.write.after()?)))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn generated_objects_pass_validation((world, edge) in cluster(), access in access()) {
        for step in world.plan(&guard(&access, &edge)).steps {
            let object = step.write.after().expect("a guard of an open Service only creates");
            let read = AnyObject::decode(step.key.kind, object).expect("it reads");
            prop_assert_eq!(validate::object(&read), vec![], "{}", object);
        }
    }

    #[test]
    fn what_was_planned_is_in_force_and_needs_no_step((world, edge) in cluster(), access in access()) {
        let change = guard(&access, &edge);
        let after = world.after(&world.plan(&change));
        let expected = Access { clients: merged(&access.normalised()), ..access.normalised() };
        let found = in_force(&after.snapshot(), &svc_a()).map(|access| Access { clients: merged(&access), ..access });
        prop_assert_eq!(found, Some(expected));
        prop_assert_eq!(after.plan(&change).steps, vec![]);
    }

    #[test]
    fn opening_leaves_nothing_behind((world, edge) in cluster(), access in access()) {
        let guarded = world.after(&world.plan(&guard(&access, &edge)));
        let opened = guarded.after(&guarded.plan(&open()));
        prop_assert_eq!(opened.objects(), world.objects());
    }

    #[test]
    fn a_change_between_two_accesses_arrives((world, edge) in cluster(), one in access(), other in access()) {
        let first = world.after(&world.plan(&guard(&one, &edge)));
        let moved = first.after(&first.plan(&guard(&other, &edge)));
        let direct = world.after(&world.plan(&guard(&other, &edge)));
        let sorted = |world: &World| { let mut texts: Vec<String> = world.objects().iter().map(policy::yaml::to_yaml).collect(); texts.sort(); texts };
        prop_assert_eq!(sorted(&moved), sorted(&direct));
    }

    #[test]
    fn the_preview_of_the_scope_is_the_plan_of_the_snapshot((world, edge) in cluster(), access in access()) {
        let change = guard(&access.normalised(), &edge);
        let plan = world.plan(&change);
        let scope = Scope::of(&world.snapshot(), &svc_a()).expect("svc-a");
        // As it reaches the browser.
        let sent: Scope = serde_json::from_str(&serde_json::to_string(&scope).expect("JSON")).expect("it reads");
        prop_assert_eq!(&sent, &scope);
        let preview = Preview::of(&sent, &change);
        let shown: Vec<(Role, String)> =
            preview.objects.iter().map(|o| (o.role, o.blocks.iter().map(|b| format!("{}\n", b.yaml)).collect())).collect();
        let planned: Vec<(Role, String)> = yaml(&plan).into_iter().filter(|(role, _)| *role != Role::HostEndpoint).collect();
        prop_assert_eq!(shown, planned);
        prop_assert_eq!(preview.findings, plan.findings);
    }

    #[test]
    fn what_has_nothing_to_do_with_a_service_leaves_its_plan((world, edge) in cluster(), access in access()) {
        let change = guard(&access, &edge);
        let more = world.clone()
            .with(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "zoo"}}))
            .with(pod("z-1", "node-a", json!({"app": "z"})))
            .with(service("svc-z", "10.20.30.99", json!({"app": "z"}), json!([{"port": 80}])))
            .with(global_policy("zoo", json!({"selector": "app == 'z'", "types": ["Ingress"]})))
            .with(json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "metadata": {"name": "zoo", "labels": {"a": "b"}},
                "spec": {"nets": ["1.2.3.0/24"]}}));
        prop_assert_eq!(more.plan(&change), world.plan(&change));
    }
}

/// Two halves of a family with the same ports are read back as the whole of it, whoever wrote them.
fn merged(access: &Access) -> Vec<ClientRange> {
    let mut rows = access.clients.clone();
    for whole in ["0.0.0.0/0", "::/0"].map(|text| text.parse::<Cidr>().expect("a CIDR")) {
        let halves: Vec<Cidr> = whole.net().subnets(1).expect("longer").map(|net| Cidr::try_from(net).expect("a half")).collect();
        // The whole beside one of its halves leaves two halves in the set, and no more is known.
        for ports in rows.iter().map(|row| row.ports.clone()).collect::<std::collections::BTreeSet<_>>() {
            let has = |cidr: &Cidr| rows.iter().any(|row| row.ports == ports && row.cidr == *cidr);
            if has(&whole) || halves.iter().all(has) {
                rows.retain(|row| row.ports != ports || !halves.contains(&row.cidr));
                if !rows.iter().any(|row| row.ports == ports && row.cidr == whole) {
                    rows.push(ClientRange { cidr: whole, ports: ports.clone(), note: String::new() });
                }
            }
        }
    }
    rows.sort_by(|a, b| (a.cidr, &a.ports).cmp(&(b.cidr, &b.ports)));
    rows
}
