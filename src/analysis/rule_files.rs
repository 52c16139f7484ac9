//! Rule files, built in and from disk, with the fixtures next to them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::Error;
use crate::report::rules::{TestFailure, TestedRules};
use crate::sigma::{RuleSet, Severity, pack, test};

/// Rule files and their fixtures have some kilobytes. A larger file is something else.
const LARGEST: u64 = 16 * 1024 * 1024;

#[derive(Debug, Clone)]
pub struct RuleFile {
    pub name: String,
    pub text: String,
    /// `None` without fixtures; an error if they cannot be read.
    pub fixtures: Option<Result<String, String>>,
}

/// The built-in rules, if `with_builtin`, and those at `paths`.
///
/// # Errors
/// When a file or folder cannot be read.
pub fn load(with_builtin: bool, paths: &[PathBuf]) -> Result<Vec<RuleFile>, Error> {
    let mut files = if with_builtin { builtin() } else { Vec::new() };
    let (own, unreadable) = read(paths);
    match unreadable.into_iter().next() {
        Some(what) => Err(Error::RuleFile(what)),
        None => {
            files.extend(own);
            Ok(files)
        }
    }
}

pub fn compile(files: &[RuleFile]) -> RuleSet {
    RuleSet::from_texts(files.iter().map(|file| (&file.name, &file.text)))
}

pub fn builtin() -> Vec<RuleFile> {
    let file = |file: &pack::File| RuleFile {
        name: file.name.to_owned(),
        text: file.text.to_owned(),
        fixtures: file.fixtures.map(|text| Ok(text.to_owned())),
    };
    pack::BUILTIN.iter().map(file).collect()
}

/// The rule files at and below these paths, sorted by name, each once; and a line for each that cannot be read.
pub fn read(paths: &[PathBuf]) -> (Vec<RuleFile>, Vec<String>) {
    let (mut files, mut unreadable) = (Vec::new(), Vec::new());
    for path in paths {
        let before = files.len();
        for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
            match entry {
                // A file that is named directly is a rule file, whatever its extension.
                Ok(e) if e.file_type().is_dir() || (e.depth() > 0 && !is_rule(e.path())) => {}
                Ok(e) => files.push(e.into_path()),
                Err(e) => {
                    let at = e.path().unwrap_or(path).display().to_string();
                    let why = e.io_error().map_or_else(|| e.to_string(), ToString::to_string);
                    unreadable.push(format!("{at}: cannot be read: {why}"));
                }
            }
        }
        if path.is_dir() && files.len() == before {
            unreadable.push(format!("{}: no rule files (.yml, .yaml)", path.display()));
        }
    }
    files.sort();
    files.dedup();
    let mut found = Vec::new();
    for path in files {
        let name = path.display().to_string();
        match read_text(&path) {
            Ok(text) => {
                let fixtures = PathBuf::from(test::fixtures_of(&name));
                let fixtures = fixtures.exists().then(|| read_text(&fixtures));
                found.push(RuleFile { name, text, fixtures });
            }
            Err(what) => unreadable.push(what),
        }
    }
    (found, unreadable)
}

/// Runs the fixtures of these files. What could not be read, one line each, is a failure, too.
pub fn test(files: &[RuleFile], unreadable: Vec<String>) -> TestedRules {
    let set = compile(files);
    let mut failures: Vec<TestFailure> =
        unreadable.into_iter().map(TestFailure::Unreadable).collect();
    let errors = set.problems().iter().filter(|problem| problem.severity == Severity::Error);
    failures.extend(errors.cloned().map(TestFailure::Rule));
    let (mut with_fixtures, mut with_twin, mut passed) = (0, 0, 0);
    for RuleFile { name, fixtures, .. } in files {
        let Some(fixtures) = fixtures else { continue };
        with_fixtures += 1;
        let file = name.clone();
        match fixtures.as_deref().map(|text| test::run(&set, name, text)) {
            Ok(Ok(report)) => {
                passed += report.passed;
                with_twin += usize::from(report.has_twin);
                let entry = |failure| TestFailure::Entry { file: file.clone(), failure };
                failures.extend(report.failures.into_iter().map(entry));
            }
            Ok(Err(error)) => failures.push(TestFailure::Fixtures { file, error }),
            Err(what) => failures.push(TestFailure::Unreadable(what.clone())),
        }
    }
    if with_fixtures == 0 && failures.is_empty() {
        failures.push(TestFailure::NoFixtures);
    }
    let rules = set.rules().len() + set.correlations().len();
    TestedRules { rules, files: files.len(), with_fixtures, with_twin, passed, failures }
}

fn is_rule(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yml" || e == "yaml")
}

fn read_text(path: &Path) -> Result<String, String> {
    let fail = |why: String| format!("{}: cannot be read: {why}", path.display());
    let file = File::open(path).map_err(|e| fail(e.to_string()))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| fail(e.to_string()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(fail("it is larger than 16 MiB".to_owned()));
    }
    String::from_utf8(bytes).map_err(|e| {
        let good = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = good.iter().filter(|b| **b == b'\n').count() + 1;
        let column = good.iter().rev().take_while(|b| **b != b'\n').count() + 1;
        format!("{}:{line}:{column}: not UTF-8", path.display())
    })
}
