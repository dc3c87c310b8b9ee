//! What a packet pays for being guarded, and how soon a change decides: `rig bench`.
//!
//! Every figure of a guarded Service stands beside one of an unguarded Service of the same cluster, taken in turns with it, and is a ratio. The
//! unguarded one is reached by an interface without a HostEndpoint: by the guarded one's, its packets would meet every edge policy too, and
//! show no difference. The policies are the product's own: each Service is planned by it.

mod machine;
mod memory;
mod peer;
mod report;
mod scale;
mod world;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use policy::access::{Change, Protocol};
use policy::view::RunState;

use crate::agent::{Load, Outcome};
use crate::operator::{Operator, guard, on_eth0, open};
use crate::rig::{From, Question, Scene};
use crate::world::CALICO_REQUESTS;
use machine::Machine;
pub use peer::Programs;
pub use report::Report;
use report::{Row, Switch};

/// The ways of a packet to the only pod, which is on `node-a`.
const PATHS: [(&str, &str); 2] = [("pod on the entry node", "node-a"), ("pod on another node", "node-b")];
/// How long one figure is taken for.
const SPAN: Duration = Duration::from_millis(400);
/// How many pairs of figures are taken; the middle ratio counts. Many short ones in turns: what else the machine does falls on both.
const PAIRS: usize = 15;

/// A cluster with many Services, the operator of the product, and what was found.
struct Bench {
    scene: Scene,
    operator: Operator,
    report: Report,
}

/// How many Services are guarded under its own limit: with 1,000 that takes minutes, whatever Portcullis does.
const LIMITED: usize = 100;

/// The folders of the rigs in the folder of [`measure`].
pub const RIGS: [&str; 2] = ["limited/rig", "wide/rig"];

/// Measures all of it. `folder` is empty and holds the rigs, one after the other; `services` is how many Services are guarded at most, and
/// with none of them only folders of files are compared;
/// `peers` are what differences are compared with, where they are there.
///
/// # Errors
/// When a rig does not come up, or a run of the product does not end well.
pub async fn measure(program: &Path, folder: &Path, services: usize, peers: Option<&Programs>) -> Result<Report> {
    let begin = Instant::now();
    let mut report = Report::new(Machine::read());
    if let Some(programs) = peers {
        report.compared = peer::compare(&folder.join("files"), programs)?;
        report.growth = peer::grow(&folder.join("files"), programs)?;
        let sandbox_api = program.with_file_name("sandbox-api");
        report.memory = memory::measure(&folder.join("big"), &programs.portcullis, &sandbox_api)?.into();
    }
    if services == 0 {
        report.took(begin.elapsed());
        return Ok(report);
    }
    if services >= LIMITED {
        let mut bench = Bench::up(program, &folder.join("limited"), LIMITED, None, report).await?;
        bench.limited(LIMITED).await?;
        report = bench.report;
    }
    let mut bench = Bench::up(program, &folder.join("wide"), services, Some(CALICO_REQUESTS), report).await?;
    bench.switches().await?;
    bench.ranges().await?;
    bench.many(services).await?;
    bench.report.took(begin.elapsed());
    Ok(bench.report)
}

impl Bench {
    async fn up(program: &Path, folder: &Path, services: usize, requests: Option<u32>, report: Report) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let scene = Scene::up(program, folder, &world::with(services, requests)?).await?;
        let operator = Operator::open(scene.kubeconfig(), &folder.join("data")).await?;
        Ok(Self { scene, operator, report })
    }

    /// From Apply to the last packet that is still decided the old way, when clients are shut out and when they are let in again.
    async fn switches(&mut self) -> Result<()> {
        let service = world::LAST;
        let opened = guard(service, &["50.60.0.0/16", "70.80.0.0/16"], on_eth0()?)?;
        let narrowed = guard(service, &["50.60.0.0/16"], on_eth0()?)?;
        self.switch("the first guard of a Service: outsiders are shut out", narrowed.clone()).await?;
        self.switch("a range is added to it: outsiders get in", opened).await?;
        self.switch("a range is taken away: outsiders are shut out", narrowed).await?;
        self.switch("nothing guards it any more: outsiders get in", open(service)?).await
    }

    async fn switch(&mut self, what: &str, change: Change) -> Result<()> {
        let plan = self.operator.plan(change).await?;
        ensure!(!plan.blocked(), "{:#?}", plan.findings);
        let before = self.outsiders()?;
        let begin = Instant::now();
        let applied = async { anyhow::Ok((self.operator.apply(plan.digest).await?.state, begin.elapsed())) };
        let probed = async {
            let mut old = Duration::ZERO;
            let mut since = None;
            // The end is a second without a packet decided the old way.
            while since.is_none_or(|since: Instant| since.elapsed() < Duration::from_secs(1)) {
                let sent = begin.elapsed();
                if self.outsiders()? == before {
                    (old, since) = (sent, None);
                } else {
                    since.get_or_insert_with(Instant::now);
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
                ensure!(begin.elapsed() < Duration::from_secs(120), "packets are decided as before after two minutes");
            }
            Ok(old)
        };
        let ((state, applied), last) = tokio::try_join!(applied, probed)?;
        ensure!(state == RunState::Done, "the run ended as {state:?}");
        self.report.switches.push(Switch { what: what.to_owned(), steps: plan.steps.len(), applied, last });
        Ok(())
    }

    /// Whether outsiders get in, by either way.
    fn outsiders(&self) -> Result<Vec<bool>> {
        let mut outcomes = Vec::new();
        for (_, node) in PATHS {
            let question =
                Question { from: From::read("outsider", Some(node))?, protocol: Protocol::Tcp, to: world::address(world::LAST_PLACE) };
            outcomes.extend(self.scene.ask_for(&[question], Duration::from_millis(200))?.iter().map(Outcome::is_allowed));
        }
        Ok(outcomes)
    }

    /// One guarded Service, by the number of its ranges.
    async fn ranges(&mut self) -> Result<()> {
        for count in [10, 10_000] {
            let ranges = world::ranges(count);
            let ranges: Vec<&str> = ranges.iter().map(String::as_str).collect();
            self.apply(guard(world::LAST, &ranges, on_eth0()?)?).await?;
            self.pairs(&format!("1 guarded Service, {count} ranges"))?;
        }
        self.apply(open(world::LAST)?).await
    }

    async fn apply(&self, change: Change) -> Result<()> {
        let run = self.operator.make(change).await?;
        ensure!(run.state == RunState::Done, "the run ended as {:?}", run.state);
        self.scene.settle().await
    }

    /// New connections to the guarded Service and to the unguarded one, in turns, on every path.
    fn pairs(&mut self, what: &str) -> Result<()> {
        for (path, node) in PATHS {
            let mut pairs = Vec::new();
            for _ in 0..PAIRS {
                pairs.push((self.load(&format!("{node}/eth1"), world::OPEN_PLACE)?, self.load(node, world::LAST_PLACE)?));
            }
            let row = Row::of(what, path, &pairs).context("no pair was measured")?;
            eprintln!("{row}");
            self.report.rows.push(row);
        }
        Ok(())
    }

    fn load(&self, entry: &str, place: usize) -> Result<Load> {
        // What earlier connections left behind is no part of the next ones' price.
        for node in ["node-a", "node-b"] {
            self.scene.run_on(node, &["conntrack", "-F"])?;
        }
        let question = Question { from: From::read("authorised", Some(entry))?, protocol: Protocol::Tcp, to: world::address(place) };
        self.scene.load(&question, SPAN)
    }
}
