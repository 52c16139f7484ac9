//! The changes of a case: as a table, with what a run made of them, what is in force now, and what an undo left.

pub mod in_force;
pub mod run;
pub mod status;
pub mod undo;
pub mod watch;

use crate::plan::{ChangeStatus, LiveState, Row};
use crate::ui::{Column, Table};

/// The status, and what AWS says now.
pub fn state(row: &Row) -> String {
    let kept = if row.is_kept() { ", kept" } else { "" };
    let now = row.now.as_ref().map(|now| format!("; {}", live_words(now)));
    format!("{}{kept}{}", status_words(row.status), now.unwrap_or_default())
}

fn status_words(status: ChangeStatus) -> &'static str {
    match status {
        ChangeStatus::Requested => "requested",
        ChangeStatus::ReadBack => "read back",
        ChangeStatus::Held => "held",
        ChangeStatus::Contested => "CONTESTED",
        ChangeStatus::Failed => "FAILED",
        ChangeStatus::Replaced => "replaced",
        ChangeStatus::Undone => "undone",
        ChangeStatus::Unknown => "UNKNOWN: the run ended before the answer",
        ChangeStatus::UndoUnknown => "UNKNOWN: being undone when the run ended",
        ChangeStatus::Narrowed => "narrowed",
        ChangeStatus::Prepared => "NOT LIFTED",
        ChangeStatus::Reissue(phase) => phase.name(),
    }
}

fn live_words(now: &LiveState) -> String {
    match now {
        LiveState::InForce => "in force now".into(),
        LiveState::AsBefore => "now as it was before".into(),
        LiveState::Other => "now neither as before nor as planned".into(),
        LiveState::Unreadable(why) => format!("cannot be read now: {why}"),
    }
}

/// One line per change, safe for a terminal.
pub fn table(rows: &[Row]) -> Vec<String> {
    lines(rows.iter().map(|row| (row, state(row))))
}

fn lines<'r>(rows: impl Iterator<Item = (&'r Row, String)>) -> Vec<String> {
    let mut table = Table::new([
        Column::number("#"),
        Column::whole("step"),
        Column::whole("resource"),
        Column::whole("state"),
    ]);
    for (row, state) in rows {
        let number = row.number.to_string();
        table.row([&number, &row.step, &short(&row.resource), &state]);
    }
    table.lines()
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

#[cfg(test)]
mod tests;
