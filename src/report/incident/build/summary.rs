//! The report in five sentences, each with its evidence.

use super::facts::Facts;
use super::names::{capital, distinct, listed, short};
use super::register::Register;
use super::steps::kind_of;
use crate::clock::{length, plain};
use crate::report::incident::model::{Checklist, ClockRow, Thing, Touched};
use crate::report::incident::model::{Gap, Sentence, State, TaskState};
use crate::ui::number::{bytes, counted, grouped};
use crate::ui::sanitize::clip;

/// The counts for the later sentences.
pub struct Rest<'a> {
    pub touched: &'a Touched,
    pub gaps: &'a [Gap],
    pub checklists: &'a [Checklist],
    pub clocks: &'a [ClockRow],
}

/// Shorten titles: they are log text, and a sentence must stay readable.
const TITLE: usize = 160;

pub fn first_two(facts: &Facts<'_>, register: &mut Register<'_>) -> Vec<Sentence> {
    vec![what(facts, register), worst(facts, register)]
}

pub fn last_three(facts: &Facts<'_>, rest: &Rest<'_>, r: &mut Register<'_>) -> Vec<Sentence> {
    vec![data(facts, rest.touched), contained(facts, r), open(rest)]
}

fn without_evidence(text: impl Into<String>) -> Sentence {
    Sentence { text: text.into(), evidence: Vec::new() }
}

fn what(facts: &Facts<'_>, register: &mut Register<'_>) -> Sentence {
    let (Some(analysis), false) = (facts.analysis, facts.weighty.is_empty()) else {
        return nothing(facts);
    };
    let principals = distinct(facts.weighty.iter().map(|f| short(&f.principal)));
    let sources = facts.weighty.iter().flat_map(|f| &f.sources);
    let outside = sources.filter(|s| !matches!(s.class.as_str(), "service" | "aws-internal"));
    let addresses = distinct(outside.map(|s| s.address.as_str()));
    let story = analysis.stories.first().map(|s| s.actor.origin.as_str()).unwrap_or_default();
    let who = match principals.len() {
        0 => "somebody acted".to_string(),
        1 => format!("{} was used", principals[0]),
        n => format!("{n} identities ({}) were used", listed(&principals, 3)),
    };
    let from = match addresses.len() {
        0 => String::new(),
        1 => format!(" from {}", addresses[0]),
        n => format!(" from {n} addresses ({})", listed(&addresses, 3)),
    };
    let accounts = distinct(facts.weighty.iter().map(|f| f.account.as_str()));
    let account = match accounts.len() {
        0 => String::new(),
        1 => format!(" in account {}", accounts[0]),
        n => format!(" in {n} accounts"),
    };
    let when = match facts.first.zip(facts.last) {
        Some((first, last)) if first == last => format!("At {} UTC ", plain(first)),
        Some((first, last)) => format!("Between {} and {} UTC, ", plain(first), plain(last)),
        None => String::new(),
    };
    let began = if story.is_empty() { String::new() } else { format!("; it began with {story}") };
    Sentence {
        text: format!("{when}{who}{from}{account}{began}."),
        evidence: register.findings(facts.weighty.iter().take(4).copied()),
    }
}

fn nothing(facts: &Facts<'_>) -> Sentence {
    match (facts.analysis, facts.case) {
        (Some(analysis), _) => {
            let events = counted(analysis.coverage.events.decoded, "event", "events");
            without_evidence(format!("The analysis of {events} led to no finding."))
        }
        (None, Some(case)) => {
            let file = &case.file;
            let opened =
                facts.opened.map_or_else(String::new, |at| format!(" at {} UTC", plain(at)));
            let account = match file.account.as_str() {
                "" => String::new(),
                account => format!(" for account {account}"),
            };
            let title = clip(file.title.trim_end_matches('.'), TITLE);
            without_evidence(format!("Case {} was opened{opened}{account}: {title}.", file.id))
        }
        (None, None) => without_evidence("No logs were analyzed and no case was given."),
    }
}

fn worst(facts: &Facts<'_>, register: &mut Register<'_>) -> Sentence {
    if let Some(story) = facts.analysis.and_then(|a| a.stories.first()) {
        let findings = story.findings.iter().filter_map(|id| facts.finding(id)).take(4);
        let more = facts.analysis.map_or(0, |a| a.stories.len()) - 1;
        let more = match more {
            0 => String::new(),
            n => format!(" ({} more)", counted(n as u64, "story", "stories")),
        };
        let headline = clip(story.headline.trim_end_matches('.'), 2 * TITLE);
        return Sentence {
            text: format!("{headline}{more}."),
            evidence: register.findings(findings),
        };
    }
    let all = facts.findings().len() as u64;
    let shown: Vec<_> = facts.weighty.iter().take(2).copied().collect();
    let Some(first) = shown.first() else {
        return match facts.analysis {
            Some(_) => without_evidence(
                "No detector or rule reported anything; what the logs do not cover is listed below.",
            ),
            None => without_evidence("No logs were analyzed in this case."),
        };
    };
    let titles: Vec<_> = shown.iter().map(|f| clip(&f.title, TITLE)).collect();
    Sentence {
        text: format!(
            "The most severe of {} is {}: {}.",
            counted(all, "finding", "findings"),
            first.severity.name(),
            titles.join("; and ")
        ),
        evidence: register.findings(shown),
    }
}

fn data(facts: &Facts<'_>, touched: &Touched) -> Sentence {
    let mut parts = Vec::new();
    let names: Vec<&str> = touched.buckets.iter().map(|b| b.name.as_str()).collect();
    let read: u64 = touched.buckets.iter().filter_map(|b| b.read).sum();
    let sent: u64 = touched.buckets.iter().filter_map(|b| b.bytes).sum();
    let deleted: u64 = touched.buckets.iter().filter_map(|b| b.deleted).sum();
    if !names.is_empty() {
        let what = match (read, sent) {
            (0, 0) => "bucket contents were requested".to_string(),
            (0, sent) => format!("{} were sent", bytes(sent)),
            (read, sent) => {
                format!("{} ({}) were read", counted(read, "object", "objects"), bytes(sent))
            }
        };
        parts.push(format!("{what} from {}", listed(&names, 3)));
    }
    if deleted > 0 {
        parts.push(format!("{} deleted", counted(deleted, "object was", "objects were")));
    }
    let secrets = named(&touched.secrets);
    if !secrets.is_empty() {
        parts.push(format!("secrets were read ({})", listed(&secrets, 3)));
    }
    let made = named(&touched.resources);
    if !made.is_empty() {
        parts.push(format!("resources were created or changed ({})", listed(&made, 3)));
    }
    let mut evidence: Vec<usize> =
        touched.buckets.iter().flat_map(|b| b.evidence.clone()).collect();
    let things = touched.secrets.iter().chain(&touched.resources).filter(|t| t.done > 0);
    evidence.extend(things.flat_map(|t| t.evidence.clone()));
    evidence.sort_unstable();
    evidence.dedup();
    let text = match (parts.is_empty(), facts.analysis) {
        (false, _) => format!("{}.", capital(&parts.join("; "))),
        (true, Some(_)) => {
            "No read of stored data and no change of a resource is on record.".into()
        }
        (true, None) => "Without logs, nobody can say what was read or changed.".into(),
    };
    Sentence { text, evidence }
}

/// Resources by name, or actions if no resource is named.
fn named(things: &[Thing]) -> Vec<&str> {
    let is_action = |t: &&Thing| t.name.contains(':') && !t.name.starts_with("arn:");
    let (actions, names): (Vec<&Thing>, Vec<&Thing>) =
        things.iter().filter(|t| t.done > 0).partition(is_action);
    let shown = if names.is_empty() { actions } else { names };
    shown.into_iter().map(|t| short(&t.name)).collect()
}

fn contained(facts: &Facts<'_>, register: &mut Register<'_>) -> Sentence {
    let Some(mark) = facts.contained else {
        let text = match facts.case {
            Some(_) => "Nothing was contained: no containment change is on record.",
            None => "No containment is on record: this is an analysis without a case.",
        };
        return without_evidence(text);
    };
    let mut evidence = register.entry(mark.entry);
    let after = facts.detected.filter(|d| *d <= mark.at).map_or_else(String::new, |detected| {
        let from =
            if facts.input.detected.is_some() { "it was noticed" } else { "the case was opened" };
        format!(", {} after {from}", length(mark.at - detected))
    });
    let count = facts.history.changes.len() as u64;
    let changes = counted(count, "change", "changes");
    let reached = reached(facts);
    let whom =
        if reached.is_empty() { String::new() } else { format!(" to {}", listed(&reached, 3)) };
    let end = match (facts.state, facts.held) {
        (State::Held | State::Partial, Some(held)) => {
            evidence.extend(register.entry(held.entry));
            format!("all {changes} were in place at {} UTC", plain(held.at))
        }
        (State::Contested, _) => "but it is contested: somebody reverted it".into(),
        (State::Undone, _) => "but it was undone later".into(),
        (State::Unfinished, _) => "but the run did not finish".into(),
        _ => "but some steps could not be done".into(),
    };
    let loose = match facts.uncovered.as_slice() {
        [] => String::new(),
        loose => format!("; no change in this case covers {}", listed(loose, 3)),
    };
    Sentence {
        text: format!("Access{whom} was cut off at {} UTC{after}; {end}{loose}.", plain(mark.at)),
        evidence,
    }
}

/// The subjects of the containment changes: `user/dana`, `acme-invoices`.
fn reached<'a>(facts: &'a Facts<'_>) -> Vec<&'a str> {
    let changes = facts.history.changes.values();
    let containing = changes.filter(|r| kind_of(&r.step) == "Containment");
    distinct(containing.filter_map(|r| short(&r.resource).split('#').next()))
}

fn open(rest: &Rest<'_>) -> Sentence {
    let tasks = rest.checklists.iter().flat_map(|c| c.eradication.iter().chain(&c.recovery));
    let (mut open, mut all) = (0, 0);
    for task in tasks {
        all += 1;
        open += u64::from(task.state != TaskState::Done);
    }
    let gaps = rest.gaps.iter().filter(|g| g.weighty).count() as u64;
    let steps = match all {
        0 => String::new(),
        all => {
            let all = counted(all, "next step is", "next steps are");
            format!("{} of {all} open", grouped(open))
        }
    };
    let limits = match gaps {
        0 => format!("{} listed", counted(rest.gaps.len() as u64, "limit is", "limits are")),
        n => format!("{} these statements", counted(n, "limit applies to", "limits apply to")),
    };
    let clock = rest.clocks.iter().find(|c| c.state == "running" || c.state == "overdue");
    let clock = clock.map_or_else(String::new, |c| {
        format!("; first clock: {} {}, due {}", c.regime, c.article, c.due)
    });
    let joined = if steps.is_empty() { limits } else { format!("{steps}, and {limits}") };
    without_evidence(format!("{}{clock}.", capital(&joined)))
}
