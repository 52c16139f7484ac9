//! The format of a playbook file. Unknown keys are errors.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A playbook, as in `playbooks/*.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Playbook {
    /// The incident in kebab case: the file's name.
    pub id: String,
    /// One sentence without its full stop.
    pub title: String,
    /// When to use it, and when to use another one.
    pub when_to_use: String,
    pub evidence: Evidence,
    /// The evidence to collect, by subject: `user`, `role`, `bucket`, `trails`, `account`.
    #[serde(default)]
    pub collect: Vec<String>,
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
    pub steps: Vec<PlaybookStep>,
    /// What the playbook does not reach: a sentence each.
    #[serde(default)]
    pub not_reached: Vec<String>,
}

/// When evidence is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// Before the first change.
    First,
    /// After the urgent changes: containment cannot wait.
    AfterUrgent,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameter {
    #[serde(rename = "type")]
    pub kind: Kind,
    pub help: String,
    #[serde(default)]
    pub required: bool,
    /// More than one value may be given.
    #[serde(default)]
    pub many: bool,
    #[serde(default)]
    pub default: Option<String>,
    /// The values of a `choice`.
    #[serde(default)]
    pub choices: Vec<String>,
}

/// The form of a parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Text,
    /// `AKIA…` or `ASIA…`.
    AccessKey,
    /// An IAM user's name.
    User,
    /// An IAM role's name or ARN.
    Role,
    Bucket,
    /// An ARN of a user or a role, or an account's twelve digits.
    Principal,
    /// An IP address or a CIDR block.
    Address,
    Region,
    Choice,
    /// `true` or absent.
    Flag,
}

/// A step, or one of the executor's own steps: `settle` (wait until AWS shows every change), `hold` (read back until
/// every change has stayed in place), `reissue-access-key`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PlaybookStep {
    pub step: String,
    /// The step's arguments by name: texts that may contain `{parameter}`.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// Repeats the step for each value of this parameter; the step gets the value under the same name.
    #[serde(default)]
    pub each: Option<String>,
    /// Conditions, all of which must be true: a parameter has one of these values; `"*"` means any value.
    #[serde(default)]
    pub when: BTreeMap<String, OneOrMany>,
    /// Runs before evidence is collected, unless `--evidence-first` or the playbook says otherwise.
    #[serde(default)]
    pub urgent: bool,
    /// Runs only if a quota of AWS leaves no room for the step before it.
    #[serde(default)]
    pub fallback: bool,
    /// Runs only if a fallback before it was made.
    #[serde(default)]
    pub after_fallback: bool,
}

impl PlaybookStep {
    /// True for a step that belongs to the one before it.
    pub fn belongs_before(&self) -> bool {
        self.fallback || self.after_fallback
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn values(&self) -> &[String] {
        match self {
            OneOrMany::One(value) => std::slice::from_ref(value),
            OneOrMany::Many(values) => values,
        }
    }
}
