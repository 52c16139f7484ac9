//! The incident report: one model of an analysis and a case, and one file per format.
//!
//! To add a format: one file, its `mod` line and its place in [`FORMATS`]. To add a section: a part of the model, a
//! file in `build`, and its place in the formats for people.

pub mod analysis_report;
pub mod attack;
pub mod build;
mod charts;
pub mod checklists;
mod clock_rows;
pub mod csv;
mod digests;
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

pub use build::build;
pub use input::Input;
pub use model::Document;

use super::Formats;

/// Name and version of this program, as reports show them.
pub const PROGRAM: &str = concat!("incident ", env!("CARGO_PKG_VERSION"));

/// Every format of the incident report.
pub const FORMATS: Formats<'static, Document> = Formats(&[
    &text::Text,
    &markdown::Markdown,
    &html::Html,
    &json::Json,
    &csv::TimelineCsv,
    &csv::IndicatorsCsv,
    &ocsf::Ocsf,
    &stix::Stix,
]);
