//! How far a planned change has come: by the journal, by what a run saw, and by what AWS says now.

use crate::journal::Phase;

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

/// A change and its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub number: usize,
    pub step: String,
    pub resource: String,
    pub status: ChangeStatus,
    /// The live state, if AWS was asked.
    pub now: Option<LiveState>,
}

impl Row {
    /// True if a change that should be in force is not.
    pub fn is_reverted(&self) -> bool {
        match self.now {
            // A change that was never made cannot be reverted.
            _ if matches!(self.status, ChangeStatus::Failed | ChangeStatus::Replaced) => false,
            Some(LiveState::Other) => true,
            Some(LiveState::AsBefore) => self.status != ChangeStatus::Undone,
            Some(LiveState::InForce | LiveState::Unreadable(_)) | None => false,
        }
    }

    pub fn is_unreadable(&self) -> bool {
        matches!(self.now, Some(LiveState::Unreadable(_)))
    }
}

/// How an undo left a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoEnd {
    Undone,
    /// It stays in force, and why.
    Stays(String),
    /// It was in force before the case.
    NotOurs,
    /// AWS refused it when the case tried to make it.
    NotMade,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_cannot_be_read_is_not_reverted_and_not_fine() {
        let row = |status, now| Row {
            number: 1,
            step: "iam.deny-user".into(),
            resource: "r".into(),
            status,
            now: Some(now),
        };
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
