//! Findings as CSV, one row each, safe to open in a spreadsheet. `; ` joins the items of a list.

use std::borrow::Cow;
use std::io::{self, Write};

use csv::{ErrorKind, Writer};

use super::escape::{cell, list};
use super::{Format, RenderOptions, Report};
use crate::clock::rfc3339;
use crate::finding::Finding;

/// The `csv` format.
pub struct Csv;

impl Format<Report> for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn render(&self, report: &Report, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        let mut csv = Writer::from_writer(out);
        csv.write_record(COLUMNS.iter().map(|(name, _)| name)).map_err(into_io)?;
        for finding in &report.findings {
            let row = COLUMNS.iter().map(|(_, value)| value(finding).into_owned());
            csv.write_record(row).map_err(into_io)?;
        }
        csv.flush()
    }
}

type Value = fn(&Finding) -> Cow<'_, str>;

/// Every column: its name and its value. Times and numbers are not escaped.
const COLUMNS: &[(&str, Value)] = &[
    ("id", |f| cell(&f.id)),
    ("rule", |f| cell(&f.rule)),
    ("rules", |f| list(&f.rules).into()),
    ("title", |f| cell(&f.title)),
    ("severity", |f| f.severity.name().into()),
    ("attack", |f| list(&f.attack).into()),
    ("first_seen", |f| rfc3339(f.first_seen).into()),
    ("last_seen", |f| rfc3339(f.last_seen).into()),
    ("events", |f| f.events.to_string().into()),
    ("account", |f| cell(&f.who.account)),
    ("principal", |f| cell(&f.who.principal)),
    ("principal_type", |f| cell(&f.who.kind)),
    ("access_key", |f| cell(&f.who.access_key)),
    ("session", |f| cell(&f.who.session)),
    ("origin", |f| cell(&f.who.origin)),
    ("source_address", |f| f.sources.first().map_or("".into(), |s| cell(&s.address))),
    ("source_addresses", |f| list(f.sources.iter().map(|s| &s.address)).into()),
    ("source_networks", |f| distinct(f.sources.iter().map(|s| &s.network)).into()),
    ("source_countries", |f| distinct(f.sources.iter().map(|s| &s.country)).into()),
    ("source_asns", |f| distinct(f.sources.iter().map(|s| &s.asn)).into()),
    ("user_agents", |f| list(&f.user_agents).into()),
    ("actions", |f| list(f.actions.iter().map(|a| &a.action)).into()),
    ("denied", |f| f.actions.iter().map(|a| a.denied).sum::<u64>().to_string().into()),
    ("failed", |f| f.actions.iter().map(|a| a.failed).sum::<u64>().to_string().into()),
    ("resources", |f| list(&f.resources).into()),
    ("reasons", |f| list(f.reasons.iter().map(|r| &r.text)).into()),
    ("settings", |f| list(f.settings.iter().map(|s| format!("{}={}", s.name, s.value))).into()),
    ("evidence", |f| list(f.evidence.iter().map(|e| &e.event_id)).into()),
    ("playbook", |f| f.playbook.as_ref().map_or("".into(), |p| cell(&p.id))),
    ("playbook_params", |f| list(f.playbook.iter().flat_map(params)).into()),
    ("next", |f| list(&f.next).into()),
];

fn params(playbook: &crate::finding::Proposal) -> impl Iterator<Item = String> {
    playbook.params.iter().map(|(name, value)| format!("{name}={value}"))
}

/// Each value once, in the order of first appearance.
fn distinct<'a>(values: impl Iterator<Item = &'a String>) -> String {
    let mut seen: Vec<&String> = Vec::new();
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    list(seen)
}

/// The writer's own error, if there is one: a broken pipe must stay a broken pipe.
pub(super) fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        ErrorKind::Io(error) => error,
        other => io::Error::other(format!("cannot write CSV: {other:?}")),
    }
}
