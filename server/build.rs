//! `sqlx::migrate!` is compiled again when a migration that it knows changes; this is for one that is new.

fn main() {
    println!("cargo::rerun-if-changed=../migrations");
}
