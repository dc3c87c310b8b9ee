//! Which items of two lists are the same ones.

use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::BTreeMap;

/// So many items of both lists together, less those at both ends that are the same, are compared with each other. Longer ones count as
/// replaced whole: the time grows with the items times their differences.
pub(super) const ITEMS_MAX: usize = 10_000;

/// The steps from `old` to `new`, in order, without those that change nothing at the ends.
pub(super) fn steps<T: Ord>(old: &[T], new: &[T]) -> Vec<DiffOp> {
    let head = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old_rest, new_rest) = (&old_rest[..old_rest.len() - tail], &new_rest[..new_rest.len() - tail]);

    let mut steps = if old_rest.len() + new_rest.len() > ITEMS_MAX {
        vec![DiffOp::Replace { old_index: 0, old_len: old_rest.len(), new_index: 0, new_len: new_rest.len() }]
    } else {
        let mut numbers = BTreeMap::new();
        let mut number = |item| {
            let next = numbers.len();
            *numbers.entry(item).or_insert(next)
        };
        let old: Vec<usize> = old_rest.iter().map(&mut number).collect();
        let new: Vec<usize> = new_rest.iter().map(&mut number).collect();
        capture_diff_slices(Algorithm::Myers, &old, &new)
    };
    for step in &mut steps {
        match step {
            DiffOp::Equal { old_index, new_index, .. }
            | DiffOp::Delete { old_index, new_index, .. }
            | DiffOp::Insert { old_index, new_index, .. }
            | DiffOp::Replace { old_index, new_index, .. } => {
                *old_index += head;
                *new_index += head;
            }
        }
    }
    steps
}
