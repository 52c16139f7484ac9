//! The text of `incident state`: what is stored between runs, and what was removed.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::clock::{DAY, date};
use crate::state::{Batch, Pruned, StateKey};
use crate::ui::number::{bytes, counted};
use crate::ui::sanitize::clean;

/// What a state folder stores.
#[derive(Debug)]
pub struct Stored {
    pub folder: PathBuf,
    pub parts: Vec<StoredPart>,
}

/// What is stored for one choice of logs and rules.
#[derive(Debug)]
pub struct StoredPart {
    /// Name of its folder.
    pub name: String,
    /// `None` if another version of the program wrote it.
    pub key: Option<StateKey>,
    pub batches: Vec<StoredBatch>,
    /// Why other batches cannot be read, one text each.
    pub damaged: Vec<String>,
}

/// A batch that can be read.
#[derive(Debug)]
pub struct StoredBatch {
    pub name: String,
    /// RFC 3339, UTC.
    pub written: String,
    /// The first and the last day of its events, since 1970; `None` without events.
    pub days: Option<(i64, i64)>,
    pub objects: u64,
    pub bytes: u64,
    pub checksums: Checksums,
}

/// The result of comparing a batch with its checksums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checksums {
    NotCompared,
    Agree,
    /// Why not.
    Differ(String),
}

impl StoredBatch {
    pub fn new(batch: &Batch, checksums: Checksums) -> StoredBatch {
        StoredBatch {
            name: batch.name(),
            written: batch.written().to_string(),
            days: batch.days().min().zip(batch.days().max()),
            objects: batch.objects.len() as u64,
            bytes: batch.bytes(),
            checksums,
        }
    }
}

impl Stored {
    /// No batch is damaged, as far as that was checked.
    pub fn is_whole(&self) -> bool {
        let differs = |batch: &StoredBatch| matches!(batch.checksums, Checksums::Differ(_));
        self.parts.iter().all(|part| part.damaged.is_empty() && !part.batches.iter().any(differs))
    }

    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", clean(&self.folder.display().to_string()))?;
        self.parts.iter().try_for_each(|part| write_part(part, out))?;
        if self.parts.is_empty() {
            writeln!(out, "\nthe state is empty")?;
        }
        if !self.is_whole() {
            writeln!(out, "\nDamaged files are not used: the next run reads their logs again.")?;
        }
        Ok(())
    }
}

fn write_part(part: &StoredPart, out: &mut dyn Write) -> io::Result<()> {
    let other = "written by another version of incident";
    let logs = part.key.as_ref().map_or(other, |key| &key.logs);
    writeln!(out, "\n{}  {}", clean(&part.name), clean(logs))?;
    if let Some(key) = &part.key {
        writeln!(out, "  incident {}, rules {}", key.program, key.rules)?;
    }
    for batch in &part.batches {
        let ok = if batch.checksums == Checksums::Agree { "  ok" } else { "" };
        writeln!(out, "  {}{ok}", line(batch))?;
        if let Checksums::Differ(why) = &batch.checksums {
            writeln!(out, "    DAMAGED {}", clean(why))?;
        }
    }
    part.damaged.iter().try_for_each(|why| writeln!(out, "  DAMAGED {}", clean(why)))
}

fn line(batch: &StoredBatch) -> String {
    let days = match batch.days {
        Some((first, last)) if first < last => {
            format!("{} to {}", date(first * DAY), date(last * DAY))
        }
        Some((day, _)) => date(day * DAY),
        None => "no events".to_string(),
    };
    format!(
        "{}  written {}  {days}  {}  {}",
        batch.name,
        batch.written,
        counted(batch.objects, "object", "objects"),
        bytes(batch.bytes)
    )
}

/// Batches that were removed because they were older than a day, or damaged.
#[derive(Debug, Clone, Copy)]
pub struct Removed {
    pub pruned: Pruned,
    /// Since 1970.
    pub before: i64,
}

impl Removed {
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "removed {} with {}: all days before {}",
            counted(self.pruned.batches, "batch", "batches"),
            bytes(self.pruned.bytes),
            date(self.before * DAY)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(name: &str, days: Option<(i64, i64)>, checksums: Checksums) -> StoredBatch {
        let written = "2026-11-21T00:00:00Z".to_string();
        StoredBatch { name: name.into(), written, days, objects: 1, bytes: 2_048, checksums }
    }

    fn written(stored: &Stored) -> String {
        let mut out = Vec::new();
        stored.write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn damage_is_named_where_it_is() {
        let key = StateKey { program: "0.1.0".into(), rules: "ab".into(), logs: "a\x1b[2J".into() };
        let whole = StoredPart {
            name: "0f3a".into(),
            key: Some(key),
            batches: vec![
                batch("batch-000001", Some((20_000, 20_003)), Checksums::Agree),
                batch("batch-000002", Some((20_003, 20_003)), Checksums::NotCompared),
                batch("batch-000003", None, Checksums::Differ("x.parquet: differs".into())),
            ],
            damaged: vec!["batch-000004: gone".into()],
        };
        let other =
            StoredPart { name: "77b1".into(), key: None, batches: Vec::new(), damaged: Vec::new() };
        let stored = Stored { folder: "/state".into(), parts: vec![whole, other] };
        assert!(!stored.is_whole());
        insta::assert_snapshot!(written(&stored), @r"
        /state

        0f3a  a\x1b[2J
          incident 0.1.0, rules ab
          batch-000001  written 2026-11-21T00:00:00Z  2024-10-04 to 2024-10-07  1 object  2.0 KiB  ok
          batch-000002  written 2026-11-21T00:00:00Z  2024-10-07  1 object  2.0 KiB
          batch-000003  written 2026-11-21T00:00:00Z  no events  1 object  2.0 KiB
            DAMAGED x.parquet: differs
          DAMAGED batch-000004: gone

        77b1  written by another version of incident

        Damaged files are not used: the next run reads their logs again.
        ");
        let empty = Stored { folder: "/state".into(), parts: Vec::new() };
        assert!(empty.is_whole());
        assert_eq!(written(&empty), "/state\n\nthe state is empty\n");
    }

    #[test]
    fn one_removed_batch_is_singular() {
        let removed = |batches| {
            let pruned = Pruned { batches, bytes: 0, parts: 0 };
            let mut out = Vec::new();
            Removed { pruned, before: 20_000 }.write(&mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(removed(1), "removed 1 batch with 0 B: all days before 2024-10-04\n");
        assert!(removed(2).starts_with("removed 2 batches "));
    }
}
