//! The approval: a yes at the terminal or `--yes`, and the typed name of each irreversible change.

use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::plan::{Kind, Plan};
use crate::step::UndoKind;
use crate::ui::prompt;
use crate::ui::shell::CommandLine;

/// Asks the questions that no flag answers. Returns how the plan was approved, for the journal.
///
/// # Errors
/// When the answer is no, or stdin is not a terminal.
pub fn approve(plan: &Plan, yes: bool, typed: &[String]) -> Result<String, CommandError> {
    let open: Vec<String> =
        irreversible(plan).into_iter().filter(|name| !typed.contains(name)).collect();
    if yes && open.is_empty() {
        return Ok("by flag".into());
    }
    if !prompt::possible() {
        return Err(match open.first() {
            Some(name) => CommandError::usage(format!(
                "the change to {name} is irreversible, and standard input is not a terminal"
            ))
            .hint(
                match CommandLine::new("add").option("--irreversible", name).text() {
                    Some(flag) => format!("{flag} to approve it"),
                    None => "approve it at a terminal: its name cannot be written in a command"
                        .to_string(),
                },
            ),
            None => {
                CommandError::usage("this needs an approval, and standard input is not a terminal")
                    .hint("--yes approves; --plan-only shows the plan and changes nothing")
            }
        });
    }
    for name in &open {
        let question =
            format!("The change to {name} is irreversible. Type the name to approve it: ");
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

/// The resources whose changes undo cannot revert.
fn irreversible(plan: &Plan) -> Vec<String> {
    let keys = plan.steps.iter().filter_map(|s| match &s.kind {
        Kind::Reissue(reissue) => reissue.delete.clone(),
        _ => None,
    });
    let changes = plan.changes().filter(|(_, _, c)| c.undo == UndoKind::None);
    keys.chain(changes.map(|(_, _, c)| c.resource.clone())).collect()
}
