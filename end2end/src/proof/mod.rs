//! What packets proved: facts that are asked of a world, the record of what came out, and the matrix of all records.
//!
//! A test states [`Fact`]s: some objects, and who reaches what while they are in force. It asks them of a world through a [`Record`],
//! which is written below `target/` and is what `rig matrix` and `docs/proof.md` are made of.

mod fact;
mod foretold;
mod matrix;
mod record;
#[cfg(test)]
mod tests;

pub use fact::{Expected, Fact, objects};
pub use foretold::{Comparison, Foretold};
pub use matrix::Matrix;
pub use record::{Record, Row, Run, results_folder};
