//! What has to be on the machine, installed once: from the package registries into the cache, from Debian where the user is root.

pub(crate) mod debian;
pub(crate) mod npm;
pub(crate) mod python;
pub(crate) mod rust;
