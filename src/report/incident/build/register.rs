//! Numbers evidence in the order in which the report first cites it.

use super::journal_text;
use crate::event::time;
use crate::journal::Entry;
use crate::report::incident::input::{FileRef, Input};
use crate::report::incident::model::{At, Evidence};
use crate::report::schema::Finding;
use crate::ui::number::counted;

/// Assigns `[E1]`, `[E2]` …. The same evidence keeps its number throughout.
pub struct Register<'a> {
    input: &'a Input,
    items: Vec<Evidence>,
}

impl<'a> Register<'a> {
    pub fn new(input: &'a Input) -> Register<'a> {
        Register { input, items: Vec::new() }
    }

    pub fn into_items(self) -> Vec<Evidence> {
        self.items
    }

    /// The number of a finding.
    pub fn finding(&mut self, finding: &Finding) -> usize {
        let first = finding.evidence.first();
        let from = first.map_or_else(String::new, |e| {
            format!("; first {} in {} at byte {}", e.event_id, e.file, e.offset)
        });
        self.number(Evidence {
            number: 0,
            kind: "finding",
            name: finding.id.clone(),
            text: format!(
                "{}, {}{from}",
                finding.title,
                counted(finding.events, "event", "events")
            ),
            time: finding.first_seen,
            hash: self.input.analysis_file.as_ref().map(|f| f.sha256.clone()),
            anchor: Some(anchor(finding)),
        })
    }

    /// The numbers of several findings, each once, in order.
    pub fn findings<'f>(&mut self, findings: impl IntoIterator<Item = &'f Finding>) -> Vec<usize> {
        let mut numbers: Vec<usize> = findings.into_iter().map(|f| self.finding(f)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// The number of a journal line, by its index from 0.
    pub fn entry(&mut self, at: usize) -> Vec<usize> {
        let Some(case) = &self.input.case else { return Vec::new() };
        let Some(entry) = case.entries.get(at) else { return Vec::new() };
        vec![self.number(Evidence {
            number: 0,
            kind: "journal",
            name: format!("journal line {}", entry.seq),
            text: journal_text::sentence(entry),
            time: time_of(entry),
            hash: case.hashes.get(at).cloned(),
            anchor: None,
        })]
    }

    /// The number of a file of the case.
    pub fn file(&mut self, file: &FileRef, text: &str) -> usize {
        self.number(Evidence {
            number: 0,
            kind: "file",
            name: file.name.clone(),
            text: text.to_string(),
            time: None,
            hash: Some(file.sha256.clone()),
            anchor: None,
        })
    }

    fn number(&mut self, mut item: Evidence) -> usize {
        let same = |e: &&Evidence| e.kind == item.kind && e.name == item.name;
        if let Some(known) = self.items.iter().find(same) {
            return known.number;
        }
        item.number = self.items.len() + 1;
        self.items.push(item);
        self.items.len()
    }
}

/// When the line was written.
pub fn time_of(entry: &Entry) -> Option<At> {
    time::parse(&entry.time).map(At)
}

/// The finding's anchor in a page: the letters, digits and dashes of its id.
pub fn anchor(finding: &Finding) -> String {
    let safe = finding.id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40);
    format!("finding-{}", safe.collect::<String>())
}
