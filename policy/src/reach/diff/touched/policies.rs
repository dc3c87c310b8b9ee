//! Policies.

use super::sets::destinations;
use super::{Touched, selected_pods};
use crate::cidr::Cidr;
use crate::object::{GlobalNetworkPolicy, HostEndpoint, Kept, Kind, KubernetesNetworkPolicy, NetworkPolicy, ObjectKey, PolicySpec, Rule};
use crate::selector::Selector;
use crate::snapshot::{Endpoint, Snapshot};
use std::collections::BTreeSet;
use std::sync::Arc;

impl<'a> Touched<'a> {
    pub(super) fn policy(&mut self, key: &ObjectKey) {
        match key.kind {
            Kind::GlobalNetworkPolicy => {
                let policies = self.sides().map(|side| side.get::<Kept<GlobalNetworkPolicy>>("", &key.name));
                let specs = policies.map(|policy| policy.map(|policy| &policy.spec));
                self.specs(key, specs);
            }
            Kind::NetworkPolicy => {
                let policies = self.sides().map(|side| side.get::<Kept<NetworkPolicy>>(&key.namespace, &key.name));
                let specs = policies.map(|policy| policy.map(|policy| &policy.spec));
                self.specs(key, specs);
            }
            _ => {
                let policies = self.sides().map(|side| side.get::<KubernetesNetworkPolicy>(&key.namespace, &key.name));
                if policies[0].map(|policy| &policy.spec) != policies[1].map(|policy| &policy.spec) {
                    self.pods_under(key);
                }
            }
        }
    }

    fn specs(&mut self, key: &ObjectKey, specs: [Option<&PolicySpec>; 2]) {
        if specs[0] == specs[1] {
            return;
        }
        let frame = |spec: &PolicySpec| PolicySpec { ingress: Vec::new(), egress: Vec::new(), ..spec.clone() };
        let same_frame = matches!(specs, [Some(was), Some(is)] if frame(was) == frame(is));
        for (at, side) in self.sides().into_iter().enumerate() {
            let Some(spec) = specs[at] else { continue };
            let other = specs[1 - at];
            let own: Vec<&Rule> = spec.ingress.iter().chain(&spec.egress).collect();
            let theirs: Vec<&Rule> = other.into_iter().flat_map(|spec| spec.ingress.iter().chain(&spec.egress)).collect();
            // Rules that both have, in the order of both, change nothing: only what stands between them does.
            let head = own.iter().zip(&theirs).take_while(|(own, theirs)| own == theirs).count();
            let tail = own[head..].iter().rev().zip(theirs[head..].iter().rev()).take_while(|(own, theirs)| own == theirs).count();
            let differing = if same_frame { &own[head..own.len() - tail] } else { &own[..] };
            if !same_frame && self.opens_or_shuts(spec, other) {
                self.all = true;
                return;
            }
            self.rules(side, key, spec, differing, None);
        }
    }

    /// Whether there being a policy at hosts, whatever its rules, changes what becomes of packets that none of them is about: so where
    /// it is the first or last of its kind there.
    fn opens_or_shuts(&self, spec: &PolicySpec, other: Option<&PolicySpec>) -> bool {
        if !self.selects_hosts(spec) && !other.is_some_and(|spec| self.selects_hosts(spec)) {
            return false;
        }
        // Untracked, and what ends with a deny by itself.
        if spec.do_not_track || !spec.pre_dnat {
            return true;
        }
        let gated = |side: &Snapshot| -> BTreeSet<String> {
            let gates =
                |policy: &&ObjectKey| side.get::<Kept<GlobalNetworkPolicy>>("", &policy.name).is_some_and(|policy| policy.spec.pre_dnat);
            let has = |endpoint: &&Arc<Kept<HostEndpoint>>| {
                side.policies_on(&Endpoint::Host((*endpoint).clone())).iter().any(|policy| gates(&&policy.key))
            };
            side.iter::<Kept<HostEndpoint>>().filter(has).map(|endpoint| endpoint.metadata.name.clone()).collect()
        };
        // Where the gate is the only one nothing but failsafe ports and `*` tell; both are asked of every Service only then.
        let (was, is) = (gated(self.before), gated(self.after));
        let mixed = |side: &Snapshot| {
            let wildcard = |endpoint: &Arc<Kept<HostEndpoint>>| endpoint.spec.interface_name == "*";
            side.iter::<Kept<HostEndpoint>>().any(wildcard) && side.iter::<Kept<HostEndpoint>>().any(|endpoint| !wildcard(endpoint))
        };
        was != is && (mixed(self.before) || mixed(self.after))
    }

    fn selects_hosts(&self, spec: &PolicySpec) -> bool {
        let Ok(selector) = Selector::of_policy(spec, "") else { return false };
        let selected = |side: &Snapshot| side.iter::<Kept<HostEndpoint>>().any(|endpoint| selector.matches(&side.host_labels(endpoint)));
        self.sides().into_iter().any(selected)
    }

    /// The Services that these rules of a policy are about; where only these addresses come to be, or cease to be, their destinations:
    /// those at them.
    pub(super) fn rules(&mut self, side: &Snapshot, key: &ObjectKey, spec: &PolicySpec, rules: &[&Rule], moved: Option<&[Cidr]>) {
        let global = key.kind == Kind::GlobalNetworkPolicy;
        if !global || !spec.pre_dnat && !spec.do_not_track {
            self.pods_under(key);
        }
        if !global || !self.selects_hosts(spec) {
            return;
        }
        if !spec.pre_dnat {
            // Forward policy sees the pods behind, the host's own policy what runs on it.
            self.all = true;
            return;
        }
        for rule in rules {
            let Some(nets) = moved.map_or_else(|| destinations(side, rule), |moved| Some(moved.to_vec())) else {
                self.all = true;
                return;
            };
            self.at_nets(&nets, rule);
        }
    }

    /// The Services whose pods a policy selects on either side.
    fn pods_under(&mut self, key: &ObjectKey) {
        for side in self.sides() {
            let Some(selector) = selector_of(side, key) else { continue };
            selected_pods(side, &selector, &key.namespace, &mut |pod| self.behind(pod));
        }
    }
}

fn selector_of(side: &Snapshot, key: &ObjectKey) -> Option<Selector> {
    match key.kind {
        Kind::GlobalNetworkPolicy => Selector::of_policy(&side.get::<Kept<GlobalNetworkPolicy>>("", &key.name)?.spec, "").ok(),
        Kind::NetworkPolicy => Selector::of_policy(&side.get::<Kept<NetworkPolicy>>(&key.namespace, &key.name)?.spec, &key.namespace).ok(),
        _ => {
            let policy = side.get::<KubernetesNetworkPolicy>(&key.namespace, &key.name)?;
            Selector::of_kubernetes_policy(&policy.spec.pod_selector, &key.namespace).ok()
        }
    }
}
