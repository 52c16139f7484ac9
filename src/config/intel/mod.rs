//! Threat lists: files → indicators that calls are compared with.
//!
//! The formats are plain text (one indicator per line), CSV with a header and STIX 2.1, recognised by content. An
//! indicator is an address or range, an access key, the ARN of a principal, a user agent, or a host name that
//! is logged as a source. Other types, and indicators that would match everything (very wide ranges, private
//! and own addresses, expressions that match what everyone sends), are counted with the reason.
//!
//! Knows no events and no logs.

mod builder;
mod columns;
mod condition;
mod csv_table;
mod defang;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod index;
mod list;
mod pattern;
mod plain_text;
mod read;
mod refused_ranges;
mod stix;
mod text_arena;
mod unused;
mod value;
mod wildcard;

use std::path::Path;

use crate::clock::Millis;
use crate::config::Ranges;
use crate::config::error::ConfigError;
use crate::ui::number::{counted, grouped};
use builder::Builder;
use condition::CompiledCondition;
use index::{ALONE, Index};
use list::{List, indicators};
use text_arena::{Span, TextArena};
use unused::UnusedKind;

pub use index::Lead;

/// The fields of a call that an indicator can match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Source address, or the host name that is logged instead.
    Source,
    UserAgent,
    AccessKey,
    /// ARN of a user, role or session.
    Principal,
}

impl Field {
    pub const ALL: [Field; 4] =
        [Field::Source, Field::UserAgent, Field::AccessKey, Field::Principal];
}

/// The fields of one call as logged. `""` if a field is not known.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    pub source: &'a str,
    pub user_agent: &'a str,
    /// The key that was used, and the one for which it was issued.
    pub access_keys: [&'a str; 2],
    /// The user or role, and its session.
    pub principals: [&'a str; 2],
}

impl<'a> Call<'a> {
    fn texts(&self, field: Field) -> [&'a str; 2] {
        match field {
            Field::Source => [self.source, ""],
            Field::UserAgent => [self.user_agent, value::without_brackets(self.user_agent)],
            Field::AccessKey => self.access_keys,
            Field::Principal => self.principals,
        }
    }
}

/// All lists that were given.
#[derive(Debug, Clone, Default)]
pub struct Intel {
    lists: Vec<List>,
    texts: TextArena,
    entries: Vec<StoredIndicator>,
    details: Vec<Details>,
    index: Index,
    /// Conditions other than the one that an indicator is indexed by.
    further: Vec<Vec<CompiledCondition>>,
}

/// One indicator, as stored.
#[derive(Debug, Clone)]
struct StoredIndicator {
    written: Span,
    id: Span,
    detail: u32,
    line: u32,
    list: u16,
    /// Superseded by a newer version.
    void: bool,
}

/// Properties that many indicators share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Details {
    description: Span,
    confidence: Span,
    from: Option<Millis>,
    until: Option<Millis>,
    until_text: Span,
}

/// An indicator as its list has it. All texts come from the list and are hostile input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indicator<'a> {
    pub written: &'a str,
    pub list: &'a Path,
    /// From 1; 0 where the list has ids.
    pub line: usize,
    pub id: &'a str,
    pub description: &'a str,
    pub confidence: &'a str,
    pub from: Option<Millis>,
    /// First moment at which it has expired.
    pub until: Option<Millis>,
    /// The end as written.
    pub until_text: &'a str,
}

impl Intel {
    /// Reads every list. Indicators in `own` ranges are refused. `now` decides which ones are counted as expired.
    ///
    /// # Errors
    /// If a file cannot be read, is not a list or has no usable indicator, or if there are too many indicators. The
    /// number is the index of the path.
    pub fn load<'p>(
        paths: impl IntoIterator<Item = &'p Path>,
        own: Ranges,
        now: Millis,
    ) -> Result<Intel, (usize, ConfigError)> {
        let mut builder = Builder::new(own, now);
        for (n, path) in paths.into_iter().enumerate() {
            read::read(path, &mut builder).map_err(|error| (n, error))?;
        }
        Ok(builder.finish())
    }

    /// True if there are no indicators.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Indicators with a condition that matches the text in this field. [`Intel::is_match`] checks the other
    /// conditions.
    pub fn leads(&self, field: Field, text: &str) -> Vec<Lead> {
        let mut leads = Vec::new();
        if text.is_empty() {
            return leads;
        }
        let mut lookup = |text: &str| {
            self.index.by_text(&self.texts, field, text, &mut leads);
            self.index.by_expression(field, text, &mut leads);
        };
        match field {
            Field::Source => lookup(&text.to_ascii_lowercase()),
            Field::UserAgent => {
                let inner = value::without_brackets(text);
                lookup(text);
                if inner != text {
                    lookup(inner);
                }
            }
            Field::AccessKey | Field::Principal => lookup(text),
        }
        if let (Field::Source, Ok(address)) = (field, text.parse()) {
            self.index.by_address(address, &mut leads);
        }
        leads.retain(|lead| self.entries.get(lead.entry as usize).is_some_and(|e| !e.void));
        leads.sort_unstable();
        leads.dedup();
        leads
    }

    /// Whether the indicator matches a call at `at`: it had not expired, and all of its conditions match. An
    /// indicator that starts later than the call matches, too.
    pub fn is_match(&self, lead: Lead, call: &Call<'_>, at: Millis) -> bool {
        let expired = self.indicator(lead).until.is_some_and(|until| until <= at);
        let further = self.further.get(lead.further as usize).filter(|_| lead.further != ALONE);
        !expired && further.is_none_or(|all| all.iter().all(|condition| condition.holds(call)))
    }

    pub fn indicator(&self, lead: Lead) -> Indicator<'_> {
        let entry = self.entries.get(lead.entry as usize);
        let detail = entry.and_then(|e| self.details.get(e.detail as usize));
        let list = entry.and_then(|e| self.lists.get(usize::from(e.list)));
        let text = |span: Option<Span>| span.map_or("", |span| self.texts.get(span));
        Indicator {
            written: text(entry.map(|e| e.written)),
            list: list.map_or(Path::new(""), |l| &l.path),
            line: entry.map_or(0, |e| e.line as usize),
            id: text(entry.map(|e| e.id)),
            description: text(detail.map(|d| d.description)),
            confidence: text(detail.map(|d| d.confidence)),
            from: detail.and_then(|d| d.from),
            until: detail.and_then(|d| d.until),
            until_text: text(detail.map(|d| d.until_text)),
        }
    }

    /// `iocs.csv (CSV, 1,204 indicators)` of every list.
    pub fn lists(&self) -> impl Iterator<Item = String> {
        self.lists.iter().map(List::describe)
    }

    /// For the report: what was loaded and what was not, then the reasons of each list.
    pub fn notes(&self) -> Vec<String> {
        if self.lists.is_empty() {
            return Vec::new();
        }
        let sum = |count: &dyn Fn(&List) -> u64| self.lists.iter().map(count).sum::<u64>();
        let mut counts = vec![
            counted(self.lists.len() as u64, "file", "files"),
            indicators(sum(&|l| l.indicators)),
        ];
        let kinds = [
            UnusedKind::NotUnderstood,
            UnusedKind::Refused,
            UnusedKind::UnsupportedType,
            UnusedKind::Partial,
            UnusedKind::Revoked,
            UnusedKind::Superseded,
        ];
        for kind in kinds {
            let count = sum(&|l| l.count(kind));
            if count > 0 {
                counts.push(format!("{} {}", grouped(count), kind.label()));
            }
        }
        let mut notes = vec![format!("Threat lists: {}.", counts.join(", "))];
        let ended = sum(&|l| l.ended);
        if ended > 0 {
            notes.push(format!(
                "Threat lists: {} expired; an expired indicator matches no call after its end.",
                indicators(ended)
            ));
        }
        notes.extend(self.lists.iter().flat_map(List::notes));
        notes
    }
}

#[cfg(test)]
mod tests;
