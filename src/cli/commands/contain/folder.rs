//! The case folder of a run: a new one, or one that `incident case new` made.

use std::path::Path;

use crate::case::{Case, CaseFile};
use crate::cli::commands::case::{numbered, refuse_closed};
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::clock;
use crate::journal::{History, verify};
use crate::plan::Plan;

/// The case that waits in this folder for a playbook: it is one, and nothing was approved in it yet.
///
/// # Errors
/// When it is closed, or its journal is not what was written.
pub fn waiting(root: Option<&Path>) -> Result<Option<Case>, CommandError> {
    let Some(root) = root.filter(|root| root.join("case.toml").is_file()) else { return Ok(None) };
    let case = Case::read(root)?;
    let entries = verify(&case.journal())?.entries;
    if History::of(&entries).plan.is_some() {
        return Ok(None);
    }
    refuse_closed(&case, &entries)?;
    Ok(Some(case))
}

/// Opens the case that waits, or makes a folder; a name that is taken gets a number.
///
/// # Errors
/// When the waiting case is of another account, or the plan was made for another case.
pub fn open(cx: &Cx, plan: &Plan, given: Option<&Path>) -> Result<Case, CommandError> {
    if let Some(case) = waiting(given)? {
        return join(cx, plan, &case);
    }
    let file = CaseFile {
        id: plan.case.clone(),
        title: plan.title.clone(),
        playbook: plan.playbook.clone(),
        account: plan.account.clone(),
        opened: clock::rfc3339(cx.clock.now()),
        ..CaseFile::default()
    };
    let name = match given {
        Some(root) => root.display().to_string(),
        None => format!("case-{}-{}", clock::date(cx.clock.now()), plan.playbook),
    };
    let case = numbered(&name, &file)?;
    cx.ui.status(&format!("case folder {}", case.root().display()));
    Ok(case)
}

fn join(cx: &Cx, plan: &Plan, case: &Case) -> Result<Case, CommandError> {
    let file = case.file();
    let folder = case.root().display();
    let refused = |why: String| CommandError::with(Exit::Refused, format!("refused: {why}"));
    if !file.account.is_empty() && file.account != plan.account {
        return Err(refused(format!(
            "{folder} is a case of account {}, and the plan is for {}",
            file.account, plan.account
        )));
    }
    // The id is in the names of what the plan creates.
    if file.id != plan.case {
        return Err(refused(format!("the plan was not made for the case in {folder}"))
            .hint(format!("plan again with --case {folder}")));
    }
    cx.ui.status(&format!("case folder {folder}, which was there"));
    Ok(Case::open(case.root())?)
}
