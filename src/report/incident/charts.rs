//! Geometry of the charts, in whole units of their view boxes. Templates draw it; colours are CSS's.
//!
//! No chart crate: maintained ones write fixed colours or inline styles into their SVG,
//! which neither follows the reader's colour scheme nor passes the page's content policy.

mod bars;
mod scale;
mod span;
mod tree;

use serde::Serialize;

pub use bars::Bars;
pub use span::Span;
pub use tree::Tree;

use super::model::Document;

/// What can be drawn of a document; a chart that would say nothing is left out.
#[derive(Debug, Serialize)]
pub struct Charts {
    pub span: Option<Span>,
    pub bars: Option<Bars>,
    pub tree: Option<Tree>,
}

impl Charts {
    pub fn of(document: &Document) -> Charts {
        Charts {
            span: Span::of(document),
            bars: Bars::of(&document.bytes_out),
            tree: Tree::of(&document.actors),
        }
    }
}

/// Characters of the charts' type that fit into this width.
fn fitting(width: i64) -> usize {
    usize::try_from(width / 7).unwrap_or(0)
}
