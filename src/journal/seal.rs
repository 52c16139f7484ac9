//! The manifest's place in the chain: its hash is a line of the journal.

use super::chain::{Journal, JournalError, Verified};
use super::entry::Event;
use crate::case::{Case, CaseError, Manifest, Problem, sha256};

#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error(transparent)]
    Case(#[from] CaseError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Writes the manifest anew. Its hash goes into the journal first: after a crash between the two, the manifest
/// that is there is one that an earlier line names.
///
/// # Errors
/// When a file cannot be read, or the disk refuses.
pub fn seal(case: &Case, journal: &mut Journal, now: &str) -> Result<Manifest, SealError> {
    let draft = Manifest::draft(case, now)?;
    journal.append(Event::Manifest { sha256: draft.sha256() })?;
    Ok(draft.write(case)?)
}

/// What a journal says against the manifest that is there, and against its own end.
pub fn verify_seal(journal: &Verified, manifest: Option<&[u8]>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if journal.torn.is_some() {
        let what = "the journal's last line is not whole: a crash cut it off, or somebody did";
        problems.push(Problem::Unsure(what.into()));
    }
    let named = journal.entries.iter().rev().filter_map(|entry| match &entry.event {
        Event::Manifest { sha256 } => Some(sha256),
        _ => None,
    });
    let mut named = named.peekable();
    // Journals from before the manifest had its line name none.
    let Some(newest) = named.peek().copied() else { return problems };
    match manifest.map(sha256) {
        None => problems.push(Problem::Missing("manifest.json".into())),
        Some(hash) if hash == *newest => {}
        Some(hash) if named.any(|n| *n == hash) => problems.push(Problem::Unsure(
            "manifest.json is not the newest that the journal names: the last run did not end"
                .into(),
        )),
        Some(_) => problems.push(Problem::Changed("manifest.json".into())),
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
            |manifest: Option<&[u8]>| verify_seal(&verify(&case.journal()).unwrap(), manifest);
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
        let manifest = std::fs::read(case.manifest()).unwrap();
        let Ok(Some(listed)) = Manifest::read(&case) else { return false };
        verify_seal(&journal, Some(&manifest)).is_empty() && listed.check(&case).unwrap().is_empty()
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
}
