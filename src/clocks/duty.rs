//! A duty to notify, and the state of its clock.

use super::Regime;
use super::facts::Facts;
use super::when::{When, is_weekend};
use crate::clock::Millis;

/// The state of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The notice must be sent; overdue once `due` is past.
    Runs,
    /// The notice must not be sent before this moment.
    Held {
        until: Millis,
    },
    /// The fact that starts it is not set.
    NotStarted,
    NotApplicable,
    /// The notice was sent.
    Submitted {
        at: Millis,
    },
}

/// One notice that a law requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// `gdpr-authority`: the name in `submitted.*`.
    pub id: &'static str,
    pub regime: Regime,
    /// What to do, as an imperative.
    pub what: &'static str,
    /// The article or section that requires it.
    pub law: &'static str,
    pub state: State,
    /// The fact that started it, and its value.
    pub start: Option<(&'static str, When)>,
    /// The last moment. `None` before it starts, and where the law sets no number.
    pub due: Option<Millis>,
    /// The law requires it at once or without undue delay, whatever `due` says.
    pub at_once: bool,
    /// Why it applies, does not apply, or cannot be decided yet.
    pub why: String,
    /// How the law applies to these facts.
    pub notes: Vec<String>,
    /// Keys of facts that are not set and would decide more.
    pub missing: Vec<&'static str>,
}

impl Duty {
    /// A clock that has not started.
    pub fn new(id: &'static str, regime: Regime, what: &'static str, law: &'static str) -> Duty {
        Duty {
            id,
            regime,
            what,
            law,
            state: State::NotStarted,
            start: None,
            due: None,
            at_once: false,
            why: String::new(),
            notes: Vec::new(),
            missing: Vec::new(),
        }
    }

    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Duty {
        self.why = why.into();
        self
    }

    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Duty {
        self.notes.push(note.into());
        self
    }

    #[must_use]
    pub fn missing(mut self, key: &'static str) -> Duty {
        self.missing.push(key);
        self
    }

    #[must_use]
    pub fn not_applicable(mut self, why: impl Into<String>) -> Duty {
        self.state = State::NotApplicable;
        self.why(why)
    }

    /// Starts the clock at a fact; `due` is computed from it.
    #[must_use]
    pub fn starts(mut self, key: &'static str, when: When, due: Option<Millis>) -> Duty {
        self.state = State::Runs;
        self.start = Some((key, when));
        self.due = due;
        self
    }

    #[must_use]
    pub fn at_once(mut self) -> Duty {
        self.at_once = true;
        self
    }

    /// Past its last moment and not sent.
    pub fn overdue(&self, now: Millis) -> bool {
        self.state == State::Runs && self.due.is_some_and(|due| due < now)
    }

    /// True while the notice is not sent.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Runs | State::Held { .. })
    }

    /// True if the last moment is on a Saturday or Sunday in the case's time zone.
    pub fn ends_on_weekend(&self, facts: &Facts) -> bool {
        self.due.is_some_and(|due| is_weekend(facts.zone().date(due)))
    }

    /// Adds a note if hours count and only the day of the start is set.
    #[must_use]
    pub fn note_if_day_only(self) -> Duty {
        match self.start {
            Some((key, When::On(_))) => self
                .note(format!("only the day of {key} is set: hours count from its first minute")),
            _ => self,
        }
    }

    /// Marks the notice as sent if `submitted.ID` is set.
    #[must_use]
    pub fn submitted(mut self, facts: &Facts) -> Duty {
        let Some(when) = facts.submitted(self.id) else { return self };
        // A day counts from its first moment, so that a notice that may have been in time is not called late.
        let at = when.first(facts.zone());
        self.state = State::Submitted { at };
        if let Some(due) = self.due.filter(|due| *due < at) {
            self.notes.push(format!("late by {}", super::when::rounded_duration(at - due)));
        }
        self
    }
}
