//! `analyze --case`: saves the analysis, its timeline and its accessed objects in a case.

use std::collections::BTreeSet;

use crate::analysis::{self, Analysis, accessed_objects};
use crate::case::Artifact;
use crate::casework::{Writing, refuse_other_account};
use crate::cli::args::author::AuthorArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::finding::Finding;
use crate::journal::Event;
use crate::report::timeline::{TimelineFormat, TimelineRow, TimelineWriter};
use crate::report::{Format, RenderOptions, json::Json};
use crate::ui::shell;

/// Writes `findings-NNN.json`, `timeline-NNN.csv` and `objects-NNN.csv`, and a line of the journal with their
/// hashes. Nothing is overwritten: each analysis has the next number, and the highest counts.
///
/// # Errors
/// When the case is of another account, or a file cannot be written.
pub fn save(cx: &Cx, analysis: &Analysis, writing: &mut Writing) -> Result<(), CommandError> {
    refuse_other_account(writing, &accounts(analysis))?;
    let kinds = [Artifact::Findings, Artifact::Timeline, Artifact::AccessedObjects];
    // An interrupted run may have left only some of the three files.
    let number = writing.case.next_number(&kinds)?;
    let findings: Vec<&Finding> = analysis.report.findings.iter().collect();
    let rows = analysis::timeline(analysis, &findings, &cx.observer())?;
    let contents =
        [findings_json(analysis)?, timeline_csv(&rows)?, accessed_objects::to_csv(&rows)?];
    let files: Vec<(String, Vec<u8>)> =
        kinds.iter().map(|kind| kind.numbered(number)).zip(contents).collect();
    let author = AuthorArgs { author: None }.name()?;
    let (found, stories) = (findings.len() as u64, analysis.report.stories.len() as u64);
    writing.save(&files, cx.clock, |files| Event::Analysed {
        author,
        files,
        findings: found,
        stories,
    })?;
    let (folder, word) = (writing.case.root().display(), shell::path(writing.case.root()));
    cx.ui.status(&format!(
        "saved in {folder} as analysis {number:03}; next: incident report {word}"
    ));
    Ok(())
}

/// The accounts whose logs were analysed: those of CloudTrail's events, or those of the findings without any.
fn accounts(analysis: &Analysis) -> BTreeSet<String> {
    let report = &analysis.report;
    let some = |accounts: &mut dyn Iterator<Item = &String>| -> BTreeSet<String> {
        accounts.filter(|account| !account.is_empty()).cloned().collect()
    };
    let logged = some(&mut report.matrix.rows.iter().map(|row| &row.account));
    match logged.is_empty() {
        true => some(&mut report.findings.iter().map(|finding| &finding.who.account)),
        false => logged,
    }
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
