//! Choices, drawn one by one from a list of numbers. The first of every choice is the plainest, and a list that has ended goes on with it:
//! so proptest, which makes lists shorter and numbers smaller, makes clusters plainer.

use proptest::prelude::*;

/// Choices yet to be made.
#[derive(Debug, Clone)]
pub(crate) struct Draw {
    choices: std::vec::IntoIter<u16>,
}

impl Draw {
    pub(crate) fn new(choices: Vec<u16>) -> Self {
        Self { choices: choices.into_iter() }
    }

    /// 0 up to, and without, `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::from(self.choices.next().unwrap_or(0)) % n.max(1)
    }

    /// True so often of a hundred times.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    /// One of these.
    pub(crate) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        let at = self.below(of.len());
        of[at].clone()
    }

    /// Up to `most` of these, each once.
    pub(crate) fn some<T: Clone + PartialEq>(&mut self, of: &[T], most: usize) -> Vec<T> {
        let mut chosen = Vec::new();
        for _ in 0..1 + self.below(most) {
            let next = self.one(of);
            if !chosen.contains(&next) {
                chosen.push(next);
            }
        }
        chosen
    }
}

/// The choices of one object.
pub(crate) fn choices(length: usize) -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(any::<u16>(), length)
}

/// The choices of up to `most` objects.
pub(crate) fn objects(least: usize, most: usize, length: usize) -> impl Strategy<Value = Vec<Vec<u16>>> {
    prop::collection::vec(choices(length), least..=most)
}
