//! Policies in the order in which Felix goes through them, and which of them are on an endpoint.

use super::world::{Member, World};
use crate::object::{
    AnyObject, DEFAULT_TIER, GlobalNetworkPolicy, Kept, Kind, KubernetesNetworkPolicy, NetworkPolicy, Object, ObjectKey, PolicySpec, Tier,
};
use crate::reach::settings::Line;
use crate::reach::verdict::Unknown;
use crate::selector::Selector;
use crate::snapshot::Snapshot;
use crate::validate::dropped_by_felix;
use std::cell::{OnceCell, RefCell};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// `order` of a Kubernetes NetworkPolicy (`conversion.go:283` at v3.28.5).
const KUBERNETES_ORDER: f64 = 1000.0;
/// `order` of the tier `default` where its object was not read (`libcalico-go/lib/clientv3` at v3.29).
const DEFAULT_TIER_ORDER: f64 = 1_000_000.0;

/// So many lists of policies on an endpoint are kept for the next packet there.
const MOST_LISTS: usize = 64;

/// Which of a policy's places its rules are in (`tierInfoToProtoTierInfo` in `felix/calc/event_sequencer.go:1152` at v3.28.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bucket {
    Untracked,
    PreDnat,
    Forward,
    Normal,
}

/// The object of a policy.
#[derive(Debug, Clone, Copy)]
pub(super) enum PolicyObject<'a> {
    Global(&'a Arc<Kept<GlobalNetworkPolicy>>),
    Namespaced(&'a Arc<Kept<NetworkPolicy>>),
    Kubernetes(&'a Arc<KubernetesNetworkPolicy>),
}

/// A policy.
#[derive(Debug, Clone)]
pub(super) struct Policy<'a> {
    pub(super) key: ObjectKey,
    pub(super) object: PolicyObject<'a>,
    /// Its tier; of lines without tiers always the one.
    pub(super) tier: &'a str,
    order: Option<f64>,
    backend_name: String,
    /// What it selects, read when it is first asked for.
    selector: OnceCell<Option<Selector>>,
    missing: OnceCell<bool>,
}

impl<'a> Policy<'a> {
    /// The spec of a policy of Calico.
    pub(super) fn spec(&self) -> Option<&'a PolicySpec> {
        match self.object {
            PolicyObject::Global(policy) => Some(&policy.spec),
            PolicyObject::Namespaced(policy) => Some(&policy.spec),
            PolicyObject::Kubernetes(_) => None,
        }
    }

    /// Whether it is in this bucket. Policies of namespaces count for what a host forwards too, should they select it
    /// (`networkpolicyprocessor.go:75` at v3.28.5).
    pub(super) fn is_in(&self, bucket: Bucket) -> bool {
        let PolicyObject::Global(policy) = self.object else { return matches!(bucket, Bucket::Normal | Bucket::Forward) };
        match bucket {
            Bucket::Untracked => policy.spec.do_not_track,
            Bucket::PreDnat => policy.spec.pre_dnat && !policy.spec.do_not_track,
            Bucket::Forward => policy.spec.apply_on_forward && !policy.spec.do_not_track && !policy.spec.pre_dnat,
            Bucket::Normal => !policy.spec.do_not_track && !policy.spec.pre_dnat,
        }
    }

    /// Whether it is about packets in this direction. Felix takes a policy of Calico without types for both
    /// (`felix/calc/policy_sorter.go:136` at v3.28.5); those of Kubernetes are completed by its API: ingress always, egress where it has
    /// egress rules (`conversion.go:313` takes what is there).
    pub(super) fn governs(&self, ingress: bool) -> bool {
        let wanted = if ingress { "Ingress" } else { "Egress" };
        match self.object {
            PolicyObject::Kubernetes(policy) => {
                let types = &policy.spec.policy_types;
                types.iter().any(|kind| kind == wanted) || (types.is_empty() && (ingress || !policy.spec.egress.is_empty()))
            }
            _ => self.spec().is_some_and(|spec| spec.types.is_empty() || spec.types.iter().any(|kind| kind.eq_ignore_ascii_case(wanted))),
        }
    }

    /// None where it cannot be read: such a policy is on nothing.
    fn selector(&self) -> Option<&Selector> {
        let read = || match self.object {
            PolicyObject::Kubernetes(policy) => Selector::of_kubernetes_policy(&policy.spec.pod_selector, &self.key.namespace).ok(),
            _ => Selector::of_policy(self.spec()?, &self.key.namespace).ok(),
        };
        self.selector.get_or_init(read).as_ref()
    }

    /// Whether Felix treats it as missing (`felix/calc/validation_filter.go:72` at v3.28.5).
    fn missing(&self) -> bool {
        let dropped = |object: AnyObject| !dropped_by_felix(&object).is_empty();
        *self.missing.get_or_init(|| match self.object {
            PolicyObject::Global(policy) => dropped(AnyObject::GlobalNetworkPolicy(policy.clone())),
            PolicyObject::Namespaced(policy) => dropped(AnyObject::NetworkPolicy(policy.clone())),
            PolicyObject::Kubernetes(_) => false,
        })
    }

    /// By `order`, none last; equals by the name that the backend has (`PolKVLess`, `felix/calc/policy_sorter.go:165` at v3.28.5).
    fn compare(&self, other: &Self) -> Ordering {
        by_order(self.order, other.order).then_with(|| self.backend_name.cmp(&other.backend_name))
    }
}

fn by_order(one: Option<f64>, other: Option<f64>) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

/// `default.x`, `ns/default.x`, `ns/knp.default.x`: how the datastore names a policy of 3.27 to 3.31.
fn backend_name(key: &ObjectKey) -> String {
    let name = match key.kind {
        Kind::KubernetesNetworkPolicy => format!("knp.default.{}", key.name),
        _ if key.name.contains('.') => key.name.clone(),
        _ => format!("default.{}", key.name),
    };
    if key.namespace.is_empty() { name } else { format!("{}/{name}", key.namespace) }
}

/// A tier, as far as it is known.
#[derive(Debug, Clone, Copy)]
struct TierFacts {
    order: Option<f64>,
    passes: bool,
}

/// All policies, in order.
#[derive(Debug)]
pub(super) struct Policies<'a> {
    sorted: Vec<Policy<'a>>,
    /// None of a line that has no tiers.
    tiers: BTreeMap<&'a str, TierFacts>,
    /// By endpoint, bucket and direction: places in what is sorted.
    on: RefCell<BTreeMap<(ObjectKey, Bucket, bool), Vec<usize>>>,
}

impl<'a> Policies<'a> {
    /// How many policies and rules there are: a packet may be held against each of them.
    pub(super) fn size(&self) -> usize {
        let rules = |policy: &Policy<'a>| match (policy.object, policy.spec()) {
            (PolicyObject::Kubernetes(policy), _) => policy.spec.ingress.len() + policy.spec.egress.len(),
            (_, spec) => spec.map_or(0, |spec| spec.ingress.len() + spec.egress.len()),
        };
        self.sorted.iter().map(|policy| 1 + rules(policy)).sum()
    }

    pub(super) fn of(snapshot: &'a Snapshot, line: Line) -> Self {
        let mut tiers: BTreeMap<&str, TierFacts> = BTreeMap::new();
        if line.has_tiers() {
            tiers.insert(DEFAULT_TIER, TierFacts { order: Some(DEFAULT_TIER_ORDER), passes: false });
            for tier in snapshot.iter::<Tier>() {
                let facts = TierFacts { order: tier.spec.order.map(f64::from), passes: tier.spec.default_action == "Pass" };
                tiers.insert(&tier.metadata.name, facts);
            }
        }
        let of_calico = |key: ObjectKey, object: PolicyObject<'a>, spec: &'a PolicySpec| {
            let tier = if spec.tier.is_empty() || !line.has_tiers() { DEFAULT_TIER } else { &spec.tier };
            Policy {
                backend_name: backend_name(&key),
                key,
                object,
                tier,
                order: spec.order.map(f64::from),
                selector: OnceCell::new(),
                missing: OnceCell::new(),
            }
        };
        let mut sorted: Vec<Policy<'a>> = Vec::new();
        for policy in snapshot.iter::<Kept<GlobalNetworkPolicy>>() {
            sorted.push(of_calico(policy.key(), PolicyObject::Global(policy), &policy.spec));
        }
        for policy in snapshot.iter::<Kept<NetworkPolicy>>() {
            sorted.push(of_calico(policy.key(), PolicyObject::Namespaced(policy), &policy.spec));
        }
        for policy in snapshot.iter::<KubernetesNetworkPolicy>() {
            let (key, object) = (policy.key(), PolicyObject::Kubernetes(policy));
            let order = Some(KUBERNETES_ORDER);
            sorted.push(Policy {
                backend_name: backend_name(&key),
                key,
                object,
                tier: DEFAULT_TIER,
                order,
                selector: OnceCell::new(),
                missing: OnceCell::new(),
            });
        }
        // Tiers by order, none last, then by name; behind them those that are not there (`felix/calc/policy_sorter.go:146` at v3.30.1).
        let absent = |policy: &Policy<'a>| !tiers.is_empty() && !tiers.contains_key(policy.tier);
        let tier_order = |policy: &Policy<'a>| tiers.get(policy.tier).and_then(|tier| tier.order);
        sorted.sort_by(|one, other| {
            absent(one)
                .cmp(&absent(other))
                .then_with(|| by_order(tier_order(one), tier_order(other)))
                .then_with(|| one.tier.cmp(other.tier))
                .then_with(|| one.compare(other))
        });
        Self { sorted, tiers, on: RefCell::default() }
    }

    /// Whether the end of this tier passes what none of its policies spoke about.
    pub(super) fn passes(&self, tier: &str) -> bool {
        self.tiers.get(tier).is_some_and(|tier| tier.passes)
    }

    /// The policies of a bucket and direction on an endpoint, in order. Those of a tier that does not exist come last, and its end denies
    /// (`felix/calc/policy_resolver.go:196` at v3.30.1 says that it skips them, and does not; measured).
    pub(super) fn on(&self, world: &World<'a>, member: Member<'a>, bucket: Bucket, ingress: bool) -> Result<Vec<&Policy<'a>>, Unknown> {
        let key = (member.key(), bucket, ingress);
        let at = |places: &Vec<usize>| places.iter().filter_map(|place| self.sorted.get(*place)).collect();
        if let Some(places) = self.on.borrow().get(&key) {
            return Ok(at(places));
        }
        let places = self.places(world, member, bucket, ingress)?;
        let found = at(&places);
        let mut kept = self.on.borrow_mut();
        if kept.len() < MOST_LISTS {
            kept.insert(key, places);
        }
        Ok(found)
    }

    fn places(&self, world: &World<'a>, member: Member<'a>, bucket: Bucket, ingress: bool) -> Result<Vec<usize>, Unknown> {
        let labels = world.labels(member);
        let namespace = match member {
            Member::Pod(pod) => pod.metadata.namespace.as_str(),
            _ => "",
        };
        let here = |(_, policy): &(usize, &Policy<'a>)| {
            // A pod's namespace is in its labels: a policy of another cannot select it.
            let elsewhere = !namespace.is_empty() && !policy.key.namespace.is_empty() && policy.key.namespace != namespace;
            !elsewhere && policy.is_in(bucket) && policy.governs(ingress)
        };
        let inherits = match member {
            Member::Pod(_) => true,
            Member::Host(host) => host.profile_namespace().is_some(),
            _ => false,
        };
        let namespaces_unread = inherits && world.snapshot.unknown(Kind::Namespace).is_some();
        let mut found = Vec::new();
        for (place, policy) in self.sorted.iter().enumerate().filter(here) {
            if namespaces_unread && policy.spec().is_some_and(|spec| !spec.namespace_selector.is_empty()) {
                return Err(Unknown::NotRead(Kind::Namespace));
            }
            if policy.spec().is_some_and(PolicySpec::goes_by_service_accounts)
                && let Some(why) = world.not_read(&[Kind::ServiceAccount])
            {
                return Err(why);
            }
            if !policy.selector().is_some_and(|selector| selector.matches(&labels)) || policy.missing() {
                continue;
            }
            let known = self.tiers.is_empty() || self.tiers.contains_key(policy.tier);
            if let Some(why) = world.not_read(&[Kind::Tier]).or_else(|| world.unreadable(&[Kind::Tier], None)).filter(|_| !known) {
                return Err(why);
            }
            found.push(place);
        }
        Ok(found)
    }
}
