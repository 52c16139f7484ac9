//! The facts of the notification clocks: those of `case.toml`, overridden by facts that were set later.

use super::entry::{Entry, Event};
use crate::clocks::{FactError, Facts};

/// Facts of a case from the `[clocks]` table of its file and its journal.
///
/// # Errors
/// For a key or value that this program does not know.
pub fn facts(table: &toml::Table, entries: &[Entry]) -> Result<Facts, FactError> {
    let mut facts = Facts::default();
    facts.set(&Facts::pairs(table)?)?;
    for entry in entries {
        if let Event::ClockFact { key, value, .. } = &entry.event {
            facts.set(&[(key.clone(), value.clone())])?;
        }
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_lies_over_the_case_file() {
        let table = "aware = 2026-11-20T10:00:00\ntimezone = \"Europe/Berlin\"".parse().unwrap();
        let entry = |key: &str, value: &str| Entry {
            seq: 1,
            time: String::new(),
            event: Event::ClockFact { author: "a".into(), key: key.into(), value: value.into() },
        };
        let shown = |entries: &[Entry]| {
            let facts = facts(&table, entries).unwrap();
            facts.moment("aware").map(|at| at.canonical(facts.zone()))
        };
        assert_eq!(shown(&[]).as_deref(), Some("2026-11-20T10:00:00+01:00"));
        let later = entry("aware", "2026-11-21T08:00:00+01:00");
        let both = [later, entry("aware", "")];
        assert_eq!(shown(&both[..1]).as_deref(), Some("2026-11-21T08:00:00+01:00"));
        assert_eq!(shown(&both), None);
        assert!(facts(&table, &[entry("nope", "1")]).is_err());
    }
}
