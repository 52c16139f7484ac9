//! What a case did and what is in force now: a table, or the document `incident.status/1`.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{state, table};
use crate::case::CaseFile;
use crate::journal::{Left, RunEnd};
use crate::plan::{ChangeStatus, Plan, Row};
use crate::report::escape::write_json;
use crate::report::{Format, Formats, RenderOptions};
use crate::ui::sanitize::clean;

/// Every format of a status.
pub fn formats<'a>() -> Formats<'a, Status<'a>> {
    Formats(&[&Text, &Json])
}

/// The status of a case.
pub struct Status<'a> {
    pub case: &'a CaseFile,
    pub done: Done<'a>,
}

pub enum Done<'a> {
    /// No plan was approved; the journal has this many lines.
    Nothing { journal_lines: usize },
    Plan {
        plan: &'a Plan,
        /// How the last run ended; `None` if it has not ended.
        end: Option<RunEnd>,
        rows: &'a [Row],
        /// What the last run left.
        left: &'a [Left],
    },
}

/// Why the status of a change is not known.
pub fn unreadable(row: &Row) -> String {
    format!("{}. {}: {}", row.number, row.resource, state(row))
}

fn end_name(end: Option<RunEnd>) -> &'static str {
    end.map_or("not finished", RunEnd::name)
}

struct Text;

impl<'a> Format<Status<'a>> for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn render(
        &self,
        status: &Status<'a>,
        out: &mut dyn Write,
        _: &RenderOptions,
    ) -> io::Result<()> {
        let id = clean(&status.case.id);
        match &status.done {
            Done::Nothing { journal_lines } => {
                writeln!(out, "{id}: {}", clean(&status.case.title))?;
                writeln!(
                    out,
                    "no plan was approved in this case, so nothing was changed; journal lines: {journal_lines}"
                )
            }
            Done::Plan { plan, end, rows, left } => {
                writeln!(out, "{id}: {} (account {})", clean(&plan.title), plan.account)?;
                writeln!(out, "the last run ended: {}", end_name(*end))?;
                table(rows).iter().try_for_each(|line| writeln!(out, "{line}"))?;
                legend(rows).iter().try_for_each(|line| writeln!(out, "{line}"))?;
                left.iter().try_for_each(|left| writeln!(out, "left: {}", clean(&left.to_string())))
            }
        }
    }
}

/// What the words of an undo mean, if a row has them.
fn legend(rows: &[Row]) -> Vec<&'static str> {
    let mut lines = Vec::new();
    if rows.iter().any(|row| row.status == ChangeStatus::Narrowed) {
        lines.push(
            "narrowed: the Deny is lifted; sessions from before stay denied until a later undo",
        );
    }
    if rows.iter().any(|row| row.status == ChangeStatus::Prepared) {
        lines.push(
            "NOT LIFTED: undo ended after it wrote the cutoff; the Deny itself is in force until a later undo",
        );
    }
    if rows.iter().any(Row::is_kept) {
        lines.push("kept: undo left it in force, and said why");
    }
    lines
}

struct Json;

impl<'a> Format<Status<'a>> for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(
        &self,
        status: &Status<'a>,
        out: &mut dyn Write,
        _: &RenderOptions,
    ) -> io::Result<()> {
        write_json(&document(status), out)
    }
}

fn document(status: &Status<'_>) -> Value {
    let file = status.case;
    let account = |text: &str| (!text.is_empty()).then(|| text.to_string());
    let (playbook, account, end, rows, left) = match &status.done {
        Done::Nothing { .. } => (None, account(&file.account), None, &[][..], &[][..]),
        Done::Plan { plan, end, rows, left } => {
            (Some(&plan.playbook), Some(plan.account.clone()), Some(end_name(*end)), *rows, *left)
        }
    };
    let changes: Vec<Value> = rows
        .iter()
        .map(|row| {
            let Row { number, step, resource, .. } = row;
            json!({"change": number, "step": step, "resource": resource, "state": state(row),
                "left_by_undo": row.stays})
        })
        .collect();
    json!({
        "schema": "incident.status/1",
        "case": file.id,
        "playbook": playbook,
        "account": account,
        "end": end,
        "changes": changes,
        "left": left,
    })
}
