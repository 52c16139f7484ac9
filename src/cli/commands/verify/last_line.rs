//! The last line of `incident verify`: what was proved, and no more.

use super::case::CaseCheck;
use crate::digest::Verdict;

/// `case` when a case was checked; `logs` when digests were.
pub fn last_line(verdict: Verdict, case: Option<&CaseCheck>, logs: bool) -> String {
    let unless = match case {
        Some(case) if !case.is_anchored() => {
            ", unless somebody who could write to the folder rebuilt the whole chain (--head or --signer shows that)"
        }
        _ => "",
    };
    match (verdict, case.is_some(), logs) {
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
