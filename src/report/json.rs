//! The `json` format: the documented schema of an analysis, [`crate::report::schema`].

use std::io::{self, Write};

use super::escape::write_json;
use super::schema::Analysis;
use super::{Format, RenderOptions, Report};

/// The `json` format.
pub struct Json;

impl Format<Report> for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, report: &Report, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        write_json(&Analysis::from(report), out)
    }
}
