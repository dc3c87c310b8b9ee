//! The objects that change, each folded.

use super::escape::{entities, fenced};
use super::{counted, folded};
use crate::cli::text;
use policy::diff::{ObjectDiff, Side};
use policy::object::ObjectKey;
use policy::plan::Plan;

/// Objects that are shown: a comment on GitHub has room for 65,536 characters.
const SHOWN: usize = 20;
/// Lines of one object.
const LINES: usize = 200;

/// An object, and what is done to it.
pub(in crate::cli) struct Changed<'a> {
    /// `Create`, `Replace`, `Delete`.
    pub(in crate::cli) verb: &'a str,
    /// Which.
    pub(in crate::cli) key: &'a ObjectKey,
    /// Its difference.
    pub(in crate::cli) diff: &'a ObjectDiff,
}

/// What a plan writes, in its order.
pub(in crate::cli) fn of_steps(plan: &Plan) -> Vec<Changed<'_>> {
    plan.steps.iter().map(|step| Changed { verb: step.write.verb(), key: &step.key, diff: &step.diff }).collect()
}

/// The objects that change; nothing where none does.
pub(in crate::cli) fn objects(changed: &[Changed]) -> String {
    if changed.is_empty() {
        return String::new();
    }
    let mut out = "\n### Objects\n".to_owned();
    for Changed { verb, key, diff } in changed.iter().take(SHOWN) {
        let count = |side| diff.lines.iter().filter(|line| line.side == side).count();
        let namespace = if key.namespace.is_empty() { String::new() } else { format!("{}/", entities(&key.namespace)) };
        let name = format!("{} <code>{namespace}{}</code>", key.kind, entities(&key.name));
        let title = format!("{verb} {name} (+{} −{})", count(Side::Added), count(Side::Removed));
        out.push('\n');
        out.push_str(&folded(&title, &lines(diff)));
    }
    if changed.len() > SHOWN {
        out.push_str(&format!("\nand {} more\n", counted(changed.len() - SHOWN, "object", "objects")));
    }
    out
}

fn lines(diff: &ObjectDiff) -> String {
    let text = text::changed_lines(diff);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.len() > LINES {
        let more = lines.len() - LINES;
        lines.truncate(LINES);
        lines.push(format!("  ... and {}", counted(more, "more line", "more lines")));
    }
    fenced("diff", &lines)
}
