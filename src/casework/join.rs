//! The case folder of a new plan: a case that waits for one, or a new folder.

use std::path::Path;

use super::create::numbered;
use super::error::{CaseworkError, Refusal};
use super::open::refuse_closed;
use crate::case::{Case, CaseFile};
use crate::clock::{self, Millis};
use crate::journal::verify;
use crate::plan::Plan;

/// The case in which a plan is carried out.
pub enum Joined {
    New(Case),
    /// The case was made earlier, without a playbook.
    Waiting(Case),
}

/// The case in this folder that waits for a playbook: no plan was approved in it yet.
///
/// # Errors
/// When it is closed, or its journal was changed.
pub fn waiting(root: Option<&Path>) -> Result<Option<Case>, CaseworkError> {
    let Some(root) = root.filter(|root| Case::is_at(root)) else { return Ok(None) };
    let case = Case::read(root)?;
    let history = verify(&case.journal())?.history;
    if history.plan.is_some() {
        return Ok(None);
    }
    refuse_closed(&case, &history)?;
    Ok(Some(case))
}

/// Opens the case that waits in `folder`, or makes a folder. A name that exists already gets a number.
///
/// # Errors
/// When the waiting case is of another account, or the plan was made for another case.
pub fn join(plan: &Plan, folder: Option<&Path>, now: Millis) -> Result<Joined, CaseworkError> {
    if let Some(case) = waiting(folder)? {
        refuse_other(plan, &case)?;
        return Ok(Joined::Waiting(Case::open(case.root())?));
    }
    let file = CaseFile {
        id: plan.case.clone(),
        title: plan.title.clone(),
        playbook: plan.playbook.clone(),
        account: plan.account.clone(),
        opened: clock::rfc3339(now),
        ..CaseFile::default()
    };
    let name = match folder {
        Some(root) => root.display().to_string(),
        None => format!("case-{}-{}", clock::date(now), plan.playbook),
    };
    Ok(Joined::New(numbered(&name, &file)?))
}

fn refuse_other(plan: &Plan, case: &Case) -> Result<(), Refusal> {
    let (file, root) = (case.file(), case.root().to_path_buf());
    if !file.account.is_empty() && file.account != plan.account {
        let (account, planned) = (file.account.clone(), plan.account.clone());
        return Err(Refusal::OtherAccount { case: root, account, planned });
    }
    if file.id != plan.case {
        return Err(Refusal::OtherCase(root));
    }
    Ok(())
}
