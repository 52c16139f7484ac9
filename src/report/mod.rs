//! The finished report in its formats: one file a format, and the list of them. Knows no polars.
//!
//! To add a format: one file that implements [`Format`], its `mod` line and its place in [`FORMATS`].

pub mod csv;
pub mod escape;
pub mod impact;
pub mod incident;
pub mod json;
pub mod model;
pub mod sessions;
pub mod text;
pub mod timeline;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

pub use model::{Report, Suppressed, Window};

use incident::analysis_report;

/// Every format, in the order `--help` lists them.
pub const FORMATS: &[&dyn Format] =
    &[&text::Text, &json::Json, &csv::Csv, &analysis_report::MARKDOWN, &analysis_report::HTML];

/// Renders one finished report; adds no judgement of its own.
pub trait Format: Sync {
    /// What `--format` is given: `text`.
    fn name(&self) -> &'static str;

    /// Writes all of it. Flushing is the caller's part; an error of `out` is returned as it came.
    fn render(
        &self,
        report: &Report,
        out: &mut dyn Write,
        options: &RenderOptions,
    ) -> io::Result<()>;
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

/// Names of all formats.
pub fn format_names() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name()).collect()
}

/// The format of that name.
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}
