//! Reads and writes the files of a case, and finds the newest of those that are numbered.

use std::fs;
use std::io;
use std::path::{Component, Path};

use super::artifact::Artifact;
use super::error::CaseError;
use super::folder::{Case, private_folder, write_new};

impl Case {
    /// True when the file is there; `evidence/…`, `/` between the parts.
    pub fn has(&self, name: &str) -> bool {
        self.root().join(name).exists()
    }

    /// The bytes of a file of the folder; `None` when it is not there.
    ///
    /// # Errors
    /// When it cannot be read, or the name leads out of the folder.
    pub fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>, CaseError> {
        let path = self.root().join(name);
        if name.is_empty() || name.contains('\\') || !is_inside(name) {
            return Err(CaseError::NotACase(path, "it names a file outside the folder".into()));
        }
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(CaseError::Io(path, e)),
        }
    }

    /// Writes a new file, whole or not at all: it is written as `….partial` first.
    ///
    /// # Errors
    /// When there is such a file, the name leads out of the folder, or the disk refuses.
    pub fn add(&self, name: &str, bytes: &[u8]) -> Result<(), CaseError> {
        let path = self.root().join(name);
        if !is_inside(name) || path.exists() {
            return Err(CaseError::Exists(path));
        }
        if let Some(parent) = path.parent() {
            private_folder(parent)?;
        }
        let partial = self.root().join(format!("{name}.partial"));
        // An interrupted run left it.
        let _ = fs::remove_file(&partial);
        write_new(&partial, bytes)?;
        fs::rename(&partial, &path).map_err(CaseError::io(&path))
    }

    /// The name of the file of this kind with the highest number.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn newest(&self, artifact: Artifact) -> Result<Option<String>, CaseError> {
        let mut newest: Option<(u64, String)> = None;
        for name in self.names()? {
            let Some(number) = artifact.number(&name) else { continue };
            if newest.as_ref().is_none_or(|(known, _)| number > *known) {
                newest = Some((number, name));
            }
        }
        Ok(newest.map(|(_, name)| name))
    }

    /// The next free number: one above the highest of all files of these kinds. An interrupted run may have left only
    /// some of its files.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn next_number(&self, artifacts: &[Artifact]) -> Result<u64, CaseError> {
        let names = self.names()?;
        let numbers = names
            .iter()
            .flat_map(|name| artifacts.iter().filter_map(|artifact| artifact.number_of_run(name)));
        Ok(numbers.max().map_or(1, |highest| highest + 1))
    }

    /// Names at the top of the folder. Names that are not UTF-8 are not ours.
    fn names(&self) -> Result<Vec<String>, CaseError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.root()).map_err(CaseError::io(self.root()))? {
            let name = entry.map_err(CaseError::io(self.root()))?.file_name();
            names.extend(name.to_str().map(str::to_string));
        }
        Ok(names)
    }
}

fn is_inside(name: &str) -> bool {
    Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::super::folder::CaseFile;
    use super::*;

    fn case(root: &Path) -> Case {
        let text = "id = \"x\"\ntitle = \"\"\nplaybook = \"\"\naccount = \"\"\nopened = \"\"\n";
        let file: CaseFile = toml::from_str(text).unwrap();
        Case::create(&root.join("case"), file).unwrap()
    }

    #[test]
    fn the_highest_number_counts() {
        let temp = tempfile::tempdir().unwrap();
        let case = case(temp.path());
        assert_eq!(case.newest(Artifact::Findings).unwrap(), None);
        for name in
            ["findings-002.json", "findings-010.json", "findings-x.json", "findings-011.csv"]
        {
            fs::write(case.root().join(name), name).unwrap();
        }
        let newest = case.newest(Artifact::Findings).unwrap().unwrap();
        assert_eq!(newest, "findings-010.json");
        assert_eq!(case.bytes(&newest).unwrap().unwrap(), newest.as_bytes());
    }

    #[test]
    fn the_next_number_is_free() {
        let temp = tempfile::tempdir().unwrap();
        let case = case(temp.path());
        let next = |artifacts: &[Artifact]| case.next_number(artifacts).unwrap();
        assert_eq!(next(&[Artifact::Impact]), 1);
        for name in [
            "impact-002.json",
            "impact-004-persons.csv",
            "impact-x.json",
            "impact-99999999999999.json",
            "timeline-007.csv",
        ] {
            fs::write(case.root().join(name), name).unwrap();
        }
        assert_eq!(next(&[Artifact::Impact]), 5);
        assert_eq!(next(&[Artifact::Findings, Artifact::Timeline]), 8);
        assert_eq!(next(&[Artifact::Findings]), 1);
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let temp = tempfile::tempdir().unwrap();
        let case = case(temp.path());
        fs::write(temp.path().join("secret"), "s").unwrap();
        for name in ["../secret", "/etc/passwd", "a/../../secret", "", ".", "a\\b"] {
            assert!(case.bytes(name).is_err(), "{name}");
        }
        assert!(case.add("../other", b"x").is_err());
        assert_eq!(case.bytes("nothing").unwrap(), None);
    }
}
