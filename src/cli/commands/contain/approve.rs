//! The approval: a yes at the terminal or `--yes`, the typed name of each irreversible change, and a yes of its own for
//! a command that the plan runs on this machine.

use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::plan::{Kind, Plan};
use crate::report::plan::glance;
use crate::rotate::probe_command;
use crate::step::UndoKind;
use crate::ui::Ui;
use crate::ui::prompt;
use crate::ui::shell::CommandLine;

/// What flags approve already.
pub struct Given<'a> {
    /// `--yes`, or `--apply` of a saved plan.
    pub yes: bool,
    /// The names of irreversible changes.
    pub irreversible: &'a [String],
    /// `--probe`: the probe that the responder wrote on this command line.
    pub probe: Option<&'a str>,
}

/// Asks the questions that no flag answers. Returns how the plan was approved, for the journal.
///
/// # Errors
/// When the answer is no, or stdin is not a terminal.
pub fn approve(ui: &Ui, plan: &Plan, given: &Given<'_>) -> Result<String, CommandError> {
    let open: Vec<String> =
        irreversible(plan).into_iter().filter(|name| !given.irreversible.contains(name)).collect();
    let commands: Vec<&str> = probes(plan).filter(|probe| given.probe != Some(probe)).collect();
    if given.yes && open.is_empty() && commands.is_empty() {
        return Ok("by flag".into());
    }
    if !prompt::possible() {
        return Err(unanswered(open.first(), commands.first().copied()));
    }
    for line in glance(plan) {
        ui.detail(&line);
    }
    for name in &open {
        let question =
            format!("The change to {name} is irreversible. Type the name to approve it: ");
        if prompt::ask(&question)? != *name {
            return Err(declined());
        }
    }
    for probe in &commands {
        let command = probe_command(probe).unwrap_or(probe);
        let question = format!(
            "The plan runs a command on this machine, with the new key: {command}\nType 'run' to approve it: "
        );
        if prompt::ask(&question)? != "run" {
            return Err(declined());
        }
    }
    if given.yes {
        return Ok("by flag, and names typed".into());
    }
    let question = format!("Apply this to account {}? Type 'yes': ", plan.account);
    if prompt::ask(&question)? != "yes" {
        return Err(declined());
    }
    Ok("at the terminal".into())
}

/// What somebody would have to answer, and the flag that does.
fn unanswered(irreversible: Option<&String>, probe: Option<&str>) -> CommandError {
    let no_terminal = "and standard input is not a terminal";
    let flag = |what: &str, name: &str, value: &str| match CommandLine::new("add")
        .option(name, value)
        .text()
    {
        Some(flag) => format!("{flag} to approve it"),
        None => format!("approve it at a terminal: {what} cannot be written in a command"),
    };
    if let Some(name) = irreversible {
        return CommandError::usage(format!("the change to {name} is irreversible, {no_terminal}"))
            .hint(flag("its name", "--irreversible", name));
    }
    if let Some(probe) = probe {
        let command = probe_command(probe).unwrap_or(probe);
        return CommandError::usage(format!(
            "the plan runs a command on this machine ({command}), {no_terminal}"
        ))
        .hint(flag("the command", "--probe", probe));
    }
    CommandError::usage(format!("this needs an approval, {no_terminal}"))
        .hint("--yes approves; --plan-only shows the plan and changes nothing")
}

fn declined() -> CommandError {
    CommandError::with(Exit::Refused, "not approved: nothing was changed")
}

/// The probes that run a command on this machine.
fn probes(plan: &Plan) -> impl Iterator<Item = &str> {
    plan.steps.iter().filter_map(|step| match &step.kind {
        Kind::Reissue(reissue) => {
            reissue.probe.as_deref().filter(|probe| probe_command(probe).is_some())
        }
        _ => None,
    })
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
