//! The rules that one record matches.
//!
//! Three sieves stand before the record is parsed: the index on the action; the rule's expression
//! as far as service and action alone settle it; and the texts that the record's bytes must hold.
//! A `Scanner` remembers the first two for each pair of service and action, so most records cost
//! one look-up, however many rules there are.

use std::collections::HashMap;

use serde_json::Value;

use super::compile::{Index, RuleIndex, RuleSet};
use super::detection::Expr;
use super::pattern::fold;

/// The `source` of a record of an S3 access log. Its action is the operation, and its record an
/// object whose members are named as CloudWatch Logs names them: `operation`, `bucket`, `key`,
/// `remote_ip`, `requester`, `http_status`, `error_code`, `user_agent` …
pub const S3_ACCESS: &str = "s3-access";

/// How many pairs of service and action a scanner remembers.
const PAIRS: usize = 16_384;

impl RuleSet {
    /// Adds the rules that a record matches to `out`.
    ///
    /// `source` and `action` are the record's `eventSource` and `eventName`, or `S3_ACCESS` and the
    /// operation; `record` is its JSON. For many records, a `Scanner` is faster.
    pub fn matches(&self, source: &str, action: &str, record: &[u8], out: &mut Vec<RuleIndex>) {
        self.scanner().matches(source, action, record, out);
    }

    pub fn scanner(&self) -> Scanner<'_> {
        let (pairs, held) = (HashMap::new(), Vec::new());
        Scanner { set: self, pairs, count: 0, held, parsed: None, unreadable: 0 }
    }

    fn index(&self, source: &str) -> &Index {
        if source == S3_ACCESS { &self.s3_access } else { &self.cloudtrail }
    }

    /// The rules that a record of this service and action may match.
    fn candidates(&self, source: &str, action: &str) -> Vec<u32> {
        let index = self.index(source);
        let known = Known::new(source, action);
        let named: Vec<u32> = if action.is_empty() {
            index.by_action.values().flatten().copied().collect()
        } else {
            index.by_action.get(&*fold(action)).cloned().unwrap_or_default()
        };
        let mut found: Vec<u32> = named
            .into_iter()
            .chain(index.open.iter().copied())
            .filter(|rule| known.settle(&self.exprs[*rule as usize]) != Some(false))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// What is known of a record before it is parsed.
struct Known<'a> {
    fields: [(&'a str, Value); 2],
}

impl<'a> Known<'a> {
    fn new(source: &str, action: &str) -> Known<'a> {
        let (service, name) = if source == S3_ACCESS {
            // The record has no field for the kind of log.
            (Value::Null, "operation")
        } else {
            (object("eventSource", source), "eventName")
        };
        Known { fields: [("eventSource", service), (name, object(name, action))] }
    }

    /// Whether the expression holds, where that can be told.
    fn settle(&self, expr: &Expr) -> Option<bool> {
        match expr {
            Expr::Shared(inner) => self.settle(inner),
            Expr::Not(inner) => self.settle(inner).map(|holds| !holds),
            Expr::All(parts) => self.at_least(parts.len(), parts),
            Expr::Any(parts) => self.at_least(1, parts),
            Expr::AtLeast(count, parts) => self.at_least(*count, parts),
            Expr::Keyword(_) => None,
            Expr::Field(test) => {
                let name = test.path.as_str();
                let (_, record) = self.fields.iter().find(|(field, _)| *field == name)?;
                let known = record.is_object() && !test.refers();
                known.then(|| test.matches(record))
            }
        }
    }

    fn at_least(&self, count: usize, parts: &[Expr]) -> Option<bool> {
        let (mut yes, mut open) = (0, 0);
        for part in parts {
            match self.settle(part) {
                Some(true) => yes += 1,
                None => open += 1,
                Some(false) => {}
            }
        }
        if yes >= count {
            Some(true)
        } else if yes + open < count {
            Some(false)
        } else {
            None
        }
    }
}

/// A record with one field, or nothing where the field is not known.
fn object(name: &str, value: &str) -> Value {
    if value.is_empty() { Value::Null } else { serde_json::json!({ name: value }) }
}

/// Matches records one after another. One for each thread.
#[derive(Debug)]
pub struct Scanner<'s> {
    set: &'s RuleSet,
    /// By action, then by service.
    pairs: HashMap<Box<str>, Vec<Pair>>,
    count: usize,
    /// By text: the record holds it.
    held: Vec<bool>,
    parsed: Option<Value>,
    unreadable: u64,
}

#[derive(Debug)]
struct Pair {
    source: Box<str>,
    rules: Box<[u32]>,
}

impl<'s> Scanner<'s> {
    /// As `RuleSet::matches`.
    pub fn matches(&mut self, source: &str, action: &str, record: &[u8], out: &mut Vec<RuleIndex>) {
        self.parsed = None;
        let have = |pairs: &HashMap<Box<str>, Vec<Pair>>| {
            pairs.get(action)?.iter().position(|pair| &*pair.source == source)
        };
        let place = match have(&self.pairs) {
            Some(place) => place,
            None => self.remember(source, action),
        };
        let Some(pair) = self.pairs.get(action).and_then(|pairs| pairs.get(place)) else { return };
        if pair.rules.is_empty() {
            return;
        }
        let tried = sieve(self.set, &mut self.held, &pair.rules, record);
        if tried.is_empty() {
            return;
        }
        let Ok(value) = serde_json::from_slice::<Value>(record) else {
            self.unreadable += 1;
            return;
        };
        let view = View::new(&value, record);
        let matched = tried.iter().filter(|rule| view.holds(&self.set.exprs[**rule as usize]));
        out.extend(matched.map(|rule| RuleIndex(*rule)));
        self.parsed = Some(value);
    }

    /// The last record, if it had to be parsed: always where a rule matched.
    pub fn record(&self) -> Option<&Value> {
        self.parsed.as_ref()
    }

    /// How many records some rule would have been tried on, and were not JSON or nested more than
    /// 128 deep. No rule matched them.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    fn remember(&mut self, source: &str, action: &str) -> usize {
        if self.count >= PAIRS {
            // Names that an attacker makes up must not fill the memory.
            self.pairs.clear();
            self.count = 0;
        }
        let rules = self.set.candidates(source, action).into_boxed_slice();
        let pairs = self.pairs.entry(action.into()).or_default();
        pairs.push(Pair { source: source.into(), rules });
        self.count += 1;
        pairs.len() - 1
    }
}

/// The rules whose needed texts stand in the record.
fn sieve(set: &RuleSet, held: &mut Vec<bool>, rules: &[u32], record: &[u8]) -> Vec<u32> {
    let needs = |rule: &u32| set.texts[*rule as usize].as_deref();
    let Some(automaton) = &set.automaton else { return rules.to_vec() };
    if rules.iter().any(|rule| needs(rule).is_none()) || obscured(record) {
        // The record is parsed in any case.
        return rules.to_vec();
    }
    if !automaton.is_match(record) {
        return Vec::new();
    }
    held.clear();
    held.resize(automaton.patterns_len(), false);
    for found in automaton.find_overlapping_iter(record) {
        held[found.pattern().as_usize()] = true;
    }
    let holds = |rule: &&u32| {
        needs(rule).is_some_and(|texts| texts.iter().any(|text| held[*text as usize]))
    };
    rules.iter().filter(holds).copied().collect()
}

/// Whether letters may be written in another way than as themselves: escaped, URL-encoded, or as
/// characters that fold to ASCII.
fn obscured(record: &[u8]) -> bool {
    let plain = |text: &str| text.is_ascii() && !text.contains('%') && !text.contains("\\u");
    !std::str::from_utf8(record).is_ok_and(plain)
}

/// A parsed record.
struct View<'a> {
    value: &'a Value,
    text: std::cell::OnceCell<(String, String)>,
    record: &'a [u8],
}

impl<'a> View<'a> {
    fn new(value: &'a Value, record: &'a [u8]) -> View<'a> {
        View { value, text: std::cell::OnceCell::new(), record }
    }

    fn holds(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Shared(inner) => self.holds(inner),
            Expr::Not(inner) => !self.holds(inner),
            Expr::All(parts) => parts.iter().all(|part| self.holds(part)),
            Expr::Any(parts) => parts.iter().any(|part| self.holds(part)),
            Expr::AtLeast(count, parts) => {
                parts.iter().filter(|part| self.holds(part)).take(*count).count() == *count
            }
            Expr::Field(test) => test.matches(self.value),
            Expr::Keyword(keyword) => {
                let (text, folded) = self.text.get_or_init(|| {
                    let text = String::from_utf8_lossy(self.record).into_owned();
                    let folded = fold(&text).into_owned();
                    (text, folded)
                });
                keyword.matches(self.value, text, folded)
            }
        }
    }
}
