//! What to do after a count: the command that sets its numbers as facts of the notification clocks.

use std::path::Path;

use crate::clocks::Facts;
use crate::impact::Impact;
use crate::ui::shell;

/// `incident clocks CASE --set …`, ready to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    pub command: String,
    /// Keys of facts that `incident clocks` does not know.
    pub left_out: Vec<String>,
}

impl Next {
    /// For the count of the case in `folder`.
    pub fn of(impact: &Impact, folder: &Path) -> Next {
        let mut next = Next {
            command: format!("incident clocks {}", shell::path(folder)),
            left_out: Vec::new(),
        };
        for (key, number) in impact.facts() {
            let known = Facts::default().set(&[(key.clone(), number.to_string())]).is_ok();
            // A key that is known has no character that hides.
            match shell::word(&format!("{key}={number}")).filter(|_| known) {
                Some(word) => next.command.push_str(&format!(" --set {word}")),
                None => next.left_out.push(key),
            }
        }
        next
    }

    /// The facts that the command leaves out, if there are any.
    pub fn warning(&self) -> Option<String> {
        let names = self.left_out.join(", ");
        (!names.is_empty())
            .then(|| format!("`incident clocks` does not know these jurisdictions: {names}"))
    }
}
