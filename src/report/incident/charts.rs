//! Geometry of the charts, in whole units of their view boxes. Templates draw them, and CSS sets the colours.
//!
//! There is no chart crate: the maintained ones write fixed colours or inline styles into their SVG. Such SVG ignores
//! the reader's colour scheme, and the page's content policy blocks it.

mod bars;
mod scale;
mod span;
mod tree;

use serde::Serialize;

pub use bars::Bars;
pub use span::Span;
pub use tree::Tree;

use super::model::Document;

/// The charts of a document. A chart without content is left out.
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

/// Number of characters of the charts' font that fit into this width.
fn fitting(width: i64) -> usize {
    usize::try_from(width / 7).unwrap_or(0)
}
