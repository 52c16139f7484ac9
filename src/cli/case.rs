//! Opening a case for a command: its folder, its plan, its journal, and the way to AWS that the plan names.

use std::path::Path;
use std::sync::Arc;

use super::aws::AwsArgs;
use super::contain::read_plan;
use super::context::Cx;
use super::error::CommandError;
use super::exit::Exit;
use crate::case::{Case, Keeper};
use crate::cloud::Client;
use crate::journal::{Entry, History, Journal, verify};
use crate::plan::Plan;

/// A case that is written to.
pub struct Opened {
    pub case: Case,
    pub plan: Plan,
    pub journal: Journal,
    pub client: Client,
    pub keeper: Arc<Keeper>,
}

impl Opened {
    /// # Errors
    /// When it is no case, another process holds it, or its journal or plan is not what was written.
    pub fn open(cx: &Cx, root: &Path, aws: &AwsArgs) -> Result<Opened, CommandError> {
        let case = Case::open(root)?;
        let journal = Journal::open(&case.journal(), cx.clock)?;
        let plan = plan_of(&case, journal.entries())?;
        let client = connect(cx, &plan, aws)?;
        let keeper = Arc::new(Keeper::default());
        keeper.write_to(case.evidence())?;
        client.keep_in(keeper.clone());
        Ok(Opened { case, plan, journal, client, keeper })
    }
}

/// A case that is only read.
///
/// # Errors
/// When it is no case, or its journal or plan is not what was written.
pub fn read(root: &Path) -> Result<(Case, Plan, Vec<Entry>), CommandError> {
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

fn plan_of(case: &Case, entries: &[Entry]) -> Result<Plan, CommandError> {
    let history = History::of(entries);
    let name = history.plan.ok_or_else(|| {
        CommandError::failed(format!(
            "{}: nothing was approved, so nothing was done",
            case.root().display()
        ))
    })?;
    // A name out of the journal must not lead out of the folder.
    if name.contains(['/', '\\']) {
        return Err(CommandError::failed(format!("the journal names no plan file: '{name}'")));
    }
    let plan = read_plan(&case.root().join(&name))?;
    if history.digest.as_ref() != Some(&plan.digest) {
        let why = format!("refused: {name} is not the plan that was approved");
        return Err(CommandError::with(Exit::Refused, why));
    }
    Ok(plan)
}
