//! yaml: being written.
