//! Sessions as reports show them: rows for programs, a tree for people, and the origin of one key as a sentence.

mod forest;
mod layout;
mod origin;
mod rows;
mod units;
mod uses;

pub use forest::forest;
pub use origin::{id, origin};
pub use rows::{SessionRows, rows_of_findings, select_nodes, unused_sessions, with_relatives};

/// What the tree shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct TreeOptions<'a> {
    /// Only these nodes with their ancestors and descendants; all nodes if `None`.
    pub chosen: Option<&'a [crate::rollup::lineage::Node]>,
    /// Every session, not only those that stand out.
    pub all: bool,
}
