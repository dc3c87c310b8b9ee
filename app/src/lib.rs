//! What people see: Leptos pages and components, server functions, and the port they call.

pub mod backend;
