//! An analysis without a case, in the formats of the incident report. `incident analyze` offers these besides its own
//! formats.

use std::io::{self, Write};

use super::html::Html;
use super::markdown::Markdown;
use super::{Document, Input, PROGRAM, build};
use crate::report::schema::Analysis;
use crate::report::{Format, RenderOptions, Report};

pub const MARKDOWN: AnalysisReport = AnalysisReport(&Markdown);
pub const HTML: AnalysisReport = AnalysisReport(&Html);

/// A format of the incident report, applied to an analysis.
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
