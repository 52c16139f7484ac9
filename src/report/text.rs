//! The `text` format, for a reader under stress who starts at the top of a mail.
//!
//! The first line serves as the mail's subject and is the only one that may be longer than [`WIDTH`](crate::ui::WIDTH)
//! columns. Then follow the verdict, the findings, the tables and the coverage.

mod change;
mod command;
mod coverage;
pub mod explain;
mod findings;
mod guardduty;
mod matrix;
pub(super) mod page;
mod stories;
mod subject;
mod summary;
mod times;
mod verdict;

use std::io::{self, Write};

use page::Page;

use super::{Format, RenderOptions, Report};
use crate::finding::Summary;
use crate::ui::number::counted;

/// The `text` format.
pub struct Text;

impl Format<Report> for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn render(
        &self,
        report: &Report,
        out: &mut dyn Write,
        options: &RenderOptions,
    ) -> io::Result<()> {
        let mut page = Page::new(out, options.color);
        page.subject(&subject::line(report))?;
        verdict::render(&mut page, report)?;
        change::render(&mut page, report)?;
        findings::render(&mut page, report, options.top)?;
        guardduty::unmatched(&mut page, &report.guardduty)?;
        summary::render(&mut page, report)?;
        coverage::render(&mut page, report)?;
        suppressed(&mut page, report)?;
        if report.findings.is_empty() && report.summary == Summary::default() {
            return Ok(());
        }
        page.blank()?;
        page.dim("Lists are shortened here; the JSON report is complete.")
    }
}

/// Lists what the allow-list suppressed, so that nobody forgets a silent entry.
fn suppressed(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    if report.suppressed.is_empty() {
        return Ok(());
    }
    page.heading("SUPPRESSED BY THE ALLOW-LIST", "")?;
    for entry in &report.suppressed {
        let findings = counted(entry.findings, "finding", "findings");
        page.item(2, "- ", &format!("{findings}: {}", entry.entry))?;
    }
    Ok(())
}

/// The subject line alone, for a mail's header: `incident: 2 critical, 1 high in account …`.
pub fn subject(report: &Report) -> String {
    subject::line(report)
}
