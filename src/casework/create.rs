//! Makes case folders.

use std::path::Path;

use super::error::CaseworkError;
use super::open::Writing;
use crate::case::{Case, CaseError, CaseFile};
use crate::clock::{self, Clock};
use crate::journal::{Event, Journal, seal};
use crate::report::incident::PROGRAM;

/// The highest number that a name gets when the name without a number exists.
pub(super) const MOST: u32 = 1_000;

/// Makes a case without a playbook. Its folder is `folder`, or else a new one called `name`, numbered if that exists.
///
/// # Errors
/// When it cannot be made.
pub fn create(
    folder: Option<&Path>,
    name: &str,
    file: CaseFile,
    author: String,
    clock: Clock,
) -> Result<Writing, CaseworkError> {
    let case = match folder {
        Some(folder) => Case::create(folder, file)?,
        None => numbered(name, &file)?,
    };
    let mut journal = Journal::open(&case.journal(), clock)?;
    journal.append(Event::Created { program: PROGRAM.into(), author })?;
    seal(&case, &mut journal, &clock::rfc3339(clock.now()))?;
    Ok(Writing { case, journal })
}

/// Makes the folder. A name that exists already gets a number.
///
/// # Errors
/// When it cannot be made.
pub fn numbered(name: &str, file: &CaseFile) -> Result<Case, CaseworkError> {
    for n in 1..=MOST {
        let path = if n == 1 { name.to_string() } else { format!("{name}-{n}") };
        match Case::create(Path::new(&path), file.clone()) {
            Err(CaseError::Exists(_)) => {}
            done => return Ok(done?),
        }
    }
    Err(CaseworkError::NamesTaken(name.into()))
}
