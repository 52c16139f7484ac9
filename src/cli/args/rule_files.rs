//! Rule files from the binary and from disk, with the fixtures beside them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::cli::error::CommandError;
use crate::sigma::{RuleSet, pack, test};
use crate::ui::sanitize::clean;

/// A rule file has some kilobytes, its fixtures some more. What is larger is something else.
const LARGEST: u64 = 16 * 1024 * 1024;

pub struct RuleFile {
    pub name: String,
    pub text: String,
    /// None if there are none; an error if they cannot be read.
    pub fixtures: Option<Result<String, String>>,
}

/// Which rules a command looks at.
#[derive(Debug, clap::Args)]
pub struct Chosen {
    /// Also these Sigma rules: a folder of rule files, or one file (can be repeated)
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// Without the rules that come with the program
    #[arg(long)]
    no_builtin: bool,
}

impl Chosen {
    /// # Errors
    /// When a file or folder cannot be read.
    pub fn files(&self) -> Result<Vec<RuleFile>, CommandError> {
        let mut files = if self.no_builtin { Vec::new() } else { builtin() };
        let (own, unreadable) = read(&self.rules);
        match unreadable.first() {
            Some(what) => Err(CommandError::usage(clean(what).into_owned())),
            None => {
                files.extend(own);
                Ok(files)
            }
        }
    }
}

pub fn compile(files: &[RuleFile]) -> RuleSet {
    RuleSet::from_texts(files.iter().map(|file| (&file.name, &file.text)))
}

/// The rules that come with the program.
pub fn builtin() -> Vec<RuleFile> {
    let file = |file: &pack::File| RuleFile {
        name: file.name.to_owned(),
        text: file.text.to_owned(),
        fixtures: file.fixtures.map(|text| Ok(text.to_owned())),
    };
    pack::BUILTIN.iter().map(file).collect()
}

/// The rule files at these paths and below them, by name, each once; and what cannot be read.
pub fn read(paths: &[PathBuf]) -> (Vec<RuleFile>, Vec<String>) {
    let (mut files, mut unreadable) = (Vec::new(), Vec::new());
    for path in paths {
        let before = files.len();
        for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
            match entry {
                // A file that is named outright is a rule file, whatever its ending.
                Ok(e) if e.file_type().is_dir() || (e.depth() > 0 && !is_rule(e.path())) => {}
                Ok(e) => files.push(e.into_path()),
                Err(e) => {
                    let place = e.path().unwrap_or(path).display().to_string();
                    let why = e.io_error().map_or_else(|| e.to_string(), ToString::to_string);
                    unreadable.push(format!("{place}: cannot be read: {why}"));
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
        match text(&path) {
            Ok(text) => {
                let beside = PathBuf::from(test::fixtures_of(&name));
                let fixtures = beside.exists().then(|| self::text(&beside));
                found.push(RuleFile { name, text, fixtures });
            }
            Err(what) => unreadable.push(what),
        }
    }
    (found, unreadable)
}

fn is_rule(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yml" || e == "yaml")
}

fn text(path: &Path) -> Result<String, String> {
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
