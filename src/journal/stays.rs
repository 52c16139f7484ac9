//! Why undo leaves a change in force.

use serde::{Deserialize, Serialize};

/// Why undo left a change in force.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stays {
    /// Undo would weaken the account, and nobody asked for that.
    Hardening,
    /// Undo would make a credential usable again, and nobody asked for that.
    Credential,
    /// Its cutoff still binds sessions that an attacker may have.
    Cutoff,
    /// The state before may be the attacker's work.
    Suspect,
    /// Undo is impossible.
    #[default]
    Impossible,
}

impl Stays {
    /// True when nobody asked undo for this, or undo means it to stay: nothing is left to do now.
    pub fn is_intended(self) -> bool {
        match self {
            Stays::Hardening | Stays::Credential | Stays::Cutoff => true,
            Stays::Suspect | Stays::Impossible => false,
        }
    }
}
