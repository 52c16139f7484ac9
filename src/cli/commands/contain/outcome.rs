//! Shows how a run ended and what to do next.

use std::io::Write;

use crate::case::Case;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::sealing::Sealing;
use crate::execute::{ExecuteError, Executor, Outcome, Row, scp};
use crate::plan::Plan;
use crate::ui::sanitize::clean;
use crate::ui::shell;
use crate::ui::{Column, Table};

/// Prints the table and the verdict. Returns the exit code.
///
/// # Errors
/// Refusals and stops, with what to do next.
pub fn finish(
    cx: &Cx,
    sealing: &Sealing,
    plan: &Plan,
    case: &Case,
    executor: &mut Executor,
    outcome: Result<Outcome, ExecuteError>,
) -> Result<Exit, CommandError> {
    let mut out = cx.ui.out();
    writeln!(out)?;
    for line in table(&executor.rows()) {
        writeln!(out, "{line}")?;
    }
    let folder = shell::path(case.root());
    let end = match &outcome {
        Ok(Outcome::Held) if plan.steps.iter().any(|s| s.urgent) => {
            writeln!(out, "CONTAINED: every change was read back and stayed in force.")?;
            Exit::Done
        }
        Ok(Outcome::Held) => {
            writeln!(out, "DONE: every change was read back and stayed in force.")?;
            Exit::Done
        }
        Ok(Outcome::Contested) => {
            contested(&mut out, plan)?;
            Exit::Contested
        }
        Ok(Outcome::Incomplete) => {
            writeln!(out, "INCOMPLETE: the changes made are in force; these steps were left out:")?;
            for what in executor.left() {
                writeln!(out, "  {}", clean(what))?;
            }
            Exit::Incomplete
        }
        Err(_) => Exit::Incomplete,
    };
    // Signed first: the head is that of the last line.
    out.flush()?;
    let sealed = sealing.finish(cx, executor.journal_mut());
    writeln!(out, "journal {} (head {})", case.journal().display(), executor.journal().head())?;
    out.flush()?;
    if let Err(e) = sealed {
        cx.ui.warning(&format!("the journal was not signed: {e}"));
    }
    let error = match outcome {
        Ok(_) => {
            cx.ui.hint(&format!(
                "incident status {folder} checks again; incident undo {folder} lifts the denies"
            ));
            return Ok(end);
        }
        Err(e) => e,
    };
    Err(match error {
        ExecuteError::Refused(why) => {
            // The reason may have several lines.
            for line in why.to_string().lines() {
                cx.ui.error(line);
            }
            CommandError::with(Exit::Refused, "refused: this run changed nothing")
                .hint("plan again: `incident contain` reads the current state")
        }
        ExecuteError::Stopped(why) => {
            for line in why.to_string().lines() {
                cx.ui.error(line);
            }
            CommandError::with(Exit::Incomplete, "STOPPED: the changes made so far stay in force")
                .hint(format!("incident resume {folder} continues from here; incident undo {folder} lifts the \
                    denies"))
        }
        e => CommandError::with(Exit::Incomplete, format!("STOPPED: {e}"))
            .hint(format!("fix this, then incident resume {folder} continues from here")),
    })
}

fn contested(out: &mut impl Write, plan: &Plan) -> std::io::Result<()> {
    writeln!(out, "CONTESTED: somebody keeps reverting the changes. This is NOT contained.")?;
    let Some(scp) = scp(plan) else { return Ok(()) };
    writeln!(
        out,
        "Whoever does this can remove any policy of this account. A service control policy, set from"
    )?;
    writeln!(out, "the organization's management account, stops them:")?;
    for line in format!("{scp:#}").lines() {
        writeln!(out, "  {}", clean(line))?;
    }
    Ok(())
}

/// An ARN without partition and account: `iam user/alice#login-profile`, `s3 data#policy`.
fn short(resource: &str) -> String {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, service, "", _, name] => format!("{service} {name}"),
        ["arn", _, service, region, _, name] => format!("{service} {region} {name}"),
        _ => resource.to_string(),
    }
}

/// One line per change.
pub fn table(rows: &[Row]) -> Vec<String> {
    let mut table = Table::new([
        Column::number("#"),
        Column::text("step"),
        Column::text("resource"),
        Column::text("state"),
    ]);
    for row in rows {
        let number = row.number.to_string();
        table.row([&number, &row.step, &short(&row.resource), &row.state()]);
    }
    table.lines()
}
