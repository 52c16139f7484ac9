//! The denies of this program that are in force in an account: a table, or the document `incident.in-force/1`.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::short;
use crate::plan::InForce;
use crate::report::escape::write_json;
use crate::report::{Format, Formats, RenderOptions};
use crate::ui::number::counted;
use crate::ui::sanitize::clean;
use crate::ui::{Column, Table};

/// Every format of the list.
pub fn formats<'a>() -> Formats<'a, Account<'a>> {
    Formats(&[&Text, &Json])
}

/// What is in force in an account.
pub struct Account<'a> {
    pub account: &'a str,
    pub denies: &'a [InForce],
    /// What could not be read, and why.
    pub unread: &'a [String],
}

struct Text;

impl<'a> Format<Account<'a>> for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn render(&self, all: &Account<'a>, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        let Account { account, denies, .. } = all;
        if denies.is_empty() {
            return writeln!(out, "account {account}: no deny of incident is in force");
        }
        let denied = counted(denies.len() as u64, "deny", "denies");
        writeln!(out, "account {account}: {denied} in force")?;
        let mut table =
            Table::new(["on", "deny", "what", "case", "author", "since"].map(Column::whole));
        for deny in *denies {
            let mark = deny.mark.as_ref();
            let of = |text: Option<&str>| text.unwrap_or("unknown").to_string();
            let what = match (&deny.cutoff, mark) {
                (Some(cutoff), _) => format!("sessions from before {cutoff}"),
                (None, Some(mark)) => mark.what.clone(),
                (None, None) => "everything".into(),
            };
            table.row([
                &short(&deny.on),
                &deny.place,
                &what,
                &of(mark.map(|m| m.case.as_str())),
                &of(mark.map(|m| m.author.as_str())),
                &mark.map_or_else(|| of(None), |m| m.since()),
            ]);
        }
        table.lines().iter().try_for_each(|line| writeln!(out, "{line}"))?;
        writeln!(
            out,
            "{}",
            clean(
                "nothing was lifted: `incident undo CASE` lifts the denies of a case; `unknown` is AWS's own policy \
                   without a tag that names an owner"
            )
        )
    }
}

struct Json;

impl<'a> Format<Account<'a>> for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, all: &Account<'a>, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        let denies: Vec<Value> = all
            .denies
            .iter()
            .map(|deny| {
                let mark = deny.mark.as_ref();
                json!({
                    "on": deny.on,
                    "place": deny.place,
                    "what": mark.map(|m| &m.what),
                    "cutoff": deny.cutoff,
                    "case": mark.map(|m| &m.case),
                    "author": mark.map(|m| &m.author),
                    "since": mark.map(|m| m.since()),
                })
            })
            .collect();
        let document = json!({
            "schema": "incident.in-force/1",
            "account": all.account,
            "denies": denies,
            "unread": all.unread,
        });
        write_json(&document, out)
    }
}
