//! The `text` format: what was found, and a last line that says what was proved, and no more.

use std::io::{self, Write};

use super::{Checked, case, chains};
use crate::digest::Verdict;
use crate::report::{Format, RenderOptions};
use crate::ui::sanitize::clean;

/// The `text` format.
pub struct Text;

impl<'a> Format<Checked<'a>> for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn render(&self, c: &Checked<'a>, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        let mut lines = c.case.map_or_else(Vec::new, case::lines);
        if let Some(logs) = c.logs {
            lines.extend(c.case.is_some().then(String::new));
            lines.extend(chains::lines(logs));
        }
        lines.push(last_line(c));
        lines.iter().try_for_each(|line| writeln!(out, "{}", clean(line)))
    }
}

fn last_line(checked: &Checked<'_>) -> String {
    let unless = match checked.case {
        Some(case) if !case.is_anchored() => {
            ", unless somebody who could write to the folder rebuilt the whole chain (--head or --signer shows that)"
        }
        _ => "",
    };
    match (checked.verdict, checked.case.is_some(), checked.logs.is_some()) {
        (Verdict::Valid, true, false) => {
            format!("VERIFIED: everything is unchanged since it was written{unless}")
        }
        (Verdict::Valid, true, true) => format!(
            "VERIFIED: its CloudTrail logs are as they were delivered, and the case is unchanged since it was written{unless}"
        ),
        (Verdict::Valid, ..) => {
            "VERIFIED: everything is as CloudTrail delivered it, and digests cover all of it"
                .to_string()
        }
        (Verdict::Incomplete, true, false) => {
            "INCOMPLETE: every listed file is as it was written; see above for the rest".to_string()
        }
        (Verdict::Incomplete, ..) => {
            "INCOMPLETE: nothing is invalid, but not everything is covered and checked".to_string()
        }
        (Verdict::Invalid, ..) => "NOT VERIFIED: see above".to_string(),
    }
}
