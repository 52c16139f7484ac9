//! What `undo --hardening` would weaken: each protection, and the state that it would return to. It only reads.

use super::error::{ExecuteError, Refusal};
use super::find;
use super::origins::Origins;
use super::session::Session;
use super::undo_options::UndoOptions;
use crate::plan::Weakening;
use crate::step::{self, ChangeKind, Undo};

/// Every protection of the case that undo could take back, newest first.
///
/// # Errors
/// When the caller differs, or AWS refuses a read.
pub fn weakenings(
    session: &Session<'_>,
    options: &UndoOptions,
    origins: &Origins,
) -> Result<Vec<Weakening>, ExecuteError> {
    session.check_caller()?;
    let made = session.resources();
    let mut rows = Vec::new();
    for (number, record) in session.history().changes.iter().rev() {
        let Some(planned) = session.plan.steps.get(record.at) else { continue };
        let step =
            step::find(&planned.step).ok_or_else(|| Refusal::UnknownStep(planned.step.clone()))?;
        let asked = record.is_open() && options.asks_for(&record.step);
        if !asked || step.kind() != ChangeKind::Hardening {
            continue;
        }
        let cx = session.plan.context(&planned.args, &made);
        let now = find(step.observe(session.client, &cx)?, &record.resource);
        let Undo::Change(change) = step.undo(&cx, &now, &record.before, &record.after)? else {
            continue;
        };
        rows.push(Weakening {
            number: *number,
            title: step.meta().title,
            resource: record.resource.clone(),
            call: change.call,
            now: now.state,
            after: change.after,
            suspect: origins.suspicion(step, record),
            included: options.include.contains(number),
        });
    }
    Ok(rows)
}
