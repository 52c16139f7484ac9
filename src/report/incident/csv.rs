//! The `timeline-csv` and `indicators-csv` formats: one row each, safe to open in a spreadsheet.

use std::borrow::Cow;
use std::io::{self, Write};

use csv::Writer;

use super::model::{At, Document, Indicator, Moment, Side};
use crate::clock::rfc3339;
use crate::report::csv::into_io;
use crate::report::escape::{cell, list};
use crate::report::{Format, RenderOptions};

/// The `timeline-csv` format: attacker and responder on one timeline.
pub struct TimelineCsv;

/// The `indicators-csv` format.
pub struct IndicatorsCsv;

type Columns<T> = [(&'static str, fn(&T) -> Cow<'_, str>)];

const TIMELINE: &Columns<Moment> = &[
    ("time", |m| time(Some(m.time)).into()),
    ("until", |m| time(m.last).into()),
    ("side", |m| if m.side == Side::Attacker { "attacker" } else { "responder" }.into()),
    ("severity", |m| m.severity.unwrap_or_default().into()),
    ("kind", |m| cell(&m.kind)),
    ("text", |m| cell(&m.text)),
    ("who", |m| cell(&m.who)),
    ("outcome", |m| cell(&m.outcome)),
    ("evidence", |m| numbers(&m.evidence).into()),
];

const INDICATORS: &Columns<Indicator> = &[
    ("kind", |i| i.kind.into()),
    ("value", |i| cell(&i.value)),
    ("side", |i| i.side.into()),
    ("first", |i| time(i.first).into()),
    ("last", |i| time(i.last).into()),
    ("events", |i| i.events.to_string().into()),
    ("context", |i| cell(&i.context)),
    ("attack", |i| list(&i.attack).into()),
    ("evidence", |i| numbers(&i.evidence).into()),
];

impl Format<Document> for TimelineCsv {
    fn name(&self) -> &'static str {
        "timeline-csv"
    }

    fn render(&self, d: &Document, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        write(TIMELINE, &d.timeline, out)
    }
}

impl Format<Document> for IndicatorsCsv {
    fn name(&self) -> &'static str {
        "indicators-csv"
    }

    fn render(&self, d: &Document, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        write(INDICATORS, &d.indicators, out)
    }
}

fn write<T>(columns: &Columns<T>, rows: &[T], out: &mut dyn Write) -> io::Result<()> {
    let mut csv = Writer::from_writer(out);
    csv.write_record(columns.iter().map(|(name, _)| name)).map_err(into_io)?;
    for row in rows {
        csv.write_record(columns.iter().map(|(_, value)| value(row).into_owned()))
            .map_err(into_io)?;
    }
    csv.flush()
}

fn time(at: Option<At>) -> String {
    at.map_or_else(String::new, |at| rfc3339(at.0))
}

fn numbers(evidence: &[usize]) -> String {
    list(evidence.iter().map(|n| format!("E{n}")))
}
