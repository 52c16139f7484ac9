//! The checklists of eradication and recovery: one data file per playbook, compiled in.

use serde::Deserialize;

/// Checklist files by playbook id, in the order of the report.
const BUILTIN: &[(&str, &str)] = &[
    ("leaked-access-key", include_str!("../../../checklists/leaked-access-key.toml")),
    ("intruder", include_str!("../../../checklists/intruder.toml")),
    ("compromised-role", include_str!("../../../checklists/compromised-role.toml")),
    ("console-takeover", include_str!("../../../checklists/console-takeover.toml")),
    ("s3-exfiltration", include_str!("../../../checklists/s3-exfiltration.toml")),
    ("s3-ransomware", include_str!("../../../checklists/s3-ransomware.toml")),
    ("turn-on-visibility", include_str!("../../../checklists/turn-on-visibility.toml")),
];

/// A file of `checklists/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct List {
    /// The playbook's id: the file's name.
    pub playbook: String,
    pub title: String,
    pub eradication: Vec<Item>,
    pub recovery: Vec<Item>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Item {
    /// In kebab case, unique in its file.
    pub id: String,
    /// The state to reach, without a full stop.
    pub text: String,
    /// Steps, one of which is enough. Without steps, a person decides when it is done.
    #[serde(default)]
    pub done_by: Vec<String>,
}

/// The checklist of this playbook; `None` if it has none.
///
/// # Errors
/// When the file is damaged, which would be a defect here.
pub fn find(playbook: &str) -> Result<Option<List>, toml::de::Error> {
    let file = BUILTIN.iter().find(|(id, _)| *id == playbook);
    file.map(|(_, text)| toml::from_str(text)).transpose()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::step;

    #[test]
    fn every_file_is_read_and_names_known_steps() {
        for (id, text) in BUILTIN {
            let list: List = toml::from_str(text).unwrap_or_else(|e| panic!("{id}: {e}"));
            assert_eq!(list.playbook, *id);
            let items: Vec<&Item> = list.eradication.iter().chain(&list.recovery).collect();
            let ids: BTreeSet<&str> = items.iter().map(|i| i.id.as_str()).collect();
            assert_eq!(ids.len(), items.len(), "{id} has an item twice");
            for step in items.iter().flat_map(|i| &i.done_by) {
                assert!(step::find(step).is_some() || step == "reissue-access-key", "{id}: {step}");
            }
            assert!(items.iter().all(|i| !i.text.ends_with('.')), "{id}");
        }
    }

    #[test]
    fn every_playbook_has_a_list() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["playbooks", "checklists"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_stem().unwrap().to_str().unwrap().to_string();
                assert!(matches!(find(&name), Ok(Some(_))), "{folder}/{name}");
            }
        }
    }
}
