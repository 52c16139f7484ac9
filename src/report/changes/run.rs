//! How a run ended: the table, the verdict, and the journal that proves it.

use std::path::Path;

use serde_json::Value;

use super::table;
use crate::journal::Left;
use crate::plan::{Proof, Row, Verdict};
use crate::ui::sanitize::clean;
use crate::ui::shell;

/// The changes of a run, and its end.
pub struct Run<'a> {
    pub rows: &'a [Row],
    pub end: End<'a>,
    /// What IAM itself says of the contained identities.
    pub proofs: &'a [Proof],
}

/// How a run ended.
pub enum End<'a> {
    /// Every change stayed in force; `urgent` when some of them contain the incident.
    Held { urgent: bool },
    /// Somebody keeps reverting changes.
    Contested {
        /// The service control policy that would stop them, if one fits.
        stops_them: Option<Value>,
    },
    /// Something was left, and why.
    Incomplete {
        left: &'a [Left],
        /// A change that contains the incident is among it.
        urgent: bool,
        /// Other changes were made.
        changed: bool,
    },
    /// It was refused or stopped; the error says why.
    Stopped,
}

impl Run<'_> {
    /// Lines without line ends, safe for a terminal.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![String::new()];
        lines.extend(table(self.rows));
        match &self.end {
            End::Held { urgent: true } => {
                lines.push("CONTAINED: every change was read back and stayed in force.".into());
            }
            End::Held { urgent: false } => {
                lines.push("DONE: every change was read back and stayed in force.".into());
            }
            End::Contested { stops_them } => lines.extend(contested(stops_them.as_ref())),
            End::Incomplete { left, urgent, changed } => {
                lines.extend(incomplete(left, *urgent, *changed));
            }
            End::Stopped => {}
        }
        lines.extend(self.proofs.iter().map(proof));
        lines
    }
}

/// What IAM says of one identity. What it allows is among what was left.
fn proof(proof: &Proof) -> String {
    let Proof { identity, sessions, verdict } = proof;
    let whom = match sessions {
        true => format!("sessions of {identity} from before the cutoff"),
        false => identity.clone(),
    };
    let line = match verdict {
        Verdict::Denied(actions) => {
            format!(
                "policy in force: IAM denies {} to {whom} (iam:SimulatePrincipalPolicy)",
                actions.join(", ")
            )
        }
        Verdict::Allowed(actions) => {
            format!("policy NOT in force: IAM allows {} to {whom}", actions.join(", "))
        }
        Verdict::Unknown(why) => format!("policy not proven for {whom}: {why}"),
    };
    clean(&line).into_owned()
}

fn incomplete(left: &[Left], urgent: bool, changed: bool) -> Vec<String> {
    let made = match changed {
        true => "the other changes are in force",
        false => "no change was made",
    };
    let verdict = match urgent {
        true => format!("INCOMPLETE: urgent changes were left, so this is NOT contained; {made}."),
        false => format!("INCOMPLETE: {made}."),
    };
    let mut lines = vec![verdict, "Left:".into()];
    for left in left {
        for (i, line) in left.to_string().lines().enumerate() {
            lines.push(format!("  {}{}", if i == 0 { "" } else { "  " }, clean(line)));
        }
    }
    lines
}

fn contested(stops_them: Option<&Value>) -> Vec<String> {
    let mut lines =
        vec!["CONTESTED: somebody keeps reverting the changes. This is NOT contained.".to_string()];
    let Some(policy) = stops_them else { return lines };
    lines.push("Whoever does this can remove any policy of this account. A service control policy, set from".into());
    lines.push("the organization's management account, stops them:".into());
    lines.extend(format!("{policy:#}").lines().map(|line| format!("  {}", clean(line))));
    lines
}

/// The journal of the case, and the hash of its last line.
pub fn journal_line(journal: &Path, head: &str) -> String {
    format!("journal {} (head {head})", journal.display())
}

/// What to do after a run that did not stop.
pub fn hint(case: &Path) -> String {
    let folder = shell::path(case);
    format!("incident status {folder} checks again; incident undo {folder} lifts the denies")
}
