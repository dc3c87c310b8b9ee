//! Labels and annotations.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::slice;

/// Labels as objects hold them, each key once and in order. Most objects have one or two: a map of the standard library would take room for
/// eleven in each of 70,000 objects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Labels(Box<[(String, String)]>);

/// Keys with their values, in order.
type Iter<'a> = std::iter::Map<slice::Iter<'a, (String, String)>, fn(&'a (String, String)) -> (&'a String, &'a String)>;

impl Labels {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &(impl AsRef<str> + ?Sized)) -> Option<&String> {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// A key as it is kept, and its value.
    #[must_use]
    pub fn get_key_value(&self, key: &(impl AsRef<str> + ?Sized)) -> Option<(&String, &String)> {
        let place = self.0.binary_search_by(|(own, _)| own.as_str().cmp(key.as_ref())).ok()?;
        self.0.get(place).map(|(key, value)| (key, value))
    }

    /// Whether there is such a key.
    #[must_use]
    pub fn contains_key(&self, key: &(impl AsRef<str> + ?Sized)) -> bool {
        self.get(key).is_some()
    }

    /// Keys with their values, in order.
    pub fn iter(&self) -> Iter<'_> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(key, _)| key)
    }

    /// The values, in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(_, value)| value)
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives a key this value, in the place of the one it had.
    pub fn insert(&mut self, key: String, value: String) {
        *self = std::mem::take(self).into_iter().chain([(key, value)]).collect();
    }
}

impl FromIterator<(String, String)> for Labels {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(labels: I) -> Self {
        // Of a key that comes twice the last counts.
        labels.into_iter().collect::<BTreeMap<_, _>>().into()
    }
}

impl From<BTreeMap<String, String>> for Labels {
    fn from(labels: BTreeMap<String, String>) -> Self {
        Self(
            labels
                .into_iter()
                .map(|(mut key, mut value)| {
                    key.shrink_to_fit();
                    value.shrink_to_fit();
                    (key, value)
                })
                .collect(),
        )
    }
}

impl IntoIterator for Labels {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<(String, String)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_vec().into_iter()
    }
}

impl<'a> IntoIterator for &'a Labels {
    type Item = (&'a String, &'a String);
    type IntoIter = Iter<'a>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self::from)
    }
}
