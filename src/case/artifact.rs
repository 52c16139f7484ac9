//! Every file that a case may contain: its name, its number, and whether the manifest lists it.

use Artifact::{
    AccessedObjects, AnswerIndex, CaseFile, Digests, Evidence, Findings, Impact, ImpactPersons,
    ImpactUnmatched, Journal, Lock, Manifest, NewManifest, ObjectIndex, Plan, Timeline, TornLine,
};

/// The evidence folder of a case.
pub const EVIDENCE: &str = "evidence";

/// A kind of file in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Artifact {
    /// `case.toml`: what the case is about.
    CaseFile,
    Journal,
    /// A line that a crash cut off: moved here when the journal was opened again.
    TornLine,
    Manifest,
    /// A manifest that is being written.
    NewManifest,
    /// The lock of the process that writes.
    Lock,
    /// A plan that was approved.
    Plan,
    /// The report of an analysis, as JSON.
    Findings,
    /// The events that the findings rest on.
    Timeline,
    /// The objects that the findings' events read, wrote or deleted.
    AccessedObjects,
    /// A count of the people behind the accessed objects.
    Impact,
    /// The objects that this count could not count.
    ImpactUnmatched,
    /// The ids of the people in this count.
    ImpactPersons,
    /// The verdict on logs by CloudTrail's digests.
    Digests,
    /// The index of AWS's answers, one line each.
    AnswerIndex,
    /// The index of S3 objects, one line each.
    ObjectIndex,
    /// Any other file of the evidence.
    Evidence,
}

/// The form of the names of one kind of file.
enum Name {
    Fixed(&'static str),
    /// `STEM-NNN` and this ending.
    Numbered(&'static str, &'static str),
    /// Every name that begins like this.
    Begins(&'static str),
}

impl Artifact {
    /// A kind with a longer ending comes before the kind whose form its names also have.
    const ALL: [Artifact; 17] = [
        CaseFile,
        Journal,
        TornLine,
        Manifest,
        NewManifest,
        Lock,
        Plan,
        Findings,
        Timeline,
        AccessedObjects,
        ImpactUnmatched,
        ImpactPersons,
        Impact,
        Digests,
        AnswerIndex,
        ObjectIndex,
        Evidence,
    ];

    const fn form(self) -> Name {
        match self {
            CaseFile => Name::Fixed("case.toml"),
            Journal => Name::Fixed("journal.jsonl"),
            TornLine => Name::Begins("journal.torn-after-"),
            Manifest => Name::Fixed("manifest.json"),
            NewManifest => Name::Fixed(".manifest.new"),
            Lock => Name::Fixed(".lock"),
            Plan => Name::Begins("plan-"),
            Findings => Name::Numbered("findings", ".json"),
            Timeline => Name::Numbered("timeline", ".csv"),
            AccessedObjects => Name::Numbered("objects", ".csv"),
            Impact => Name::Numbered("impact", ".json"),
            ImpactUnmatched => Name::Numbered("impact", "-unmatched.csv"),
            ImpactPersons => Name::Numbered("impact", "-persons.csv"),
            Digests => Name::Numbered("digests", ".json"),
            AnswerIndex => Name::Fixed("evidence/index.jsonl"),
            ObjectIndex => Name::Fixed("evidence/objects.jsonl"),
            Evidence => Name::Begins("evidence/"),
        }
    }

    /// The kind of a file by its path from the case folder, `/` between the parts; `None` for a file that the
    /// program does not write there.
    pub fn of(path: &str) -> Option<Artifact> {
        let fits = |artifact: &Artifact| match artifact.form() {
            Name::Fixed(name) => path == name,
            Name::Numbered(stem, ending) => {
                number_after(path, stem).is_some() && path.ends_with(ending)
            }
            Name::Begins(text) => {
                path.starts_with(text) && (text.contains('/') || !path.contains('/'))
            }
        };
        Artifact::ALL.into_iter().find(fits).or_else(|| Artifact::by_stem(path))
    }

    /// Only the beginning counts: a file that somebody names `findings-x.json` is listed, too.
    fn by_stem(path: &str) -> Option<Artifact> {
        let begins = |artifact: &Artifact| match artifact.form() {
            Name::Numbered(stem, _) => {
                path.strip_prefix(stem).is_some_and(|rest| rest.starts_with('-'))
            }
            _ => false,
        };
        Artifact::ALL.into_iter().filter(|_| !path.contains('/')).find(begins)
    }

    /// The path of the file from the case folder. For a kind with many files, the beginning of their paths.
    pub const fn name(self) -> &'static str {
        match self.form() {
            Name::Fixed(name) | Name::Begins(name) | Name::Numbered(name, _) => name,
        }
    }

    /// The path from the evidence folder, for files in that folder.
    pub(super) fn name_in_evidence(self) -> &'static str {
        self.name().strip_prefix("evidence/").unwrap_or(self.name())
    }

    /// The name of the file with this number: `findings-003.json`.
    pub fn numbered(self, number: u64) -> String {
        match self.form() {
            Name::Numbered(stem, ending) => format!("{stem}-{number:03}{ending}"),
            Name::Fixed(name) => name.to_string(),
            Name::Begins(text) => format!("{text}{number}"),
        }
    }

    /// The name of an approved plan, by its digest.
    pub fn plan_name(digest: &str) -> String {
        format!("{}{}.json", Plan.name(), digest.get(..12).unwrap_or(digest))
    }

    /// The number in a name of this kind; `None` for other names.
    pub(super) fn number(self, name: &str) -> Option<u64> {
        let Name::Numbered(stem, ending) = self.form() else { return None };
        let number = name.strip_prefix(stem)?.strip_prefix('-')?.strip_suffix(ending)?;
        number.parse().ok()
    }

    /// The number that all files of one run share: `impact-003-persons.csv` belongs to count 3.
    pub(super) fn number_of_run(self, name: &str) -> Option<u64> {
        match self.form() {
            Name::Numbered(stem, _) => number_after(name, stem),
            _ => None,
        }
    }

    /// True when the manifest lists it. The journal has its own chain of hashes.
    pub fn is_listed(self) -> bool {
        !matches!(self, Journal | Manifest | NewManifest | Lock)
    }

    /// True for an index: every run adds to it, so the manifest lists its newest hash.
    pub(super) fn grows(self) -> bool {
        matches!(self, AnswerIndex | ObjectIndex)
    }

    /// False for files that exist only while a process writes.
    pub(super) fn is_exported(self) -> bool {
        !matches!(self, NewManifest | Lock)
    }
}

/// True when the manifest lists the file with this path from the case folder.
pub(super) fn is_listed(path: &str) -> bool {
    Artifact::of(path).is_some_and(Artifact::is_listed)
}

/// The number after `STEM-`. We never write one with more than nine digits.
fn number_after(name: &str, stem: &str) -> Option<u64> {
    let rest = name.strip_prefix(stem)?.strip_prefix('-')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    if end > 9 { None } else { rest[..end].parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_own_name() {
        for artifact in Artifact::ALL {
            let name = match artifact {
                Plan => Artifact::plan_name("c0e62a36f0d0237c420d"),
                TornLine => artifact.numbered(7),
                Evidence => "evidence/s3/b/k".to_string(),
                other => other.numbered(12),
            };
            assert_eq!(Artifact::of(&name), Some(artifact), "{name}");
        }
        assert_eq!(Impact.numbered(3), "impact-003.json");
        assert_eq!(ImpactPersons.numbered(1234), "impact-1234-persons.csv");
        assert_eq!(Artifact::plan_name("c0e62a36f0d0237c420d"), "plan-c0e62a36f0d0.json");
    }

    #[test]
    fn what_a_manifest_lists() {
        for name in [
            "case.toml",
            "plan-1.json",
            "findings-x.json",
            "objects-001.csv",
            "digests-002.json",
            "impact-001-persons.csv",
            "journal.torn-after-3",
            "evidence/index.jsonl",
            "evidence/a/b",
        ] {
            assert!(is_listed(name), "{name}");
        }
        for name in
            ["journal.jsonl", "manifest.json", ".lock", "notes.txt", "x/plan-1.json", "x/case.toml"]
        {
            assert!(!is_listed(name), "{name}");
        }
    }

    #[test]
    fn numbers_are_read_from_names() {
        assert_eq!(Findings.number("findings-010.json"), Some(10));
        assert_eq!(Findings.number("findings-010.csv"), None);
        assert_eq!(Impact.number("impact-004-persons.csv"), None);
        assert_eq!(Impact.number_of_run("impact-004-persons.csv"), Some(4));
        assert_eq!(Impact.number_of_run("impact-99999999999999.json"), None);
        assert_eq!(CaseFile.number("case.toml"), None);
    }
}
