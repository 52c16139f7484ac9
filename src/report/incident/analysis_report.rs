//! An analysis without a case, in this report's formats: what `incident analyze` offers besides its own.

use std::io::{self, Write};

use super::analysis::Analysis;
use super::html::Html;
use super::markdown::Markdown;
use super::{Input, PROGRAM, build};
use crate::report::json::Json;
use crate::report::{Format, RenderOptions, Report};

pub const MARKDOWN: AnalysisReport = AnalysisReport(&Markdown);
pub const HTML: AnalysisReport = AnalysisReport(&Html);

/// One format of the incident report for an analysis.
pub struct AnalysisReport(pub &'static dyn super::Format);

impl Format for AnalysisReport {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn render(
        &self,
        report: &Report,
        out: &mut dyn Write,
        options: &RenderOptions,
    ) -> io::Result<()> {
        let mut document = Vec::new();
        Json.render(report, &mut document, options)?;
        let analysis = Analysis::parse(&document).map_err(io::Error::other)?;
        let input = Input {
            generated: report.generated,
            program: PROGRAM.into(),
            analysis: Some(analysis),
            ..Input::default()
        };
        self.0.render(&build(&input), out, options)
    }
}
