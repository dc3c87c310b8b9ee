//! What is worked out once, when it is first asked for.

use std::sync::{Arc, OnceLock};

/// A value that follows from the rest of what holds it: worked out when it is first asked for, shared by clones, and put away by the
/// holder when what it follows from changes. Two are always equal, as what they follow from is compared.
#[derive(Debug)]
pub(in crate::snapshot) struct Cached<T>(Arc<OnceLock<Arc<T>>>);

impl<T> Cached<T> {
    pub(in crate::snapshot) fn get(&self, make: impl FnOnce() -> T) -> Arc<T> {
        self.0.get_or_init(|| Arc::new(make())).clone()
    }
}

impl<T> Clone for Cached<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(Arc::new(OnceLock::new()))
    }
}

impl<T> PartialEq for Cached<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
