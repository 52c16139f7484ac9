//! What an undo would do, and what it left: each change as it is now, and why some stay in force.

use std::collections::BTreeMap;

use super::{lines, state, table};
use crate::journal::Stays;
use crate::plan::{ChangeStatus, Kept, Row, UndoEnd, Weakening, diff};
use crate::report::plan::shown_call;
use crate::ui::number::counted;
use crate::ui::sanitize::clean;

/// What an undo would do.
pub struct UndoPlan<'a> {
    /// The denies and credentials that it would lift.
    pub lifted: &'a [Row],
    /// The protections that it would take back; `None` unless it was asked to.
    pub weaker: Option<&'a [Weakening]>,
}

impl UndoPlan<'_> {
    /// Lines without line ends, safe for a terminal.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = match self.lifted {
            [] => Vec::new(),
            lifted => table(lifted),
        };
        if let Some(weaker) = self.weaker {
            let protections = counted(weaker.len() as u64, "protection", "protections");
            lines.push(format!("WEAKENS  {protections} of the account (- now, + afterwards)"));
            lines.extend(weaker.iter().flat_map(weakening));
        }
        lines
    }
}

fn weakening(row: &Weakening) -> Vec<String> {
    let Weakening { number, title, resource, call, .. } = row;
    let mut lines = vec![
        format!("{number:>3}. {}  [{title}]", clean(resource)),
        format!(
            "     call     {}",
            clean(&shown_call(&call.name(), &call.params, call.region.as_deref()))
        ),
    ];
    for (i, line) in diff(&row.now, &row.after).iter().enumerate() {
        let word = if i == 0 { "change" } else { "" };
        lines.push(format!("     {word:<8} {}", clean(line)));
    }
    if let Some(why) = &row.suspect {
        let end = match row.included {
            true => "included all the same".to_string(),
            false => format!("stays; --include {number} reverts it"),
        };
        lines.push(format!("     SUSPECT  {} ({end})", clean(why)));
    }
    lines
}

/// The changes that an undo was asked to revert.
pub struct Undo<'a> {
    /// As the journal has them at the end.
    pub rows: &'a [Row],
    /// How they ended, by number; rows without an end are left out.
    pub ends: &'a BTreeMap<usize, UndoEnd>,
}

/// Why changes stay, in the order of the report, with the flag that would revert them.
const REASONS: [(Stays, &str); 5] = [
    (Stays::Cutoff, "stays until earlier sessions have ended:"),
    (Stays::Hardening, "stays, because it protects the account (--hardening reverts it):"),
    (
        Stays::Credential,
        "stays, because an attacker may have it (--reactivate-credentials makes it usable again):",
    ),
    (
        Stays::Suspect,
        "stays, because the state before may be the attacker's work (--include NUMBER reverts it):",
    ),
    (Stays::Impossible, "cannot be undone:"),
];

impl Undo<'_> {
    /// Lines without line ends, safe for a terminal.
    pub fn lines(&self) -> Vec<String> {
        let rows = self.rows.iter().filter_map(|row| Some((row, self.ends.get(&row.number)?)));
        let rows: Vec<_> = rows.collect();
        let mut lines = lines(rows.iter().map(|(row, end)| (*row, words(row, end))));
        let kept: Vec<(&Row, &Kept)> =
            rows.iter().filter_map(|(row, end)| Some((*row, end.kept()?))).collect();
        for (reason, heading) in REASONS {
            let of_reason = kept.iter().filter(|(_, kept)| kept.reason == reason);
            let mut of_reason = of_reason.map(|(row, kept)| stays(row, kept)).peekable();
            if of_reason.peek().is_some() {
                lines.push(heading.into());
                lines.extend(of_reason);
            }
        }
        let is_undone = |end: &&UndoEnd| matches!(end, UndoEnd::Undone | UndoEnd::Narrowed(_));
        let undone = self.ends.values().filter(is_undone).count();
        lines.push(format!("undone: {undone}; left in force: {}", kept.len()));
        lines
    }
}

/// Why one change stays; the heading says it for those that nobody asked for.
fn stays(row: &Row, kept: &Kept) -> String {
    let resource = clean(&row.resource);
    match kept.reason {
        Stays::Hardening | Stays::Credential => format!("{:>3}. {resource}", row.number),
        Stays::Cutoff | Stays::Suspect | Stays::Impossible => {
            format!("{:>3}. {resource}: {}", row.number, clean(&kept.why))
        }
    }
}

const NARROWED: &str = "narrowed";

/// What is true of the change now.
fn words(row: &Row, end: &UndoEnd) -> String {
    match end {
        UndoEnd::Undone => "undone".into(),
        UndoEnd::Narrowed(_) => NARROWED.into(),
        UndoEnd::Stays(kept)
            if kept.reason == Stays::Cutoff && row.status == ChangeStatus::Narrowed =>
        {
            NARROWED.into()
        }
        UndoEnd::Stays(_) => "stays in force".into(),
        UndoEnd::NotOurs => "stays: it was so before the case".into(),
        UndoEnd::NotMade => format!("{}: it was never made", state(row)),
    }
}
