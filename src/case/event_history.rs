//! CloudTrail's event history among the evidence of a case.

use std::fs;
use std::io;
use std::path::Path;

use super::folder::Case;

impl Case {
    /// Visits each saved piece of event history with its file: answers of LookupEvents, and slices that
    /// `incident collect` saved. The text is an error where the file cannot be read.
    pub fn event_histories(&self, visit: &mut dyn FnMut(&Path, io::Result<String>)) {
        below(&self.evidence(), visit);
    }
}

fn below(folder: &Path, visit: &mut dyn FnMut(&Path, io::Result<String>)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            below(&path, visit);
            continue;
        }
        let answer = entry.file_name().to_string_lossy().contains("LookupEvents");
        let slice = path.components().any(|part| part.as_os_str() == "event-history");
        if answer || slice {
            visit(&path, fs::read_to_string(&path));
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
        case.event_histories(&mut |_, text| found.push(text.unwrap()));
        found.sort();
        assert_eq!(found, ["answer", "slice"]);
        case.add("evidence/0003-cloudtrail-LookupEvents.json", b"\xff").unwrap();
        let mut unread = Vec::new();
        case.event_histories(&mut |file, text| {
            unread.extend(text.err().map(|_| file.to_path_buf()))
        });
        assert_eq!(unread.len(), 1, "{unread:?}");
        assert!(unread[0].ends_with("0003-cloudtrail-LookupEvents.json"));
    }
}
