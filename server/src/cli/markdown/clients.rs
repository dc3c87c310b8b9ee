//! Who gains and who loses access, and what becomes of open connections.

use super::escape::{code, fenced, prose};
use super::{counted, folded, table};
use policy::cidr::{Cidr, CidrSet};
use policy::object::ServiceRef;
use policy::reach::diff::{AddressDiff, Diff, State};
use policy::reach::live::OpenConnections;
use policy::reach::sets::TooMuch;

/// Rows of a table.
const ROWS: usize = 40;
/// Ranges that a cell names.
const NAMED: usize = 3;

/// For whom it changes at some addresses of a Service.
#[derive(PartialEq)]
struct Moved<'a> {
    service: &'a ServiceRef,
    gain: String,
    lose: String,
    untold: String,
}

/// A table of who gains and who loses access; one sentence where nobody does, or it cannot be told.
pub(in crate::cli) fn reachability(diff: Result<&Diff, &TooMuch>) -> String {
    let head = "\n### Who gains and who loses access\n\n".to_owned();
    match diff {
        Ok(diff) if diff.is_empty() => head + "Nobody outside gains or loses access.\n",
        Ok(diff) => head + &gains_and_losses(diff),
        Err(error) => format!("{head}It cannot be told: {}\n", prose(&error.to_string())),
    }
}

fn gains_and_losses(diff: &Diff) -> String {
    let mut moved: Vec<(Moved, Vec<String>)> = Vec::new();
    for service in &diff.services {
        for at in &service.addresses {
            let who = |state| in_words(&clients(at, state), Cidr::all(at.family));
            let row = Moved { service: &service.service, gain: who(State::Allowed), lose: who(State::Denied), untold: who(State::Unknown) };
            let place = at.address.map_or_else(|| format!("every node, {}", at.family.name()), |address| code(&address.to_string()));
            let place = format!("{place} {} {}", at.port.protocol, at.port.port);
            match moved.iter_mut().find(|(other, _)| *other == row) {
                Some((_, places)) => places.push(place),
                None => moved.push((row, vec![place])),
            }
        }
    }
    let rows = moved.iter().take(ROWS).map(|(row, places)| {
        let more = if row.untold == NOBODY { String::new() } else { format!("; not known any more: {}", row.untold) };
        [code(&row.service.to_string()), few(places), row.gain.clone(), format!("{}{more}", row.lose)]
    });
    let mut out = table(["Service", "At", "Gains access", "Loses access"], &rows.collect::<Vec<_>>());
    if moved.len() > ROWS {
        out.push_str(&format!("\nand {} more\n", counted(moved.len() - ROWS, "row", "rows")));
    }
    out
}

/// Those who come to a state, on some path.
fn clients(at: &AddressDiff, state: State) -> CidrSet {
    let changes = at.paths.iter().flat_map(|path| &path.changes).filter(|change| change.is == state);
    changes.fold(CidrSet::new(), |all, change| all.union(&change.clients))
}

const NOBODY: &str = "nobody";

/// The ranges, or those that are left out, whichever are fewer.
fn in_words(clients: &CidrSet, all: Cidr) -> String {
    if clients.is_empty() {
        return NOBODY.to_owned();
    }
    let (ranges, others) = (clients.cidrs(), CidrSet::from(all).difference(clients).cidrs());
    let names = |ranges: &[Cidr]| few(&ranges.iter().map(|range| code(&range.to_string())).collect::<Vec<_>>());
    if others.is_empty() {
        return "everybody".to_owned();
    }
    if others.len() < ranges.len() {
        return format!("everybody but {}", names(&others));
    }
    format!("{}: {}", clients.counted(), names(&ranges))
}

fn few(names: &[String]) -> String {
    let (shown, rest) = names.split_at(names.len().min(NAMED));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    shown.join(", ") + &more
}

/// What becomes of open connections, the commands folded; nothing where nobody is shut out.
pub(in crate::cli) fn open_connections(open: Option<&OpenConnections>) -> String {
    let Some(open) = open else { return String::new() };
    let mut out = "\n### Open connections\n\n".to_owned();
    out.push_str(&open.sentences.iter().map(|sentence| prose(sentence)).collect::<Vec<_>>().join(" "));
    out.push('\n');
    for cut in &open.cuts {
        let nodes: Vec<String> = cut.nodes.iter().map(|node| super::entities(node)).collect();
        let more = if cut.more_nodes == 0 { String::new() } else { format!(" and {} more", cut.more_nodes) };
        let title = format!("{} on each of {}{more}", counted(cut.commands.len(), "command", "commands"), nodes.join(", "));
        out.push('\n');
        out.push_str(&folded(&title, &fenced("sh", &cut.commands)));
    }
    out
}
