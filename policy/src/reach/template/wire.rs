//! Sets of addresses as few numbers: a set of many ranges and what it leaves take the same room.

use crate::cidr::{CidrSet, Family};
use serde::{Deserialize, Serialize};

/// A set of addresses; in JSON for each family a list of numbers: how far the next range is from the end of the last, and how much
/// further than its first address it goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "Numbers", into = "Numbers")]
pub struct Ranges(pub CidrSet);

#[derive(Serialize, Deserialize)]
struct Numbers {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    v4: Vec<u128>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    v6: Vec<u128>,
}

impl From<Ranges> for Numbers {
    fn from(ranges: Ranges) -> Self {
        let [v4, v6] = [Family::V4, Family::V6].map(|family| written(&ranges.0.numbers(family)));
        Self { v4, v6 }
    }
}

impl From<Numbers> for Ranges {
    fn from(numbers: Numbers) -> Self {
        let of = |family, steps: &[u128]| CidrSet::of_numbers(family, read(steps));
        Self(of(Family::V4, &numbers.v4).union(&of(Family::V6, &numbers.v6)))
    }
}

fn written(ranges: &[(u128, u128)]) -> Vec<u128> {
    let mut end = 0;
    let mut steps = Vec::new();
    for (first, last) in ranges {
        steps.extend([first - end, last - first]);
        end = *last;
    }
    steps
}

/// The ranges of such a list; what does not fit into numbers ends it.
fn read(steps: &[u128]) -> Vec<(u128, u128)> {
    let mut end: u128 = 0;
    let mut ranges = Vec::new();
    for step in steps.chunks_exact(2) {
        let [gap, more] = step else { break };
        let Some((first, last)) = end.checked_add(*gap).and_then(|first| Some((first, first.checked_add(*more)?))) else { break };
        ranges.push((first, last));
        end = last;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cidr::Cidr;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(starts in prop::collection::vec((any::<u32>(), 0_u32..70_000), 0..9), wide in prop::collection::vec((any::<u128>(), 0_u32..9), 0..4)) {
            let v4 = starts.into_iter().map(|(first, more)| (u128::from(first), u128::from(first) + u128::from(more)));
            let v6 = wide.into_iter().map(|(first, more)| (first, first.saturating_add(u128::from(more))));
            let set = CidrSet::of_numbers(Family::V4, v4.collect()).union(&CidrSet::of_numbers(Family::V6, v6.collect()));
            let rest = CidrSet::from_iter([Family::V4, Family::V6].map(Cidr::all)).difference(&set);
            for ranges in [Ranges(set), Ranges(rest)] {
                let text = serde_json::to_string(&ranges).unwrap();
                prop_assert_eq!(serde_json::from_str::<Ranges>(&text).unwrap(), ranges);
            }
        }
    }

    #[test]
    fn numbers_past_the_last_address_end_a_list() {
        let text = format!("{{\"v6\":[5,1,{},{}]}}", u128::MAX, u128::MAX);
        let read: Ranges = serde_json::from_str(&text).unwrap();
        assert_eq!(read.0.to_string(), "::5/128, ::6/128");
    }
}
