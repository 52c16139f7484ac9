//! What a run left: a change or a step that could not be made while the rest of the run went on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A change, a step or a re-issue that was left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The change's number, if one change was left and not a whole step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<usize>,
    pub step: String,
    /// The resource of the change; empty for a whole step.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub resource: String,
    pub cause: Cause,
    /// What happened, in a sentence without its full stop.
    pub why: String,
    /// What is needed, and who can do it; empty if nobody has to be asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ask: String,
}

/// Why something was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// AWS denied the call.
    Denied,
    /// A quota is reached.
    Limit,
    /// AWS or the step refused for another reason.
    Refused,
    /// AWS did not answer.
    NoAnswer,
    /// A read that the step needs failed.
    Unread,
    /// The account changed since the plan was made.
    Drift,
    /// Somebody else is changing the resource.
    Interfered,
    /// It builds on something that was left.
    Depends,
    /// The plan could not include it.
    Blocked,
    /// The containment is contested.
    Contested,
    /// It was made, and IAM's own simulation does not show it in force.
    Unproven,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.change {
            Some(number) => write!(f, "change {number} ({})", self.step)?,
            None => f.write_str(&self.step)?,
        }
        if !self.resource.is_empty() {
            write!(f, ", {}", self.resource)?;
        }
        write!(f, ": {}", self.why)?;
        if !self.ask.is_empty() {
            write!(f, "; {}", self.ask)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_change_the_reason_and_whom_to_ask() {
        let mut left = Left {
            change: Some(3),
            step: "iam.deny-user".into(),
            resource: "r".into(),
            cause: Cause::Denied,
            why: "AccessDenied".into(),
            ask: "ask the owner".into(),
        };
        assert_eq!(left.to_string(), "change 3 (iam.deny-user), r: AccessDenied; ask the owner");
        left = Left { change: None, resource: String::new(), ask: String::new(), ..left };
        assert_eq!(left.to_string(), "iam.deny-user: AccessDenied");
    }
}
