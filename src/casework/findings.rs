//! The analysis from which a containment starts: the newest of a case, or a file.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::CaseworkError;
use super::open::refuse_closed;
use crate::case::{Artifact, Case};
use crate::finding::credentials::Credentials;
use crate::journal::{problems, verify};
use crate::report::schema::{Analysis, Story, credentials};

/// An analysis, and where it is from.
pub struct Analysed {
    pub analysis: Analysis,
    /// Its file.
    pub file: PathBuf,
    /// The case that it is saved in.
    pub case: Option<PathBuf>,
}

/// Reads the newest analysis of a case folder, or an analysis that `--format json` wrote.
///
/// # Errors
/// When there is none, it is of another shape, or a file of the case was changed since it was sealed.
pub fn read_findings(path: &Path) -> Result<Analysed, CaseworkError> {
    if !path.is_dir() {
        let bytes = fs::read(path).map_err(|e| bad(path, e.to_string()))?;
        return parse(path.to_path_buf(), &bytes, None);
    }
    let case = Case::read(path)?;
    let verified = verify(&case.journal())?;
    refuse_closed(&case, &verified.history)?;
    // A plan must not follow from findings that somebody edited.
    if let Some(problem) = problems(&case, &verified)?.first() {
        let case = path.to_path_buf();
        return Err(CaseworkError::Changed { case, problem: problem.to_string() });
    }
    let none = || bad(path, "the case has no analysis".into());
    let name = case.newest(Artifact::Findings)?.ok_or_else(none)?;
    let bytes = case.bytes(&name)?.ok_or_else(none)?;
    parse(path.join(name), &bytes, Some(path.to_path_buf()))
}

fn parse(file: PathBuf, bytes: &[u8], case: Option<PathBuf>) -> Result<Analysed, CaseworkError> {
    match Analysis::parse(bytes) {
        Ok(analysis) => Ok(Analysed { analysis, file, case }),
        Err(e) => Err(bad(&file, e.to_string())),
    }
}

fn bad(path: &Path, why: String) -> CaseworkError {
    CaseworkError::Analysis { path: path.to_path_buf(), why }
}

impl Analysed {
    /// The credentials of its stories: of those with these ids, or of all without any.
    ///
    /// # Errors
    /// When it has no story, or none with such an id.
    pub fn credentials(&self, stories: &[String]) -> Result<Credentials, CaseworkError> {
        let all = &self.analysis.stories;
        if all.is_empty() {
            let why = "it tells no story; each finding names the playbook that contains it";
            return Err(bad(&self.file, why.into()));
        }
        if let Some(id) = stories.iter().find(|id| !all.iter().any(|story| story.id == **id)) {
            let known: Vec<&str> = all.iter().map(|story| story.id.as_str()).collect();
            let why = format!("there is no story '{id}' (it has {})", known.join(", "));
            return Err(bad(&self.file, why));
        }
        let chosen = all.iter().filter(|s| stories.is_empty() || stories.contains(&s.id));
        Ok(credentials(chosen, &self.analysis.findings, &self.analysis.sessions))
    }

    /// What these stories propose besides: the playbooks for their buckets, a sentence each.
    pub fn buckets(&self, stories: &[String]) -> Vec<String> {
        let chosen = |s: &&Story| stories.is_empty() || stories.contains(&s.id);
        let mut found = Vec::new();
        for proposal in self.analysis.stories.iter().filter(chosen).flat_map(|s| &s.playbooks) {
            let bucket = proposal.params.0.iter().find(|(name, _)| name == "bucket");
            let Some(bucket) = bucket.and_then(|(_, value)| value.as_str()) else { continue };
            let line = format!("the bucket {bucket}: contain it with the playbook {}", proposal.id);
            if !found.contains(&line) {
                found.push(line);
            }
        }
        found
    }
}
