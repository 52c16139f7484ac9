//! Ties the files of a case to its journal: the manifest's hash and the hashes of results are lines of it.

use std::collections::BTreeMap;

use super::chain::{Journal, JournalError, Verified};
use super::entry::Event;
use crate::case::{Artifact, Case, CaseError, FileHash, Manifest, Problem, sha256};

#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error(transparent)]
    Case(#[from] CaseError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Writes the manifest again. Its hash goes into the journal first: after a crash between the two, the manifest
/// in the folder is one that an earlier line names.
///
/// # Errors
/// When a file cannot be read, or the disk refuses.
pub fn seal(case: &Case, journal: &mut Journal, now: &str) -> Result<Manifest, SealError> {
    let draft = Manifest::draft(case, now)?;
    journal.append(Event::Manifest { sha256: draft.sha256() })?;
    Ok(draft.write(case)?)
}

/// The differences between a case folder and what its journal and its manifest say about it.
///
/// # Errors
/// When a file cannot be read.
pub fn problems(case: &Case, journal: &Verified) -> Result<Vec<Problem>, CaseError> {
    let sealed = case.bytes(Artifact::Manifest.name())?;
    let manifest = Manifest::read(case)?;
    Ok(compare(journal, sealed.as_deref(), manifest.as_ref(), &Manifest::listed(case)?))
}

/// The differences between the files of a case, by their path from its folder, and what its journal and its manifest
/// say about them. `sealed` is the manifest's text.
pub fn compare(
    journal: &Verified,
    sealed: Option<&[u8]>,
    manifest: Option<&Manifest>,
    files: &BTreeMap<String, FileHash>,
) -> Vec<Problem> {
    let mut problems = compare_seal(journal, sealed);
    let vouched = vouched(journal);
    // A hash in the journal proves as much as one in the manifest.
    let unlisted = |problem: &Problem| !matches!(problem, Problem::Unlisted(name) if vouched.contains_key(name.as_str()));
    problems.extend(manifest.into_iter().flat_map(|m| m.compare(files)).filter(unlisted));
    for (name, sha256) in vouched {
        let problem = match files.get(name) {
            Some(file) if file.sha256 == sha256 => continue,
            Some(_) => Problem::Changed(name.into()),
            None => Problem::Missing(name.into()),
        };
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}

/// The files whose SHA-256 is in a line of the journal. No name is used twice.
fn vouched(journal: &Verified) -> BTreeMap<&str, &str> {
    let files = journal.entries.iter().filter_map(|entry| entry.event.files()).flatten();
    files.map(|(name, sha256)| (name.as_str(), sha256.as_str())).collect()
}

/// Compares the manifest with the one that the journal names, and checks that the journal's last line is whole.
fn compare_seal(journal: &Verified, manifest: Option<&[u8]>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if journal.torn.is_some() {
        let what = "the journal's last line is incomplete: a crash or somebody cut it off";
        problems.push(Problem::Unsure(what.into()));
    }
    let named = journal.entries.iter().rev().filter_map(|entry| match &entry.event {
        Event::Manifest { sha256 } => Some(sha256),
        _ => None,
    });
    let mut named = named.peekable();
    // Old journals name no manifest.
    let Some(newest) = named.peek().copied() else { return problems };
    let name = Artifact::Manifest.name();
    match manifest.map(sha256) {
        None => problems.push(Problem::Missing(name.into())),
        Some(hash) if hash == *newest => {}
        Some(hash) if named.any(|n| *n == hash) => problems.push(Problem::Unsure(format!(
            "the journal names a newer {name}: the last run did not end"
        ))),
        Some(_) => problems.push(Problem::Changed(name.into())),
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::CaseFile;
    use crate::clock::Clock;
    use crate::journal::verify;

    #[test]
    fn a_manifest_that_the_journal_does_not_name_is_found() {
        let temp = tempfile::tempdir().unwrap();
        let case = Case::create(&temp.path().join("case"), CaseFile::default()).unwrap();
        let mut journal = Journal::open(&case.journal(), Clock::Fixed(0)).unwrap();
        let old = Event::Stopped { why: "before manifests had a line".into() };
        journal.append(old).unwrap();
        let verify_seal =
            |manifest: Option<&[u8]>| compare_seal(&verify(&case.journal()).unwrap(), manifest);
        assert_eq!(verify_seal(None), []);
        seal(&case, &mut journal, "1").unwrap();
        let first = std::fs::read(case.manifest()).unwrap();
        seal(&case, &mut journal, "2").unwrap();
        let second = std::fs::read(case.manifest()).unwrap();
        assert_eq!(verify_seal(Some(&second)), []);
        assert!(!verify_seal(Some(&first))[0].is_broken());
        assert_eq!(verify_seal(Some(b"{}")), [Problem::Changed("manifest.json".into())]);
        assert_eq!(verify_seal(None), [Problem::Missing("manifest.json".into())]);
    }

    /// What a check of the folder finds, or that it cannot even be read.
    fn is_sound(root: &std::path::Path) -> bool {
        let Ok(case) = Case::read(root) else { return false };
        let Ok(journal) = verify(&case.journal()) else { return false };
        problems(&case, &journal).is_ok_and(|found| found.is_empty())
    }

    #[test]
    fn any_changed_byte_of_a_case_is_found() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("case");
        let file = CaseFile { title: "A key".into(), ..CaseFile::default() };
        let case = Case::create(&root, file).unwrap();
        std::fs::write(case.evidence().join("1.json"), "{\"a\": 1}\n").unwrap();
        std::fs::write(root.join("plan-1.json"), "{}\n").unwrap();
        let mut journal = Journal::open(&case.journal(), Clock::Fixed(0)).unwrap();
        let note =
            |text: &str| Event::Note { author: "alice".into(), text: text.into(), decision: false };
        journal.append(note("one \"quoted\",\"hash\":\"")).unwrap();
        seal(&case, &mut journal, "now").unwrap();
        journal.append(note("two")).unwrap();
        assert!(is_sound(&root));
        for name in
            ["case.toml", "journal.jsonl", "manifest.json", "plan-1.json", "evidence/1.json"]
        {
            let path = root.join(name);
            let whole = std::fs::read(&path).unwrap();
            for at in 0..whole.len() {
                for changed in [whole[at] ^ 1, whole[at] ^ 0x20, b' ', b'\n', b'\r', 0, 0xff] {
                    let mut bytes = whole.clone();
                    bytes[at] = changed;
                    std::fs::write(&path, &bytes).unwrap();
                    assert!(bytes == whole || !is_sound(&root), "{name}, byte {at} as {changed}");
                }
            }
            for longer in [&b" "[..], b"\n", b"\r\n"] {
                std::fs::write(&path, [&whole, longer].concat()).unwrap();
                assert!(!is_sound(&root), "{name} with {longer:?}");
            }
            std::fs::write(&path, whole).unwrap();
        }
        assert!(is_sound(&root));
    }

    #[test]
    fn every_file_whose_hash_is_in_the_journal_is_compared() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("case");
        let case = Case::create(&root, CaseFile::default()).unwrap();
        let mut journal = Journal::open(&case.journal(), Clock::Fixed(0)).unwrap();
        seal(&case, &mut journal, "now").unwrap();
        let names = [
            "findings-001.json",
            "timeline-001.csv",
            "objects-001.csv",
            "impact-001.json",
            "impact-001-persons.csv",
            "digests-001.json",
        ];
        for name in names {
            std::fs::write(root.join(name), name).unwrap();
        }
        let files = |names: &[&str]| names.iter().map(|n| (n.to_string(), sha256(n))).collect();
        let author = || "alice".to_string();
        for event in [
            Event::Analysed {
                author: author(),
                files: files(&names[..3]),
                findings: 0,
                stories: 0,
            },
            Event::Impact {
                author: author(),
                files: files(&names[3..5]),
                objects: 0,
                unmatched: None,
                records: None,
                persons: 0,
            },
            Event::Digests { author: author(), files: files(&names[5..]), verdict: "valid".into() },
        ] {
            journal.append(event).unwrap();
        }
        let found = || problems(&case, &verify(&case.journal()).unwrap()).unwrap();
        // No manifest lists them yet, as in cases of programs whose manifests listed no digests.
        assert_eq!(found(), []);
        for sealed in [false, true] {
            if sealed {
                seal(&case, &mut journal, "later").unwrap();
            }
            for name in names {
                std::fs::write(root.join(name), "edited").unwrap();
                assert_eq!(found(), [Problem::Changed(name.into())]);
                std::fs::remove_file(root.join(name)).unwrap();
                assert_eq!(found(), [Problem::Missing(name.into())]);
                std::fs::write(root.join(name), name).unwrap();
            }
        }
    }
}
