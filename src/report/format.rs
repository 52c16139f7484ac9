//! A format for any kind of document, and the list of a document's formats.

use std::io::{self, Write};

/// Renders one finished document, without any judgement of its own.
pub trait Format<D: ?Sized>: Sync {
    /// The value of `--format`: `text`.
    fn name(&self) -> &'static str;

    /// Writes the whole document. The caller flushes. Errors of `out` are returned unchanged.
    ///
    /// # Errors
    /// Those of `out`.
    fn render(&self, document: &D, out: &mut dyn Write, options: &RenderOptions) -> io::Result<()>;
}

/// Options for rendering. Formats ignore those that do not apply to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenderOptions {
    pub color: bool,
    /// Number of findings that text formats show in full.
    pub top: usize,
}

impl Default for RenderOptions {
    fn default() -> RenderOptions {
        RenderOptions { color: false, top: 10 }
    }
}

/// Every format of one kind of document, in the order `--help` lists them.
pub struct Formats<'a, D: ?Sized>(pub &'a [&'a dyn Format<D>]);

impl<'a, D: ?Sized> Formats<'a, D> {
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|format| format.name()).collect()
    }

    /// The format with this name.
    pub fn find(&self, name: &str) -> Option<&'a dyn Format<D>> {
        self.0.iter().copied().find(|format| format.name() == name)
    }
}
