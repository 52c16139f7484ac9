//! What the responder allows an undo to do.

use crate::journal::Stays;
use crate::step::ChangeKind;

/// What undo is allowed to do.
#[derive(Debug, Clone, Default)]
pub struct UndoOptions {
    /// Only these steps; all when empty.
    pub steps: Vec<String>,
    /// Re-activate credentials that were deactivated: the attacker may have them.
    pub reactivate: bool,
    /// Revert what hardened the account.
    pub hardening: bool,
    /// Changes to revert although the state before them is suspect.
    pub include: Vec<usize>,
}

impl UndoOptions {
    /// Whether undo looks at a step's changes at all.
    pub fn asks_for(&self, step: &str) -> bool {
        self.steps.is_empty() || self.steps.iter().any(|asked| asked == step)
    }

    /// Why a change of this kind stays in force, without a look at it.
    pub fn leaves(&self, kind: ChangeKind) -> Option<Stays> {
        match kind {
            ChangeKind::Hardening if !self.hardening => Some(Stays::Hardening),
            ChangeKind::Credential if !self.reactivate => Some(Stays::Credential),
            _ => None,
        }
    }
}
