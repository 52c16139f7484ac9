//! `incident status`: shows what was done, and what is in force now.

use std::io::Write;

use super::contain::table;
use crate::case::Case;
use crate::casework::{ReadCase, read};
use crate::cli::args::aws::AwsArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::execute::{ChangeStatus, Row, Standing, live, rows};
use crate::journal::{RunEnd, Stays, Verified};
use crate::ui::sanitize::clean;

/// Show what a case did and what is in force now
///
/// Changes nothing. Exits with 5 when somebody reverted a change, and with 3 when the last run did not end, a change
/// failed or cannot be read, or undo could not revert what it was asked to. What was undone, and what undo left in force on
/// purpose, is fine.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident status case-2026-11-21-leaked-access-key
  incident status case-2026-11-21-leaked-access-key --offline --format json")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: std::path::PathBuf,
    /// Read only the journal, without calling AWS
    #[arg(long)]
    offline: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    format: String,
    #[command(flatten)]
    aws: AwsArgs,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let ReadCase { case, plan, journal } = read(&args.case)?;
    let Some(plan) = plan else { return without_plan(cx, args, &case, &journal) };
    let history = &journal.history;
    let rows = if args.offline {
        rows(history)
    } else {
        live(&args.aws.connect_for(cx, &plan)?, &plan, history)
    };
    let end = history.finished.map_or("not finished", RunEnd::name);
    let mut out = cx.ui.out();
    if args.format == "json" {
        let list: Vec<_> = rows
            .iter()
            .map(|row| {
                let Row { number, step, resource, .. } = row;
                let state = row.state();
                let stays = row.stays;
                serde_json::json!({"change": number, "step": step, "resource": resource, "state": state,
                    "left_by_undo": stays})
            })
            .collect();
        let document = serde_json::json!({
            "schema": "incident.status/1",
            "case": case.file().id,
            "playbook": plan.playbook,
            "account": plan.account,
            "end": end,
            "changes": list,
        });
        writeln!(out, "{document:#}")?;
    } else {
        writeln!(
            out,
            "{}: {} (account {})",
            clean(&case.file().id),
            clean(&plan.title),
            plan.account
        )?;
        writeln!(out, "the last run ended: {}", end)?;
        for line in table(&rows) {
            writeln!(out, "{line}")?;
        }
        if rows.iter().any(|row| row.status == ChangeStatus::Narrowed) {
            writeln!(
                out,
                "narrowed: the Deny is lifted; sessions from before stay denied until a later undo"
            )?;
        }
        if rows.iter().any(|row| row.stays.is_some_and(|stays| stays != Stays::Cutoff)) {
            writeln!(out, "kept: undo left it in force, and said why")?;
        }
    }
    out.flush()?;
    // The table cuts long texts. These texts say why the status is incomplete, so they are also printed in full.
    for row in rows.iter().filter(|row| row.is_unreadable()) {
        cx.ui.warning(&format!("{}. {}: {}", row.number, row.resource, row.state()));
    }
    let worst = rows.iter().map(Row::standing).max().unwrap_or(Standing::AsLeft);
    Ok(match worst {
        Standing::Reverted => Exit::Contested,
        Standing::Failed | Standing::Open => Exit::Incomplete,
        Standing::AsLeft if history.finished.is_none() => Exit::Incomplete,
        Standing::AsLeft => Exit::Done,
    })
}

/// A case in which no plan was approved.
fn without_plan(
    cx: &Cx,
    args: &Args,
    case: &Case,
    journal: &Verified,
) -> Result<Exit, CommandError> {
    let file = case.file();
    let mut out = cx.ui.out();
    if args.format == "json" {
        let document = serde_json::json!({
            "schema": "incident.status/1",
            "case": file.id,
            "playbook": null,
            "account": (!file.account.is_empty()).then_some(&file.account),
            "end": null,
            "changes": [],
        });
        writeln!(out, "{document:#}")?;
    } else {
        writeln!(out, "{}: {}", clean(&file.id), clean(&file.title))?;
        writeln!(
            out,
            "no plan was approved in this case, so nothing was changed; journal lines: {}",
            journal.entries.len()
        )?;
    }
    out.flush()?;
    Ok(Exit::Done)
}
