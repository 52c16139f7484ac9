//! The buckets that the S3 objects of a case were copied from.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};

use serde::Deserialize;

use super::artifact::Artifact;
use super::error::CaseError;
use super::folder::Case;

#[derive(Deserialize)]
struct Line {
    bucket: String,
}

/// Their names, each once: they have the originals of the case's evidence. A line that is no JSON names none.
///
/// # Errors
/// When the index exists and cannot be read.
pub fn object_buckets(case: &Case) -> Result<BTreeSet<String>, CaseError> {
    let path = case.evidence().join(Artifact::ObjectIndex.name_in_evidence());
    if !path.exists() {
        return Ok(BTreeSet::new());
    }
    let index = File::open(&path).map_err(CaseError::io(&path))?;
    let mut names = BTreeSet::new();
    for line in BufReader::new(index).split(b'\n') {
        let line = line.map_err(CaseError::io(&path))?;
        names.extend(serde_json::from_slice(&line).map(|line: Line| line.bucket));
    }
    Ok(names)
}
