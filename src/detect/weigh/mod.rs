//! What moves the severity of an act, in one place: one file a circumstance, each answering with a shift and its
//! reason. The sum is bounded here and nowhere else.
//!
//! - Whatever a caller can choose (user agent, names, a call through a service, a refused call) lowers an act by one
//!   level at most, all of it together.
//! - A routine lowers it by what it is worth: the same act, by the same principal, from networks of its own, on
//!   earlier days. A rule whose tag is [`NEVER_ROUTINE`] has none.
//! - A count that several programs of one role reach together, none of them alone, is no act of one of them.
//! - What programs do every day weighs a level less by a program. A rule says so with the tag [`WORK_OF_PROGRAMS`].
//! - An AWS service that acts by itself, told by the structure of its identity, makes an act informational.
//! - A network that is new to the principal raises it, and then nothing but a failed attempt lowers it.

mod attempt;
mod issued;
mod network;
mod program;
mod routine;
mod service;
mod several;
mod tool;

pub use issued::is_new_place;
pub use service::is_service_linked;
pub use tool::{reason as tool_reason, used_before as tool_used_before};

use super::Cx;
use super::rule_matches::{Group, MatchGroups};
use crate::event::Outcome;
use crate::finding::Severity;
use crate::sigma::Firing;

/// The tag of rules whose act never becomes a routine: sharing outside, credentials for others, logging off, trust
/// outside.
pub const NEVER_ROUTINE: &str = "incident.never-routine";

/// The tag of rules about what pipelines and functions do every day: deploying, asking for limits and settings.
pub const WORK_OF_PROGRAMS: &str = "incident.work-of-programs";

/// What is weighed: the calls of one principal that a rule or a correlation matched.
pub struct Act<'a, 'c> {
    pub cx: &'a Cx<'a>,
    pub matches: &'a MatchGroups<'c>,
    pub group: &'a Group<'c>,
    /// The rule's own level.
    pub level: Severity,
    /// The rule wants calls that failed.
    pub for_failures: bool,
    pub never_routine: bool,
    pub work_of_programs: bool,
    /// Outcomes of the calls, each once.
    pub outcomes: &'a [Outcome],
    /// What made the correlation fire; empty for a rule.
    pub firings: &'a [&'a Firing],
}

impl Act<'_, '_> {
    /// Earlier days on which the principal did the same from familiar networks.
    fn earlier_days(&self) -> usize {
        let group = self.group;
        let at = group.rows.first().map_or(0, |(_, row)| row.first.time);
        match group.correlated {
            true => {
                self.matches.routine_days_correlated(self.cx, group.rule.0, group.principal, at)
            }
            false => self.matches.routine_days(self.cx, group.rule.0, group.principal, at),
        }
    }
}

/// In which way a circumstance moves the severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// AWS acts by itself: informational.
    Exempt,
    Up,
    /// Something that a caller can bring about.
    Down,
    /// What nobody can bring about at once, such as earlier days of the same: so many levels.
    Routine(usize),
    /// A remark without weight.
    None,
}

/// One circumstance of an act.
pub struct Shift {
    pub by: Move,
    /// A sentence for the finding.
    pub reason: String,
}

/// Every circumstance, in the order in which reasons are given.
const CIRCUMSTANCES: &[fn(&Act<'_, '_>) -> Option<Shift>] = &[
    attempt::shift,
    service::shift,
    network::shift,
    routine::shift,
    several::shift,
    tool::shift,
    program::shift,
];

/// The severity of the act, with a reason for each circumstance that moves it.
pub fn weigh(act: &Act<'_, '_>) -> (Severity, Vec<String>) {
    let shifts: Vec<Shift> = CIRCUMSTANCES.iter().filter_map(|judge| judge(act)).collect();
    let severity = sum(act.level, shifts.iter().map(|shift| shift.by));
    (severity, shifts.into_iter().map(|shift| shift.reason).collect())
}

/// The level after all moves. Never below informational, never above high unless the rule itself says critical.
fn sum(level: Severity, moves: impl Iterator<Item = Move>) -> Severity {
    let moves: Vec<Move> = moves.collect();
    if moves.contains(&Move::Exempt) {
        return Severity::Info;
    }
    let routine = moves.iter().map(|by| if let Move::Routine(n) = by { *n } else { 0 }).max();
    let chosen = usize::from(moves.contains(&Move::Down));
    let lowered = lower(level, routine.unwrap_or(0).max(chosen));
    if moves.contains(&Move::Up) { raise(lowered) } else { lowered }
}

/// So many levels down, at most to informational.
pub fn lower(level: Severity, by: usize) -> Severity {
    let rank = Severity::ALL.iter().position(|s| *s == level).unwrap_or(0);
    Severity::ALL[rank.saturating_sub(by)]
}

/// One level up, at most to high; info stays info.
fn raise(level: Severity) -> Severity {
    match level {
        Severity::Low => Severity::Medium,
        Severity::Medium => Severity::High,
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_caller_chooses_lowers_by_one_level_in_all() {
        let down = [Move::Down, Move::Down, Move::Down, Move::None];
        assert_eq!(sum(Severity::Critical, down.into_iter()), Severity::High);
        assert_eq!(sum(Severity::Low, down.into_iter()), Severity::Info);
        assert_eq!(sum(Severity::High, [Move::Routine(2), Move::Down].into_iter()), Severity::Low);
        assert_eq!(sum(Severity::High, [Move::Up, Move::Down].into_iter()), Severity::High);
        assert_eq!(sum(Severity::Medium, [Move::Up].into_iter()), Severity::High);
        assert_eq!(sum(Severity::High, [Move::Exempt, Move::Up].into_iter()), Severity::Info);
    }
}
