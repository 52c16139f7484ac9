//! Opens a case: its folder, its journal, its plan.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::error::{CaseworkError, Refusal};
use super::plan::plan_of;
use crate::case::{Case, EvidenceRecorder, sha256, write_new};
use crate::clock::{self, Clock};
use crate::clocks::Facts;
use crate::cloud::Client;
use crate::journal::{Entry, Event, History, Journal, Verified, facts, problems, seal, verify};
use crate::plan::Plan;

/// A case that is open for writing.
pub struct Writing {
    pub case: Case,
    pub journal: Journal,
}

impl Writing {
    /// # Errors
    /// When it is not a case, is closed, another process is writing to it, or its journal was changed.
    pub fn open(root: &Path, clock: Clock) -> Result<Writing, CaseworkError> {
        let case = Case::open(root)?;
        let journal = Journal::open(&case.journal(), clock)?;
        refuse_closed(&case, journal.history())?;
        Ok(Writing { case, journal })
    }

    /// Opens a case in which no file was changed since it was sealed.
    ///
    /// # Errors
    /// As [`Writing::open`], and when a file differs.
    pub fn open_unchanged(root: &Path, clock: Clock) -> Result<Writing, CaseworkError> {
        let writing = Writing::open(root, clock)?;
        let found = problems(&writing.case, &verify(&writing.case.journal())?)?;
        match found.first() {
            None => Ok(writing),
            Some(problem) => Err(CaseworkError::Changed {
                case: root.to_path_buf(),
                problem: problem.to_string(),
            }),
        }
    }

    /// Writes new files, then the event with their SHA-256 to the journal, and seals the case.
    ///
    /// # Errors
    /// When a file exists or the disk refuses.
    pub fn save(
        &mut self,
        files: &[(String, Vec<u8>)],
        clock: Clock,
        event: impl FnOnce(BTreeMap<String, String>) -> Event,
    ) -> Result<(), CaseworkError> {
        let mut hashes = BTreeMap::new();
        for (name, bytes) in files {
            write_new(&self.case.root().join(name), bytes)?;
            hashes.insert(name.clone(), sha256(bytes));
        }
        self.journal.append(event(hashes))?;
        seal(&self.case, &mut self.journal, &clock::rfc3339(clock.now()))?;
        Ok(())
    }
}

/// A case that is open to carry out or undo its plan.
pub struct Opened {
    pub case: Case,
    pub plan: Plan,
    pub journal: Journal,
    pub client: Client,
    pub recorder: Arc<EvidenceRecorder>,
}

impl Opened {
    /// Opens the case, connects as `connect` does for its plan, and records AWS's answers as evidence.
    ///
    /// # Errors
    /// As [`Writing::open`], and when no plan was approved, its file is another, or AWS cannot be reached.
    pub fn open<E: From<CaseworkError>>(
        root: &Path,
        clock: Clock,
        connect: impl FnOnce(&Plan) -> Result<Client, E>,
    ) -> Result<Opened, E> {
        let Writing { case, journal } = Writing::open(root, clock)?;
        let plan = plan_of(&case, journal.history())?
            .ok_or_else(|| CaseworkError::NothingApproved(case.root().to_path_buf()))?;
        let client = connect(&plan)?;
        let recorder = Arc::new(EvidenceRecorder::default());
        recorder.write_to(case.evidence()).map_err(CaseworkError::from)?;
        client.record_to(recorder.clone());
        Ok(Opened { case, plan, journal, client, recorder })
    }
}

/// A case that is open for reading.
pub struct ReadCase {
    pub case: Case,
    /// `None` when no plan was approved.
    pub plan: Option<Plan>,
    pub journal: Verified,
}

/// # Errors
/// When it is not a case, or its journal or plan was changed.
pub fn read(root: &Path) -> Result<ReadCase, CaseworkError> {
    let case = Case::read(root)?;
    let journal = verify(&case.journal())?;
    let plan = plan_of(&case, &journal.history)?;
    Ok(ReadCase { case, plan, journal })
}

/// # Errors
/// When the case is closed.
pub fn refuse_closed(case: &Case, history: &History) -> Result<(), CaseworkError> {
    if history.closed {
        return Err(Refusal::Closed(case.root().to_path_buf()).into());
    }
    Ok(())
}

/// The facts of the notification clocks.
///
/// # Errors
/// When a key or value is unknown, in the case file or in the journal.
pub fn facts_of(case: &Case, entries: &[Entry]) -> Result<Facts, CaseworkError> {
    facts(&case.file().clocks, entries)
        .map_err(|error| CaseworkError::Facts { case: case.root().to_path_buf(), error })
}
