//! The verdict: what matters and how complete the input is, before any detail.

use std::io;

use super::command::contain_command;
use super::page::Page;
use super::stories;
use super::subject::counts;
use super::times::window_days;
use crate::clock::date;
use crate::finding::{Finding, Proposal, Severity};
use crate::report::Report;
use crate::ui::number::counted;
use crate::ui::sanitize::clip;

/// The most findings and playbooks named here.
const MOST: usize = 5;

pub(super) fn render(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    page.blank()?;
    page.text(0, &judgement(report))?;
    stories::render(page, report)?;
    let in_story = |f: &Finding| report.stories.iter().any(|s| s.findings.contains(&f.id));
    let numbered = report.findings.iter().enumerate().filter(|(_, f)| !in_story(f));
    let apart: Vec<(usize, &Finding)> = numbered.collect();
    if !report.stories.is_empty() && apart.iter().any(|(_, f)| f.severity >= Severity::Medium) {
        page.heading("OUTSIDE THE STORIES", "")?;
    }
    if report.findings.len() > 1 {
        worst(page, &apart)?;
    }
    containment(page, &apart)?;
    page.blank()?;
    page.text(0, &basis(report))?;
    page.text(0, &certainty(report))?;
    for note in &report.notes {
        page.item(0, "Note: ", &note.text)?;
    }
    Ok(())
}

fn judgement(report: &Report) -> String {
    let counts = counts(&report.findings, Severity::ALL.len());
    match report.findings.first().map(|f| f.severity) {
        None if report.coverage.events.decoded == 0 => {
            "No events were analyzed, so this report says nothing about what happened.".to_string()
        }
        None if !report.suppressed.is_empty() => {
            let suppressed = report.suppressed.iter().map(|s| s.findings).sum();
            format!(
                "Nothing to report: the allow-list suppressed {}.",
                counted(suppressed, "finding", "findings")
            )
        }
        None => "Nothing found: no detector or rule reported anything in these events. \
                 The result is only as good as the logs; COVERAGE says what they cover."
            .to_string(),
        Some(Severity::Critical | Severity::High) => format!("Act now: {counts}."),
        Some(Severity::Medium) => format!("Investigate today: {counts}."),
        Some(Severity::Low | Severity::Info) => format!("Nothing urgent: {counts}."),
    }
}

/// One line for each of the most important findings.
fn worst(page: &mut Page<'_>, findings: &[(usize, &Finding)]) -> io::Result<()> {
    let matter = |(_, f): &&(usize, &Finding)| f.severity >= Severity::Medium;
    for (i, finding) in findings.iter().filter(matter).take(MOST) {
        let number = format!("  [{}] ", i + 1);
        page.severity(&number, finding.severity, &clip(&finding.title, 160))?;
    }
    Ok(())
}

/// The playbooks that the findings propose, each once, with the findings that it would contain.
fn containment(page: &mut Page<'_>, findings: &[(usize, &Finding)]) -> io::Result<()> {
    let mut plans: Vec<(&Proposal, Vec<String>)> = Vec::new();
    for (i, finding) in findings {
        let Some(proposal) = &finding.playbook else { continue };
        let number = format!("[{}]", i + 1);
        match plans.iter_mut().find(|(known, _)| *known == proposal) {
            Some((_, numbers)) => numbers.push(number),
            None => plans.push((proposal, vec![number])),
        }
    }
    if plans.is_empty() {
        return Ok(());
    }
    page.blank()?;
    for (proposal, numbers) in plans.iter().take(MOST) {
        let answers = numbers.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(" ");
        let and_more = if numbers.len() > MOST { " and more" } else { "" };
        page.text(0, &format!("Contain {answers}{and_more} with"))?;
        page.command(4, &contain_command(proposal))?;
    }
    match plans.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => page.text(9, &format!("and {more} more, listed with the findings")),
    }
}

fn basis(report: &Report) -> String {
    let events = counted(report.coverage.events.decoded, "event", "events");
    let files = counted(report.coverage.files.read, "file", "files");
    let days = match window_days(&report.window) {
        Some(days) if report.window.whole_archive => format!("the whole archive, {days} UTC"),
        Some(days) => format!("{days} UTC"),
        None => "no time range, as no event has a time".to_string(),
    };
    let baseline = match report.window.baseline_since {
        Some(since) => format!(
            ", compared with {} since {}",
            counted(report.coverage.events.baseline, "earlier event", "earlier events"),
            date(since)
        ),
        None => String::new(),
    };
    format!("Based on {events} from {files}, {days}{baseline}.")
}

fn certainty(report: &Report) -> String {
    if report.coverage.files.found == 0 && !report.incomplete() {
        return "NO INPUT WAS FOUND: 0 files.".to_string();
    }
    if !report.incomplete() {
        return "The input is complete: every file and every record found is accounted for."
            .to_string();
    }
    let coverage = &report.coverage;
    let unread: u64 = coverage
        .files
        .skipped
        .iter()
        .filter(|(reason, _)| !reason.by_design())
        .map(|(_, n)| n)
        .sum();
    let mut lost = Vec::new();
    if unread > 0 {
        lost.push(format!("{} not read", counted(unread, "file", "files")));
    }
    if coverage.files.damaged > 0 {
        lost.push(format!("{} damaged", counted(coverage.files.damaged, "file", "files")));
    }
    if coverage.events.lost > 0 {
        lost.push(format!("{} lost", counted(coverage.events.lost, "record", "records")));
    }
    let contradicting = coverage.events.contradicting;
    if lost.is_empty() && contradicting > 0 {
        return format!(
            "THE INPUT IS NOT SOUND: {} the event id of another with other content; see COVERAGE.",
            counted(contradicting, "record has", "records have")
        );
    }
    if lost.is_empty() {
        lost.push(format!(
            "{} with the input",
            counted(coverage.problems_total, "problem", "problems")
        ));
    }
    format!(
        "THE INPUT IS INCOMPLETE: {}. Their contents were not analyzed; see COVERAGE.",
        lost.join(", ")
    )
}
