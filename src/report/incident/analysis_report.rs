//! An analysis without a case, in this report's formats: what `incident analyze` offers besides its own.

use std::io::{self, Write};

use super::html::Html;
use super::markdown::Markdown;
use super::{Document, Input, PROGRAM, build};
use crate::report::schema::Analysis;
use crate::report::{Format, RenderOptions, Report};

pub const MARKDOWN: AnalysisReport = AnalysisReport(&Markdown);
pub const HTML: AnalysisReport = AnalysisReport(&Html);

/// One format of the incident report for an analysis.
pub struct AnalysisReport(pub &'static dyn Format<Document>);

impl Format<Report> for AnalysisReport {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn render(
        &self,
        report: &Report,
        out: &mut dyn Write,
        options: &RenderOptions,
    ) -> io::Result<()> {
        let input = Input {
            generated: report.generated,
            program: PROGRAM.into(),
            analysis: Some(Analysis::from(report)),
            ..Input::default()
        };
        self.0.render(&build(&input), out, options)
    }
}
