//! What a format is, for every kind of document, and the list of a document's formats.

use std::io::{self, Write};

/// Renders one finished document; adds no judgement of its own.
pub trait Format<D: ?Sized>: Sync {
    /// What `--format` is given: `text`.
    fn name(&self) -> &'static str;

    /// Writes all of it. Flushing is the caller's part; an error of `out` is returned as it came.
    ///
    /// # Errors
    /// Those of `out`.
    fn render(&self, document: &D, out: &mut dyn Write, options: &RenderOptions) -> io::Result<()>;
}

/// How to render. Formats ignore what does not apply to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenderOptions {
    pub color: bool,
    /// Findings shown in full by formats that are made to be read.
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

    /// The format of that name.
    pub fn find(&self, name: &str) -> Option<&'a dyn Format<D>> {
        self.0.iter().copied().find(|format| format.name() == name)
    }
}
