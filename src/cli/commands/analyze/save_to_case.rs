//! `analyze --case`: saves the analysis, its timeline and the objects it names in a case.

use std::collections::BTreeMap;

use crate::analysis::{self, Analysis, accessed_objects};
use crate::case::{Case, sha256, write_new};
use crate::cli::args::author::AuthorArgs;
use crate::cli::commands::case::Writing;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::clock::rfc3339;
use crate::finding::Finding;
use crate::journal::{Event, seal};
use crate::report::timeline::{TimelineFormat, TimelineRow, TimelineWriter};
use crate::report::{Format, RenderOptions, json::Json};

/// Writes `findings-NNN.json`, `timeline-NNN.csv` and `objects-NNN.csv`, and a line of the journal with their
/// hashes. Nothing is overwritten: each analysis has the next number, and the highest counts.
///
/// # Errors
/// When a file cannot be written.
pub fn save(cx: &Cx, analysis: &Analysis, mut writing: Writing) -> Result<(), CommandError> {
    let number = next_number(&writing.case)?;
    let findings: Vec<&Finding> = analysis.report.findings.iter().collect();
    let rows = analysis::timeline(analysis, &findings, &cx.observer())?;
    let mut files = BTreeMap::new();
    let contents = [
        (format!("findings-{number:03}.json"), findings_json(analysis)?),
        (format!("timeline-{number:03}.csv"), timeline_csv(&rows)?),
        (format!("objects-{number:03}.csv"), accessed_objects::to_csv(&rows)?),
    ];
    for (name, bytes) in contents {
        write_new(&writing.case.root().join(&name), &bytes)?;
        files.insert(name, sha256(&bytes));
    }
    let event = Event::Analysed {
        author: AuthorArgs { author: None }.name()?,
        files,
        findings: findings.len() as u64,
        stories: analysis.report.stories.len() as u64,
    };
    writing.journal.append(event)?;
    seal(&writing.case, &mut writing.journal, &rfc3339(cx.clock.now()))?;
    let folder = writing.case.root().display();
    cx.ui.status(&format!("saved in {folder} as analysis {number:03}: incident report {folder}"));
    Ok(())
}

/// One above the highest number of the three files: an interrupted run may have left only some of them.
fn next_number(case: &Case) -> Result<u64, CommandError> {
    let mut highest = 0;
    for (stem, suffix) in [("findings", "json"), ("timeline", "csv"), ("objects", "csv")] {
        let newest = case.newest(stem, suffix)?;
        let number = newest.and_then(|name| name[stem.len() + 1..].split('.').next()?.parse().ok());
        highest = number.unwrap_or(0).max(highest);
    }
    Ok(highest + 1)
}

fn findings_json(analysis: &Analysis) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    let options = RenderOptions { color: false, top: usize::MAX };
    Json.render(&analysis.report, &mut bytes, &options)?;
    Ok(bytes)
}

fn timeline_csv(rows: &[TimelineRow]) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    let mut writer = TimelineWriter::new(TimelineFormat::Csv, &mut bytes)?;
    rows.iter().try_for_each(|row| writer.row(row))?;
    writer.finish()?;
    Ok(bytes)
}
