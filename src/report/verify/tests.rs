//! The words of a check, and its document.

use super::chains::lines;
use super::{CaseCheck, CaseContent, Checked, formats};
use crate::case::Problem as Difference;
use crate::clock::HOUR;
use crate::digest::{
    Cause, Chain, ChainId, Counts, DigestCounts, Gap, Head, Kind, LogCounts, Problem, Start,
    Verdict, Verification,
};
use crate::journal::{AnchorFact, Proof, Signature};
use crate::report::RenderOptions;

const START: i64 = 1_793_491_291_000;

fn chain() -> Chain {
    let id = ChainId {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        trail: "main".into(),
        home_region: "us-east-1".into(),
        organization: Some("o-abc".into()),
        backfill: false,
    };
    Chain {
        id,
        from: Some(START),
        to: Some(START + 30 * HOUR),
        start: Start::Starting,
        head: Head::Signed,
        digests: DigestCounts { total: 30, signed: 30, ..DigestCounts::default() },
        logs: LogCounts { listed: 1_200, valid: 1_200, ..LogCounts::default() },
        gaps: Vec::new(),
    }
}

fn result(chain: Chain) -> Verification {
    let counts = Counts { digests: 30, logs: 1_200, keys: 1, ..Counts::default() };
    let key_files = vec!["keys.json".to_string()];
    Verification { chains: vec![chain], counts, key_files, ..Verification::default() }
}

fn shown(v: &Verification) -> String {
    lines(v).join("\n")
}

#[test]
fn a_chain_in_order_takes_three_lines() {
    insta::assert_snapshot!(shown(&result(chain())), @r"
    Account 111122223333, eu-west-1, trail main (home region us-east-1, organisation o-abc)
        2026-11-01 00:01:31 to 2026-11-02 06:01:31 UTC (1 d 6 h), without a gap
        30 digests: all signed; the first starts the chain
        1,200 log files: all valid

    CloudTrail: 30 digest files, 1,200 log files; public keys from keys.json
    ");
}

#[test]
fn gaps_heads_and_counts_are_shown() {
    let gap = Gap::new(START + HOUR, START + 3 * HOUR, Cause::DigestMissing);
    let damaged = Chain {
        head: Head::NoSignature,
        start: Start::EarlierNotHere,
        digests: DigestCounts { total: 28, signed: 27, unsigned: 1, invalid: 0 },
        logs: LogCounts {
            listed: 50,
            valid: 47,
            valid_unsigned: 2,
            invalid: 1,
            missing: 2,
            unchecked: 0,
        },
        gaps: vec![gap],
        ..chain()
    };
    let mut v = result(damaged);
    v.problems.push(Problem::new(Kind::LogMissing, "not found").object(&"s3://b/k"));
    v.problems.push(Problem::new(Kind::LogNewer, "newer").file("a/b"));
    v.counts.logs_uncovered = 1;
    v.key_files.clear();
    insta::assert_snapshot!(shown(&v), @r"
    INVALID      s3://b/k: not found
    NOT COVERED  a/b: newer

    Account 111122223333, eu-west-1, trail main (home region us-east-1, organisation o-abc)
        2026-11-01 00:01:31 to 2026-11-02 06:01:31 UTC (1 d 6 h), except 1 gap of 2 h
        28 digests: 27 signed, 1 without a checked signature; earlier digests are not here
        50 log files: 47 valid, 1 invalid, 2 missing; 2 by digests whose signature was not checked
        gap: 2026-11-01 01:01:31 to 2026-11-01 03:01:31 UTC (2 h): digest files are missing
        newest digest without a signature

    CloudTrail: 30 digest files, 1,200 log files, 1 of them in no digest; no public keys
    ");
}

#[test]
fn only_a_chain_without_a_break_is_called_consistent() {
    let unsigned = Chain { head: Head::NoSignature, ..chain() };
    let says = |chain: Chain| {
        shown(&result(chain)).contains("chain consistent, newest digest without a signature")
    };
    assert!(says(unsigned.clone()));
    let with =
        |cause| Chain { gaps: vec![Gap::new(START, START + HOUR, cause)], ..unsigned.clone() };
    assert!(says(with(Cause::Off)));
    assert!(!says(with(Cause::DigestInvalid)) && !says(with(Cause::DigestMissing)));
    let invalid = DigestCounts { total: 1, invalid: 1, ..DigestCounts::default() };
    assert!(!says(Chain { digests: invalid, ..unsigned.clone() }));
}

#[test]
fn many_problems_of_a_kind_are_counted() {
    let mut v = result(chain());
    let missing = |n: u32| Problem::new(Kind::LogMissing, "not found").object(&n);
    v.problems = (0..25).map(missing).collect();
    v.problems.push(Problem::new(Kind::NoKeys, "no keys"));
    let lines = lines(&v);
    assert_eq!(lines[19], "INVALID      19: not found");
    assert_eq!(lines[20], "INVALID      and 5 more like the last; --format json has all");
    assert_eq!(lines[21], "NOT CHECKED  no keys");
}

fn case() -> CaseCheck {
    let signatures = vec![Signature { line: 2, key: "ab12".into(), valid: true }];
    let facts = vec![AnchorFact::SignerUnknown { key: "ab12".into(), line: 2 }];
    let proof = Proof { anchored: false, head: "0123456789abcdef".repeat(4), signatures, facts };
    let content =
        CaseContent { files: 1, manifest: "2026-11-21T00:00:00Z".into(), journal_lines: 1, proof };
    CaseCheck { verdict: Verdict::Valid, problems: Vec::new(), content: Some(content) }
}

fn rendered(format: &str, case: Option<&CaseCheck>, logs: Option<&Verification>) -> String {
    let verdicts = [case.map(|c| c.verdict), logs.map(Verification::verdict)];
    let verdict = verdicts.into_iter().flatten().max().unwrap();
    let mut out = Vec::new();
    let format = formats().find(format).unwrap();
    let checked = Checked { verdict, case, logs };
    format.render(&checked, &mut out, &RenderOptions::default()).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn one_of_a_thing_is_singular_and_two_are_plural() {
    let mut case = case();
    let sum =
        |case: &CaseCheck| rendered("text", Some(case), None).lines().next().map(str::to_string);
    let wanted = "1 file in the manifest of 2026-11-21T00:00:00Z, 1 journal line, head ";
    assert!(sum(&case).unwrap().starts_with(wanted), "{:?}", sum(&case));
    let content = case.content.as_mut().unwrap();
    (content.files, content.journal_lines) = (2, 1_000);
    let wanted = "2 files in the manifest of 2026-11-21T00:00:00Z, 1,000 journal lines, head ";
    assert!(sum(&case).unwrap().starts_with(wanted), "{:?}", sum(&case));
}

#[test]
fn the_last_line_claims_no_more_than_was_proved() {
    let last = |case: Option<&CaseCheck>, logs: Option<&Verification>| {
        let text = rendered("text", case, logs);
        text.lines().last().unwrap().to_string()
    };
    let unless = "unless somebody who could write to the folder rebuilt the whole chain";
    let mut case = case();
    let whole = result(chain());
    assert!(last(Some(&case), None).contains(unless));
    assert!(last(Some(&case), Some(&whole)).contains(unless));
    assert!(!last(None, Some(&whole)).contains(unless));
    case.content.as_mut().unwrap().proof.anchored = true;
    assert_eq!(last(Some(&case), None), "VERIFIED: everything is unchanged since it was written");
    case.verdict = Verdict::Incomplete;
    assert!(last(Some(&case), Some(&whole)).starts_with("INCOMPLETE: nothing is invalid"));
    case.verdict = Verdict::Invalid;
    assert_eq!(last(Some(&case), Some(&whole)), "NOT VERIFIED: see above");
}

#[test]
fn what_contradicts_is_a_problem_and_what_supports_is_a_proof() {
    let mut case = case();
    case.problems = vec![Difference::Changed("plan.json".into())];
    let content = case.content.as_mut().unwrap();
    let head = "0123456789abcdef01234567".to_string();
    content.proof.facts = vec![
        AnchorFact::SignatureInvalid { line: 3 },
        AnchorFact::LinesAfterHead { head: head.clone(), lines: 1 },
        AnchorFact::HeadIsLast { head: head.clone() },
        AnchorFact::HeadUnknown { head },
        AnchorFact::LinesAfterSignature { key: "ab12".into(), lines: 2 },
        AnchorFact::NotSigned { key: "ab12".into() },
        AnchorFact::SignedLast { key: "ab12".into(), line: 4 },
    ];
    let json: serde_json::Value =
        serde_json::from_str(&rendered("json", Some(&case), None)).unwrap();
    let code = "0123-4567-89ab-cdef-0123-4567";
    assert_eq!(
        json["case"]["problems"],
        serde_json::json!([
            "plan.json was changed",
            "the signature in line 3 of the journal is not over the lines before it",
            format!(
                "1 line was written after the head {code}, which vouches only for those before; give the newest head"
            ),
            format!("no line of the journal has the head {code}: the chain was rebuilt or cut off"),
            "2 lines were written after the last signature of ab12, and nothing vouches for them",
            "the journal is not signed by ab12",
        ])
    );
    assert_eq!(
        json["case"]["proof"]["says"],
        serde_json::json!([
            format!(
                "the journal's head is {code}, as it was written down: nobody rebuilt the chain"
            ),
            "signed by ab12 in line 4: nobody else wrote it; lines that were cut off after a signature show only by --head",
        ])
    );
    assert_eq!(json["case"]["looked_at"]["journal_head"], "0123456789abcdef".repeat(4));
}
