//! The YAML of both sides, line by line.

use super::align::steps;
use super::{DiffLine, Side};
use crate::yaml::to_yaml;
use serde_json::Value;

/// The lines of both; in a changed place those before come first.
pub(super) fn merged(before: Option<&Value>, after: Option<&Value>) -> Vec<DiffLine> {
    let [before, after] = [before, after].map(|value| value.map(to_yaml).unwrap_or_default());
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let mut merged = Vec::with_capacity(before.len().max(after.len()));
    let mut push = |side, lines: &[&str]| merged.extend(lines.iter().map(|line| DiffLine { side, text: (*line).to_owned() }));

    let mut same_up_to = 0;
    for step in steps(&before, &after) {
        let (old, new) = (step.old_range(), step.new_range());
        if !matches!(step, similar::DiffOp::Equal { .. }) {
            push(Side::Same, &before[same_up_to..old.start]);
            push(Side::Removed, &before[old.clone()]);
            push(Side::Added, &after[new]);
            same_up_to = old.end;
        }
    }
    push(Side::Same, &before[same_up_to..]);
    merged
}
