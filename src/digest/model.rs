//! The result of a verification: chains, gaps, problems and counts. Plain data for reports.

use std::fmt;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use super::object_name::ChainId;
use crate::clock::{Millis, rfc3339};

/// The integrity of a tree of CloudTrail objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// By account, region and trail.
    pub chains: Vec<Chain>,
    /// Worst first.
    pub problems: Vec<Problem>,
    pub counts: Counts,
    /// Files that the public keys came from. The result is only as trustworthy as they are.
    pub key_files: Vec<String>,
    /// The `objects.jsonl` files that S3 metadata came from.
    pub object_lists: Vec<String>,
    /// The files that are neither a digest nor a log file by their names.
    #[serde(skip)]
    pub others: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything is as CloudTrail delivered it, and covered by digests.
    Valid,
    /// Nothing is invalid, but there are gaps, files that no digest covers, or unchecked signatures.
    Incomplete,
    /// Something was changed, moved or removed.
    Invalid,
}

/// Files over all chains.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub digests: u64,
    /// Additional copies of digest and log files.
    pub copies: u64,
    pub logs: u64,
    /// Log files in no digest.
    pub logs_uncovered: u64,
    /// Files that are neither digests nor logs of CloudTrail; they were not verified.
    pub other: u64,
    /// Available public keys.
    pub keys: u64,
}

/// The digests of one account, region and trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chain {
    #[serde(flatten)]
    pub id: ChainId,
    /// Time from the first to the last valid digest. Log files delivered in it, except in the gaps, are covered.
    #[serde(serialize_with = "time")]
    pub from: Option<Millis>,
    #[serde(serialize_with = "time")]
    pub to: Option<Millis>,
    pub start: Start,
    pub head: Head,
    pub digests: DigestCounts,
    pub logs: LogCounts,
    pub gaps: Vec<Gap>,
}

/// What the first digest says about earlier digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// A starting digest: validation began there.
    Starting,
    /// It names an earlier digest; the tree contains neither that nor any other.
    EarlierNotHere,
    /// It names a digest of another chain in the tree: the trail became an organization trail, or is one no longer.
    Continues,
    /// There is no valid digest.
    Unknown,
}

/// Whether the newest digest's signature was verified. The signatures of older ones are in the next digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    Signed,
    /// Its signature is in S3 metadata, which is missing.
    NoSignature,
    /// There is a signature, but no key for it.
    NotChecked,
    /// There is no valid digest.
    Invalid,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DigestCounts {
    /// signed + unsigned + invalid.
    pub total: u64,
    pub signed: u64,
    /// The signature could not be checked.
    pub unsigned: u64,
    pub invalid: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LogCounts {
    /// Listed by valid digests: valid + invalid + missing + unchecked.
    pub listed: u64,
    pub valid: u64,
    /// Subset of `valid`: listed by digests whose signature could not be checked.
    pub valid_unsigned: u64,
    pub invalid: u64,
    pub missing: u64,
    pub unchecked: u64,
}

/// A time in which log files may have been delivered without being listed in a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gap {
    #[serde(serialize_with = "some_time")]
    pub from: Millis,
    #[serde(serialize_with = "some_time")]
    pub to: Millis,
    pub seconds: i64,
    pub cause: Cause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The next digest is a starting one: validation or logging was off.
    Off,
    DigestMissing,
    DigestInvalid,
    /// The chain continues across the gap.
    Unexplained,
}

impl Cause {
    pub fn text(self) -> &'static str {
        match self {
            Cause::Off => "validation or logging was off: the next digest starts a chain",
            Cause::DigestMissing => "digest files are missing",
            Cause::DigestInvalid => "the digest files of that time are invalid",
            Cause::Unexplained => "the chain continues across it",
        }
    }
}

/// The severity of a problem, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    Invalid,
    NotChecked,
    NotCovered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    DigestFormat,
    DigestSignature,
    DigestHash,
    /// It contradicts the previous digest, whose signature is valid.
    DigestLink,
    DigestMissing,
    DigestMoved,
    DigestAppended,
    LogHash,
    LogMissing,
    LogDamaged,
    LogAppended,
    LogMoved,
    NoKeys,
    /// The public keys lie in the tree that they are to prove.
    KeysInTree,
    KeyNotFound,
    KeyUnusable,
    HeadUnsigned,
    AlgorithmUnknown,
    BackfillUndated,
    PlaceUnknown,
    Unreadable,
    ObjectList,
    /// Listed only in invalid digests.
    LogUnvouched,
    /// Not in any digest, within the time that digests cover.
    LogInside,
    LogInGap,
    LogOlder,
    /// Newer than the last digest: the next one would list it.
    LogNewer,
    /// There is no digest of its account and region.
    LogNoDigest,
    /// Not named like a log file of CloudTrail, but an analysis reads events from it.
    OutsideDigests,
    /// There is no digest of an account or region that was expected.
    ExpectedMissing,
    /// Digests do not cover all of the time that was expected.
    ExpectedTime,
}

impl Kind {
    pub fn grade(self) -> Grade {
        match self {
            Kind::DigestFormat
            | Kind::DigestSignature
            | Kind::DigestHash
            | Kind::DigestLink
            | Kind::DigestMissing
            | Kind::DigestMoved
            | Kind::DigestAppended
            | Kind::LogHash
            | Kind::LogMissing
            | Kind::LogDamaged
            | Kind::LogAppended
            | Kind::LogMoved => Grade::Invalid,
            Kind::NoKeys
            | Kind::KeysInTree
            | Kind::KeyNotFound
            | Kind::KeyUnusable
            | Kind::HeadUnsigned
            | Kind::AlgorithmUnknown
            | Kind::BackfillUndated
            | Kind::PlaceUnknown
            | Kind::Unreadable
            | Kind::ObjectList => Grade::NotChecked,
            Kind::LogUnvouched
            | Kind::LogInside
            | Kind::LogInGap
            | Kind::LogOlder
            | Kind::LogNewer
            | Kind::LogNoDigest
            | Kind::OutsideDigests
            | Kind::ExpectedMissing
            | Kind::ExpectedTime => Grade::NotCovered,
        }
    }
}

/// One problem that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    pub grade: Grade,
    pub kind: Kind,
    /// The local file.
    pub file: Option<String>,
    /// `s3://bucket/key`, if a digest or an object list names it.
    pub object: Option<String>,
    /// A sentence without the subject.
    pub detail: String,
}

impl Problem {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Problem {
        Problem { grade: kind.grade(), kind, file: None, object: None, detail: detail.into() }
    }

    #[must_use]
    pub fn file(mut self, name: impl Into<String>) -> Problem {
        self.file = Some(name.into());
        self
    }

    #[must_use]
    pub fn object(mut self, at: &impl ToString) -> Problem {
        self.object = Some(at.to_string());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.file.as_ref().or(self.object.as_ref()) {
            Some(subject) => write!(f, "{subject}: {}", self.detail),
            None => f.write_str(&self.detail),
        }
    }
}

impl Verification {
    pub fn verdict(&self) -> Verdict {
        let gaps = self.chains.iter().any(|c| !c.gaps.is_empty());
        match self.problems.iter().map(|p| p.grade).min() {
            Some(Grade::Invalid) => Verdict::Invalid,
            Some(_) => Verdict::Incomplete,
            None if gaps || self.chains.is_empty() => Verdict::Incomplete,
            None => Verdict::Valid,
        }
    }
}

impl Gap {
    pub fn new(from: Millis, to: Millis, cause: Cause) -> Gap {
        Gap { from, to, seconds: (to - from) / crate::clock::SECOND, cause }
    }
}

fn some_time<S: Serializer>(at: &Millis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*at))
}

fn time<S: Serializer>(at: &Option<Millis>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => some_time(at, serializer),
        None => serializer.serialize_none(),
    }
}
