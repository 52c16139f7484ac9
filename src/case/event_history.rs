//! CloudTrail's event history among the evidence of a case.

use std::fs;
use std::path::Path;

use super::folder::Case;

impl Case {
    /// Visits the text of each saved piece of event history: answers of LookupEvents, and slices that `incident collect`
    /// saved. A file that cannot be read is left out: it tells nothing.
    pub fn event_histories(&self, visit: &mut dyn FnMut(&str)) {
        below(&self.evidence(), visit);
    }
}

fn below(folder: &Path, visit: &mut dyn FnMut(&str)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            below(&path, visit);
            continue;
        }
        let answer = entry.file_name().to_string_lossy().contains("LookupEvents");
        let slice = path.components().any(|part| part.as_os_str() == "event-history");
        if (answer || slice)
            && let Ok(text) = fs::read_to_string(&path)
        {
            visit(&text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::folder::CaseFile;
    use super::*;

    #[test]
    fn answers_and_slices_are_found_and_nothing_else() {
        let temp = tempfile::tempdir().unwrap();
        let case = Case::create(&temp.path().join("case"), CaseFile::default()).unwrap();
        case.add("evidence/0001-cloudtrail-LookupEvents.json", b"answer").unwrap();
        case.add("evidence/event-history/1/us-east-1/slice.json", b"slice").unwrap();
        case.add("evidence/0002-iam-GetUser.xml", b"other").unwrap();
        let mut found = Vec::new();
        case.event_histories(&mut |text| found.push(text.to_string()));
        found.sort();
        assert_eq!(found, ["answer", "slice"]);
    }
}
