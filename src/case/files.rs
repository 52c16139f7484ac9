//! The files of a case by their names, and the newest of those that are numbered.

use std::fs;

use super::folder::{Case, CaseError};

impl Case {
    /// The bytes of a file of the folder; none when it is not there.
    ///
    /// # Errors
    /// When it cannot be read, or the name leads out of the folder.
    pub fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>, CaseError> {
        let path = self.root().join(name);
        let parts = std::path::Path::new(name).components();
        let inside = |part: std::path::Component<'_>| {
            matches!(part, std::path::Component::Normal(_)) && !name.contains('\\')
        };
        if name.is_empty() || !parts.into_iter().all(inside) {
            return Err(CaseError::NotACase(path, "it names a file outside the folder".into()));
        }
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(CaseError::Io(path, e)),
        }
    }

    /// The name with the highest number: `findings-012.json` for `findings` and `json`.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn newest(&self, stem: &str, suffix: &str) -> Result<Option<String>, CaseError> {
        let mut newest: Option<(u64, String)> = None;
        for entry in fs::read_dir(self.root()).map_err(CaseError::io(self.root()))? {
            let name = entry.map_err(CaseError::io(self.root()))?.file_name();
            let Some(name) = name.to_str() else { continue };
            let number = name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('-'));
            let number = number.and_then(|rest| rest.strip_suffix(suffix)?.strip_suffix('.'));
            let Some(number) = number.and_then(|n| n.parse().ok()) else { continue };
            if newest.as_ref().is_none_or(|(known, _)| number > *known) {
                newest = Some((number, name.to_string()));
            }
        }
        Ok(newest.map(|(_, name)| name))
    }

    /// One above the highest number of all names that begin with it: `impact-003-persons.csv` counts for
    /// `impact`. A run that was cut off may have left one of several files.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn next_number(&self, stem: &str) -> Result<u64, CaseError> {
        let mut highest = 0;
        for entry in fs::read_dir(self.root()).map_err(CaseError::io(self.root()))? {
            let name = entry.map_err(CaseError::io(self.root()))?.file_name();
            let rest = name.to_str().and_then(|name| name.strip_prefix(stem)?.strip_prefix('-'));
            let Some(rest) = rest else { continue };
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            // More digits than any number of runs has are no number of ours.
            let number = rest[..end].parse().ok().filter(|_| end <= 9);
            highest = number.unwrap_or(0).max(highest);
        }
        Ok(highest + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::folder::CaseFile;
    use super::*;

    fn case(root: &std::path::Path) -> Case {
        let text = "id = \"x\"\ntitle = \"\"\nplaybook = \"\"\naccount = \"\"\nopened = \"\"\n";
        let file: CaseFile = toml::from_str(text).unwrap();
        Case::create(&root.join("case"), file).unwrap()
    }

    #[test]
    fn the_highest_number_counts() {
        let temp = tempfile::tempdir().unwrap();
        let case = case(temp.path());
        assert_eq!(case.newest("findings", "json").unwrap(), None);
        for name in
            ["findings-002.json", "findings-010.json", "findings-x.json", "findings-011.csv"]
        {
            fs::write(case.root().join(name), name).unwrap();
        }
        let newest = case.newest("findings", "json").unwrap().unwrap();
        assert_eq!(newest, "findings-010.json");
        assert_eq!(case.bytes(&newest).unwrap().unwrap(), newest.as_bytes());
    }

    #[test]
    fn the_next_number_is_free() {
        let temp = tempfile::tempdir().unwrap();
        let case = case(temp.path());
        assert_eq!(case.next_number("impact").unwrap(), 1);
        for name in [
            "impact-002.json",
            "impact-004-persons.csv",
            "impact-x.json",
            "impact-99999999999999.json",
        ] {
            fs::write(case.root().join(name), name).unwrap();
        }
        assert_eq!(case.next_number("impact").unwrap(), 5);
        assert_eq!(case.next_number("imp").unwrap(), 1);
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let temp = tempfile::tempdir().unwrap();
        let case = case(temp.path());
        fs::write(temp.path().join("secret"), "s").unwrap();
        for name in ["../secret", "/etc/passwd", "a/../../secret", "", ".", "a\\b"] {
            assert!(case.bytes(name).is_err(), "{name}");
        }
        assert_eq!(case.bytes("nothing").unwrap(), None);
    }
}
