//! Shared by the tests of loading: a folder with files, and one detector's settings.

use std::fs;
use std::path::PathBuf;

use crate::clock::{DAY, Millis};
use crate::config::{Config, Flags, Group, Inputs, Setting};

pub const MIN: Setting =
    Setting { name: "min_objects", default: 200.0, unit: "objects", help: "Objects read" };
pub const GROUP: Group = Group { id: "s3.bulk-read", settings: &[MIN] };

/// 2026-11-21T00:00:00Z.
pub const NOW: Millis = 20_778 * DAY;

/// A folder with files that are removed at the end.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new(files: &[(&str, &str)]) -> Folder {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(dir.path().join(name), text).unwrap();
        }
        Folder(dir)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Inputs of this folder's `user.toml`, `incident.toml` and, if there, `explicit.toml`.
    pub fn inputs(&self) -> Inputs {
        Inputs {
            user: Some(self.path("user.toml")),
            project: Some(self.path("incident.toml")),
            explicit: Some(self.path("explicit.toml")).filter(|p| p.exists()),
            flags: Flags::default(),
            now: NOW,
        }
    }

    pub fn load(&self) -> Config {
        Config::load(&self.inputs(), &[GROUP]).unwrap()
    }

    /// `text` without this folder's path.
    pub fn short(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.0.path().display()), "")
    }

    /// `value (origin)` of every row with this key.
    pub fn shown(&self, config: &Config, key: &str) -> Vec<String> {
        let rows = config.rows().into_iter().filter(|row| row.key == key);
        rows.map(|row| self.short(&format!("{} ({})", row.value, row.origin))).collect()
    }
}
