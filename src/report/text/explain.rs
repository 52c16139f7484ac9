//! Explains why one finding fired, with every reason, setting and condition.

use std::io::{self, Write};

use super::findings;
use super::page::Page;
use crate::finding::Finding;
use crate::finding::guardduty::GuardDutyMatch;
use crate::sigma::Condition;
use crate::ui::sanitize::clip;

/// A finding, and its rules on the records behind it.
pub struct Explained<'a> {
    pub number: usize,
    pub finding: &'a Finding,
    pub readings: Vec<Reading>,
}

/// The result of one rule on one record.
pub struct Reading {
    pub rule: String,
    pub level: String,
    pub event: String,
    pub conditions: Vec<Condition>,
}

/// Writes every finding in full, with GuardDuty's findings on the same activity.
///
/// # Errors
/// When the output cannot be written.
pub fn render(
    explained: &[Explained<'_>],
    guardduty: &[GuardDutyMatch],
    out: &mut dyn Write,
    color: bool,
) -> io::Result<()> {
    let mut page = Page::new(out, color);
    for (n, Explained { number, finding, readings }) in explained.iter().enumerate() {
        if n > 0 {
            page.blank()?;
        }
        findings::in_detail(&mut page, *number, finding, guardduty)?;
        page.marked("Usual", finding.baseline.iter().map(|line| ("- ".to_string(), line)))?;
        for reading in readings {
            page.heading(
                &format!("RULE {}", reading.rule),
                &format!("level {}, on {}", reading.level, reading.event),
            )?;
            for Condition { depth, text, seen, holds } in &reading.conditions {
                let fits = if *holds { "yes  " } else { "no   " };
                let seen = seen
                    .as_ref()
                    .map_or(String::new(), |seen| format!("; seen: {}", clip(seen, 300)));
                page.item(4 + 2 * depth.min(&12), fits, &format!("{}{seen}", clip(text, 300)))?;
            }
        }
        if readings.is_empty() {
            page.text(4, "No Sigma rule contributed: the reasons above come from the detector, each with its number.")?;
        }
    }
    Ok(())
}
