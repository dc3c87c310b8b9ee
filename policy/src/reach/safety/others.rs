//! What policies of others do to guarded Services, by what clients get. Where that is known, the checks that only see that such a policy
//! comes first have nothing to add.

use super::{exact, inside};
use crate::access::{Access, Change, InCluster, Intent, in_force};
use crate::finding::{Finding, Severity};
use crate::object::{Kind, ObjectKey, Service, ServiceRef};
use crate::reach::diff::Side;
use crate::reach::sets::{Kept, LIMIT, Questions, TooMuch};
use std::collections::BTreeSet;

/// Guarded Services that are followed at most when the whole cluster is checked.
const MOST_SERVICES: usize = 500;

/// What was found, and which of the checks' findings it stands for.
#[derive(Debug, Default)]
pub(super) struct Others {
    pub(super) findings: Vec<Finding>,
    said_better: SaidBetter,
    /// Services of which every client outside gets what the access says, and those inside what they had.
    exact: BTreeSet<ServiceRef>,
    /// Whether there are others.
    inexact: bool,
    /// Services that have an endpoint behind every path by which clients come in.
    served: BTreeSet<ServiceRef>,
}

/// What the checks say of policies of others that may decide otherwise: those on pods, of one Service each, and those on HostEndpoints.
const MAY_ON_PODS: [&str; 2] = ["foreign-pod-policy-before", "foreign-pod-policy-alone"];
const MAY_ON_HOSTS: [&str; 3] = ["foreign-host-policy-before", "foreign-forward-policy", "foreign-host-policy-on-backends"];

/// Findings of the checks that are said better.
#[derive(Debug, Default)]
struct SaidBetter {
    /// By check and object.
    objects: BTreeSet<(&'static str, ObjectKey)>,
    /// By what they say.
    texts: BTreeSet<String>,
}

/// About the Service that a plan guards, once it is carried out.
pub(super) fn of_plan(after: Side, change: &Change, said: &[Finding], kept: &mut Kept) -> Others {
    let mut others = Others::default();
    if let Intent::Guard(access) = &change.intent {
        let questions = Questions::keeping(after.snapshot, after.settings, LIMIT, kept.clone());
        // What its groups hold by now is in the sets.
        let access = in_force(after.snapshot, &change.service).unwrap_or_else(|| access.clone());
        others.add(after, &questions, (&change.service, &access), said, &BTreeSet::from([change.service.clone()]));
        *kept = questions.kept();
    }
    others
}

/// About every guarded Service.
pub(super) fn of_cluster(now: Side, said: &[Finding]) -> Others {
    let services = now.snapshot.iter::<Service>().filter_map(|service| service.reference());
    let guarded: Vec<(ServiceRef, Access)> =
        services.filter_map(|service| in_force(now.snapshot, &service).map(|access| (service, access))).collect();
    let questions = Questions::about(now.snapshot, now.settings, LIMIT);
    let mut others = Others::default();
    let mut unfollowed: BTreeSet<ServiceRef> = guarded.iter().map(|(service, _)| service.clone()).collect();
    for (service, access) in guarded.iter().take(MOST_SERVICES) {
        if !others.add(now, &questions, (service, access), said, &unfollowed) {
            return others;
        }
        unfollowed.remove(service);
    }
    if !unfollowed.is_empty() {
        let why = TooMuch { what: "Guarded Services".to_owned(), limit: u64::try_from(MOST_SERVICES).unwrap_or(u64::MAX) };
        others.findings.push(not_followed(&unfollowed, &why));
        others.inexact = true;
    }
    others
}

impl Others {
    /// Whether it could be followed.
    fn add(
        &mut self,
        side: Side,
        questions: &Questions,
        (service, access): (&ServiceRef, &Access),
        said: &[Finding],
        left: &BTreeSet<ServiceRef>,
    ) -> bool {
        let found = questions.findings(service, access).and_then(|findings| {
            let about = said.iter().filter(|finding| finding.objects.contains(&service.key()) || finding.id.starts_with("host-endpoint"));
            let said: Vec<&Finding> = findings.iter().chain(about).collect();
            let held = exact::held(side, questions, service, access, &said)?;
            let inside = inside::let_in(side, questions, service, access)?;
            Ok((findings, held, inside))
        });
        match found {
            Ok((findings, held, inside)) => {
                if held.served {
                    self.served.insert(service.clone());
                }
                // Whom inside the cluster the access names is not asked here, and may be cut or joined by others all the same.
                if held.exact && findings.is_empty() && access.in_cluster == InCluster::Unchanged {
                    self.exact.insert(service.clone());
                } else {
                    self.inexact = true;
                }
                for finding in &findings {
                    self.said_better.add(finding, service);
                }
                self.findings.extend(findings.into_iter().chain(held.findings).chain(inside));
                true
            }
            Err(too_much) => {
                self.findings.push(not_followed(left, &too_much));
                self.inexact = true;
                false
            }
        }
    }

    /// Takes out of the checks' findings what is said better here, and says of what may be otherwise that it is not.
    pub(super) fn stand_for(&self, findings: &mut Vec<Finding>) {
        findings.retain(|finding| !self.said_better.has(finding));
        for finding in findings.iter_mut() {
            if self.is_harmless(finding) {
                finding.severity = Severity::Info;
                finding.why.push_str(" As the policies are now, every client outside gets what the access says all the same.");
                finding.action = "Nothing now; look again when that policy changes.".to_owned();
            } else if finding.severity == Severity::Warning
                && finding.id == "internal-local"
                && finding.objects.iter().any(|key| self.served.iter().any(|service| service.key() == *key))
            {
                finding.severity = Severity::Info;
                finding.why.push_str(" At present every node by which clients come in has one.");
                finding.action = "Nothing now; see that it stays so, or use `internalTrafficPolicy: Cluster`.".to_owned();
            }
        }
    }

    /// Whether a policy of which a check says that it may decide otherwise does not.
    fn is_harmless(&self, finding: &Finding) -> bool {
        // As the checks name them: the same policy may select the pods of other Services.
        let on_pods = || self.exact.iter().any(|service| finding.what.contains(&format!("`{service}`")));
        let on_hosts = || !self.inexact && !self.exact.is_empty();
        finding.severity == Severity::Warning
            && (MAY_ON_PODS.contains(&finding.id.as_str()) && on_pods() || MAY_ON_HOSTS.contains(&finding.id.as_str()) && on_hosts())
    }
}

impl SaidBetter {
    fn add(&mut self, finding: &Finding, service: &ServiceRef) {
        let Some(key) = finding.objects.first() else { return };
        match finding.id.as_str() {
            "foreign-set-widens" => {
                self.objects.insert(("label-carried", key.clone()));
            }
            "foreign-allow-widens" | "foreign-pass-bypasses" | "foreign-deny-cuts" => {
                self.objects.insert(("foreign-host-policy-before", key.clone()));
                // As the check says it (`checks/policies.rs`): the same policy may select the pods of other Services.
                self.texts.insert(format!("{key} selects pods of `{service}`."));
            }
            _ => {}
        }
    }

    fn has(&self, finding: &Finding) -> bool {
        let by_object = |key: &ObjectKey| self.objects.iter().any(|(id, own)| *id == finding.id && own == key);
        finding.objects.first().is_some_and(by_object) || (finding.id == "foreign-pod-policy-before" && self.texts.contains(&finding.what))
    }
}

fn not_followed(services: &BTreeSet<ServiceRef>, why: &TooMuch) -> Finding {
    let first = services.first().map(ToString::to_string).unwrap_or_default();
    let more = if services.len() > 1 { format!(" and {} more", services.len() - 1) } else { String::new() };
    Finding {
        severity: Severity::Unknown,
        id: "foreign-policies-not-followed".to_owned(),
        what: format!("What policies of others do to `{first}`{more} cannot be told: {why}"),
        objects: services.iter().map(|service| ObjectKey::new(Kind::Service, service.namespace(), service.name())).collect(),
        field: String::new(),
        why: "A rule of somebody else's that comes first decides.".to_owned(),
        action: "Make the policies that are named smaller.".to_owned(),
        packet: None,
    }
}
