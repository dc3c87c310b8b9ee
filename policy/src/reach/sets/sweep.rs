//! First match wins, for all addresses at once.

use crate::cidr::{CidrSet, Family};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// What each of `sets` is first to hold of `universe`, by its place; places that are first to hold nothing are left out. A sweep over the
/// boundaries of all sets: `n log n` in their ranges.
pub(super) fn first_match(family: Family, universe: &CidrSet, sets: &[(u32, &CidrSet)]) -> Vec<(u32, CidrSet)> {
    match sets {
        [] => return Vec::new(),
        [(place, set)] => {
            let held = universe.intersection(set);
            return if held.is_empty() { Vec::new() } else { vec![(*place, held)] };
        }
        _ => {}
    }
    let mut found = Vec::new();
    for (place, ranges) in sweep(family, sets) {
        let held = CidrSet::of_numbers(family, ranges).intersection(universe);
        if !held.is_empty() {
            found.push((place, held));
        }
    }
    found
}

type Ranges = Vec<(u128, u128)>;

fn sweep(family: Family, sets: &[(u32, &CidrSet)]) -> BTreeMap<u32, Ranges> {
    let mut starts: Vec<(u128, u128, u32)> = Vec::new();
    for (place, set) in sets {
        starts.extend(set.numbers(family).into_iter().map(|(first, last)| (first, last, *place)));
    }
    starts.sort_unstable();
    let mut first: BTreeMap<u32, Ranges> = BTreeMap::new();
    // What is open where the sweep stands: the lowest place is what holds the address.
    let mut open: BinaryHeap<Reverse<(u32, u128)>> = BinaryHeap::new();
    let mut coming = starts.into_iter().peekable();
    let mut here = 0;
    loop {
        if open.is_empty() {
            let Some(next) = coming.peek() else { return first };
            here = here.max(next.0);
        }
        while let Some((_, last, place)) = coming.next_if(|next| next.0 <= here) {
            open.push(Reverse((place, last)));
        }
        while open.peek().is_some_and(|Reverse((_, last))| *last < here) {
            open.pop();
        }
        let Some(Reverse((place, last))) = open.peek().copied() else { continue };
        let until = coming.peek().map_or(last, |next| last.min(next.0 - 1));
        first.entry(place).or_default().push((here, until));
        match until.checked_add(1) {
            Some(next) => here = next,
            None => return first,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sets() -> impl Strategy<Value = Vec<CidrSet>> {
        let range = (0_u32..40, 0_u32..12).prop_map(|(first, length)| (u128::from(first), u128::from(first + length)));
        let edge = prop_oneof![8 => range, 1 => Just((u128::from(u32::MAX) - 3, u128::from(u32::MAX)))];
        prop::collection::vec(prop::collection::vec(edge, 0..4).prop_map(|ranges| CidrSet::of_numbers(Family::V4, ranges)), 0..8)
    }

    proptest! {
        #[test]
        fn the_first_that_holds_an_address_gets_it(sets in sets(), universe in sets()) {
            let universe = universe.iter().fold(CidrSet::new(), |all, set| all.union(set));
            let placed: Vec<(u32, &CidrSet)> = (0..).zip(&sets).collect();
            let found = first_match(Family::V4, &universe, &placed);
            let mut left = universe;
            for (place, set) in placed {
                let expected = left.intersection(set);
                let got = found.iter().find(|(at, _)| *at == place).map_or_else(CidrSet::new, |(_, held)| held.clone());
                prop_assert_eq!(got, expected);
                left = left.difference(set);
            }
        }
    }
}
