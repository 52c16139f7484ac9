//! Detector thresholds as data: each detector declares its own, `incident.toml` overrides them.

use crate::config::rows::{ConfigRow, Origin};

/// One threshold, settable in `incident.toml`. Never negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// `min_objects`, unique in its group.
    pub name: &'static str,
    pub default: f64,
    /// `objects`, `minutes`; empty for a bare ratio.
    pub unit: &'static str,
    pub help: &'static str,
}

/// A detector's settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Group {
    /// The detector's id: `s3.bulk-read`.
    pub id: &'static str,
    pub settings: &'static [Setting],
}

/// Every group's values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    groups: Vec<Resolved>,
}

impl Settings {
    pub fn defaults(groups: &[Group]) -> Settings {
        Settings { groups: groups.iter().map(Resolved::defaults).collect() }
    }

    /// The values for `group`; its defaults if it was not among the groups that were loaded.
    pub fn of(&self, group: &Group) -> Resolved {
        match self.groups.iter().find(|g| g.id == group.id) {
            Some(found) => found.clone(),
            None => Resolved::defaults(group),
        }
    }

    /// Sets a value whose group and name were checked. Unknown ones are ignored.
    pub(super) fn set(&mut self, group: &str, name: &str, value: f64, origin: Origin) {
        let groups = self.groups.iter_mut().filter(|g| g.id == group);
        for v in groups.flat_map(|g| &mut g.values).filter(|v| v.setting.name == name) {
            v.value = value;
            v.origin = origin.clone();
        }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = ConfigRow> + '_ {
        self.groups.iter().flat_map(|g| {
            g.values.iter().map(|v| ConfigRow {
                key: format!("detect.\"{}\".{}", g.id, v.setting.name),
                value: v.value.to_string(),
                unit: v.setting.unit,
                origin: v.origin.to_string(),
                help: v.setting.help,
            })
        })
    }
}

/// One group's effective values.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    id: &'static str,
    values: Vec<EffectiveValue>,
}

/// One effective value.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectiveValue {
    pub setting: &'static Setting,
    /// In the setting's unit, at least 0.
    pub value: f64,
    pub origin: Origin,
}

impl Resolved {
    pub fn defaults(group: &Group) -> Resolved {
        let values = group
            .settings
            .iter()
            .map(|setting| EffectiveValue {
                setting,
                value: setting.default,
                origin: Origin::Default,
            })
            .collect();
        Resolved { id: group.id, values }
    }

    /// The effective value. Every setting has a default, so there always is one.
    pub fn get(&self, setting: &Setting) -> f64 {
        let found = self.values.iter().find(|v| v.setting.name == setting.name);
        debug_assert!(found.is_some(), "{} does not list `{}`", self.id, setting.name);
        found.map_or(setting.default, |v| v.value)
    }

    /// The same values with one replaced.
    #[must_use]
    pub fn with(mut self, setting: &Setting, value: f64) -> Resolved {
        for v in self.values.iter_mut().filter(|v| v.setting.name == setting.name) {
            v.value = value;
        }
        self
    }

    pub fn id(&self) -> &'static str {
        self.id
    }

    /// In the order the group lists them.
    pub fn iter(&self) -> impl Iterator<Item = &EffectiveValue> + '_ {
        self.values.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: Setting =
        Setting { name: "min_objects", default: 200.0, unit: "objects", help: "Objects read" };
    const RATIO: Setting = Setting { name: "ratio", default: 1.5, unit: "", help: "Times usual" };
    const GROUP: Group = Group { id: "s3.bulk-read", settings: &[MIN, RATIO] };
    const OTHER: Group = Group { id: "iam.probing", settings: &[MIN] };

    #[test]
    fn a_value_is_set_in_its_group_only() {
        let mut settings = Settings::defaults(&[GROUP, OTHER]);
        settings.set("s3.bulk-read", "min_objects", 9.0, Origin::Flag("--x"));
        assert_eq!(settings.of(&GROUP).get(&MIN), 9.0);
        assert_eq!(settings.of(&GROUP).get(&RATIO), 1.5);
        assert_eq!(settings.of(&OTHER).get(&MIN), 200.0);
        assert_eq!(Settings::default().of(&GROUP).get(&MIN), 200.0);
    }

    #[test]
    fn one_value_can_be_replaced() {
        let values = Resolved::defaults(&GROUP).with(&RATIO, 4.0);
        assert_eq!(values.id(), "s3.bulk-read");
        assert_eq!(values.iter().map(|v| v.value).collect::<Vec<_>>(), [200.0, 4.0]);
    }

    #[test]
    fn rows_have_the_key_of_the_file() {
        let rows: Vec<ConfigRow> = Settings::defaults(&[GROUP]).rows().collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].key, "detect.\"s3.bulk-read\".min_objects");
        assert_eq!((rows[0].value.as_str(), rows[0].unit), ("200", "objects"));
        assert_eq!((rows[1].value.as_str(), rows[1].origin.as_str()), ("1.5", "default"));
    }
}
