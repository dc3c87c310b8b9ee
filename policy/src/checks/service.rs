//! Checks of the Service itself.

use super::{Draft, addresses};
use crate::access::{Access, HostEndpoints, Port};
use crate::finding::{Finding, Severity};
use crate::object::{Kind, ObjectKey};
use crate::recipe::{self, Closing};
use crate::scope::{Failsafe, Scope};

pub(super) fn checks(scope: &Scope) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(unreadable(scope));
    findings.extend(no_cluster_ip(scope));
    findings.extend(no_ports(scope));
    findings.extend(backends(scope));
    if !scope.service.cluster_ips.is_empty() {
        findings.extend(addresses::checks(scope));
    }
    findings
}

/// What an edge policy does not make up for, and what it needs.
pub(super) fn at_the_edge(scope: &Scope) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(no_selector(scope));
    findings.extend(not_pods(scope));
    if !scope.service.cluster_ips.is_empty() {
        findings.extend(addresses::at_the_edge(scope));
    }
    findings
}

pub(super) fn key(scope: &Scope) -> Vec<ObjectKey> {
    vec![scope.service.service.key()]
}

fn unreadable(scope: &Scope) -> Vec<Finding> {
    let finding = |what: &String| {
        Draft::new(Severity::Blocker, "service-unreadable", key(scope)).says(
            format!("`{}` is not as the API allows: {what}.", scope.service.service),
            "Portcullis cannot tell what kube-proxy makes of it.",
            "Mend the Service, then plan again.",
        )
    };
    scope.service.unreadable.iter().map(finding).collect()
}

fn no_cluster_ip(scope: &Scope) -> Option<Finding> {
    let service = &scope.service.service;
    let kind = if scope.service.kind == "ExternalName" { "is an ExternalName" } else { "is headless" };
    (scope.service.cluster_ips.is_empty()).then(|| {
        Draft::new(Severity::Blocker, "no-cluster-ip", key(scope)).says(
            format!("`{service}` {kind}: it has no cluster IP to guard."),
            "Clients go to the pods' own addresses, or to another name; no address of the Service passes the nodes.",
            "Guard a Service with a cluster IP, or the pods by a policy of their own.",
        )
    })
}

fn no_selector(scope: &Scope) -> Option<Finding> {
    let service = &scope.service;
    (service.selector.is_empty() && !service.cluster_ips.is_empty()).then(|| {
        Draft::new(Severity::Warning, "no-selector", key(scope)).says(
            format!("`{}` has no selector: its endpoints are written by hand.", service.service),
            "No pod policy can follow them. The edge policy guards the addresses of the Service; the endpoints' own addresses stay as open as \
             they are.",
            "Give the Service a selector, or guard the endpoints by policies of their own.",
        )
    })
}

fn no_ports(scope: &Scope) -> Option<Finding> {
    (scope.service.ports.is_empty() && scope.service.unreadable.is_empty() && !scope.service.cluster_ips.is_empty()).then(|| {
        Draft::new(Severity::Blocker, "no-ports", key(scope)).says(
            format!("`{}` has no ports.", scope.service.service),
            "There is nothing that a client could be allowed to reach.",
            "Give the Service a port, then plan again.",
        )
    })
}

/// Ports that are open before any edge policy: closed by a forward policy where that holds.
pub(super) fn failsafe_ports(scope: &Scope, access: &Access, host_endpoints: &HostEndpoints) -> Vec<Finding> {
    let service = &scope.service;
    let closing = recipe::closing(scope, access, host_endpoints);
    let finding = |(of, port, failsafe): (Port, Port, &Failsafe)| {
        let kind = if of == port { "port" } else { "NodePort" };
        let set_by = match &failsafe.set_by {
            Some(key) => format!("{key} lists it"),
            None => "it is one of Felix' defaults".to_owned(),
        };
        let from = if failsafe.net.is_empty() { "everyone".to_owned() } else { format!("everyone in {}", failsafe.net) };
        let mut objects = key(scope);
        objects.extend(failsafe.set_by.clone());
        let what = format!("`{}` uses the {kind} {port}, which is a failsafe port: {set_by}.", service.service);
        let passes = "Felix lets failsafe ports pass before any edge policy, whatever the destination";
        match &closing {
            Closing::Cannot(why) => Draft::new(Severity::Blocker, "failsafe-port", objects).says(
                what,
                format!("{passes}: {from} would reach the Service. A forward policy cannot close it: {why}."),
                format!(
                    "Give the Service another port; or give the entry in `failsafeInboundHostPorts` a net that needs it, as \
                     `{{protocol: {}, port: {}, net: 10.0.0.0/8}}`, or take it out if no node needs it.",
                    port.protocol.name(),
                    port.port
                ),
            ),
            Closing::Closes { .. } | Closing::NotNeeded => Draft::new(Severity::Info, "failsafe-port-closed", objects).says(
                what,
                format!("{passes}. A forward policy closes it behind translation, at the nodes where clients enter."),
                "Nothing, unless the nodes' own port of that number should be closed too: that is for `failsafeInboundHostPorts`.",
            ),
        }
    };
    scope.open_by_failsafe().into_iter().map(finding).collect()
}

/// Endpoints at which no pod policy holds.
fn not_pods(scope: &Scope) -> Vec<Finding> {
    let service = &scope.service.service;
    let mut findings = Vec::new();
    if scope.on_host_network() {
        findings.push(Draft::new(Severity::Warning, "host-network-backend", key(scope)).says(
            format!("Pods of `{service}` use their node's network."),
            "No pod policy holds for such a pod. The edge policy guards the addresses of the Service; on its node's own address the pod stays \
             as open as it is.",
            "Run the pods on the pod network, or guard the nodes' port by a policy of its own.",
        ));
    }
    if scope.endpoints_elsewhere {
        findings.push(Draft::new(Severity::Info, "endpoint-elsewhere", key(scope)).says(
            format!("`{service}` has endpoints that are neither pods nor nodes of the cluster."),
            "The edge policy guards the addresses of the Service. What becomes of an allowed packet outside the cluster is not known here.",
            "Nothing, if that is meant.",
        ));
    }
    findings
}

fn backends(scope: &Scope) -> Vec<Finding> {
    let service = &scope.service.service;
    let mut findings = Vec::new();
    if !scope.has_pods && !scope.service.selector.is_empty() && scope.knows(Kind::Pod) {
        findings.push(Draft::new(Severity::Info, "no-backend", key(scope)).says(
            format!("`{service}` has no pods at present."),
            "Nobody reaches it until there are some; whether other policies select them is judged by the Service's selector alone.",
            "Nothing, if pods are about to come; plan again once they run.",
        ));
    }
    findings.extend(scope.differing_ports().map(|(name, numbers)| named_port_differs(scope, name, numbers)));
    let mut missing: Vec<String> = scope.backends.iter().flat_map(|group| group.without_ports.clone()).collect();
    missing.sort();
    missing.dedup();
    if !missing.is_empty() {
        findings.push(Draft::new(Severity::Warning, "named-port-missing", key(scope)).says(
            format!("Some pods of `{service}` have no port named {}.", super::few(&missing)),
            "kube-proxy sends nothing to those pods for that port of the Service.",
            "Name the port in the pods' containers.",
        ));
    }
    findings
}

/// A name that pods give to ports with different numbers.
fn named_port_differs(scope: &Scope, name: &str, numbers: &[u16]) -> Finding {
    let service = &scope.service.service;
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    Draft::new(Severity::Info, "named-port-differs", key(scope)).says(
        format!("Pods of `{service}` do not mean the same by the port `{name}`: {}.", super::few(&numbers)),
        "kube-proxy sends to each pod on its own number. The pod policy goes by the name too, so each pod is guarded on the number that it has; \
         a policy by number would miss some.",
        "Nothing. Policies of others that name one of these numbers mean some of the pods alone.",
    )
}
