//! Sorted disjoint closed ranges of addresses, for both families by one code.

use super::AddressCount;
use std::ops::{BitOr, Shr, Sub};

/// An address as a number: `u32` or `u128`.
pub(super) trait Address: Copy + Ord + Sub<Output = Self> + BitOr<Output = Self> + Shr<u32, Output = Self> {
    /// Bits of an address.
    const BITS: u32;
    /// The last address.
    const MAX: Self;
    /// The next address; none behind the last.
    fn next(self) -> Option<Self>;
    /// The address before; none before the first.
    fn previous(self) -> Option<Self>;
    /// Zero bits at the end; all of them for the first address.
    fn trailing_zeros(self) -> u32;
    /// The largest `n` with 2^n <= `self` + 1, which may be one more than the type holds.
    fn log2_of_next(self) -> u32;
    /// As a count.
    fn to_u128(self) -> u128;
}

macro_rules! address {
    ($int:ty) => {
        impl Address for $int {
            const BITS: u32 = <$int>::BITS;
            const MAX: Self = <$int>::MAX;
            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn previous(self) -> Option<Self> {
                self.checked_sub(1)
            }
            fn trailing_zeros(self) -> u32 {
                <$int>::trailing_zeros(self)
            }
            fn log2_of_next(self) -> u32 {
                self.checked_add(1).map_or(<$int>::BITS, <$int>::ilog2)
            }
            fn to_u128(self) -> u128 {
                u128::from(self)
            }
        }
    };
}
address!(u32);
address!(u128);

/// A closed range: first and last address.
pub(super) type Range<A> = (A, A);

/// A set of addresses: closed ranges, sorted, with at least one address between any two.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Ranges<A>(Vec<Range<A>>);

impl<A> Default for Ranges<A> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<A: Address> Ranges<A> {
    /// From the first to the last address, both included; none where `first` comes after `last`.
    pub(super) fn one(first: A, last: A) -> Self {
        Self(if first <= last { vec![(first, last)] } else { Vec::new() })
    }

    /// The union of any ranges, in any order.
    pub(super) fn from_unsorted(mut ranges: Vec<Range<A>>) -> Self {
        ranges.sort_unstable_by_key(|range| range.0);
        Self::from_sorted(ranges)
    }

    /// The union of ranges that are sorted by their first address: merged in place.
    fn from_sorted(mut ranges: Vec<Range<A>>) -> Self {
        ranges.dedup_by(|next, kept| {
            let joins = kept.1.next().is_none_or(|after| next.0 <= after);
            if joins {
                kept.1 = kept.1.max(next.1);
            }
            joins
        });
        Self(ranges)
    }

    pub(super) fn as_slice(&self) -> &[Range<A>] {
        &self.0
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let (mut ours, mut theirs) = (self.0.as_slice(), other.0.as_slice());
        let mut sorted = Vec::with_capacity(ours.len() + theirs.len());
        while let (Some(our), Some(their)) = (ours.first(), theirs.first()) {
            let from = if our.0 <= their.0 { &mut ours } else { &mut theirs };
            sorted.push(from[0]);
            *from = &from[1..];
        }
        sorted.extend_from_slice(ours);
        sorted.extend_from_slice(theirs);
        Self::from_sorted(sorted)
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        let (mut ours, mut theirs) = (self.0.as_slice(), other.0.as_slice());
        let mut common = Vec::new();
        while let (Some(our), Some(their)) = (ours.first(), theirs.first()) {
            let range = (our.0.max(their.0), our.1.min(their.1));
            if range.0 <= range.1 {
                common.push(range);
            }
            // The one that ends first can meet nothing more.
            let done = if our.1 <= their.1 { &mut ours } else { &mut theirs };
            *done = &done[1..];
        }
        // Sorted and apart, as each piece is bounded by a gap of one side.
        Self(common)
    }

    pub(super) fn difference(&self, other: &Self) -> Self {
        let mut theirs = other.0.as_slice();
        let mut left = Vec::with_capacity(self.0.len());
        for &(first, last) in &self.0 {
            let mut first = Some(first);
            while let (Some(from), Some(&(their_first, their_last))) = (first, theirs.first()) {
                if their_first > last {
                    break;
                }
                if their_first > from
                    && let Some(before) = their_first.previous()
                {
                    left.push((from, before));
                }
                first = their_last.next().map(|after| after.max(from));
                if their_last > last {
                    // It may reach into our next range, and leaves nothing of this one.
                    first = None;
                } else {
                    theirs = &theirs[1..];
                }
            }
            if let Some(from) = first
                && from <= last
            {
                left.push((from, last));
            }
        }
        Self(left)
    }

    pub(super) fn contains(&self, address: A) -> bool {
        self.covers((address, address))
    }

    /// Whether the whole range is in the set.
    pub(super) fn covers(&self, range: Range<A>) -> bool {
        let behind = self.0.partition_point(|&(first, _)| first <= range.0);
        behind.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|&(_, last)| range.1 <= last)
    }

    /// Whether an address of the range is in the set.
    pub(super) fn meets(&self, range: Range<A>) -> bool {
        let at = self.0.partition_point(|&(_, last)| last < range.0);
        self.0.get(at).is_some_and(|&(first, _)| first <= range.1)
    }

    pub(super) fn is_subset(&self, other: &Self) -> bool {
        let mut theirs = other.0.iter();
        let mut their = theirs.next();
        self.0.iter().all(|our| {
            while their.is_some_and(|their| their.1 < our.0) {
                their = theirs.next();
            }
            their.is_some_and(|their| their.0 <= our.0 && our.1 <= their.1)
        })
    }

    pub(super) fn count(&self) -> AddressCount {
        self.0.iter().map(|&(first, last)| AddressCount::from((last - first).to_u128()) + AddressCount::ONE).sum()
    }

    /// The fewest prefixes that make up the set, in order: first address and prefix length.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = (A, u8)> {
        self.0.iter().flat_map(|&range| prefixes(range))
    }
}

/// The fewest prefixes that make up a closed range, in order: at most two for each bit of an address.
fn prefixes<A: Address>((first, last): Range<A>) -> impl Iterator<Item = (A, u8)> {
    let mut from = Some(first);
    std::iter::from_fn(move || {
        let start = from.filter(|start| *start <= last)?;
        // The widest that begins here and does not pass the end.
        let host_bits = start.trailing_zeros().min((last - start).log2_of_next());
        let end = if host_bits == 0 { start } else { start | (A::MAX >> (A::BITS - host_bits)) };
        from = end.next();
        u8::try_from(A::BITS - host_bits).ok().map(|length| (start, length))
    })
}
