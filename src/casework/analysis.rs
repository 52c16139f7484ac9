//! Which analyses a case takes.

use std::collections::BTreeSet;

use super::error::{CaseworkError, Refusal};
use super::open::Writing;
use crate::journal::{Event, verify};

/// Refuses an analysis that has nothing of the case's account. `analysed` has the accounts of the analysis; an analysis of
/// several accounts is welcome when the case's is among them.
///
/// The account of the case is that of its file, or else of the plan that was opened in it.
///
/// # Errors
/// [`Refusal::OtherAnalysis`], or when the journal cannot be read.
pub fn refuse_other_account(
    writing: &Writing,
    analysed: &BTreeSet<String>,
) -> Result<(), CaseworkError> {
    let mut account = writing.case.file().account.clone();
    if account.is_empty() {
        let entries = verify(&writing.case.journal())?.entries;
        let opened = entries.into_iter().rev().find_map(|entry| match entry.event {
            Event::Opened { account, .. } => Some(account),
            _ => None,
        });
        account = opened.unwrap_or_default();
    }
    if account.is_empty() || analysed.is_empty() || analysed.contains(&account) {
        return Ok(());
    }
    let names: Vec<&str> = analysed.iter().map(String::as_str).collect();
    let case = writing.case.root().to_path_buf();
    Err(Refusal::OtherAnalysis { case, account, analysed: names.join(", ") }.into())
}
