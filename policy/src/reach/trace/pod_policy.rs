//! Policy at pods, in the two directions.

use super::flow::{Flow, Passed, Step, TierEnd};
use super::packet::{ICMPV6, IPIP, UDP};
use super::policies::Bucket;
use super::world::Member;
use crate::object::{Kind, Object, Pod};
use crate::reach::admin;
use crate::reach::settings::ToHost;
use crate::reach::verdict::{Action, Stage, Verdict};
use std::ops::ControlFlow::Continue;
use std::sync::Arc;

/// What decides at pods.
const DECIDE: &[Kind] = &[Kind::GlobalNetworkPolicy, Kind::NetworkPolicy, Kind::KubernetesNetworkPolicy];

/// What pods need of ICMPv6 to have their node as a router (`ICMPv6Filter` in `felix/rules/static.go:352` at v3.28.5).
const ROUTER_ICMPV6: &[u8] = &[130, 131, 132, 133, 135, 136];

impl<'a> Flow<'_, 'a> {
    /// Policy on what a pod receives (`WorkloadEndpointToIptablesChains` in `felix/rules/endpoints.go:34` at v3.28.5).
    pub(super) fn pod_ingress(&mut self, pod: &'a Arc<Pod>) -> Step {
        self.at_pod(Stage::Pod, pod, true)
    }

    /// Policy on what a pod sends. Packets of tunnels are dropped there, unless Felix is set to let them through.
    pub(super) fn pod_egress(&mut self, pod: &'a Arc<Pod>) -> Step {
        let felix = self.world.settings.felix(self.node);
        let may = &felix.outgoing;
        let vxlan = self.packet.protocol == UDP && self.packet.ports.is_some_and(|ports| ports.destination == felix.vxlan_port.value);
        if vxlan && !may.vxlan.value || self.packet.protocol == IPIP && !may.ipip.value {
            let why = format!("Felix drops packets of tunnels that pods send: {}.", self.packet.carried());
            return self.end(Stage::PodEgress, None, Verdict::Denied, why);
        }
        self.at_pod(Stage::PodEgress, pod, false)
    }

    fn at_pod(&mut self, stage: Stage, pod: &'a Arc<Pod>, ingress: bool) -> Step {
        if let Some(why) = self.world.not_read(DECIDE).or_else(|| self.world.unreadable(DECIDE, Some(&pod.metadata.namespace))) {
            return self.unknown(stage, why);
        }
        if let Some(why) = admin::decides(self.world.snapshot, self.world.settings.line.value, pod, ingress) {
            return self.unknown(stage, why);
        }
        let policies = match self.world.policies.on(self.world, Member::Pod(pod), Bucket::Normal, ingress) {
            Ok(policies) => policies,
            Err(why) => return self.unknown(stage, why),
        };
        let name = format!("Pod `{}`", pod.key().path());
        if self.go_through(stage, &policies, ingress, TierEnd::AsTold, &name)? == Passed::Allowed {
            return Continue(());
        }
        // Every pod has the profile of its namespace, which allows (`conversion.go` at v3.28.5, `NamespaceToProfile`).
        let why = if policies.is_empty() {
            format!("No policy selects {name}, and the profile of its namespace allows.")
        } else {
            format!("No policy on {name} decides, and the profile of its namespace allows.")
        };
        self.note(stage, Some(pod.key()), Action::Allow, why);
        Continue(())
    }

    /// What a node does with packets of its own pods to itself (`filterWorkloadToHostChain` in `felix/rules/static.go:378` at v3.28.5):
    /// the pod's policy, then `defaultEndpointToHostAction`. Host policy has no say: `RETURN` leaves them to rules that are not Calico's.
    pub(super) fn pod_to_own_host(&mut self, pod: &'a Arc<Pod>) -> Step {
        if self.packet.protocol == ICMPV6 && self.packet.icmp.is_some_and(|(kind, _)| ROUTER_ICMPV6.contains(&kind)) {
            self.note(Stage::PodEgress, None, Action::Allow, "Felix lets pods use their node as a router of IPv6.");
            return Continue(());
        }
        self.pod_egress(pod)?;
        let action = &self.world.settings.felix(self.node).endpoint_to_host;
        let said = format!("`defaultEndpointToHostAction` of the node `{}` ({})", self.node, action.source);
        let (action, does) = match action.value {
            ToHost::Accept => (Action::Allow, "accepts packets of pods to their own node."),
            ToHost::Return => (Action::Continue, "leaves packets of pods to their own node to rules that are not Calico's."),
            ToHost::Drop => {
                let why = format!("{said} drops packets of pods to their own node.");
                return self.end(Stage::PodEgress, None, Verdict::Denied, why);
            }
        };
        self.note(Stage::PodEgress, None, action, format!("{said} {does}"));
        Continue(())
    }
}
