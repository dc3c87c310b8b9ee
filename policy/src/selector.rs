//! selector: being written.
