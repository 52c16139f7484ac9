//! Builds the incident report from its input: one file per section. Adds no format.

mod actions;
mod activity;
mod actors;
mod containment;
mod custody;
mod facts;
mod findings;
mod gaps;
mod indicators;
mod journal_text;
mod names;
mod next;
mod reach;
mod register;
mod sources;
mod status;
mod steps;
mod summary;
#[cfg(test)]
mod tests;
mod timeline;
mod touched;

use facts::Facts;
use journal_text::EntryFields;
use names::distinct;
use register::Register;
use summary::Rest;

use super::input::Input;
use super::model::{At, CaseHead, Document, Logs, Note, SCHEMA};
use crate::event::time;

pub use names::{capital, short};

/// Builds the report. The same input gives the same report.
pub fn build(input: &Input) -> Document {
    let facts = Facts::of(input);
    let mut register = Register::new(input);
    let r = &mut register;
    // Evidence gets its numbers in the order of reading, so keep these lines in the order of the sections.
    let mut summary = summary::first_two(&facts, r);
    let touched = touched::build(&facts, r);
    let gaps = gaps::build(&facts);
    let checklists = next::build(&facts, &mut Register::new(input));
    let rest =
        Rest { touched: &touched, gaps: &gaps, checklists: &checklists, clocks: &input.clocks };
    summary.extend(summary::last_three(&facts, &rest, r));
    let measures = status::measures(&facts, r);
    let figures = status::figures(&facts, &measures, &touched);
    let timeline = timeline::build(&facts, r);
    let actors = actors::build(&facts, r);
    let sources = sources::build(&facts, r);
    let agents = sources::agents(&facts, r);
    let steps = containment::build(&facts, r);
    let indicators = indicators::build(&facts, r);
    let checklists = next::build(&facts, r);
    let findings = findings::build(&facts, r);
    let notes = notes(&facts, r);
    Document {
        schema: SCHEMA,
        generated: At(input.generated),
        program: input.program.clone(),
        title: title(&facts),
        case: case(&facts),
        accounts: accounts(&facts),
        logs: logs(&facts),
        summary,
        status: status::build(&facts),
        milestones: status::milestones(&facts),
        measures,
        figures,
        activity: activity::build(&facts),
        timeline,
        actors,
        sources,
        agents,
        bytes_out: sources::bytes_out(&facts),
        touched,
        steps,
        gaps,
        indicators,
        checklists,
        clocks: input.clocks.clone(),
        impact: input.impact.clone(),
        notes,
        custody: custody::build(&facts),
        findings,
        evidence: register.into_items(),
    }
}

fn title(facts: &Facts<'_>) -> String {
    match facts.case {
        Some(case) if !case.file.title.is_empty() => case.file.title.clone(),
        Some(case) => format!("Case {}", case.file.id),
        None => "Analysis of AWS logs".into(),
    }
}

fn case(facts: &Facts<'_>) -> Option<CaseHead> {
    let file = &facts.case?.file;
    Some(CaseHead {
        id: file.id.clone(),
        title: file.title.clone(),
        account: file.account.clone(),
        playbook: facts.playbook().unwrap_or_default().to_string(),
        opened: time::parse(&file.opened).map(At),
        caller: facts.plan.map(|p| p.caller.arn.clone()),
    })
}

fn accounts(facts: &Facts<'_>) -> Vec<String> {
    let case = facts.case.map(|c| c.file.account.as_str());
    let sessions = facts.analysis.map_or(&[][..], |a| &a.sessions);
    let sessions = sessions.iter().map(|s| s.account.as_str());
    let findings = facts.findings().iter().map(|f| f.account.as_str());
    distinct(case.into_iter().chain(findings).chain(sessions))
        .into_iter()
        .map(str::to_string)
        .collect()
}

fn logs(facts: &Facts<'_>) -> Option<Logs> {
    let analysis = facts.analysis?;
    let coverage = &analysis.coverage;
    Some(Logs {
        since: analysis.window.since,
        until: analysis.window.until,
        oldest: coverage.oldest,
        newest: coverage.newest,
        events: coverage.events.decoded,
        files: coverage.files.read,
        complete: coverage.complete.unwrap_or(coverage.events.lost == 0),
    })
}

/// Notes of the journal in its order, then the notes of the input.
fn notes(facts: &Facts<'_>, register: &mut Register<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    let entries = facts.case.map_or(&[][..], |c| &c.entries);
    for (at, entry) in entries.iter().enumerate() {
        let fields = EntryFields::of(entry);
        if fields.name() == "note" {
            let kind = if fields.is("decision") { "decision" } else { "note" };
            notes.push(Note {
                time: register::time_of(entry),
                kind: kind.into(),
                by: fields.text("author").into(),
                text: fields.text("text").into(),
                evidence: register.entry(at),
            });
        }
    }
    notes.extend(facts.input.notes.iter().map(|n| Note {
        time: n.time.map(At),
        kind: n.kind.clone(),
        by: n.by.clone(),
        text: n.text.clone(),
        evidence: Vec::new(),
    }));
    notes
}
