//! The coverage matrix: one line for the whole, and each gap with the calls that may explain it.

use std::io;

use super::page::Page;
use crate::source::matrix::{Gap, Matrix};
use crate::ui::number::{counted, grouped};
use crate::ui::sanitize::clip;

const GAPS: usize = 20;
const CALLS: usize = 3;

pub(super) fn render(page: &mut Page<'_>, matrix: &Matrix) -> io::Result<()> {
    if matrix.pairs == 0 && matrix.gaps.is_empty() {
        return Ok(());
    }
    let gaps = match matrix.gaps.len() as u64 {
        0 => "no gap in the usual deliveries".to_string(),
        n => format!("{} in the usual deliveries", counted(n, "gap", "gaps")),
    };
    page.field(
        "CloudTrail",
        &format!(
            "{}, {}, {gaps}",
            counted(matrix.pairs, "account and region", "accounts and regions"),
            counted(matrix.days, "day", "days"),
        ),
    )?;
    for gap in matrix.gaps.iter().take(GAPS) {
        self::gap(page, gap)?;
    }
    match matrix.gaps.len().saturating_sub(GAPS) {
        0 => Ok(()),
        more => page.field("", &format!("and {} more in the JSON report", grouped(more as u64))),
    }
}

fn gap(page: &mut Page<'_>, gap: &Gap) -> io::Result<()> {
    let place = format!("{} {}", clip(&gap.account, 40), clip(&gap.region, 40));
    page.marked("", [("! ".to_string(), format!("{place}: no logs from {}", gap.span()))])?;
    for call in gap.stopped_by.iter().chain(&gap.resumed_by).take(CALLS) {
        let text = format!("{}, event {}", clip(&call.text(), 240), clip(&call.event_id, 60));
        page.marked("", [("    ".to_string(), text)])?;
    }
    match (gap.stopped_by.len() + gap.resumed_by.len()).saturating_sub(CALLS) {
        0 => Ok(()),
        more => {
            let more = counted(more as u64, "more call", "more calls");
            page.marked("", [("    ".to_string(), format!("and {more}"))])
        }
    }
}
