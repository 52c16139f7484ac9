//! Title and reasons of a finding about listed callers.

use std::collections::{BTreeMap, BTreeSet};

use super::callers::ListedCaller;
use crate::clock::{Millis, plain};
use crate::config::intel::{Field, Lead};
use crate::detect::Cx;
use crate::detect::rows::{Row, count};
use crate::detect::text::{list, short_name};
use crate::event::Outcome;
use crate::rollup::Sym;
use crate::ui::number::{counted, grouped};

/// Indicators that a finding names.
const MOST_NAMED: usize = 5;

/// What one indicator matches.
#[derive(Default)]
struct Match<'a> {
    /// As logged.
    texts: BTreeSet<&'a str>,
    calls: u64,
}

/// A sentence per indicator, those for the source first, and one on the calls' outcomes.
pub fn reasons(cx: &Cx<'_>, group: &[ListedCaller<'_>]) -> Vec<String> {
    let mut matches: BTreeMap<(Field, Lead), Match<'_>> = BTreeMap::new();
    for (hit, calls) in group.iter().flat_map(|caller| &caller.hits) {
        let one = matches.entry((hit.field, hit.lead)).or_default();
        one.texts.insert(cx.text(hit.text));
        one.calls += calls;
    }
    let rows: Vec<Row<'_>> = group.iter().flat_map(|caller| caller.rows.iter().copied()).collect();
    let more = matches.len().saturating_sub(MOST_NAMED) as u64;
    let first = matches.iter().take(MOST_NAMED);
    let mut reasons: Vec<String> =
        first.map(|((field, lead), one)| reason(cx, &rows, *field, *lead, one)).collect();
    if more > 0 {
        let more = counted(more, "more indicator matches", "more indicators match");
        reasons.push(format!("{more} the same calls"));
    }
    reasons.push(outcome(&rows));
    reasons
}

fn reason(cx: &Cx<'_>, rows: &[Row<'_>], field: Field, lead: Lead, one: &Match<'_>) -> String {
    let texts = list(one.texts.iter().copied(), 3);
    let is = if one.texts.len() == 1 { "is" } else { "are" };
    let used = || rows.iter().any(|(key, _)| one.texts.contains(cx.text(key.access_key)));
    let what = match field {
        Field::Source | Field::Principal => format!("{texts} {is}"),
        Field::AccessKey if used() => format!("access key {texts} {is}"),
        Field::AccessKey => {
            format!("these temporary keys were issued to access key {texts}, which {is}")
        }
        Field::UserAgent => {
            let all = count(rows);
            let calls = grouped(one.calls.min(all));
            format!("{calls} of {} sent a user agent that is", calls_of(all))
        }
    };
    let last = rows.iter().map(|(_, value)| value.last()).max().unwrap_or(Millis::MIN);
    format!("{what} {}", listed(cx, lead, last))
}

/// `on the list iocs.csv, line 12: `203.0.113.0/24` (C2; confidence 80; until 2026-12-31)`.
fn listed(cx: &Cx<'_>, lead: Lead, last: Millis) -> String {
    let i = cx.config.intel().indicator(lead);
    let position = if i.line == 0 { i.id.to_string() } else { format!("line {}", i.line) };
    let mut details = Vec::new();
    if !i.description.is_empty() {
        details.push(i.description.to_string());
    }
    if !i.confidence.is_empty() {
        details.push(format!("confidence {}", i.confidence));
    }
    if let Some(from) = i.from.filter(|from| *from > last) {
        details.push(format!("valid only from {} UTC on, after the calls", plain(from)));
    }
    if !i.until_text.is_empty() {
        details.push(format!("valid until {}", i.until_text));
    }
    let details =
        if details.is_empty() { String::new() } else { format!(" ({})", details.join("; ")) };
    format!("on the list {}, {position}: `{}`{details}", i.list.display(), i.written)
}

fn outcome(rows: &[Row<'_>]) -> String {
    let all = count(rows);
    let with_outcome = |outcome| -> u64 {
        rows.iter().filter(|(k, _)| k.outcome == outcome).map(|(_, v)| v.events()).sum()
    };
    let (success, denied) = (with_outcome(Outcome::Success), with_outcome(Outcome::Denied));
    match success {
        0 if denied == all => format!("all {} were denied", calls_of(all)),
        0 => format!("none of {} succeeded", calls_of(all)),
        _ if success == all => format!("all {} succeeded", calls_of(all)),
        _ => format!("{} of {} succeeded", grouped(success), calls_of(all)),
    }
}

fn calls_of(calls: u64) -> String {
    counted(calls, "call", "calls")
}

/// One line for the group, by its strongest indicator.
pub fn title(cx: &Cx<'_>, group: &[ListedCaller<'_>]) -> String {
    let Some(main) = group.first() else { return String::new() };
    let field = group.iter().flat_map(|n| n.hits.keys()).map(|hit| hit.field).min();
    let key = if group.iter().all(|n| n.key == main.key) { main.key } else { 0 };
    let who = who(cx, main.principal, key);
    let mut sources: Vec<&str> = group.iter().map(|n| cx.text(n.source)).collect();
    sources.sort_unstable();
    sources.dedup();
    let from = match sources.as_slice() {
        [one] => one.to_string(),
        many => counted(many.len() as u64, "source", "sources"),
    };
    match field {
        Some(Field::Source) | None => match sources.len() {
            1 => format!("{who} used from {from}, which is on a threat list"),
            _ => format!("{who} used from {from} on a threat list"),
        },
        Some(Field::AccessKey) if key != 0 => {
            format!("{who}, which is on a threat list, used from {from}")
        }
        Some(Field::AccessKey) => {
            format!("{who} used from {from} with an access key on a threat list")
        }
        Some(Field::Principal) => format!("{who}, which is on a threat list, used from {from}"),
        Some(Field::UserAgent) => {
            format!("{who} used from {from} with a user agent on a threat list")
        }
    }
}

fn who(cx: &Cx<'_>, principal: Sym, key: Sym) -> String {
    match (key, cx.text(principal)) {
        (0, "anonymous") => "Public data".to_string(),
        (0, "") => "An unnamed identity".to_string(),
        (0, arn) => short_name(arn).to_string(),
        (key, _) => format!("Access key {}", cx.text(key)),
    }
}
