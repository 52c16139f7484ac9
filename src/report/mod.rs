//! Everything that a command shows as its result: reports of an analysis (here) and of an incident ([`incident`]),
//! cases, clocks, plans, changes, sessions, and impact counts. Knows no polars.
//!
//! To add a format: one file that implements [`Format`] for the document, its `mod` line, and its place in the
//! document's list ([`FORMATS`], [`incident::FORMATS`]).

pub mod case;
pub mod changes;
pub mod clocks;
pub mod csv;
pub mod escape;
pub mod format;
pub mod impact;
pub mod incident;
pub mod json;
pub mod model;
pub mod plan;
pub mod schema;
pub mod sessions;
pub mod text;
pub mod timeline;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use format::{Format, Formats, RenderOptions};
pub use model::{Report, Suppressed, Window};

use incident::analysis_report;

/// Every format of an analysis.
pub const FORMATS: Formats<'static, Report> = Formats(&[
    &text::Text,
    &json::Json,
    &csv::Csv,
    &analysis_report::MARKDOWN,
    &analysis_report::HTML,
]);
