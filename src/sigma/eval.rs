//! Finds the rules that one record matches.
//!
//! Three tests come before the record is parsed: the index by action; the rule's expression, as far as service,
//! action, user agent and error decide it; and the prefilter on the record's bytes. A `Scanner` caches the first
//! two, so most records cost two look-ups, however many rules there are.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::compile::{Index, RuleIndex, RuleSet};
use super::detection::Expr;
use super::lossy;
use super::pattern::fold;
use super::prefilter::{Prefilter, PrefilterCache};
use super::record;
use super::value::NONE_KNOWN;
use crate::event::action;

/// The `source` of a record of an S3 access log. Its action is the operation, and its record an
/// object whose members are named as CloudWatch Logs names them: `operation`, `bucket`, `key`,
/// `remote_ip`, `requester`, `http_status`, `error_code`, `user_agent` …
pub const S3_ACCESS: &str = "s3-access";

/// The most memory, in bytes, that a scanner's cache may take.
const MOST_BYTES: usize = 32 << 20;

/// Memory of a cache entry without its texts.
const ENTRY: usize = 160;

/// The fields of a record that are known before it is parsed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Call<'a> {
    /// `eventSource`, or [`S3_ACCESS`]; `""` if not known.
    pub source: &'a str,
    /// `eventName`, or the operation; `""` if not known.
    pub action: &'a str,
    /// `""` if not known.
    pub user_agent: &'a str,
    /// `Some("")` for a record without an error, `None` if not known.
    pub error: Option<&'a str>,
    /// `userIdentity.type`; `""` if not known.
    pub identity: &'a str,
}

impl RuleSet {
    /// Adds the rules that a record matches to `out`. `record` is its JSON. A `Scanner` is faster for many records.
    pub fn matches(&self, source: &str, action: &str, record: &[u8], out: &mut Vec<RuleIndex>) {
        let call = Call { source, action, ..Call::default() };
        self.scanner().matches(&call, || record.into(), out);
    }

    pub fn scanner(&self) -> Scanner<'_> {
        let (services_by_action, prefilters) = (HashMap::new(), PrefilterCache::default());
        Scanner { set: self, services_by_action, bytes: 0, prefilters, parsed: None, unreadable: 0 }
    }

    /// True for a rule that can only match failed calls.
    pub fn requires_error(&self, rule: RuleIndex) -> bool {
        let partial = PartialRecord::new(&Call { error: Some(""), ..Call::default() });
        let expr = self.exprs.get(rule.0 as usize);
        expr.is_some_and(|expr| partial.evaluate(expr) == Some(false))
    }

    fn index(&self, source: &str) -> &Index {
        if source == S3_ACCESS { &self.s3_access } else { &self.cloudtrail }
    }

    /// The rules that a record of this service and action may match.
    fn candidates(&self, source: &str, action: &str) -> Vec<u32> {
        let index = self.index(source);
        let partial = PartialRecord::new(&Call { source, action, ..Call::default() });
        let named: Vec<u32> = if action.is_empty() {
            index.by_action.values().flatten().copied().collect()
        } else {
            index.by_action.get(&*fold(action)).cloned().unwrap_or_default()
        };
        let mut found: Vec<u32> = named
            .into_iter()
            .chain(index.any_action.iter().copied())
            .filter(|rule| partial.evaluate(&self.exprs[*rule as usize]) != Some(false))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The known fields of a call, as records with one field each.
struct PartialRecord<'a> {
    fields: [(&'a str, Value); 5],
}

impl<'a> PartialRecord<'a> {
    fn new(call: &Call<'_>) -> PartialRecord<'a> {
        let Call { source, action, user_agent, error, identity } = *call;
        let s3 = source == S3_ACCESS;
        // An access log's record has no field for the kind of log.
        let event_source = if s3 { Value::Null } else { object("eventSource", source) };
        let (action_is, agent_is, error_is) = match s3 {
            true => ("operation", "user_agent", "error_code"),
            false => ("eventName", "userAgent", "errorCode"),
        };
        let error = match error {
            Some("") if !s3 => serde_json::json!({}),
            error => object(error_is, error.unwrap_or_default()),
        };
        let fields = [
            ("eventSource", event_source),
            (action_is, object(action_is, action)),
            (agent_is, object(agent_is, user_agent)),
            (error_is, error),
            ("userIdentity.type", nested("userIdentity", "type", identity)),
        ];
        PartialRecord { fields }
    }

    /// Whether the expression matches. `None` if the known fields do not decide it.
    fn evaluate(&self, expr: &Expr) -> Option<bool> {
        match expr {
            Expr::Shared(inner) => self.evaluate(inner),
            Expr::Not(inner) => self.evaluate(inner).map(|holds| !holds),
            Expr::All(parts) => self.at_least(parts.len(), parts),
            Expr::Any(parts) => self.at_least(1, parts),
            Expr::AtLeast(count, parts) => self.at_least(*count, parts),
            Expr::Keyword(_) => None,
            Expr::Field(test) => {
                let name = test.path.as_str();
                let (_, record) = self.fields.iter().find(|(field, _)| *field == name)?;
                let decided = record.is_object() && !test.has_field_ref();
                decided.then(|| test.matches(record, &NONE_KNOWN))
            }
        }
    }

    fn at_least(&self, count: usize, parts: &[Expr]) -> Option<bool> {
        let (mut yes, mut open) = (0, 0);
        for part in parts {
            match self.evaluate(part) {
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

/// A record with one field, or null if the field is not known.
fn object(name: &str, value: &str) -> Value {
    if value.is_empty() { Value::Null } else { serde_json::json!({ name: value }) }
}

fn nested(outer: &str, name: &str, value: &str) -> Value {
    match object(name, value) {
        Value::Null => Value::Null,
        inner => serde_json::json!({ outer: inner }),
    }
}

/// Matches records one after another. One for each thread.
#[derive(Debug)]
pub struct Scanner<'s> {
    set: &'s RuleSet,
    /// By action, then by service.
    services_by_action: HashMap<Box<str>, Vec<ServiceEntry>>,
    /// About how much memory the entries take.
    bytes: usize,
    prefilters: PrefilterCache,
    parsed: Option<Value>,
    unreadable: u64,
}

/// A service and an action.
#[derive(Debug)]
struct ServiceEntry {
    source: Box<str>,
    rules: Box<[u32]>,
    /// By user agent, then by error and kind of identity.
    callers: HashMap<Box<str>, Vec<CallerEntry>>,
}

#[derive(Debug)]
struct CallerEntry {
    error: Option<Box<str>>,
    identity: Box<str>,
    prefilter: Option<Arc<Prefilter>>,
}

impl<'s> Scanner<'s> {
    /// As `RuleSet::matches`. `record` is called only if a rule may match. The action may end with a version.
    pub fn matches<'r>(
        &mut self,
        call: &Call<'_>,
        record: impl FnOnce() -> Cow<'r, [u8]>,
        out: &mut Vec<RuleIndex>,
    ) {
        self.parsed = None;
        let call = &Call { action: action::plain(call.action), ..*call };
        if self.cached_bytes() >= MOST_BYTES {
            // An attacker who makes up names must not exhaust memory.
            self.services_by_action.clear();
            self.bytes = 0;
            self.prefilters = PrefilterCache::default();
        }
        let Scanner { set, services_by_action, bytes, prefilters, parsed, unreadable } = self;
        let Some(prefilter) = prefilter(set, services_by_action, bytes, prefilters, call) else {
            return;
        };
        let record = record();
        let tried = prefilter.pass(&record);
        if tried.is_empty() {
            return;
        }
        let strict = serde_json::from_slice::<Value>(&record).ok();
        let Some(mut value) = strict.or_else(|| lossy::parse(&record)) else {
            *unreadable += 1;
            return;
        };
        record::complete(&mut value);
        let parsed_record = ParsedRecord::new(&value, &record, &set.known);
        let matched = tried.iter().filter(|rule| parsed_record.holds(&set.exprs[**rule as usize]));
        out.extend(matched.map(|rule| RuleIndex(*rule)));
        *parsed = Some(value);
    }

    /// About how much memory the cache takes.
    pub(super) fn cached_bytes(&self) -> usize {
        self.bytes + self.prefilters.bytes()
    }

    /// The last record, completed, if it had to be parsed: always where a rule matched.
    pub fn record(&self) -> Option<&Value> {
        self.parsed.as_ref()
    }

    /// Records that a rule might match but whose structure is not JSON. No rule matched them.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }
}

/// The prefilter for the rules that such a call may match, from the cache or built now. `None` without rules.
fn prefilter(
    set: &RuleSet,
    services_by_action: &mut HashMap<Box<str>, Vec<ServiceEntry>>,
    bytes: &mut usize,
    prefilters: &mut PrefilterCache,
    call: &Call<'_>,
) -> Option<Arc<Prefilter>> {
    if !services_by_action.contains_key(call.action) {
        *bytes += ENTRY + call.action.len();
        services_by_action.insert(call.action.into(), Vec::new());
    }
    let services = services_by_action.get_mut(call.action)?;
    let position =
        services.iter().position(|service| &*service.source == call.source).unwrap_or_else(|| {
            let rules = set.candidates(call.source, call.action).into_boxed_slice();
            *bytes += ENTRY + call.source.len() + size_of_val(&*rules);
            services.push(ServiceEntry {
                source: call.source.into(),
                rules,
                callers: HashMap::new(),
            });
            services.len() - 1
        });
    let service = &mut services[position];
    if service.rules.is_empty() {
        return None;
    }
    if !service.callers.contains_key(call.user_agent) {
        *bytes += ENTRY + call.user_agent.len();
        service.callers.insert(call.user_agent.into(), Vec::new());
    }
    let same = |c: &CallerEntry| c.error.as_deref() == call.error && *c.identity == *call.identity;
    let callers = service.callers.get_mut(call.user_agent)?;
    let position = callers.iter().position(same).unwrap_or_else(|| {
        *bytes += ENTRY + call.error.map_or(0, str::len) + call.identity.len();
        let partial = PartialRecord::new(call);
        let may_match = |rule: &&u32| partial.evaluate(&set.exprs[**rule as usize]) != Some(false);
        let rules: Vec<u32> = service.rules.iter().filter(may_match).copied().collect();
        let (error, identity) = (call.error.map(Into::into), call.identity.into());
        callers.push(CallerEntry { error, identity, prefilter: prefilters.of(set, rules) });
        callers.len() - 1
    });
    callers[position].prefilter.clone()
}

/// A parsed record.
struct ParsedRecord<'a> {
    value: &'a Value,
    text: std::cell::OnceCell<(String, String)>,
    record: &'a [u8],
    known: &'a BTreeSet<String>,
}

impl<'a> ParsedRecord<'a> {
    fn new(value: &'a Value, record: &'a [u8], known: &'a BTreeSet<String>) -> ParsedRecord<'a> {
        ParsedRecord { value, text: std::cell::OnceCell::new(), record, known }
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
            Expr::Field(test) => test.matches(self.value, self.known),
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
