//! What a playbook file says. Unknown keys are errors.

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
    /// When to use it, and when another one.
    pub when_to_use: String,
    pub evidence: Evidence,
    /// What evidence is read, by subject: `user`, `role`, `bucket`, `trails`, `account`.
    #[serde(default)]
    pub collect: Vec<String>,
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
    pub steps: Vec<PlaybookStep>,
    /// What the playbook cannot reach: a sentence each.
    #[serde(default)]
    pub not_reached: Vec<String>,
}

/// When evidence is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// Before the first change.
    First,
    /// After the urgent changes: containing cannot wait.
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
    /// The values a `choice` has.
    #[serde(default)]
    pub choices: Vec<String>,
}

/// What a parameter's value looks like.
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
    /// An address or a range in CIDR form.
    Address,
    Region,
    Choice,
    /// `true` or absent.
    Flag,
}

/// One step, or one of the engine's own: `settle` (wait until what was changed is read back), `hold` (watch
/// until it stays so), `reissue-access-key`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PlaybookStep {
    pub step: String,
    /// Arguments by the step's names: texts with `{parameter}` in them.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// Repeats the step for each value of this parameter, which the step gets under the same name.
    #[serde(default)]
    pub each: Option<String>,
    /// All must be so: a parameter or a fact has one of these values; `"*"` means that it has any.
    #[serde(default)]
    pub when: BTreeMap<String, OneOrMany>,
    /// Goes out before evidence when the playbook or `--contain-first` says that containing cannot wait.
    #[serde(default)]
    pub urgent: bool,
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
