//! The approval: a yes at the terminal, or `--yes`; names typed out for what cannot be undone.

use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::plan::{Kind, Plan};
use crate::step::UndoKind;
use crate::ui::prompt;

/// Asks, unless that was answered by a flag. Says how it was approved, for the journal.
///
/// # Errors
/// When the answer is no, or nobody is there to answer.
pub fn approve(plan: &Plan, yes: bool, typed: &[String]) -> Result<String, CommandError> {
    let open: Vec<String> =
        irreversible(plan).into_iter().filter(|name| !typed.contains(name)).collect();
    if yes && open.is_empty() {
        return Ok("by flag".into());
    }
    if !prompt::possible() {
        return Err(match open.first() {
            Some(name) => {
                CommandError::usage(format!("{name} cannot be brought back, and nobody is asked"))
                    .hint(format!("--irreversible {name} says that it is meant"))
            }
            None => {
                CommandError::usage("this needs an approval, and standard input is no terminal")
                    .hint("--yes approves; --plan-only shows the plan and changes nothing")
            }
        });
    }
    for name in &open {
        let question = format!("{name} cannot be brought back. Type its name to go on: ");
        if prompt::ask(&question)? != *name {
            return Err(declined());
        }
    }
    if yes {
        return Ok("by flag, and names typed".into());
    }
    let question = format!("Apply this to account {}? Type 'yes': ", plan.account);
    if prompt::ask(&question)? != "yes" {
        return Err(declined());
    }
    Ok("at the terminal".into())
}

fn declined() -> CommandError {
    CommandError::with(Exit::Refused, "not approved: nothing was changed")
}

/// What no undo brings back, by name.
fn irreversible(plan: &Plan) -> Vec<String> {
    let keys = plan.steps.iter().filter_map(|s| match &s.kind {
        Kind::Reissue(reissue) => reissue.delete.clone(),
        _ => None,
    });
    let changes = plan.changes().filter(|(_, _, c)| c.undo == UndoKind::None);
    keys.chain(changes.map(|(_, _, c)| c.resource.clone())).collect()
}
