//! Shows how a run ended and what to do next.

use crate::case::Case;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::sealing::Sealing;
use crate::execute::{ExecuteError, Executor, Outcome, scp};
use crate::plan::Plan;
use crate::report::changes::run::{End, Run, hint, journal_line};
use crate::ui::shell;

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
    let rows = executor.rows();
    let (end, exit) = match &outcome {
        Ok(Outcome::Held) => {
            (End::Held { urgent: plan.steps.iter().any(|s| s.urgent) }, Exit::Done)
        }
        Ok(Outcome::Contested) => (End::Contested { stops_them: scp(plan) }, Exit::Contested),
        Ok(Outcome::Incomplete) => (incomplete(plan, executor), Exit::Incomplete),
        Err(_) => (End::Stopped, Exit::Incomplete),
    };
    output::lines(&cx.ui, Run { rows: &rows, end, proofs: executor.proofs() }.lines())?;
    // Signed first: the head is that of the last line.
    let sealed = sealing.finish(cx, executor.journal_mut());
    output::lines(&cx.ui, [journal_line(&case.journal(), executor.journal().head())])?;
    if let Err(e) = sealed {
        cx.ui.warning(&format!("the journal was not signed: {e}"));
    }
    let folder = shell::path(case.root());
    let error = match outcome {
        Ok(Outcome::Incomplete) => {
            cx.ui.hint(&format!(
                "incident resume {folder} tries again what was left; incident undo {folder} lifts the denies"
            ));
            return Ok(exit);
        }
        Ok(_) => {
            cx.ui.hint(&hint(case.root()));
            return Ok(exit);
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

/// What was left. Without an urgent change, the attacker may still act.
fn incomplete<'e>(plan: &Plan, executor: &'e Executor) -> End<'e> {
    let urgent = |step: &str| plan.steps.iter().any(|s| s.contains() && s.step == step);
    End::Incomplete {
        left: executor.left(),
        urgent: executor.left().iter().any(|left| urgent(&left.step)),
        changed: executor.changed(),
    }
}
