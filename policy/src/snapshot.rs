//! The cluster at one moment.
