//! The difference between two folders of files, beside what network-config-analyzer takes for it and says of it: the same files, the same
//! machine, one after the other. Times are those of the whole command (starting, reading, parsing and comparing), but where comparing alone
//! is told: that is from the objects in memory on.

mod growth;
mod objects;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
pub(super) use growth::Growth;
use objects::{Form, On};

/// The programs that are compared.
pub struct Programs {
    /// `nca` of network-config-analyzer.
    pub peer: PathBuf,
    /// An optimised `portcullis`.
    pub portcullis: PathBuf,
}

/// How many policies there are.
const POLICIES: u32 = 400;
/// How often Portcullis is asked; the middle time counts. The peer is asked once: it takes long.
const ROUNDS: usize = 9;

/// One pair of folders, and what both say of it.
#[derive(Debug)]
pub(super) struct Compared {
    what: &'static str,
    peer: Duration,
    peer_sees: bool,
    own: Own,
}

/// What Portcullis takes, and says.
#[derive(Debug)]
struct Own {
    whole: Duration,
    comparing: Duration,
    sees: bool,
}

/// Compares both programs on policies that allow a /16 each, one of which is widened to a /8.
pub(super) fn compare(folder: &Path, programs: &Programs) -> Result<Vec<Compared>> {
    [
        ("on pods, as JSON", On::Pods, Form::Json),
        ("on pods, as YAML", On::Pods, Form::Yaml),
        ("at hosts, before translation, as JSON", On::Hosts, Form::Json),
    ]
    .into_iter()
    .enumerate()
    .map(|(at, (what, on, form))| compared(&folder.join(at.to_string()), programs, what, on, form))
    .collect()
}

/// What Portcullis takes as policies become more.
pub(super) fn grow(folder: &Path, programs: &Programs) -> Result<Vec<Growth>> {
    [("on pods, as JSON", On::Pods, Form::Json), ("on pods, as YAML", On::Pods, Form::Yaml)]
        .into_iter()
        .map(|(what, on, form)| {
            let mut points = Vec::new();
            for policies in growth::POLICIES {
                let sides = objects::write(&folder.join(format!("{policies}-{form:?}")), on, policies, form)?;
                let Own { whole, comparing, sees } = own(&programs.portcullis, &sides)?;
                ensure!(sees, "`portcullis diff` sees no difference among {policies} policies");
                points.push((policies, whole, comparing));
            }
            Ok(Growth { what, points })
        })
        .collect()
}

fn compared(folder: &Path, programs: &Programs, what: &'static str, on: On, form: Form) -> Result<Compared> {
    let sides = objects::write(folder, on, POLICIES, form)?;
    let [before, after] = &sides;
    let (peer, said) = timed(
        Command::new(&programs.peer)
            .arg("--semantic_diff")
            .arg(after)
            .args(["-p".as_ref(), after.as_os_str(), "-n".as_ref(), after.as_os_str()])
            .args(["-b".as_ref(), before.as_os_str(), "-pb".as_ref(), before.as_os_str(), "-nb".as_ref(), before.as_os_str()]),
    )?;
    let text = String::from_utf8_lossy(&said.stdout);
    let (equal, differ) = (
        text.contains("the same set of policies") || text.contains("are semantically equivalent"),
        text.contains("not semantically equivalent"),
    );
    ensure!(equal != differ, "network-config-analyzer says neither that they are equal nor that they differ: {text}");
    Ok(Compared { what, peer, peer_sees: differ, own: own(&programs.portcullis, &sides)? })
}

fn own(portcullis: &Path, [before, after]: &[PathBuf; 2]) -> Result<Own> {
    let (mut whole, mut comparing, mut sees) = (Vec::new(), Vec::new(), false);
    for _ in 0..ROUNDS {
        let (time, said) = timed(Command::new(portcullis).arg("diff").arg(before).arg(after).env("RUST_LOG", "server::cli=info"))?;
        let (code, log) = (said.status.code(), String::from_utf8_lossy(&said.stderr));
        ensure!(matches!(code, Some(0 | 1)), "`portcullis diff` ended with {code:?}: {log}");
        sees = code == Some(1);
        whole.push(time);
        comparing.push(comparing_alone(&log).with_context(|| format!("`portcullis diff` does not log how long it compared: {log}"))?);
    }
    whole.sort_unstable();
    comparing.sort_unstable();
    Ok(Own { whole: whole[ROUNDS / 2], comparing: comparing[ROUNDS / 2], sees })
}

/// What the log says of it.
fn comparing_alone(log: &str) -> Option<Duration> {
    let (_, figure) = log.split_once("comparing_us=")?;
    Some(Duration::from_micros(figure.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?))
}

fn timed(command: &mut Command) -> Result<(Duration, Output)> {
    let begin = Instant::now();
    let said = command.output().with_context(|| format!("starting `{}`", command.get_program().to_string_lossy()))?;
    Ok((begin.elapsed(), said))
}

fn ms(time: Duration) -> f64 {
    1e3 * time.as_secs_f64()
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, peer, peer_sees, own: Own { whole, comparing, sees } } = self;
        let says = |sees: &bool| if *sees { "they differ" } else { "no change" };
        let ratio = |own: &Duration| peer.as_secs_f64() / own.as_secs_f64();
        write!(
            f,
            "| {POLICIES} policies {what} | {:.2} s | {:.1} ms | 1/{:.0} | {:.1} ms | 1/{:.0} | {} | {} |",
            peer.as_secs_f64(),
            ms(*whole),
            ratio(whole),
            ms(*comparing),
            ratio(comparing),
            says(peer_sees),
            says(sees)
        )
    }
}
