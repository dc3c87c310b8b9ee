//! Plans and runs: `a…` can be applied, `b…` is blocked, `c…` is stale, `d…` does nothing.

use super::{at, cluster, service, services};
use app::backend::Problem;
use policy::access::{Adoption, Asked, Change, HostEndpoints, Intent};
use policy::diff::{DiffLine, ObjectDiff, Side};
use policy::object::{Kind, ObjectKey};
use policy::plan::{Plan, PlanDigest, Role, Step, Write};
use policy::view::*;
use serde_json::json;

/// A digest of one letter.
pub(crate) fn digest(letter: char) -> PlanDigest {
    letter.to_string().repeat(64).parse().expect("a digest")
}

/// A difference from lines with ` `, `-` or `+` in front.
pub(crate) fn diff(text: &str) -> ObjectDiff {
    let line = |line: &str| {
        let side = match line.chars().next() {
            Some('+') => Side::Added,
            Some('-') => Side::Removed,
            _ => Side::Same,
        };
        DiffLine { side, text: line.get(1..).unwrap_or_default().to_owned() }
    };
    ObjectDiff { fields: Vec::new(), lines: text.lines().map(line).collect(), server_set: 4 }
}

/// What one more range changes in an edge policy.
pub(crate) const REPLACED: &str = " apiVersion: projectcalico.org/v3
 kind: GlobalNetworkPolicy
 metadata:
   annotations:
-    portcullis.dev/access: '{\"clients\":[{\"cidr\":\"50.60.0.0/16\"}]}'
+    portcullis.dev/access: '{\"clients\":[{\"cidr\":\"50.60.0.0/16\"},{\"cidr\":\"203.0.113.0/24\",\"ports\":[\"TCP/443\"]}]}'
   labels:
     portcullis.dev/service: svc-a
     portcullis.dev/namespace: default
     portcullis.dev/shape: \"1\"
   name: portcullis-edge-svc-a-1f3a
 spec:
   applyOnForward: true
   ingress:
   - action: Allow
     destination:
       nets:
       - 10.20.30.40/32
     source:
       nets:
       - 50.60.0.0/16
+  - action: Allow
+    destination:
+      nets:
+      - 10.20.30.40/32
+      ports:
+      - 443
+    protocol: TCP
+    source:
+      nets:
+      - 203.0.113.0/24
   - action: Deny
     destination:
       nets:
       - 10.20.30.40/32
   order: 400
   preDNAT: true
   selector: portcullis.dev/edge == 'true'
   types:
   - Ingress";

fn change() -> Asked {
    Change {
        service: service("default/svc-a"),
        intent: Intent::Guard(services::access()),
        host_endpoints: HostEndpoints::Existing,
        adoption: Adoption::default(),
    }
    .into()
}

fn steps() -> Vec<Step> {
    let added: String = REPLACED.lines().filter(|line| !line.starts_with('-')).map(|line| format!("+{}\n", &line[1..])).collect();
    let step = |kind, namespace: &str, name: &str, role, write, why: &str, diff| Step {
        key: ObjectKey::new(kind, namespace, name),
        role,
        part: 0,
        hold: false,
        write,
        why: why.to_owned(),
        diff,
    };
    let object = json!({});
    vec![
        step(
            Kind::NetworkPolicy,
            "default",
            "portcullis-pods-svc-a-1f3a",
            Role::PodPolicy,
            Write::Create { object: object.clone() },
            "What lets in comes before what shuts out: pods accept the new clients before the edge does.",
            diff(&added),
        ),
        step(
            Kind::GlobalNetworkPolicy,
            "",
            "portcullis-edge-svc-a-1f3a",
            Role::EdgePolicy,
            Write::Replace { object: object.clone(), before: object, resource_version: "812".to_owned() },
            "This step shuts clients out at the nodes.",
            diff(REPLACED),
        ),
    ]
}

/// A plan by its letter.
pub(crate) fn view(plan: &PlanDigest) -> Result<PlanView, Problem> {
    let letter = plan.as_str().chars().next().unwrap_or('?');
    let findings = cluster::findings();
    let (steps, findings, standing) = match letter {
        'a' => (steps(), findings[1..].to_vec(), Standing::Fresh),
        'b' => (steps(), findings, Standing::Fresh),
        'c' => {
            let moved = vec!["GlobalNetworkPolicy `portcullis-edge-svc-a-1f3a` was replaced.".to_owned()];
            (steps(), Vec::new(), Standing::Stale { moved, now: Some(digest('a')) })
        }
        'd' => (Vec::new(), Vec::new(), Standing::Fresh),
        'e' => (steps(), Vec::new(), Standing::InForce),
        _ => return Err(Problem::NotFound(format!("There is no plan `{plan}`."))),
    };
    Ok(PlanView {
        plan: Plan {
            digest: plan.clone(),
            change: change(),
            summary: "Lets 256 more addresses reach `default/svc-a` on TCP 443; 2 objects change.".to_owned(),
            steps,
            caused: Vec::new(),
            findings,
            inputs: Vec::new(),
        },
        made: at(235),
        standing,
        run: None,
        roll_back_to: (letter == 'c').then_some(RevisionId(3)),
    })
}

/// Run 7 goes on, 8 was interrupted, 9 is done, 10 was put back, 11 failed.
pub(crate) fn run(id: RunId) -> Result<RunView, Problem> {
    use StepState::{Done, Failed, Kept, PutBack, Sent, Unknown, Waiting};
    let (state, states, message) = match id.0 {
        7 => (RunState::Running, [Done, Done, Sent, Waiting], ""),
        8 => (RunState::Interrupted, [Done, Unknown, Waiting, Waiting], "Portcullis ended while the second step was under way."),
        12 => (
            RunState::Held,
            [Done, Done, Waiting, Waiting],
            "It waits after step 2 of 4. node-a decides as planned, the other nodes as before.",
        ),
        9 => (RunState::Done, [Done; 4], ""),
        10 => (RunState::PutBack, [PutBack, PutBack, Failed, Waiting], "The API server refused the third step."),
        11 => (RunState::Failed, [PutBack, Kept, Failed, Waiting], "The API server refused the third step."),
        _ => return Err(Problem::NotFound(format!("There is no run {id}."))),
    };
    let parts = [
        (Kind::HostEndpoint, "", "portcullis-host-node-1", Role::HostEndpoint),
        (Kind::HostEndpoint, "", "portcullis-host-node-2", Role::HostEndpoint),
        (Kind::NetworkPolicy, "default", "portcullis-pods-svc-a-1f3a", Role::PodPolicy),
        (Kind::GlobalNetworkPolicy, "", "portcullis-edge-svc-a-1f3a", Role::EdgePolicy),
    ];
    let step = |((kind, namespace, name, role), state)| RunStep {
        key: ObjectKey::new(kind, namespace, name),
        role,
        verb: "Create".to_owned(),
        state,
        message: if state == Failed { "403 Forbidden: the account may not create networkpolicies.".to_owned() } else { String::new() },
    };
    Ok(RunView {
        id,
        plan: digest('a'),
        change: change(),
        summary: "Lets 256 more addresses reach `default/svc-a` on TCP 443; 4 objects change.".to_owned(),
        caller: "local operator".to_owned(),
        reason: "Ticket 4711: customer moves to the new office".to_owned(),
        state,
        message: message.to_owned(),
        steps: parts.into_iter().zip(states).map(step).collect(),
        started: at(236),
        ended: (!matches!(state, RunState::Running | RunState::Held)).then(|| at(237)),
        revision: (state == RunState::Done).then_some(RevisionId(5)),
        open_connections: (state == RunState::Done).then(super::packets::open_connections),
    })
}
