//! The owner of a deny of ours: case, author and date, in the Sid of its statement, or in a tag beside it.
//!
//! A Deny must not outlive the knowledge of who put it there and why. A Sid in IAM may contain letters and digits only
//! (IAM User Guide, "IAM JSON policy elements: Sid"), so words separate the parts:
//! `IncidentDenyAllCase20261121ab12ByaliceOn20261121`. AWS's own policy `AWSDenyAll` has no Sid of ours: there, the user or
//! role has a tag, `incident-contain:20261121-ab12` with the value `DenyAll by alice on 2026-11-21`. A tag's key has up to
//! 128 characters, its value up to 256: letters, digits, spaces and `_.:/=+-@` (IAM User Guide, "Rules for tagging in IAM
//! and AWS STS"). Each case has a key of its own, so that none overwrites another's. Anybody who may write a policy or a
//! tag can write such a mark: it says whom to ask, and proves nothing.

use crate::cloud::Arn;

/// How much of an author's name a Sid has: quotas count its characters.
const AUTHOR: usize = 20;

/// How our tags begin: policies that read tags must not meet one of their own.
pub const TAG_PREFIX: &str = "incident-contain:";

/// Who owns a deny, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What it does: `DenyAll`.
    pub what: String,
    /// The letters and digits of the case's id.
    pub case: String,
    /// The letters and digits of the author's name; empty if there is none.
    pub author: String,
    /// Eight digits: year, month, day (UTC).
    pub date: String,
}

impl Mark {
    /// The mark of a statement. `caller` is the ARN of who made the plan, `created` its time (RFC 3339).
    pub fn new(what: &str, case: &str, caller: &str, created: &str) -> Mark {
        let date: String = created.chars().filter(char::is_ascii_digit).take(8).collect();
        Mark {
            what: alphanumeric(what),
            case: alphanumeric(case).to_ascii_lowercase(),
            author: alphanumeric(&name(caller)).chars().take(AUTHOR).collect(),
            date,
        }
    }

    pub fn sid(&self) -> String {
        let Mark { what, case, author, date } = self;
        format!("Incident{what}Case{case}By{author}On{date}")
    }

    /// The value of the tag that says the same.
    pub fn tag_value(&self) -> String {
        let author = if self.author.is_empty() { "unknown" } else { &self.author };
        format!("{} by {author} on {}", self.what, self.since())
    }

    /// The mark that a tag contains.
    pub fn of_tag(key: &str, value: &str) -> Option<Mark> {
        let case = alphanumeric(key.strip_prefix(TAG_PREFIX)?);
        let (what, rest) = value.split_once(" by ")?;
        let (author, date) = rest.split_once(" on ")?;
        Mark::parse(&format!("Incident{what}Case{case}By{author}On{}", date.replace('-', "")))
    }

    /// The mark that a Sid contains.
    pub fn parse(sid: &str) -> Option<Mark> {
        let (rest, date) = sid.strip_prefix("Incident")?.rsplit_once("On")?;
        let (what, rest) = rest.split_once("Case")?;
        // A case's id has no capitals.
        let (case, author) = rest.split_once("By")?;
        let is_date = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
        let is_case = case.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        (is_date && is_case && !what.is_empty() && !case.is_empty()).then(|| Mark {
            what: what.into(),
            case: case.into(),
            author: author.into(),
            date: date.into(),
        })
    }

    /// `2026-11-21`.
    pub fn since(&self) -> String {
        match (self.date.get(..4), self.date.get(4..6), self.date.get(6..)) {
            (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
            _ => self.date.clone(),
        }
    }
}

fn alphanumeric(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// The name of a caller: of its user, or of the session of its role.
fn name(caller: &str) -> String {
    let resource = Arn::parse(caller).map_or_else(|| caller.to_string(), |arn| arn.resource);
    resource.rsplit('/').next().unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_says_the_same_within_the_rules_of_iam() {
        let alice = "arn:aws:iam::123456789012:user/alice";
        let mark = Mark::new("DenyAll", "20261121-ab12", alice, "2026-11-22T10:00:00Z");
        let value = mark.tag_value();
        assert_eq!(value, "DenyAll by alice on 2026-11-22");
        assert_eq!(Mark::of_tag("incident-contain:20261121-ab12", &value), Some(mark));
        for (key, value) in [
            ("incident:20261121-ab12", "DenyAll by alice on 2026-11-22"),
            ("incident-contain:", "DenyAll by alice on 2026-11-22"),
            ("incident-contain:20261121-AB12", "DenyAll by alice on 2026-11-22"),
            ("incident-contain:20261121-ab12", "DenyAll by alice on yesterday"),
            ("incident-contain:20261121-ab12", ""),
        ] {
            assert_eq!(Mark::of_tag(key, value), None, "{key} {value}");
        }
    }

    #[test]
    fn a_sid_says_who_owns_it_and_since_when() {
        let session = "arn:aws:sts::123456789012:assumed-role/admin/bob.by-On@example.com";
        for (caller, author) in [
            ("arn:aws:iam::123456789012:user/ops/alice", "alice"),
            (session, "bobbyOnexamplecom"),
            ("arn:aws:iam::123456789012:root", "root"),
            (
                "arn:aws:iam::123456789012:user/Case-By-On20201010-and-much-more",
                "CaseByOn20201010andm",
            ),
            ("", ""),
        ] {
            let mark = Mark::new("DenyAll", "20261121-ab12", caller, "2026-11-22T10:00:00Z");
            assert_eq!(mark.author, author);
            assert_eq!(mark.since(), "2026-11-22");
            let sid = mark.sid();
            assert!(sid.bytes().all(|b| b.is_ascii_alphanumeric()), "{sid}");
            assert_eq!(Mark::parse(&sid), Some(mark), "{sid}");
        }
        for other in [
            "",
            "Incident",
            "IncidentDenyAll",
            "DenyAllCase1By1On20261121",
            "IncidentCaseaByaOn20261121",
            "IncidentXCaseAByaOn20261121",
            "IncidentXCaseaByaOn2026112",
        ] {
            assert_eq!(Mark::parse(other), None, "{other}");
        }
    }
}
