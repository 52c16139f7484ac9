//! The text of `incident collect`: what was copied into the case, and what is missing in it.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use crate::ui::number::{bytes, counted};
use crate::ui::sanitize::clean;
use crate::ui::shell;

/// The most missing items that are printed.
const SHOWN: usize = 20;

/// The objects that a run copied.
#[derive(Debug, Clone, Copy)]
pub struct Copied<'a> {
    /// The case folder.
    pub case: &'a Path,
    /// Number and bytes of the new objects.
    pub objects: u64,
    pub bytes: u64,
    /// Number of objects that the case had before.
    pub before: u64,
}

/// Something that is not in the case, or not as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// A place could not be listed.
    NotListed { place: String, why: String },
    /// A stored object is not the one of its line in the index.
    NotAsIndexed { file: String },
    /// Number and bytes of objects over the limit of `--max-size`.
    OverLimit { objects: u64, bytes: u64 },
    /// Number of objects that were never requested.
    NotRequested { objects: u64, why: String },
    /// An object or a part of the event history could not be saved.
    NotSaved { name: String, why: String },
    /// The keys that verify a region's digests could not be read.
    PublicKeys { region: String, why: String },
    /// An answer of AWS could not be recorded: the recorder's own text.
    Answer(String),
    /// A stored object is not what S3 sent.
    NotAsSent { file: String },
    /// The case could not be sealed.
    Manifest { why: String },
}

/// What is missing in a case.
#[derive(Debug, Clone, Copy)]
pub struct Incomplete<'a> {
    /// The case folder.
    pub case: &'a Path,
    pub missing: &'a [Missing],
}

impl Copied<'_> {
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "{}: {} new in evidence/s3, {}; {} before",
            self.case.display(),
            counted(self.objects, "object", "objects"),
            bytes(self.bytes),
            counted(self.before, "object", "objects")
        )
    }
}

impl Incomplete<'_> {
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "not in the case:")?;
        for what in self.missing.iter().take(SHOWN) {
            writeln!(out, "  {}", clean(&what.to_string()))?;
        }
        if let more @ 1.. = self.missing.len().saturating_sub(SHOWN) {
            writeln!(out, "  and {more} more")?;
        }
        writeln!(out, "run the same command with --case {} to resume", shell::path(self.case))
    }
}

/// One line, as the journal has it, too. The text is not cleaned.
impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::NotListed { place, why } => write!(f, "{place}: {why}"),
            Missing::NotAsIndexed { file } => {
                write!(f, "{file} differs from its line in objects.jsonl")
            }
            Missing::OverLimit { objects, bytes: size } => write!(
                f,
                "{}, {}, over the limit (--max-size); the newest were copied first",
                counted(*objects, "object", "objects"),
                bytes(*size)
            ),
            Missing::NotRequested { objects, why } => {
                write!(f, "{}: {why}", counted(*objects, "object", "objects"))
            }
            Missing::NotSaved { name, why } => write!(f, "{name}: {why}"),
            Missing::PublicKeys { region, why } => write!(f, "public keys of {region}: {why}"),
            Missing::Answer(what) => f.write_str(what),
            Missing::NotAsSent { file } => write!(f, "{file} differs from what S3 sent"),
            Missing::Manifest { why } => write!(f, "the manifest: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_is_singular() {
        let copied = Copied { case: Path::new("case"), objects: 1, bytes: 5, before: 2 };
        let mut out = Vec::new();
        copied.write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "case: 1 object new in evidence/s3, 5 B; 2 objects before\n");
        let over = |objects| Missing::OverLimit { objects, bytes: 1_024 }.to_string();
        assert!(over(1).starts_with("1 object, 1.0 KiB, over the limit"), "{}", over(1));
        assert!(over(2_000).starts_with("2,000 objects, "), "{}", over(2_000));
    }

    #[test]
    fn a_long_list_is_cut_and_a_name_is_cleaned() {
        let name = |n: usize| Missing::NotAsSent { file: format!("s3/{n}\x1b[2J") };
        let missing: Vec<Missing> = (0..SHOWN + 3).map(name).collect();
        let mut out = Vec::new();
        Incomplete { case: Path::new("my case"), missing: &missing }.write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "not in the case:");
        assert_eq!(lines[1], "  s3/0\\x1b[2J differs from what S3 sent");
        assert_eq!(lines[SHOWN + 1], "  and 3 more");
        assert_eq!(lines[SHOWN + 2], "run the same command with --case 'my case' to resume");
        assert_eq!(lines.len(), SHOWN + 3);
    }
}
