//! Reads a case folder into a report's input. Missing parts are left out, and the report lists mismatches.

use super::PROGRAM;
use super::clock_rows;
use super::digests;
use super::impact;
use super::input::{CaseInput, FileRef, Input, events, index, objects};
use crate::case::{Artifact, Case, CaseError, Manifest, Problem, sha256};
use crate::clock::Millis;
use crate::journal::{History, JournalError, Verified, facts, problems, verify};
use crate::plan::Plan;
use crate::report::schema::{Analysis, AnalysisError};

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Case(#[from] CaseError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the digest of the plan: {0}")]
    Plan(serde_json::Error),
    #[error("{0}: {1}")]
    Analysis(String, AnalysisError),
}

/// Reads a case at the time `now`: its journal, the newest approved plan, its manifest, its newest analysis, and the
/// facts of its clocks.
///
/// # Errors
/// When the journal's chain does not fit, the analysis is of another shape, or a file cannot be read.
pub fn case(case: &Case, now: Millis) -> Result<Input, LoadError> {
    let checked = match case.journal().exists() {
        true => verify(&case.journal())?,
        false => Verified::default(),
    };
    let manifest = Manifest::read(case)?;
    let found = problems(case, &checked)?;
    let mut problems: Vec<String> = found.iter().map(ToString::to_string).collect();
    let (clocks, detected) = match facts(&case.file().clocks, &checked.entries) {
        Ok(facts) => (clock_rows::rows(&facts, now), clock_rows::noticed(&facts)),
        Err(e) => {
            problems.push(format!("facts of the notification clocks: {e}"));
            (Vec::new(), None)
        }
    };
    let plan = plan(case, &checked.history, &mut problems)?;
    // A case without evidence has no index. If the manifest lists one that is missing, the problems name it.
    let lines = case.bytes(Artifact::AnswerIndex.name())?.unwrap_or_default();
    let mut input = Input {
        generated: now,
        program: PROGRAM.into(),
        clocks,
        detected,
        case: Some(CaseInput {
            file: case.file().clone(),
            entries: checked.entries,
            history: checked.history,
            hashes: checked.hashes,
            head: checked.head,
            torn: checked.torn.is_some(),
            plan,
            manifest,
            problems,
            index: index(&String::from_utf8_lossy(&lines)),
        }),
        ..Input::default()
    };
    files(case, &mut input, &found)?;
    Ok(input)
}

/// The approved plan. If its file is missing or differs, adds a problem and returns `None`.
fn plan(
    case: &Case,
    history: &History,
    problems: &mut Vec<String>,
) -> Result<Option<Plan>, LoadError> {
    let Some(name) = &history.plan else { return Ok(None) };
    let Some(bytes) = case.bytes(name)? else {
        problems.push(format!("{name}, the approved plan, is missing"));
        return Ok(None);
    };
    match serde_json::from_slice::<Plan>(&bytes) {
        Ok(plan) if history.digest == Some(plan.compute_digest().map_err(LoadError::Plan)?) => {
            Ok(Some(plan))
        }
        Ok(_) => {
            problems.push(format!("{name} is not the plan that was approved"));
            Ok(None)
        }
        Err(e) => {
            problems.push(format!("{name} cannot be read: {e}"));
            Ok(None)
        }
    }
}

/// The newest analysis, and the lists made with it.
fn files(case: &Case, input: &mut Input, problems: &[Problem]) -> Result<(), LoadError> {
    if let Some((file, bytes)) = newest(case, Artifact::Findings)? {
        let analysis = Analysis::parse(&bytes);
        input.analysis = Some(analysis.map_err(|e| LoadError::Analysis(file.name.clone(), e))?);
        input.analysis_file = Some(file);
    }
    let mut lost = Vec::new();
    if let Some((file, bytes)) = newest(case, Artifact::AccessedObjects)? {
        let (rows, bad) = objects(&bytes);
        input.objects = rows;
        lost.push((file.name.clone(), bad));
        input.objects_file = Some(file);
    }
    if let Some((file, bytes)) = newest(case, Artifact::Timeline)? {
        let (rows, bad) = events(&bytes);
        input.events = rows;
        lost.push((file.name, bad));
    }
    if let Some((file, bytes)) = newest(case, Artifact::Impact)? {
        match (impact::read(&bytes), &mut input.case) {
            (Ok(impact), _) => input.impact = Some(impact),
            (Err(e), Some(case)) => case.problems.push(format!("{}: {e}", file.name)),
            (Err(_), None) => {}
        }
    }
    // An edited verdict proves nothing. The problems name the edit.
    let changed = |file: &FileRef| problems.contains(&Problem::Changed(file.name.clone()));
    if let Some((file, bytes)) = newest(case, Artifact::Digests)?.filter(|(file, _)| !changed(file))
    {
        match (digests::read(&bytes), &mut input.case) {
            (Ok(verdict), _) => input.digests = Some(verdict),
            (Err(e), Some(case)) => case.problems.push(format!("{}: {e}", file.name)),
            (Err(_), None) => {}
        }
    }
    for (name, bad) in lost.into_iter().filter(|(_, bad)| *bad > 0) {
        if let Some(case) = &mut input.case {
            case.problems.push(format!("{name}: rows that cannot be read: {bad}"));
        }
    }
    Ok(())
}

fn newest(case: &Case, artifact: Artifact) -> Result<Option<(FileRef, Vec<u8>)>, LoadError> {
    let Some(name) = case.newest(artifact)? else { return Ok(None) };
    let Some(bytes) = case.bytes(&name)? else { return Ok(None) };
    let file = FileRef { sha256: sha256(&bytes), name };
    Ok(Some((file, bytes)))
}
