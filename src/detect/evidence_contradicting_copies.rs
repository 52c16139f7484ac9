//! Records that share an event id but not their content. AWS gives each event an id of its own and changes no record
//! (CloudTrail record contents, AWS CloudTrail User Guide), so somebody planted or changed one of the copies. All of
//! them count elsewhere: nobody can tell which one AWS wrote. What they say of a principal makes it no suspect, so the
//! finding belongs to nobody and proposes no containment.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::PolarsResult;

use super::build::Build;
use super::text::{action_name, list, short_name};
use super::{Cx, Detector, Meta};
use crate::event::Log;
use crate::finding::{Cause, Evidence, Finding, Scope, Severity};
use crate::rollup::Phase;
use crate::source::coverage::ContradictingCopy;
use crate::ui::number::counted;

static META: Meta = Meta {
    id: "evidence.contradicting-copies",
    finds: "Records that share an event id but not their content: one of them was planted or changed",
    ordinary: "An export that rewrites fields, test data that was made from copies of records",
    means: "AWS writes each event once, so one of the copies was planted or changed: to blame somebody, to hide an act, or by a tool that rewrites exports. Both copies count in this report until you know which one AWS wrote.",
    attack: &["T1565.001"],
    settings: &[],
};

/// Event ids whose copies are described; the evidence names more.
const MOST_IDS: usize = 5;
/// Copies of one id that are described.
const MOST_COPIES: usize = 4;
const MOST_PRINCIPALS: usize = 5;

pub struct EvidenceContradictingCopies;

impl Detector for EvidenceContradictingCopies {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let total = cx.coverage.events.contradicting;
        let known = &cx.coverage.copies;
        let in_window =
            |copy: &&ContradictingCopy| cx.selection.phase(copy.time) == Some(Phase::Window);
        let copies: Vec<&ContradictingCopy> = known.iter().filter(in_window).collect();
        // Those without a place may be in the window.
        let placeless = total.saturating_sub(known.len() as u64);
        match copies.is_empty() && (placeless == 0 || cx.coverage.newest.is_none()) {
            true => Ok(Vec::new()),
            false => Ok(vec![finding(cx, &copies, placeless)]),
        }
    }
}

fn finding(cx: &Cx<'_>, copies: &[&ContradictingCopy], placeless: u64) -> Finding {
    let mut build = Build::new(cx, &META, Cause::Act);
    let mut by_id: BTreeMap<&str, Vec<&ContradictingCopy>> = BTreeMap::new();
    for copy in copies {
        build.record(evidence(copy));
        by_id.entry(&copy.event_id).or_default().push(copy);
    }
    let principals: BTreeSet<&str> =
        copies.iter().map(|copy| copy.principal.as_str()).filter(|name| !name.is_empty()).collect();
    build.reason(
        "AWS gives each event an id of its own and changes no record: somebody may have planted or changed records",
    );
    if !principals.is_empty() {
        let names = list(principals.iter().map(|arn| short_name(arn)), MOST_PRINCIPALS);
        build.reason(format!(
            "what the logs say about {names} is in doubt until it is known which copies are true"
        ));
    }
    for (id, copies) in by_id.iter().take(MOST_IDS) {
        let described: Vec<String> = copies.iter().map(|copy| describe(copy)).collect();
        let described = list(described.iter().map(String::as_str), MOST_COPIES);
        build.reason(format!("event id {id}: {described}"));
    }
    if by_id.len() > MOST_IDS {
        let more = counted((by_id.len() - MOST_IDS) as u64, "event id", "event ids");
        build.reason(format!("and {more} more"));
    }
    if placeless > 0 {
        let records = counted(placeless, "record is", "records are");
        build.reason(format!(
            "{records} not named here: their input cannot be read twice, or there are too many"
        ));
    }
    build.next("Find out which copy AWS delivered: `incident verify PATH` checks the files against CloudTrail's digests");
    build.next("Find out who could write to the files and their bucket");
    let count = build.events() + placeless;
    let has = if count == 1 { "record has" } else { "records have" };
    let title = format!("{count} {has} the event id of a record with another content");
    let mut f = build.finish(Severity::Medium, title);
    if copies.is_empty() {
        (f.first_seen, f.last_seen) =
            (cx.coverage.oldest.unwrap_or_default(), cx.coverage.newest.unwrap_or_default());
    }
    f.events = count;
    let accounts: BTreeSet<&str> = copies.iter().map(|copy| copy.account.as_str()).collect();
    if let (Some(account), 1) = (accounts.first(), accounts.len()) {
        f.who.account = account.to_string();
    }
    f.scopes = copies.iter().map(|copy| scope(copy)).collect();
    f
}

fn evidence(copy: &ContradictingCopy) -> Evidence {
    Evidence {
        time: copy.time,
        event_id: copy.event_id.clone(),
        action: action_name(&copy.service, &copy.action),
        file: copy.file.clone(),
        offset: copy.offset,
        log: copy.log.clone(),
    }
}

/// `logs/a.json:12 says iam:CreateUser by mallory from 192.0.2.9`.
fn describe(copy: &ContradictingCopy) -> String {
    let ContradictingCopy { file, offset, service, action, principal, source, .. } = copy;
    let action = action_name(service, action);
    format!("{file}:{offset} says {action} by {} from {source}", short_name(principal))
}

/// The copy itself, as far as a scope can tell events apart.
fn scope(copy: &ContradictingCopy) -> Scope {
    Scope {
        log: Log::ALL.into_iter().find(|log| log.name() == copy.log),
        principals: vec![copy.principal.clone()],
        sources: vec![copy.source.clone()],
        actions: vec![(copy.service.clone(), copy.action.clone())],
        from: copy.time,
        until: copy.time,
        ..Scope::default()
    }
}
