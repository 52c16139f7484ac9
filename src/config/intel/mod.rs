//! Lists of threat indicators: files → what a call is held against.
//!
//! Read are plain text (one indicator a line), CSV with a header and STIX 2.1, each recognised by content. An
//! indicator is an address or range, an access key, the ARN of a principal, a user agent, or a host name in
//! the place of a source. What a list holds beyond that, and what would hit everything (very wide ranges,
//! private and own addresses, expressions that match what everyone sends), is counted with its reason.
//!
//! Knows no events and no logs.

mod build;
mod columns;
mod defang;
mod holds;
mod index;
mod list;
mod own;
mod pattern;
mod read;
mod stix;
mod table;
mod text;
mod texts;
mod unused;
mod value;
mod wild;

use std::path::Path;

use crate::clock::Millis;
use crate::config::Ranges;
use crate::config::error::ConfigError;
use crate::ui::number::{counted, grouped};
use build::Builder;
use holds::Condition;
use index::{ALONE, Index};
use list::{List, indicators};
use texts::{Span, Texts};
use unused::Class;

pub use index::Lead;

/// What of a call an indicator can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Source address, or the name that stands in its place.
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

/// What is known of one call, as logged; `""` is nothing.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    pub source: &'a str,
    pub user_agent: &'a str,
    /// The key that was used, and the one for which it was issued.
    pub access_keys: [&'a str; 2],
    /// The lasting identity, and its session.
    pub principals: [&'a str; 2],
}

impl<'a> Call<'a> {
    fn texts(&self, field: Field) -> [&'a str; 2] {
        match field {
            Field::Source => [self.source, ""],
            Field::UserAgent => [self.user_agent, value::unwrapped(self.user_agent)],
            Field::AccessKey => self.access_keys,
            Field::Principal => self.principals,
        }
    }
}

/// All lists that were given.
#[derive(Debug, Clone, Default)]
pub struct Intel {
    lists: Vec<List>,
    texts: Texts,
    entries: Vec<Entry>,
    details: Vec<Detail>,
    index: Index,
    /// Conditions beyond the one that an indicator is found by.
    further: Vec<Vec<Condition>>,
}

/// One indicator.
#[derive(Debug, Clone)]
struct Entry {
    written: Span,
    id: Span,
    detail: u32,
    line: u32,
    list: u16,
    /// A newer version of it was read.
    void: bool,
}

/// What many indicators say alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Detail {
    description: Span,
    confidence: Span,
    from: Option<Millis>,
    until: Option<Millis>,
    until_text: Span,
}

/// An indicator as its list has it. All texts are the list's: anyone may have written them.
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
    /// First moment at which it no longer holds.
    pub until: Option<Millis>,
    /// The end as written.
    pub until_text: &'a str,
}

impl Intel {
    /// Reads every list. `own` ranges are refused in them; `now` decides what is counted as ended.
    ///
    /// # Errors
    /// If a file cannot be read, is no list, holds nothing that can be used, or there are too many indicators.
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

    /// True if there is nothing to hold calls against.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Indicators that name the text in this field, if their further conditions hold.
    pub fn leads(&self, field: Field, text: &str) -> Vec<Lead> {
        let mut leads = Vec::new();
        if text.is_empty() {
            return leads;
        }
        let mut look = |text: &str| {
            self.index.by_text(&self.texts, field, text, &mut leads);
            self.index.by_expression(field, text, &mut leads);
        };
        match field {
            Field::Source => look(&text.to_ascii_lowercase()),
            Field::UserAgent => {
                let inner = value::unwrapped(text);
                look(text);
                if inner != text {
                    look(inner);
                }
            }
            Field::AccessKey | Field::Principal => look(text),
        }
        if let (Field::Source, Ok(address)) = (field, text.parse()) {
            self.index.by_address(address, &mut leads);
        }
        leads.retain(|lead| self.entries.get(lead.entry as usize).is_some_and(|e| !e.void));
        leads.sort_unstable();
        leads.dedup();
        leads
    }

    /// Whether the indicator names a call that was made at `at`: whether it had not ended, and all that it asks
    /// for holds. That it was written later than the call counts for nothing.
    pub fn names(&self, lead: Lead, call: &Call<'_>, at: Millis) -> bool {
        let ended = self.indicator(lead).until.is_some_and(|until| until <= at);
        let further = self.further.get(lead.further as usize).filter(|_| lead.further != ALONE);
        !ended && further.is_none_or(|all| all.iter().all(|condition| condition.holds(call)))
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

    /// What was loaded and what was not, for the report: the counts, then the reasons of each list.
    pub fn notes(&self) -> Vec<String> {
        if self.lists.is_empty() {
            return Vec::new();
        }
        let sum = |count: &dyn Fn(&List) -> u64| self.lists.iter().map(count).sum::<u64>();
        let mut counts = vec![
            counted(self.lists.len() as u64, "file", "files"),
            indicators(sum(&|l| l.indicators)),
        ];
        let classes = [
            Class::NotUnderstood,
            Class::Refused,
            Class::OtherKind,
            Class::InPart,
            Class::Revoked,
            Class::Repeated,
        ];
        for class in classes {
            let count = sum(&|l| l.count(class));
            if count > 0 {
                counts.push(format!("{} {}", grouped(count), class.words()));
            }
        }
        let mut notes = vec![format!("Threat lists: {}.", counts.join(", "))];
        let ended = sum(&|l| l.ended);
        if ended > 0 {
            notes.push(format!(
                "Threat lists: {} expired by now; what expired names no call made after its end.",
                indicators(ended)
            ));
        }
        notes.extend(self.lists.iter().flat_map(List::notes));
        notes
    }
}

#[cfg(test)]
mod tests;
