//! Receipts: what a command made or wrote, in one line for the result and one for the terminal.

use std::path::Path;

use crate::case::Exported;
use crate::journal::PublicKey;
use crate::ui::number::{bytes, counted};
use crate::ui::sanitize::clean;
use crate::ui::shell;

/// A new case.
pub struct NewCase<'a> {
    pub folder: &'a Path,
}

impl NewCase<'_> {
    pub fn result(&self) -> String {
        shown(self.folder)
    }

    pub fn hint(&self) -> String {
        let folder = shell::path(self.folder);
        format!(
            "incident case note {folder} TEXT adds a note; incident clocks {folder} shows which notices are due"
        )
    }
}

/// A note that is in the journal.
pub struct Saved<'a> {
    /// The line's number.
    pub line: u64,
    pub journal: &'a Path,
}

impl Saved<'_> {
    pub fn status(&self) -> String {
        format!("saved as line {} of {}", self.line, self.journal.display())
    }
}

/// A case that was to be closed or reopened.
pub struct Turned<'a> {
    pub folder: &'a Path,
    pub what: Turn,
}

pub enum Turn {
    ClosedAlready,
    NotClosed,
    /// The journal has this many lines now.
    Written {
        lines: usize,
    },
}

impl Turned<'_> {
    pub fn status(&self) -> String {
        let folder = self.folder.display();
        match self.what {
            Turn::ClosedAlready => format!("{folder} is closed already"),
            Turn::NotClosed => format!("{folder} is not closed"),
            Turn::Written { lines } => format!("{folder}: journal line {lines}"),
        }
    }
}

/// A case in one file.
pub struct Export<'a> {
    pub archive: &'a Path,
    pub done: &'a Exported,
}

impl Export<'_> {
    /// As `sha256sum` writes it.
    pub fn result(&self) -> String {
        format!("{}  {}", self.done.sha256, shown(self.archive))
    }

    pub fn status(&self) -> String {
        let files = counted(self.done.files as u64, "file", "files");
        let (size, hash) = (bytes(self.done.bytes), self.done.detached.display());
        format!("{files}, {size}; the hash is in {hash}")
    }
}

/// A key that signs journals.
pub struct NewKey<'a> {
    pub key: PublicKey,
    /// The file that signs.
    pub file: &'a Path,
    /// The file that checks.
    pub public: &'a Path,
}

impl NewKey<'_> {
    pub fn result(&self) -> String {
        format!("{}  {}", self.key, shown(self.public))
    }

    pub fn hint(&self) -> String {
        format!(
            "--signing-key {} or INCIDENT_SIGNING_KEY signs journals; incident verify CASE --signer {} checks them",
            shell::path(self.file),
            shell::path(self.public)
        )
    }
}

fn shown(path: &Path) -> String {
    clean(&path.display().to_string()).into_owned()
}
