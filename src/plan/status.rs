//! How far a planned change has come: by the journal, by what a run saw, and by what AWS says now.

use crate::journal::{Phase, Stays};

/// How far it is proven that a change is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeStatus {
    /// AWS confirmed the call.
    Requested,
    /// A reading showed it in force.
    ReadBack,
    /// Every reading until the end of a hold showed it in force.
    Held,
    /// Somebody reverted it, and it was made again.
    Contested,
    Failed,
    /// A quota left no room, and a fallback was made in its place.
    Replaced,
    Undone,
    /// The run ended before the answer.
    Unknown,
    /// The run ended while the change was being undone.
    UndoUnknown,
    /// Undone, except that sessions from before the undo stay denied.
    Narrowed,
    /// An undo put the cutoff for earlier sessions in place and ended there: the change itself is still in force.
    Prepared,
    /// The new key is in this phase.
    Reissue(Phase),
}

/// What AWS says about a change now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveState {
    InForce,
    /// The resource is as it was before the change.
    AsBefore,
    /// The resource is neither as before nor as the change made it.
    Other,
    /// The reading failed, and why.
    Unreadable(String),
}

/// What the status of a change means for the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// As the case left it: in force, undone, or replaced by its fallback.
    AsLeft,
    /// The journal or AWS does not tell, or undo could not do what it was asked.
    Open,
    /// It failed, and is not in force.
    Failed,
    /// It was in force, and somebody reverted it.
    Reverted,
}

/// A change and its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub number: usize,
    pub step: String,
    pub resource: String,
    pub status: ChangeStatus,
    /// Why the last undo left it in force, if one did.
    pub stays: Option<Stays>,
    /// The live state, if AWS was asked.
    pub now: Option<LiveState>,
}

impl Row {
    /// What the status means, together with what AWS says now.
    pub fn standing(&self) -> Standing {
        match (self.status, &self.now) {
            (_, Some(LiveState::Unreadable(_))) => Standing::Open,
            // After an undo, others may do with the resource what they like. What was replaced was never made.
            (ChangeStatus::Undone | ChangeStatus::Replaced, _) => Standing::AsLeft,
            (ChangeStatus::Unknown | ChangeStatus::UndoUnknown, _) => Standing::Open,
            (ChangeStatus::Failed, Some(LiveState::InForce)) => Standing::AsLeft,
            (ChangeStatus::Failed, _) => Standing::Failed,
            (_, Some(LiveState::AsBefore | LiveState::Other)) => Standing::Reverted,
            _ if self.stays.is_some_and(|stays| !stays.is_intended()) => Standing::Open,
            (ChangeStatus::Prepared, _) => Standing::Open,
            (_, Some(LiveState::InForce) | None) => Standing::AsLeft,
        }
    }

    /// True if a change that should be in force is not.
    pub fn is_reverted(&self) -> bool {
        self.standing() == Standing::Reverted
    }

    pub fn is_unreadable(&self) -> bool {
        matches!(self.now, Some(LiveState::Unreadable(_)))
    }

    /// True if undo left it in force, and not only to keep out earlier sessions.
    pub fn is_kept(&self) -> bool {
        self.stays.is_some_and(|stays| stays != Stays::Cutoff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(status: ChangeStatus, now: LiveState) -> Row {
        let (step, resource) = ("iam.deny-user".into(), "r".into());
        Row { number: 1, step, resource, status, stays: None, now: Some(now) }
    }

    #[test]
    fn what_a_status_means_for_the_case() {
        use ChangeStatus::{
            Contested, Failed, Held, Narrowed, Prepared, Replaced, UndoUnknown, Undone, Unknown,
        };
        use LiveState::{AsBefore, InForce, Other};
        // An error whose text reads like another state.
        let unreadable = LiveState::Unreadable("now neither as before".into());
        for (status, now, standing) in [
            (Held, InForce, Standing::AsLeft),
            (Held, AsBefore, Standing::Reverted),
            (Contested, Other, Standing::Reverted),
            (Held, unreadable.clone(), Standing::Open),
            (Undone, AsBefore, Standing::AsLeft),
            (Undone, Other, Standing::AsLeft),
            (Undone, InForce, Standing::AsLeft),
            (Undone, unreadable, Standing::Open),
            // Nobody reverts what never was.
            (Failed, AsBefore, Standing::Failed),
            (Failed, Other, Standing::Failed),
            (Failed, InForce, Standing::AsLeft),
            // Its fallback is in force in its place.
            (Replaced, AsBefore, Standing::AsLeft),
            (Replaced, Other, Standing::AsLeft),
            (Unknown, AsBefore, Standing::Open),
            (UndoUnknown, AsBefore, Standing::Open),
            (Narrowed, InForce, Standing::AsLeft),
            // Undo was to lift it.
            (Prepared, InForce, Standing::Open),
            (Prepared, Other, Standing::Reverted),
            // Without the cutoff, stolen sessions work again.
            (Narrowed, AsBefore, Standing::Reverted),
        ] {
            let row = row(status, now);
            assert_eq!(row.standing(), standing, "{row:?}");
            assert_eq!(row.is_reverted(), standing == Standing::Reverted, "{row:?}");
        }
    }

    #[test]
    fn what_undo_left_on_purpose_is_fine_and_what_it_could_not_do_is_open() {
        for (stays, standing) in [
            (Stays::Hardening, Standing::AsLeft),
            (Stays::Credential, Standing::AsLeft),
            (Stays::Cutoff, Standing::AsLeft),
            (Stays::Suspect, Standing::Open),
            (Stays::Impossible, Standing::Open),
        ] {
            let left = |now| Row { stays: Some(stays), ..row(ChangeStatus::Held, now) };
            assert_eq!(left(LiveState::InForce).standing(), standing, "{stays:?}");
            assert_eq!(left(LiveState::AsBefore).standing(), Standing::Reverted, "{stays:?}");
        }
    }

    #[test]
    fn a_change_that_cannot_be_read_is_not_reverted_and_not_fine() {
        let held = |now| row(ChangeStatus::Held, now);
        // An error whose text reads like another state.
        let unreadable = held(LiveState::Unreadable("now neither as before".into()));
        assert!(unreadable.is_unreadable() && !unreadable.is_reverted());
        assert!(held(LiveState::AsBefore).is_reverted() && held(LiveState::Other).is_reverted());
        assert!(!held(LiveState::InForce).is_reverted());
        for never in [ChangeStatus::Undone, ChangeStatus::Failed, ChangeStatus::Replaced] {
            assert!(!row(never, LiveState::AsBefore).is_reverted());
        }
    }
}
