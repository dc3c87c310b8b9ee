//! A completed template says what the engine says of the plan: the same sets for every address, port and kind of path, and the same
//! sentence, for any cluster, what is in force in it and what is drafted.

use crate::cluster::jobs::{Job, job, target};
use crate::counts::Counts;
use crate::packets::any_address;
use crate::run::{self, Size};
use policy::access::{Access, Adoption, Change, ClientRange, Intent, Port};
use policy::cidr::Cidr;
use policy::plan::plan;
use policy::reach::brief::Brief;
use policy::reach::diff::{self, Side};
use policy::reach::sets;
use policy::reach::settings::Settings;
use policy::reach::template::{NoTemplate, Shape, Template, make};
use policy::snapshot::Snapshot;
use policy::view::ReachView;
use proptest::prelude::*;
use std::net::IpAddr;

/// What the engine says.
fn asked(snapshot: &Snapshot, settings: &Settings, change: &Change) -> ReachView {
    let plan = plan(snapshot, change).unwrap();
    let after = diff::target(snapshot, &plan);
    let sides = [snapshot, &after].map(|snapshot| Side { snapshot, settings });
    let summary = diff::of_service(sides[0], sides[1], &change.service).unwrap().summary;
    let [before, after] = sides.map(|side| Brief::of(&sets::of_service(side.snapshot, side.settings, &change.service).unwrap()));
    ReachView::changed(&before, &after, summary)
}

/// Rows of a draft: those of an access, and more of any address, some for some ports alone.
fn drafts(job: &Job, more: &[(IpAddr, u8)]) -> Vec<Change> {
    let access = &job.accesses[1];
    let ports: Vec<Port> = job.ports();
    let rows = more.iter().map(|(address, bits)| {
        let length = if address.is_ipv4() { 32 - bits % 32 } else { 128 - bits % 64 };
        let cidr: Cidr =
            ipnet::IpNet::new(*address, length).unwrap().trunc().to_string().parse().unwrap_or_else(|_| "8.8.8.0/24".parse().unwrap());
        let of =
            if bits % 3 == 0 { ports.iter().copied().filter(|port| (port.port + u16::from(*bits)) % 2 == 0).collect() } else { Vec::new() };
        ClientRange { cidr, ports: of, note: String::new() }
    });
    let longer = Access { clients: access.clients.iter().cloned().chain(rows).collect(), ..access.clone() };
    let nodes = ClientRange { cidr: "10.0.0.0/8".parse().unwrap(), ports: Vec::new(), note: String::new() };
    let with_nodes = Access { clients: access.clients.iter().cloned().chain([nodes]).collect(), ..access.clone() };
    let nobody = Access { clients: Vec::new(), ..access.clone() };
    let change = |access: Access| Change {
        service: target(),
        intent: Intent::Guard(access),
        host_endpoints: job.host_endpoints.clone(),
        adoption: Adoption::default(),
    };
    [access.clone(), longer, with_nodes, nobody].map(change).into()
}

fn holds_on(snapshot: &Snapshot, settings: &Settings, drafts: &[Change], job: &Job, counts: &mut Counts) -> Result<(), TestCaseError> {
    let mut made: Option<Template> = None;
    for draft in drafts {
        let shape = Shape::of(draft).unwrap();
        let template = match made.take().filter(|template| template.is_for(&shape)) {
            Some(template) => {
                counts.note("drafts for which a template was there");
                template
            }
            None => match make(snapshot, settings, &shape, &mut sets::Kept::default()) {
                Ok(template) => template,
                Err(NoTemplate::Cases) => {
                    counts.note("drafts with too many choices of ports");
                    continue;
                }
                Err(NoTemplate::SentTo) => {
                    counts.note("drafts that others hold what is sent to against");
                    continue;
                }
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            },
        };
        // As the browser gets it.
        let template: Template = serde_json::from_str(&serde_json::to_string(&template).unwrap()).unwrap();
        counts.packets += 1;
        let reach = sets::of_service(snapshot, settings, &target()).unwrap();
        prop_assert_eq!(template.now(), ReachView::now(&target(), &Brief::of(&reach)), "as it is: {:?}", job);
        match template.complete(draft) {
            None => counts.note("drafts that hang on nodes' addresses"),
            Some(view) if plan(snapshot, draft).unwrap().blocked() => {
                counts.note(if view == asked(snapshot, settings, draft) { "blocked, and told" } else { "blocked, and not told" });
            }
            Some(view) => {
                counts.note("drafts completed");
                prop_assert_eq!(view, asked(snapshot, settings, draft), "{:#?}\n{:?}", draft, job);
            }
        }
        made = Some(template);
    }
    Ok(())
}

fn holds(job: &Job, more: &[(IpAddr, u8)], counts: &mut Counts) -> Result<(), TestCaseError> {
    counts.clusters += 1;
    let drafts = drafts(job, more);
    let bare = job.cluster.snapshot();
    holds_on(&bare, &job.cluster.settings(&bare), &drafts, job, counts)?;
    let plan = job.cluster.plan(&job.guard(0));
    if !plan.blocked() {
        let guarded = job.cluster.after(&plan.steps);
        let snapshot = guarded.snapshot();
        holds_on(&snapshot, &guarded.settings(&snapshot), &drafts, job, counts)?;
    }
    Ok(())
}

#[test]
fn a_completed_template_says_what_the_engine_says() {
    let mut counts = Counts::default();
    let strategy = (job(), prop::collection::vec((any_address(), any::<u8>()), 0..4));
    run::law(Size { packets: 600, long: 20_000 }, 300, strategy, &mut counts, |(job, more), counts| holds(job, more, counts));
    println!("template: {} clusters, {} drafts: {}", counts.clusters, counts.packets, counts.notes());
    assert!(counts.noted("drafts completed") > counts.packets / 3, "{}", counts.notes());
    assert!(counts.noted("drafts for which a template was there") > 0);
}
