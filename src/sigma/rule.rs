//! The metadata of a rule: identity, level, tags and log source.
//!
//! Facts: Sigma Rules Specification, "Components"; Tags Appendix for the `attack.` namespace.

use serde::Serialize;

use super::problem::Diagnostics;
use super::yaml::{Node, Yaml};

/// The level of a match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Informational,
    Low,
    /// The default for a rule without a level.
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

/// The maturity of a rule.
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

/// A rule or correlation, as reports show it.
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
    /// Fields that the author wants displayed.
    pub fields: Vec<String>,
    pub logs: Logs,
    /// Whether a match is a finding of its own. False for a rule that only serves as input of correlations, unless
    /// one of them has `generate: true`.
    pub alone: bool,
}

impl Rule {
    /// Reads everything but the detection. Never fails: missing or invalid values get a default and a warning.
    pub fn read(file: &str, node: &Node, diagnostics: &mut Diagnostics) -> Rule {
        let id = text(node, "id", diagnostics);
        let name = text(node, "name", diagnostics);
        let title =
            text(node, "title", diagnostics).or_else(|| name.clone()).unwrap_or_else(|| {
                diagnostics.warn(node.at, "missing `title`");
                format!("{file}:{}", node.at.line)
            });
        let tags = texts(node, "tags", diagnostics);
        Rule {
            file: file.to_owned(),
            line: node.at.line,
            title,
            id,
            name,
            description: text(node, "description", diagnostics),
            level: level(node, diagnostics),
            status: status(node, diagnostics),
            author: text(node, "author", diagnostics),
            date: text(node, "date", diagnostics),
            modified: text(node, "modified", diagnostics),
            attack: tags.iter().filter_map(|tag| technique(tag)).collect(),
            tags,
            false_positives: texts(node, "falsepositives", diagnostics),
            references: texts(node, "references", diagnostics),
            fields: texts(node, "fields", diagnostics),
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

fn level(node: &Node, diagnostics: &mut Diagnostics) -> Level {
    let Some(given) = node.get("level") else { return Level::default() };
    let found = given
        .text()
        .and_then(|text| Level::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)));
    found.map(|(_, level)| *level).unwrap_or_else(|| {
        let names = "informational, low, medium, high or critical";
        diagnostics.warn(given.at, format!("unknown level (expected {names}); using medium"));
        Level::default()
    })
}

fn status(node: &Node, diagnostics: &mut Diagnostics) -> Option<Status> {
    let given = node.get("status")?;
    match given.text().unwrap_or_default().to_ascii_lowercase().as_str() {
        "stable" => Some(Status::Stable),
        "test" | "testing" => Some(Status::Test),
        "experimental" => Some(Status::Experimental),
        "deprecated" => Some(Status::Deprecated),
        "unsupported" => Some(Status::Unsupported),
        _ => {
            diagnostics.warn(
                given.at,
                "unknown status (expected stable, test, experimental, deprecated or unsupported)",
            );
            None
        }
    }
}

fn text(node: &Node, key: &str, diagnostics: &mut Diagnostics) -> Option<String> {
    let given = node.get(key)?;
    if matches!(given.yaml, Yaml::List(_) | Yaml::Map(_)) {
        diagnostics.warn(given.at, format!("`{key}` should be text, not {}", given.kind()));
    }
    given.text().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn texts(node: &Node, key: &str, diagnostics: &mut Diagnostics) -> Vec<String> {
    let Some(given) = node.get(key) else { return Vec::new() };
    let mut found = Vec::new();
    for item in given.items() {
        match item.text() {
            Some(text) => found.push(text.to_owned()),
            None if item.yaml == Yaml::Null => {}
            None => diagnostics
                .warn(item.at, format!("`{key}` should contain text, not {}", item.kind())),
        }
    }
    found
}

/// The logs that a `logsource` selects, or why it selects neither.
///
/// Facts: Rules Specification, "LogSource"; Taxonomy Appendix, "Cloud": CloudTrail is product `aws`
/// and service `cloudtrail`. It has no name for S3 access logs, so they are service `s3-access`
/// here. A missing part matches any value.
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
