//! The incident report: one model of an analysis and a case, and one file a format.
//!
//! To add a format: one file, its `mod` line and its place in [`FORMATS`]. To add a section: a part of the
//! model, a file in `build`, and its place in the formats made to be read.

pub mod analysis;
pub mod analysis_report;
pub mod attack;
pub mod build;
mod charts;
pub mod checklists;
mod clock_rows;
pub mod csv;
mod digests;
pub mod escape;
pub mod html;
mod impact;
pub mod input;
pub mod json;
pub mod load;
pub mod markdown;
pub mod model;
pub mod ocsf;
pub mod stix;
mod template;
pub mod text;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

pub use build::build;
pub use input::Input;
pub use model::Document;

use super::RenderOptions;

/// Name and version, as reports say who made them.
pub const PROGRAM: &str = concat!("incident ", env!("CARGO_PKG_VERSION"));

/// Every format, in the order `--help` lists them.
pub const FORMATS: &[&dyn Format] = &[
    &text::Text,
    &markdown::Markdown,
    &html::Html,
    &json::Json,
    &csv::TimelineCsv,
    &csv::IndicatorsCsv,
    &ocsf::Ocsf,
    &stix::Stix,
];

/// Renders one finished report; adds no judgement of its own.
pub trait Format: Sync {
    /// What `--format` is given: `html`.
    fn name(&self) -> &'static str;

    /// Writes all of it. Flushing is the caller's part; an error of `out` is returned as it came.
    ///
    /// # Errors
    /// Those of `out`.
    fn render(
        &self,
        document: &Document,
        out: &mut dyn Write,
        options: &RenderOptions,
    ) -> io::Result<()>;
}

/// Names of all formats.
pub fn format_names() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name()).collect()
}

/// The format of that name.
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}
