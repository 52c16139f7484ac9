//! Opening a case for a command: its folder, its journal, its plan, and the way to AWS that the plan names.

use std::path::Path;
use std::sync::Arc;

use super::state::refuse_closed;
use crate::case::{Case, EvidenceRecorder};
use crate::cli::args::aws::AwsArgs;
use crate::cli::commands::contain::read_plan;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cloud::Client;
use crate::journal::{Entry, History, Journal, verify};
use crate::plan::Plan;

/// A case whose journal is written to.
pub struct Writing {
    pub case: Case,
    pub journal: Journal,
}

impl Writing {
    /// # Errors
    /// When it is no case, is closed, another process holds it, or its journal is not what was written.
    pub fn open(cx: &Cx, root: &Path) -> Result<Writing, CommandError> {
        let case = Case::open(root)?;
        let journal = Journal::open(&case.journal(), cx.clock)?;
        refuse_closed(&case, journal.entries())?;
        Ok(Writing { case, journal })
    }
}

/// A case whose plan is carried out or taken back.
pub struct Opened {
    pub case: Case,
    pub plan: Plan,
    pub journal: Journal,
    pub client: Client,
    pub recorder: Arc<EvidenceRecorder>,
}

impl Opened {
    /// # Errors
    /// As [`Writing::open`], and when nothing was approved or its plan is not what was approved.
    pub fn open(cx: &Cx, root: &Path, aws: &AwsArgs) -> Result<Opened, CommandError> {
        let Writing { case, journal } = Writing::open(cx, root)?;
        let plan = plan_of(&case, journal.entries())?.ok_or_else(|| {
            let folder = case.root().display();
            CommandError::failed(format!("{folder}: nothing was approved, so nothing was done"))
                .hint(format!("incident contain PLAYBOOK --case {folder} runs a playbook in it"))
        })?;
        let client = connect(cx, &plan, aws)?;
        let recorder = Arc::new(EvidenceRecorder::default());
        recorder.write_to(case.evidence())?;
        client.record_to(recorder.clone());
        Ok(Opened { case, plan, journal, client, recorder })
    }
}

/// A case that is only read; without a plan when none was approved.
///
/// # Errors
/// When it is no case, or its journal or plan is not what was written.
pub fn read(root: &Path) -> Result<(Case, Option<Plan>, Vec<Entry>), CommandError> {
    let case = Case::read(root)?;
    let entries = verify(&case.journal())?.entries;
    let plan = plan_of(&case, &entries)?;
    Ok((case, plan, entries))
}

/// Credentials of the plan's account, in the plan's region.
///
/// # Errors
/// As [`AwsArgs::connect`].
pub fn connect(cx: &Cx, plan: &Plan, aws: &AwsArgs) -> Result<Client, CommandError> {
    let mut aws = aws.clone();
    aws.region.get_or_insert_with(|| plan.region.clone());
    if let Some(url) = &plan.endpoint_url {
        aws.endpoint_url.get_or_insert_with(|| url.clone());
    }
    aws.expect_account.get_or_insert_with(|| plan.account.clone());
    aws.connect(cx)
}

fn plan_of(case: &Case, entries: &[Entry]) -> Result<Option<Plan>, CommandError> {
    let history = History::of(entries);
    let Some(name) = history.plan else { return Ok(None) };
    // A name out of the journal must not lead out of the folder.
    if name.contains(['/', '\\']) {
        return Err(CommandError::failed(format!("the journal names no plan file: '{name}'")));
    }
    let plan = read_plan(&case.root().join(&name))?;
    if history.digest.as_ref() != Some(&plan.digest) {
        let why = format!("refused: {name} is not the plan that was approved");
        return Err(CommandError::with(Exit::Refused, why));
    }
    Ok(Some(plan))
}
