//! How a run ended, and what to do next.

use std::io::Write;

use crate::case::Case;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::execute::{ExecuteError, Executor, Outcome, Row, scp};
use crate::plan::Plan;
use crate::ui::sanitize::clean;
use crate::ui::{Column, Table};

/// Prints the table and the verdict; gives the exit code.
///
/// # Errors
/// Refusals and stops, with what to do next.
pub fn finish(
    cx: &Cx,
    plan: &Plan,
    case: &Case,
    executor: &Executor,
    outcome: Result<Outcome, ExecuteError>,
) -> Result<Exit, CommandError> {
    let mut out = cx.ui.out();
    writeln!(out)?;
    for line in table(&executor.rows()) {
        writeln!(out, "{line}")?;
    }
    let folder = case.root().display();
    let end = match &outcome {
        Ok(Outcome::Held) if plan.steps.iter().any(|s| s.urgent) => {
            writeln!(out, "CONTAINED: every change was read back, and stayed so.")?;
            Exit::Done
        }
        Ok(Outcome::Held) => {
            writeln!(out, "DONE: every change was read back, and stayed so.")?;
            Exit::Done
        }
        Ok(Outcome::Contested) => {
            contested(&mut out, plan)?;
            Exit::Contested
        }
        Ok(Outcome::Stopped) => {
            writeln!(out, "INCOMPLETE: what was done holds; this was not done:")?;
            for what in executor.left() {
                writeln!(out, "  {}", clean(what))?;
            }
            Exit::Incomplete
        }
        Err(_) => Exit::Incomplete,
    };
    writeln!(out, "journal {} (head {})", case.journal().display(), executor.journal().head())?;
    out.flush()?;
    let error = match outcome {
        Ok(_) => {
            cx.ui.hint(&format!(
                "incident status {folder} looks again; incident undo {folder} takes it back"
            ));
            return Ok(end);
        }
        Err(e) => e,
    };
    Err(match error {
        ExecuteError::Refused(why) => {
            // The reason has lines of its own.
            for line in why.lines() {
                cx.ui.error(line);
            }
            CommandError::with(Exit::Refused, "refused: nothing was changed by this run")
                .hint("plan again: `incident contain` shows what is there now")
        }
        ExecuteError::Stopped(why) => {
            for line in why.lines() {
                cx.ui.error(line);
            }
            CommandError::with(Exit::Incomplete, "STOPPED: what was done so far stays in force")
                .hint(format!("incident resume {folder} goes on from here; incident undo {folder} takes it back"))
        }
        e => CommandError::with(Exit::Incomplete, format!("STOPPED: {e}"))
            .hint(format!("incident resume {folder} goes on from here once this is mended")),
    })
}

fn contested(out: &mut impl Write, plan: &Plan) -> std::io::Result<()> {
    writeln!(out, "CONTESTED: somebody keeps undoing this. It is NOT contained.")?;
    let Some(scp) = scp(plan) else { return Ok(()) };
    writeln!(
        out,
        "Policies of this account can be taken away again by whoever does this. What ends it is a"
    )?;
    writeln!(out, "service control policy, set from the organization's management account:")?;
    let text = serde_json::to_string_pretty(&scp).unwrap_or_default();
    for line in text.lines() {
        writeln!(out, "  {}", clean(line))?;
    }
    Ok(())
}

/// An ARN without what is the same in all of a case: `iam user/alice#login-profile`, `s3 data#policy`.
fn short(resource: &str) -> String {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, service, "", _, name] => format!("{service} {name}"),
        ["arn", _, service, region, _, name] => format!("{service} {region} {name}"),
        _ => resource.to_string(),
    }
}

/// A line a change.
pub fn table(rows: &[Row]) -> Vec<String> {
    let mut table = Table::new([
        Column::number("#"),
        Column::text("step"),
        Column::text("resource"),
        Column::text("state"),
    ]);
    for row in rows {
        let number = row.number.to_string();
        table.row([&number, &row.step, &short(&row.resource), &row.state]);
    }
    table.lines()
}
