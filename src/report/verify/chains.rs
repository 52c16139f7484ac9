//! The lines about CloudTrail's digest chains.

use std::collections::BTreeMap;

use crate::clock::{length, plain};
use crate::digest::{
    Cause, Chain, DigestCounts, Gap, Grade, Head, Kind, LogCounts, Problem, Start, Verification,
};
use crate::ui::number::{counted, grouped};

/// The most problems of one kind that are shown; the JSON has all.
const MOST: u64 = 20;

/// Problems first, then each chain, then the totals.
pub fn lines(v: &Verification) -> Vec<String> {
    let mut lines = problems(&v.problems);
    for chain in &v.chains {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(self::chain(chain));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(sum(v));
    lines
}

fn problems(problems: &[Problem]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut left: BTreeMap<(Grade, Kind), u64> = BTreeMap::new();
    for p in problems {
        *left.entry((p.grade, p.kind)).or_default() += 1;
    }
    let mut shown = 0;
    for (i, p) in problems.iter().enumerate() {
        let all = left.get(&(p.grade, p.kind)).copied().unwrap_or(0);
        shown = match i.checked_sub(1).and_then(|before| problems.get(before)) {
            Some(before) if before.kind == p.kind => shown + 1,
            _ => 1,
        };
        let grade = grade(p.grade);
        if shown <= MOST {
            lines.push(format!("{grade:<13}{p}"));
        } else if shown == all {
            let more = grouped(all - MOST);
            lines.push(format!("{grade:<13}and {more} more like the last; --format json has all"));
        }
    }
    lines
}

fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Invalid => "INVALID",
        Grade::NotChecked => "NOT CHECKED",
        Grade::NotCovered => "NOT COVERED",
    }
}

fn chain(chain: &Chain) -> Vec<String> {
    let id = &chain.id;
    let mut notes = Vec::new();
    if id.home_region != id.region && !id.home_region.is_empty() {
        notes.push(format!("home region {}", id.home_region));
    }
    notes.extend(id.organization.iter().map(|o| format!("organisation {o}")));
    if id.backfill {
        notes.push("backfill".to_string());
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    let mut lines =
        vec![format!("Account {}, {}, trail {}{notes}", id.account, id.region, id.trail)];
    let mut line = |text: String| lines.push(format!("    {text}"));
    if let (Some(from), Some(to)) = (chain.from, chain.to) {
        let gaps = match chain.gaps.len() as u64 {
            0 => "without a gap".to_string(),
            n => {
                let seconds: i64 = chain.gaps.iter().map(|gap| gap.seconds).sum();
                let total = length(seconds.saturating_mul(crate::clock::SECOND));
                format!("except {} of {total}", counted(n, "gap", "gaps"))
            }
        };
        let whole = length(to - from);
        line(format!("{} to {} UTC ({whole}), {gaps}", plain(from), plain(to)));
    }
    line(format!("{}{}", digests(&chain.digests), start(chain)));
    line(logs(&chain.logs));
    for gap in &chain.gaps {
        let (from, to) = (plain(gap.from), plain(gap.to));
        let long = length(gap.to - gap.from);
        line(format!("gap: {from} to {to} UTC ({long}): {}", gap.cause.text()));
    }
    if let Some(words) = head(chain) {
        line(words.to_string());
    }
    lines
}

fn start(chain: &Chain) -> &'static str {
    match chain.start {
        Start::Starting => "; the first starts the chain",
        Start::EarlierNotHere => "; earlier digests are not here",
        Start::Continues => "; the first continues another chain",
        Start::Unknown => "",
    }
}

fn digests(d: &DigestCounts) -> String {
    let all = counted(d.total, "digest", "digests");
    let parts =
        [(d.signed, "signed"), (d.unsigned, "without a checked signature"), (d.invalid, "invalid")];
    format!("{all}: {}", list(d.total, &parts))
}

fn logs(l: &LogCounts) -> String {
    let all = counted(l.listed, "log file", "log files");
    let parts = [
        (l.valid, "valid"),
        (l.invalid, "invalid"),
        (l.missing, "missing"),
        (l.unchecked, "not checked"),
    ];
    let unsigned = match l.valid_unsigned {
        0 => String::new(),
        n => format!("; {} by digests whose signature was not checked", grouped(n)),
    };
    format!("{all}: {}{unsigned}", list(l.listed, &parts))
}

/// `all valid`, or `8 valid, 2 missing`.
fn list(all: u64, parts: &[(u64, &str)]) -> String {
    if all == 0 {
        return "none listed".to_string();
    }
    let some: Vec<&(u64, &str)> = parts.iter().filter(|(n, _)| *n > 0).collect();
    match some.as_slice() {
        [(_, one)] => format!("all {one}"),
        _ => some
            .iter()
            .map(|(n, what)| format!("{} {what}", grouped(*n)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn head(chain: &Chain) -> Option<&'static str> {
    match chain.head {
        Head::Signed => None,
        Head::NoSignature if consistent(chain) => {
            Some("chain consistent, newest digest without a signature")
        }
        Head::NoSignature => Some("newest digest without a signature"),
        Head::NotChecked => Some("the newest digest's signature was not checked"),
        Head::Invalid => Some("none of its digests is valid"),
    }
}

fn consistent(chain: &Chain) -> bool {
    let broken = |gap: &Gap| matches!(gap.cause, Cause::DigestMissing | Cause::DigestInvalid);
    chain.digests.invalid == 0 && !chain.gaps.iter().any(broken)
}

fn sum(v: &Verification) -> String {
    let c = &v.counts;
    let mut parts = vec![
        counted(c.digests, "digest file", "digest files"),
        counted(c.logs, "log file", "log files"),
    ];
    if c.logs_uncovered > 0 {
        parts.push(format!("{} of them in no digest", grouped(c.logs_uncovered)));
    }
    if c.copies > 0 {
        parts.push(counted(c.copies, "copy", "copies"));
    }
    if c.other > 0 {
        parts.push(format!("{} skipped", counted(c.other, "other file", "other files")));
    }
    let keys = match v.key_files.as_slice() {
        [] => "no public keys".to_string(),
        files => format!("public keys from {}", files.join(", ")),
    };
    format!("CloudTrail: {}; {keys}", parts.join(", "))
}
