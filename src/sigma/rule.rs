//! What a rule says of itself: identity, level, tags and log source.
//!
//! Facts: Sigma Rules Specification, "Components"; Tags Appendix for the `attack.` namespace.

use serde::Serialize;

use super::problem::Faults;
use super::yaml::{Node, Yaml};

/// How serious a match is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Informational,
    Low,
    /// Also of a rule that gives none.
    #[default]
    Medium,
    High,
    Critical,
}

impl Level {
    pub const NAMES: [(&'static str, Level); 5] = [
        ("informational", Level::Informational),
        ("low", Level::Low),
        ("medium", Level::Medium),
        ("high", Level::High),
        ("critical", Level::Critical),
    ];
}

/// How settled a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Stable,
    Test,
    Experimental,
    Deprecated,
    Unsupported,
}

/// The logs that a rule can apply to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Logs {
    pub cloudtrail: bool,
    pub s3_access: bool,
}

/// A rule or correlation as it is reported.
#[derive(Debug, Clone, Serialize)]
pub struct Rule {
    pub file: String,
    pub line: u32,
    pub title: String,
    pub id: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub level: Level,
    pub status: Option<Status>,
    pub author: Option<String>,
    pub date: Option<String>,
    pub modified: Option<String>,
    pub tags: Vec<String>,
    /// Technique ids of the `attack.` tags: `T1098.001`.
    pub attack: Vec<String>,
    pub false_positives: Vec<String>,
    pub references: Vec<String>,
    /// Fields that the author wants shown.
    pub fields: Vec<String>,
    pub logs: Logs,
    /// A match is a finding of its own. False for a rule that only feeds correlations, unless one
    /// of them says `generate: true`.
    pub alone: bool,
}

impl Rule {
    /// Reads everything but the detection. Never fails: what is missing gets a default and a note.
    pub fn read(file: &str, node: &Node, faults: &mut Faults) -> Rule {
        let id = text(node, "id", faults);
        let name = text(node, "name", faults);
        let title = text(node, "title", faults).or_else(|| name.clone()).unwrap_or_else(|| {
            faults.warn(node.at, "no `title`");
            format!("{file}:{}", node.at.line)
        });
        let tags = texts(node, "tags", faults);
        Rule {
            file: file.to_owned(),
            line: node.at.line,
            title,
            id,
            name,
            description: text(node, "description", faults),
            level: level(node, faults),
            status: status(node, faults),
            author: text(node, "author", faults),
            date: text(node, "date", faults),
            modified: text(node, "modified", faults),
            attack: tags.iter().filter_map(|tag| technique(tag)).collect(),
            tags,
            false_positives: texts(node, "falsepositives", faults),
            references: texts(node, "references", faults),
            fields: texts(node, "fields", faults),
            logs: Logs { cloudtrail: true, s3_access: true },
            alone: true,
        }
    }

    /// Whether a reference in a correlation or a filter means this rule.
    pub fn is_called(&self, reference: &str) -> bool {
        let same_id = self.id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(reference));
        same_id || self.name.as_deref() == Some(reference)
    }
}

/// `T1098.001` of `attack.t1098.001`.
fn technique(tag: &str) -> Option<String> {
    let rest = tag.to_ascii_uppercase();
    let rest = rest.strip_prefix("ATTACK.")?;
    let digits = rest.strip_prefix('T')?;
    let fits = digits.len() >= 4 && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    fits.then(|| rest.to_owned())
}

fn level(node: &Node, faults: &mut Faults) -> Level {
    let Some(given) = node.get("level") else { return Level::default() };
    let found = given
        .text()
        .and_then(|text| Level::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)));
    found.map(|(_, level)| *level).unwrap_or_else(|| {
        let names = "informational, low, medium, high or critical";
        faults.warn(given.at, format!("a level is {names}; taken as medium"));
        Level::default()
    })
}

fn status(node: &Node, faults: &mut Faults) -> Option<Status> {
    let given = node.get("status")?;
    match given.text().unwrap_or_default().to_ascii_lowercase().as_str() {
        "stable" => Some(Status::Stable),
        "test" | "testing" => Some(Status::Test),
        "experimental" => Some(Status::Experimental),
        "deprecated" => Some(Status::Deprecated),
        "unsupported" => Some(Status::Unsupported),
        _ => {
            faults.warn(
                given.at,
                "a status is stable, test, experimental, deprecated or unsupported",
            );
            None
        }
    }
}

fn text(node: &Node, key: &str, faults: &mut Faults) -> Option<String> {
    let given = node.get(key)?;
    if matches!(given.yaml, Yaml::List(_) | Yaml::Map(_)) {
        faults.warn(given.at, format!("`{key}` should be text, and is {}", given.kind()));
    }
    given.text().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn texts(node: &Node, key: &str, faults: &mut Faults) -> Vec<String> {
    let Some(given) = node.get(key) else { return Vec::new() };
    let mut found = Vec::new();
    for item in given.items() {
        match item.text() {
            Some(text) => found.push(text.to_owned()),
            None if item.yaml == Yaml::Null => {}
            None => faults
                .warn(item.at, format!("`{key}` should hold text, and this is {}", item.kind())),
        }
    }
    found
}

/// The logs that a `logsource` names, or why it names none of ours.
///
/// Facts: Rules Specification, "LogSource"; Taxonomy Appendix, "Cloud": CloudTrail is product `aws`
/// and service `cloudtrail`. It has no name for S3 access logs, so ours is service `s3-access`. A
/// part that is left out matches any.
pub fn logs(node: &Node) -> Result<Logs, String> {
    let part =
        |key| node.get(key).and_then(Node::text).map(|text| text.trim().to_ascii_lowercase());
    let (product, service, category) = (part("product"), part("service"), part("category"));
    let named = || {
        let parts = [("product", &product), ("service", &service), ("category", &category)];
        let parts: Vec<String> = parts
            .iter()
            .filter_map(|(key, value)| Some(format!("{key} {}", value.as_ref()?)))
            .collect();
        format!("its log source ({}) is not CloudTrail or S3 access logs", parts.join(", "))
    };
    if product.is_none() && service.is_none() && category.is_none() {
        return Err("its log source names no product, service or category".to_owned());
    }
    if product.as_deref().is_some_and(|product| product != "aws") || category.is_some() {
        return Err(named());
    }
    match service.as_deref() {
        None => Ok(Logs { cloudtrail: true, s3_access: true }),
        Some("cloudtrail") => Ok(Logs { cloudtrail: true, s3_access: false }),
        Some("s3-access" | "s3_access" | "s3access") => {
            Ok(Logs { cloudtrail: false, s3_access: true })
        }
        Some(_) => Err(named()),
    }
}
