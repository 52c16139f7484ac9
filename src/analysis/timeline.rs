//! The events that findings rest on, in time order. Reads the logs once more for them.

use super::{Analysis, Error, Observer};
use crate::decode::Record;
use crate::detect::rule_id;
use crate::engine::local::Visitor;
use crate::engine::matcher::matches;
use crate::event::Event;
use crate::finding::{Finding, Scope};
use crate::report::timeline::TimelineRow;
use crate::rollup::{Origin, Phase};
use crate::sigma::{RuleIndex, Scanner};
use crate::source::FileNames;

/// The findings with these ids; all of them without any.
///
/// # Errors
/// When an id is unknown.
pub fn findings_with_ids<'f>(
    all: &'f [Finding],
    ids: &[String],
) -> Result<Vec<&'f Finding>, Error> {
    if let Some(unknown) = ids.iter().find(|id| !all.iter().any(|f| f.id == **id)) {
        let known = all.iter().map(|f| f.id.clone()).collect();
        return Err(Error::NoSuchFinding { id: unknown.clone(), known });
    }
    Ok(all.iter().filter(|f| ids.is_empty() || ids.contains(&f.id)).collect())
}

/// Reads the logs again and returns every event that a scope of the findings selects, each once.
///
/// # Errors
/// When the logs came from standard input.
pub fn timeline(
    analysis: &Analysis,
    findings: &[&Finding],
    observer: &dyn Observer,
) -> Result<Vec<TimelineRow>, Error> {
    let logs = &analysis.logs;
    logs.readable_again("a timeline")?;
    if findings.is_empty() {
        return Ok(Vec::new());
    }
    let rule_ids: Vec<String> = logs.rules.rules().iter().map(rule_id).collect();
    let scanned = logs.read_again(observer, || Collector {
        findings,
        scanner: logs.rules.scanner(),
        rule_ids: &rule_ids,
        matched: Vec::new(),
        rows: Vec::new(),
    });
    let mut names = FileNames::of(&logs.listing);
    let listed = logs.listing.files.len() as u32;
    let mut rows = Vec::new();
    for part in scanned.parts {
        let shift = names.add_members(part.members);
        rows.extend(part.visitor.rows.into_iter().map(|(origin, row)| {
            let file = if origin.file < listed { origin.file } else { origin.file + shift };
            (origin, TimelineRow { file: names.name(file).to_string(), ..row })
        }));
    }
    Ok(once_each(rows))
}

/// In time order, with one copy of each event: the one in the first input.
fn once_each(mut rows: Vec<(Origin, TimelineRow)>) -> Vec<TimelineRow> {
    fn event(row: &TimelineRow) -> (i64, &str, &str, &str, [&str; 5]) {
        let rest = [&row.resource, &row.principal, &row.access_key, &row.source, &row.error];
        (row.time, &row.event_id, row.log.name(), &row.action, rest.map(String::as_str))
    }
    rows.sort_by(|(a, x), (b, y)| {
        (event(x), a.input, a.offset).cmp(&(event(y), b.input, b.offset))
    });
    let mut unique = Vec::with_capacity(rows.len());
    for copies in rows.chunk_by(|(_, x), (_, y)| event(x) == event(y)) {
        let events = copies.iter().filter(|(origin, _)| !origin.duplicate).count();
        unique.extend(copies.iter().take(events).map(|(_, row)| row.clone()));
    }
    unique
}

/// Collects the events of one worker.
struct Collector<'f> {
    findings: &'f [&'f Finding],
    scanner: Scanner<'f>,
    /// By rule index.
    rule_ids: &'f [String],
    /// Rules that match the event at hand.
    matched: Vec<RuleIndex>,
    rows: Vec<(Origin, TimelineRow)>,
}

impl Collector<'_> {
    /// The ids of the findings that rest on the event, and the rules of those findings.
    fn findings_on(&mut self, event: &Event<'_>, record: Record<'_>) -> (Vec<String>, Vec<String>) {
        let in_scope = |f: &Finding| f.scopes.iter().any(|s| s.matches(event));
        if !self.findings.iter().any(|f| in_scope(f)) {
            return (Vec::new(), Vec::new());
        }
        self.matched.clear();
        matches(&mut self.scanner, event, record, &mut self.matched);
        let (rule_ids, matched) = (self.rule_ids, &self.matched);
        let by_rule = |scope: &Scope| {
            let ids = || matched.iter().filter_map(|rule| rule_ids.get(rule.0 as usize));
            scope.rules.is_empty() || ids().any(|id| scope.rules.contains(id))
        };
        let hit = |f: &&Finding| f.scopes.iter().any(|s| s.matches(event) && by_rule(s));
        let hits: Vec<&Finding> = self.findings.iter().copied().filter(hit).collect();
        let mut rules: Vec<String> = hits.iter().flat_map(|f| f.rules.iter().cloned()).collect();
        rules.sort();
        rules.dedup();
        (hits.iter().map(|f| f.id.clone()).collect(), rules)
    }
}

impl Visitor for Collector<'_> {
    fn event(&mut self, event: &Event<'_>, record: Record<'_>, phase: Phase, origin: &Origin) {
        if phase == Phase::Baseline {
            return;
        }
        let (findings, rules) = self.findings_on(event, record);
        if findings.is_empty() {
            return;
        }
        self.rows.push((*origin, row(event, origin.offset, findings, rules)));
    }
}

fn row(event: &Event<'_>, offset: u64, findings: Vec<String>, rules: Vec<String>) -> TimelineRow {
    TimelineRow {
        time: event.time,
        log: event.log,
        event_id: event.id.to_string(),
        account: event.account.to_string(),
        region: event.region.to_string(),
        principal: event.actor.principal.to_string(),
        access_key: event.actor.access_key.to_string(),
        source: event.source.to_string(),
        user_agent: event.user_agent.to_string(),
        service: event.service.to_string(),
        action: event.action.to_string(),
        outcome: event.outcome,
        error: event.error.to_string(),
        resource: event.object.map_or(String::new(), |o| match o.key {
            "" => format!("s3://{}", o.bucket),
            key => format!("s3://{}/{key}", o.bucket),
        }),
        version: event.object.map_or("", |o| o.version).to_string(),
        bytes_out: event.bytes_out,
        file: String::new(),
        offset,
        findings,
        rules,
    }
}
