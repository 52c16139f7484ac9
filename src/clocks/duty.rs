//! A duty to notify, and where its clock stands.

use super::Regime;
use super::facts::Facts;
use super::when::{When, is_weekend};
use crate::clock::Millis;

/// Where a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The notice is owed; overdue once `due` is past.
    Runs,
    /// The notice must not be given before this moment.
    Held {
        until: Millis,
    },
    /// A fact that starts it is missing.
    NotStarted,
    NotApplicable,
    /// The notice was given.
    Submitted {
        at: Millis,
    },
}

/// One notice that a law asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// `gdpr-authority`: the name in `submitted.*`.
    pub id: &'static str,
    pub regime: Regime,
    /// What is to be done.
    pub what: &'static str,
    /// Where the law says so.
    pub law: &'static str,
    pub state: State,
    /// The fact that started it, and its value.
    pub start: Option<(&'static str, When)>,
    /// The last moment. None before it starts, and where the law names no number.
    pub due: Option<Millis>,
    /// The law wants it at once or without undue delay, whatever `due` says.
    pub at_once: bool,
    /// Why it applies, or does not, or is not known to.
    pub why: String,
    /// How the law is to be read here.
    pub notes: Vec<String>,
    /// Keys that would make it surer.
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

    /// Past its last moment and not done.
    pub fn overdue(&self, now: Millis) -> bool {
        self.state == State::Runs && self.due.is_some_and(|due| due < now)
    }

    /// True while something is owed.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Runs | State::Held { .. })
    }

    /// True when the last moment is on a Saturday or Sunday of the case's time zone.
    pub fn ends_on_weekend(&self, facts: &Facts) -> bool {
        self.due.is_some_and(|due| is_weekend(facts.zone().date(due)))
    }

    /// Says so when only the day of the start is known, where hours count.
    #[must_use]
    pub fn note_if_day_only(self) -> Duty {
        match self.start {
            Some((key, When::On(_))) => {
                self.note(format!("of {key} only the day is set: counted from its first minute"))
            }
            _ => self,
        }
    }

    /// Done, when the fact says so.
    #[must_use]
    pub fn submitted(mut self, facts: &Facts) -> Duty {
        let Some(when) = facts.submitted(self.id) else { return self };
        // Of a day its first moment: nobody is called late who may not have been.
        let at = when.first(facts.zone());
        self.state = State::Submitted { at };
        if let Some(due) = self.due.filter(|due| *due < at) {
            self.notes.push(format!("late by {}", super::when::about(at - due)));
        }
        self
    }
}
