//! The graph of sessions as reports show it: rows for programs, a tree for people, the origin of one key in
//! words.

mod forest;
mod layout;
mod rows;
mod units;
mod uses;
mod words;

pub use forest::forest;
pub use rows::{All, Found, chosen, family, of_findings, unused};
pub use words::{id, origin};

/// What of the graph is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown<'a> {
    /// Only these, what came before and what came of them; all if `None`.
    pub chosen: Option<&'a [crate::rollup::lineage::Node]>,
    /// Everything, not only what stands out.
    pub all: bool,
}
