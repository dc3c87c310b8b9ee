//! What is found by an address, a net or a port.

/// Values by a key that they share with others, those of one key in the order in which they came.
#[derive(Debug)]
pub(super) struct Sorted<K, T>(Vec<(K, T)>);

impl<K: Ord + Copy, T> FromIterator<(K, T)> for Sorted<K, T> {
    fn from_iter<I: IntoIterator<Item = (K, T)>>(found: I) -> Self {
        let mut found: Vec<(K, T)> = found.into_iter().collect();
        found.sort_by_key(|(key, _)| *key);
        found.shrink_to_fit();
        Self(found)
    }
}

impl<K: Ord + Copy, T: Copy> Sorted<K, T> {
    /// The values of a key.
    pub(super) fn at(&self, key: K) -> impl Iterator<Item = T> + use<'_, K, T> {
        let first = self.0.partition_point(|(own, _)| *own < key);
        self.0.iter().skip(first).take_while(move |(own, _)| *own == key).map(|(_, value)| *value)
    }
}
