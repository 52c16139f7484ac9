//! The keys of `incident.toml`: text → one file's settings, checked. Opens no other file.

use std::path::{Path, PathBuf};

use ipnet::IpNet;
use toml::de::DeTable;

use crate::config::allow::{Allow, Source};
use crate::config::document::{Document, Value};
use crate::config::error::{ConfigError, Location, Problem};
use crate::config::ranges::Ranges;
use crate::config::rows::Origin;
use crate::config::settings::Group;

const KEYS: [&str; 11] = [
    "allow",
    "aws_ranges",
    "baseline_days",
    "detect",
    "geoip",
    "intel",
    "known_accounts",
    "known_organizations",
    "own_range_files",
    "own_ranges",
    "threads",
];
const ALLOW_KEYS: [&str; 7] =
    ["file", "principal", "reason", "rule", "source", "until", "user_agent"];

/// More threads than this must be a mistake.
pub const MAX_THREADS: usize = 1024;

/// The settings of one file.
#[derive(Debug, Default)]
pub struct ParsedFile {
    pub baseline_days: Option<Located<f64>>,
    pub threads: Option<Located<usize>>,
    pub geoip: Option<Located<PathBuf>>,
    pub aws_ranges: Option<Located<PathBuf>>,
    pub known_accounts: Vec<Located<String>>,
    pub known_organizations: Vec<Located<String>>,
    pub own_ranges: Vec<Located<IpNet>>,
    pub own_range_files: Vec<Located<PathBuf>>,
    pub allow: Vec<AllowEntry>,
    pub intel_files: Vec<Located<PathBuf>>,
    pub settings: Vec<Assignment>,
}

/// A value and its location.
#[derive(Debug)]
pub struct Located<T> {
    pub value: T,
    pub at: Location,
}

/// One `[[allow]]` entry. The ranges of `file` are not read yet.
#[derive(Debug)]
pub struct AllowEntry {
    pub allow: Allow,
    pub file: Option<Located<PathBuf>>,
}

/// One number of `[detect."…"]`. Its group and name exist.
#[derive(Debug)]
pub struct Assignment {
    pub group: &'static str,
    pub name: &'static str,
    pub value: Located<f64>,
}

/// Reads `text`, which is the content of `path`.
///
/// # Errors
/// At the first invalid syntax, key, type or value.
pub fn parse(path: &Path, text: &str, groups: &[Group]) -> Result<ParsedFile, ConfigError> {
    let doc = Document { path, text };
    let mut parsed = ParsedFile::default();
    for (key, value) in doc.parse()? {
        let at = doc.at(key.span());
        match key.get_ref().as_ref() {
            "baseline_days" => {
                let value = doc.number("baseline_days", &value)?;
                parsed.baseline_days = Some(Located { value, at });
            }
            "threads" => {
                let threads = doc.whole_number("threads", &value)?;
                let value = check_threads(threads)
                    .map_err(|problem| doc.invalid(&value, format!("`threads` {problem}")))?;
                parsed.threads = Some(Located { value, at });
            }
            "geoip" => {
                parsed.geoip = Some(Located { value: doc.file("geoip", &value)?, at });
            }
            "aws_ranges" => {
                parsed.aws_ranges = Some(Located { value: doc.file("aws_ranges", &value)?, at });
            }
            "known_accounts" => {
                for item in doc.list("known_accounts", &value)? {
                    let value = doc.account("known_accounts", item)?;
                    parsed.known_accounts.push(Located { value, at: doc.at(item.span()) });
                }
            }
            "known_organizations" => {
                for item in doc.list("known_organizations", &value)? {
                    let value = doc.organization("known_organizations", item)?;
                    parsed.known_organizations.push(Located { value, at: doc.at(item.span()) });
                }
            }
            "own_ranges" => {
                for item in doc.list("own_ranges", &value)? {
                    let net = doc.range("own_ranges", item)?;
                    parsed.own_ranges.push(Located { value: net, at: doc.at(item.span()) });
                }
            }
            "own_range_files" => {
                for item in doc.list("own_range_files", &value)? {
                    let file = doc.file("own_range_files", item)?;
                    parsed.own_range_files.push(Located { value: file, at: doc.at(item.span()) });
                }
            }
            "allow" => {
                for item in doc.list("allow", &value)? {
                    parsed.allow.push(allow_entry(doc, item)?);
                }
            }
            "intel" => intel(doc, doc.table("intel", &value)?, &mut parsed.intel_files)?,
            "detect" => detect(doc, doc.table("detect", &value)?, groups, &mut parsed.settings)?,
            other => return Err(Problem::unknown("key", other, KEYS.into_iter()).at(at)),
        }
    }
    Ok(parsed)
}

/// # Errors
/// The rule that `threads` violates, as the end of a sentence.
pub fn check_threads(threads: usize) -> Result<usize, String> {
    match threads {
        1..=MAX_THREADS => Ok(threads),
        _ => Err(format!("must be 1 to {MAX_THREADS}")),
    }
}

fn allow_entry<'a>(doc: Document<'a>, item: &Value<'a>) -> Result<AllowEntry, ConfigError> {
    let at = doc.at(item.span());
    let mut allow = Allow {
        source: None,
        principal: None,
        user_agent: None,
        rule: None,
        until: None,
        reason: String::new(),
        origin: Origin::File { path: at.path.clone(), line: at.line },
    };
    let mut file = None;
    for (key, value) in doc.table("allow", item)? {
        let key_at = doc.at(key.span());
        match key.get_ref().as_ref() {
            "source" => allow.source = Some(source(doc, value)?),
            "file" => file = Some(Located { value: doc.file("file", value)?, at: key_at }),
            "principal" => allow.principal = Some(doc.pattern("principal", value)?),
            "user_agent" => allow.user_agent = Some(doc.pattern("user_agent", value)?),
            "rule" => allow.rule = Some(doc.pattern("rule", value)?),
            "until" => allow.until = Some(doc.until("until", value)?),
            "reason" => allow.reason = doc.string("reason", value)?.trim().to_string(),
            other => {
                return Err(
                    Problem::unknown("key in [[allow]]", other, ALLOW_KEYS.into_iter()).at(key_at)
                );
            }
        }
    }
    let entry = AllowEntry { allow, file };
    check_allow_entry(&entry, at)?;
    Ok(entry)
}

/// Rules that involve several keys. `at` is where the entry begins.
fn check_allow_entry(entry: &AllowEntry, at: Location) -> Result<(), ConfigError> {
    let AllowEntry { allow, file } = entry;
    if allow.reason.is_empty() {
        return Err(Problem::new("an [[allow]] entry needs a reason")
            .hint("add `reason = \"…\"`; the report shows it")
            .at(at));
    }
    if let (Some(file), Some(_)) = (file, &allow.source) {
        return Err(Problem::new("an [[allow]] entry cannot have both `source` and `file`")
            .hint("write one entry for each")
            .at(file.at.clone()));
    }
    if file.is_none()
        && allow.source.is_none()
        && allow.principal.is_none()
        && allow.user_agent.is_none()
    {
        return Err(Problem::new("an [[allow]] entry needs at least one condition")
            .hint("add one of `source`, `file`, `principal`, `user_agent`")
            .at(at));
    }
    Ok(())
}

/// One range or a list of ranges.
fn source<'a>(doc: Document<'a>, value: &Value<'a>) -> Result<Source, ConfigError> {
    let nets: Vec<IpNet> = if value.get_ref().is_str() {
        vec![doc.range("source", value)?]
    } else {
        let items = doc.list("source", value)?;
        if items.is_empty() {
            return Err(doc.invalid(value, "`source` must not be empty".to_string()));
        }
        items.iter().map(|item| doc.range("source", item)).collect::<Result<_, _>>()?
    };
    let text: Vec<String> = nets.iter().map(IpNet::to_string).collect();
    Ok(Source { text: text.join(" or "), ranges: Ranges::new(nets) })
}

fn intel<'a>(
    doc: Document<'a>,
    table: &DeTable<'a>,
    files: &mut Vec<Located<PathBuf>>,
) -> Result<(), ConfigError> {
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "files" => {
                for item in doc.list("files", value)? {
                    files
                        .push(Located { value: doc.file("files", item)?, at: doc.at(item.span()) });
                }
            }
            other => {
                let problem = Problem::unknown("key in [intel]", other, ["files"].into_iter());
                return Err(problem.at(doc.at(key.span())));
            }
        }
    }
    Ok(())
}

fn detect<'a>(
    doc: Document<'a>,
    table: &DeTable<'a>,
    groups: &[Group],
    settings: &mut Vec<Assignment>,
) -> Result<(), ConfigError> {
    for (id, value) in table {
        let name = id.get_ref().as_ref();
        let Some(group) = groups.iter().find(|g| g.id == name) else {
            let mut problem = Problem::unknown("detector", name, groups.iter().map(|g| g.id));
            if let Some(group) = groups.iter().find(|g| unquoted(g.id, name, value)) {
                problem = problem.hint(format!("put the id in quotes: [detect.\"{}\"]", group.id));
            }
            return Err(problem.at(doc.at(id.span())));
        };
        for (key, value) in doc.table(name, value)? {
            let key_name = key.get_ref().as_ref();
            let Some(setting) = group.settings.iter().find(|s| s.name == key_name) else {
                let known = group.settings.iter().map(|s| s.name);
                let what = format!("setting of `{name}`:");
                return Err(Problem::unknown(&what, key_name, known).at(doc.at(key.span())));
            };
            let at = doc.at(key.span());
            let value = Located { value: doc.number(setting.name, value)?, at };
            settings.push(Assignment { group: group.id, name: setting.name, value });
        }
    }
    Ok(())
}

/// Whether `id` was written without quotes, which makes `s3.bulk-read` a table `s3` with a table
/// `bulk-read` in it.
fn unquoted(id: &str, first: &str, value: &Value<'_>) -> bool {
    id.split_once('.').is_some_and(|(a, b)| {
        let inner = value.get_ref().as_table();
        a == first && inner.is_some_and(|t| t.keys().any(|k| k.get_ref().as_ref() == b))
    })
}

#[cfg(test)]
mod tests;
