//! `incident status`: what was done, and what is in force now.

use std::io::Write;

use super::contain::table;
use crate::case::Case;
use crate::cli::args::aws::AwsArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::execute::{Row, live, rows};
use crate::journal::{Entry, History};
use crate::ui::sanitize::clean;

/// Show what a case did and what is in force now
///
/// Changes nothing. Exits with 5 when a change that was done is no longer in force.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident status case-2026-11-21-leaked-access-key
  incident status case-2026-11-21-leaked-access-key --offline --format json")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: std::path::PathBuf,
    /// The journal alone, without asking AWS
    #[arg(long)]
    offline: bool,
    /// Form of the result
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    format: String,
    #[command(flatten)]
    aws: AwsArgs,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let (case, plan, entries) = super::case::read(&args.case)?;
    let Some(plan) = plan else { return without_plan(cx, args, &case, &entries) };
    let rows = if args.offline {
        rows(&entries)
    } else {
        live(&super::case::connect(cx, &plan, &args.aws)?, &plan, &entries)
    };
    let end = History::of(&entries).finished.unwrap_or_else(|| "not finished".into());
    let mut out = cx.ui.out();
    if args.format == "json" {
        let list: Vec<_> = rows
            .iter()
            .map(|r| {
                let Row { number, step, resource, state } = r;
                serde_json::json!({"change": number, "step": step, "resource": resource, "state": state})
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
        writeln!(out, "{}", serde_json::to_string_pretty(&document).unwrap_or_default())?;
    } else {
        writeln!(
            out,
            "{}: {} (account {})",
            clean(&case.file().id),
            clean(&plan.title),
            plan.account
        )?;
        writeln!(out, "the last run ended: {}", clean(&end))?;
        for line in table(&rows) {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    let lost = |r: &Row| !r.state.starts_with("undone") && r.state.ends_with("before now");
    let strange = |r: &Row| r.state.contains("neither as before");
    Ok(match rows.iter().any(|r| lost(r) || strange(r)) {
        true => Exit::Contested,
        false if end == "not finished" => Exit::Incomplete,
        false => Exit::Done,
    })
}

/// A case in which no plan was approved.
fn without_plan(
    cx: &Cx,
    args: &Args,
    case: &Case,
    entries: &[Entry],
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
        writeln!(out, "{}", serde_json::to_string_pretty(&document).unwrap_or_default())?;
    } else {
        writeln!(out, "{}: {}", clean(&file.id), clean(&file.title))?;
        writeln!(
            out,
            "no plan was approved in this case, so nothing was changed; journal lines: {}",
            entries.len()
        )?;
    }
    out.flush()?;
    Ok(Exit::Done)
}
