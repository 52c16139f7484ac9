//! Facts that every section uses: the important findings, the changes, and the moments of the incident.

use std::collections::BTreeMap;

use super::names::short;
use super::reach;
use super::register::time_of;
use super::steps::improves_visibility;
use crate::clock::Millis;
use crate::event::time;
use crate::finding::Severity;
use crate::journal::{Entry, Event, History, Outcome, Record, RunEnd};
use crate::plan::{Kind, Plan};
use crate::report::incident::input::{CaseInput, Input};
use crate::report::incident::model::State;
use crate::report::schema::{Analysis, Finding};

/// A moment, and the journal line that states it (from 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub at: Millis,
    pub entry: usize,
}

pub struct Facts<'a> {
    pub input: &'a Input,
    pub analysis: Option<&'a Analysis>,
    /// Findings of at least medium severity, and those of a story with such a severity; all findings if there are none.
    /// Only principals of these findings are called actors. The appendix has the other findings.
    pub weighty: Vec<&'a Finding>,
    pub first: Option<Millis>,
    pub last: Option<Millis>,
    pub case: Option<&'a CaseInput>,
    pub plan: Option<&'a Plan>,
    pub history: History,
    pub opened: Option<Millis>,
    /// When the incident was noticed: as the facts say, or else when the case was opened.
    pub detected: Option<Millis>,
    /// The first change that takes access from the attacker.
    pub first_block: Option<Mark>,
    /// The last change that takes access from the attacker.
    pub contained: Option<Mark>,
    pub held: Option<Mark>,
    /// When each change was last confirmed, by its number.
    pub answered: BTreeMap<usize, Mark>,
    pub state: State,
    /// Identities that important findings name but no change of the case covers.
    pub uncovered: Vec<&'a str>,
}

impl<'a> Facts<'a> {
    pub fn of(input: &'a Input) -> Facts<'a> {
        let analysis = input.analysis.as_ref();
        let findings = analysis.map_or(&[][..], |a| &a.findings);
        let stories = analysis.map_or(&[][..], |a| &a.stories);
        let is_severe = |severity: Severity| severity >= Severity::Medium;
        let in_story = |f: &Finding| {
            stories.iter().any(|s| is_severe(s.severity) && s.findings.contains(&f.id))
        };
        let mut weighty: Vec<&Finding> =
            findings.iter().filter(|f| is_severe(f.severity) || in_story(f)).collect();
        if weighty.is_empty() {
            weighty = findings.iter().collect();
        }
        let case = input.case.as_ref();
        let history = case.map_or_else(History::default, |c| c.history.clone());
        let opened = case.and_then(|c| time::parse(&c.file.opened));
        let mut facts = Facts {
            input,
            analysis,
            first: weighty.iter().filter_map(|f| f.first_seen).min().map(|at| at.0),
            last: weighty.iter().filter_map(|f| f.last_seen).max().map(|at| at.0),
            weighty,
            case,
            plan: case.and_then(|c| c.plan.as_ref()),
            opened,
            detected: input.detected.or(opened),
            first_block: None,
            contained: None,
            held: None,
            answered: BTreeMap::new(),
            state: State::Open,
            uncovered: Vec::new(),
            history,
        };
        facts.state = facts.judge();
        facts.read_journal();
        facts.uncovered = facts.find_uncovered();
        if facts.state == State::Held && !facts.uncovered.is_empty() {
            facts.state = State::Partial;
        }
        facts
    }

    /// All findings, as the analysis orders them.
    pub fn findings(&self) -> &'a [Finding] {
        self.analysis.map_or(&[], |a| &a.findings)
    }

    /// The case's playbook: the one in the case file, or else the one in the journal's first lines.
    pub fn playbook(&self) -> Option<&'a str> {
        let case = self.case?;
        let own = Some(case.file.playbook.as_str()).filter(|id| !id.is_empty());
        own.or_else(|| {
            case.entries.iter().find_map(|line| match &line.event {
                Event::Opened { playbook, .. } => Some(playbook.as_str()),
                _ => None,
            })
        })
    }

    pub fn weighs(&self, finding: &Finding) -> bool {
        self.weighty.iter().any(|f| f.id == finding.id)
    }

    pub fn finding(&self, id: &str) -> Option<&'a Finding> {
        self.findings().iter().find(|f| f.id == id)
    }

    /// The journal's lines; empty without a case.
    pub fn entries(&self) -> &'a [Entry] {
        self.case.map_or(&[], |c| &c.entries)
    }

    /// The state of a change as reports name it.
    pub fn state_of(&self, number: usize, record: &Record) -> &'static str {
        reach::state(self.entries(), &self.history, number, record)
    }

    /// What containment did to a key or to its principal; empty if no change covers them.
    pub fn reach(&self, access_key: &str, principal: &str) -> String {
        reach::reach(self.entries(), &self.history, access_key, principal)
    }

    fn read_journal(&mut self) {
        let Some(case) = self.case else { return };
        let mut steps: BTreeMap<usize, bool> = BTreeMap::new();
        for (entry, line) in case.entries.iter().enumerate() {
            let Some(at) = time_of(line).map(|t| t.0) else { continue };
            let mark = Mark { at, entry };
            match &line.event {
                Event::Intent { change, at, step, .. } => {
                    steps.insert(*change, self.contains(*at, step));
                }
                Event::Done { change, outcome, .. } => {
                    self.answered.insert(*change, mark);
                    let took = matches!(outcome, Outcome::Applied | Outcome::FoundApplied);
                    if took && steps.get(change).copied().unwrap_or(false) {
                        self.first_block.get_or_insert(mark);
                        self.contained = Some(mark);
                    }
                }
                Event::Failed { change, .. }
                | Event::UndoDone { change, .. }
                | Event::UndoFailed { change, .. } => {
                    self.answered.insert(*change, mark);
                }
                Event::Held { .. } => self.held = Some(mark),
                Event::Contested { .. } => self.held = None,
                _ => {}
            }
        }
        let undone = self.state == State::Undone;
        if self.contained.is_none() || undone {
            self.held = None;
        }
    }

    /// True if the step comes before the plan's hold, and so takes access from the attacker. Steps after the hold turn
    /// on logging or detection.
    fn contains(&self, at: usize, step: &str) -> bool {
        let hold =
            self.plan.and_then(|plan| plan.steps.iter().position(|s| matches!(s.kind, Kind::Hold)));
        hold.is_none_or(|hold| at < hold) && !improves_visibility(step)
    }

    fn find_uncovered(&self) -> Vec<&'a str> {
        let named = self.weighty.iter().filter(|f| !f.principal.is_empty());
        let mut uncovered = Vec::new();
        for finding in named {
            let reached = !self.reach(&finding.access_key, &finding.principal).is_empty();
            let name = short(&finding.principal);
            if !reached && !uncovered.contains(&name) {
                uncovered.push(name);
            }
        }
        uncovered
    }

    fn judge(&self) -> State {
        let history = &self.history;
        if history.changes.is_empty() && history.reissues.is_empty() {
            return State::Open;
        }
        let undone = |r: &Record| r.undo_began() && self.contains(r.at, &r.step);
        if history.changes.values().any(undone) {
            return State::Undone;
        }
        let all_in_place = || {
            history
                .changes
                .iter()
                .all(|(n, r)| history.held.contains(n) || !self.contains(r.at, &r.step))
        };
        match history.finished {
            _ if history.contested => State::Contested,
            Some(RunEnd::Contested) => State::Contested,
            Some(RunEnd::Held) => State::Held,
            // Only visibility steps are undone, so containment stays in place.
            Some(RunEnd::Undone | RunEnd::PartlyUndone) if all_in_place() => State::Held,
            Some(_) => State::Incomplete,
            None => State::Unfinished,
        }
    }
}
