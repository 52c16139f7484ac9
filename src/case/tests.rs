//! Exports: the same bytes twice, and an archive that somebody else made.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::*;

/// A case with a few files, one of them with an odd name.
fn case(root: &Path) -> Case {
    let case = Case::create(&root.join("case"), CaseFile::default()).unwrap();
    fs::write(case.journal(), "").unwrap();
    fs::create_dir(case.evidence().join("deep")).unwrap();
    fs::write(case.evidence().join("deep/b.json"), "{}").unwrap();
    fs::write(case.evidence().join("a".repeat(150)), "long").unwrap();
    #[cfg(unix)]
    fs::write(case.evidence().join("odd \\ \n name"), "odd").unwrap();
    case
}

fn write(case: &Case, to: &Path) -> Exported {
    export(case, to, Packing::of(to).unwrap()).unwrap()
}

#[test]
fn two_exports_are_equal_byte_for_byte() {
    let temp = tempfile::tempdir().unwrap();
    let case = case(temp.path());
    for ending in ["tar.zst", "tar.gz"] {
        let path = |n: u32| temp.path().join(format!("{n}.{ending}"));
        let first = write(&case, &path(1));
        // The same case with new file times, and its files in another order.
        let long = case.evidence().join("a".repeat(150));
        fs::remove_file(&long).unwrap();
        fs::write(&long, "long").unwrap();
        let second = write(&case, &path(2));
        assert_eq!(fs::read(path(1)).unwrap(), fs::read(path(2)).unwrap());
        assert_eq!(first.sha256, second.sha256);
        let archive = Archive::read(&path(1)).unwrap();
        assert_eq!((archive.problems(), archive.len()), (&[][..], first.files));
        assert_eq!(detached(&path(1)).unwrap(), []);
    }
}

#[test]
fn nothing_is_overwritten_and_nothing_is_left_half() {
    let temp = tempfile::tempdir().unwrap();
    let case = case(temp.path());
    let to = |name: &str| temp.path().join(name);
    fs::write(to("a.tar.gz"), "mine").unwrap();
    fs::write(to("b.tar.gz.sha256"), "mine").unwrap();
    for name in ["a.tar.gz", "b.tar.gz"] {
        let made = export(&case, &to(name), Packing::Gzip);
        assert!(matches!(made, Err(CaseError::Exists(_))), "{name}");
    }
    assert_eq!(fs::read(to("a.tar.gz")).unwrap(), b"mine");
    assert!(!to("b.tar.gz").exists());
    assert!(export(&case, &case.evidence().join("c.tar.gz"), Packing::Gzip).is_err());
    assert!(!case.evidence().join("c.tar.gz").exists());
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/hostname", case.evidence().join("link")).unwrap();
        assert!(export(&case, &to("d.tar.gz"), Packing::Gzip).is_err(), "what cannot be packed");
        assert!(!to("d.tar.gz").exists() && !to("d.tar.gz.sha256").exists());
    }
}

#[test]
fn the_name_says_how_it_is_packed() {
    let of = |name: &str| Packing::of(Path::new(name));
    assert_eq!(of("x.tar.zst"), Some(Packing::Zstd));
    assert_eq!((of("x.tar.gz"), of("a/x.tgz")), (Some(Packing::Gzip), Some(Packing::Gzip)));
    for other in ["x", "x.zip", "x.tar", ".tar.gz", "x.zst"] {
        assert_eq!(of(other), None, "{other}");
    }
}

/// An archive with exactly these entries.
fn archive(folder: &Path, entries: &[(&str, &str)], link: bool) -> PathBuf {
    let path = folder.join("made.tar.gz");
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    for (name, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        // Write the name unchanged: the library would refuse some of these names.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, content.as_bytes()).unwrap();
    }
    if link {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        tar.append_link(&mut header, "case/link", "/etc/passwd").unwrap();
    }
    let bytes = tar.into_inner().unwrap().finish().unwrap();
    fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
    path
}

#[test]
fn an_archive_that_somebody_made_is_checked() {
    let temp = tempfile::tempdir().unwrap();
    let line = |content: &str, name: &str| format!("{}  {name}\n", sha256(content.as_bytes()));
    let sums = line("x", "case/a");
    let problems_of = |entries: &[(&str, &str)], link| {
        let archive = Archive::read(&archive(temp.path(), entries, link)).unwrap();
        let problems: Vec<String> = archive.problems().iter().map(ToString::to_string).collect();
        problems.join("; ")
    };
    assert_eq!(problems_of(&[("SHA256SUMS", &sums), ("case/a", "x")], false), "");
    for (entries, expected) in [
        (&[("SHA256SUMS", sums.as_str()), ("case/a", "y")][..], "case/a was changed"),
        (&[("SHA256SUMS", &sums)], "case/a is missing"),
        (&[("case/a", "x")], "SHA256SUMS is missing"),
        (&[("SHA256SUMS", &sums), ("case/a", "x"), ("case/b", "x")], "case/b is not in SHA256SUMS"),
        (
            &[("SHA256SUMS", &sums), ("case/a", "x"), ("case/a", "x")],
            "the archive contains case/a twice",
        ),
        (
            &[("SHA256SUMS", &sums), ("case/a", "x"), ("SHA256SUMS", &sums)],
            "contains SHA256SUMS twice",
        ),
        (&[("SHA256SUMS", &sums), ("case/a", "x"), ("../a", "x")], "leads out"),
        (&[("SHA256SUMS", &sums), ("case/a", "x"), ("/etc/a", "x")], "leads out"),
        (
            &[("SHA256SUMS", &sums), ("case/a", "x"), ("other/a", "x")],
            "outside the folder of the case",
        ),
        (&[("SHA256SUMS", "nonsense\n"), ("case/a", "x")], "not a line of sha256sum"),
    ] {
        let found = problems_of(entries, false);
        assert!(found.contains(expected), "{expected}: {found}");
    }
    let linked = problems_of(&[("SHA256SUMS", &sums), ("case/a", "x")], true);
    assert!(linked.contains("case/link is not a regular file"), "{linked}");
    fs::write(temp.path().join("text"), "neither").unwrap();
    assert!(Archive::read(&temp.path().join("text")).is_err());
    fs::write(temp.path().join("empty"), "").unwrap();
    assert!(Archive::read(&temp.path().join("empty")).is_err());
}

#[test]
fn a_damaged_archive_is_an_error_and_never_a_panic() {
    let temp = tempfile::tempdir().unwrap();
    let case = case(temp.path());
    let mut random = fastrand::Rng::with_seed(3);
    for ending in ["tar.zst", "tar.gz"] {
        let path = temp.path().join(format!("a.{ending}"));
        write(&case, &path);
        let whole = fs::read(&path).unwrap();
        for _ in 0..300 {
            let mut bytes = whole.clone();
            let at = random.usize(..bytes.len());
            bytes[at] ^= 1 << random.u8(..8);
            bytes.truncate(bytes.len() - random.usize(..2) * random.usize(..bytes.len()));
            let other = temp.path().join("b");
            fs::write(&other, &bytes).unwrap();
            _ = Archive::read(&other);
            fs::write(&path, &bytes).unwrap();
            assert!(detached(&path).unwrap().iter().any(Problem::is_broken), "byte {at}");
        }
        fs::write(&path, &whole).unwrap();
        assert_eq!(detached(&path).unwrap(), []);
    }
}
