//! Typed values from one TOML document. Every error names file, line and column. Knows no keys.

use std::ops::Range;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use ipnet::IpNet;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::allow::Pattern;
use crate::config::error::{ConfigError, Location, Problem};
use crate::config::ranges;
use crate::config::until::Until;

/// A value and its span in the document.
pub type Value<'a> = Spanned<DeValue<'a>>;

/// The document that values are read from. The readers take the key for their error messages.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

impl<'a> Document<'a> {
    /// # Errors
    /// If the text is not TOML.
    pub fn parse(&self) -> Result<DeTable<'a>, ConfigError> {
        match DeTable::parse(self.text) {
            Ok(root) => Ok(root.into_inner()),
            Err(error) => {
                let span = error.span().unwrap_or(self.text.len()..self.text.len());
                Err(Problem::new(error.message().replace('\n', "; ")).at(self.at(span)))
            }
        }
    }

    pub fn at(&self, span: Range<usize>) -> Location {
        Location::offset(self.path, self.text, span.start)
    }

    /// A finite number that is not negative.
    pub fn number(&self, key: &str, value: &Value) -> Result<f64, ConfigError> {
        let number = match value.get_ref() {
            DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix())
                .map(|n| n as f64)
                .map_err(|_| self.invalid(value, format!("`{key}` is out of range")))?,
            DeValue::Float(f) => f.as_str().parse().unwrap_or(f64::NAN),
            other => return Err(self.wrong_type(key, "a number", other, value)),
        };
        match check_number(number) {
            Ok(number) => Ok(number),
            Err(problem) => Err(self.invalid(value, format!("`{key}` {problem}"))),
        }
    }

    pub fn whole_number(&self, key: &str, value: &Value) -> Result<usize, ConfigError> {
        match value.get_ref() {
            DeValue::Integer(_) => Ok(self.number(key, value)? as usize),
            other => Err(self.wrong_type(key, "a whole number", other, value)),
        }
    }

    /// A string that is not blank.
    pub fn string<'v>(&self, key: &str, value: &'v Value) -> Result<&'v str, ConfigError> {
        match value.get_ref() {
            DeValue::String(s) if s.trim().is_empty() => {
                Err(self.invalid(value, format!("`{key}` must not be empty")))
            }
            DeValue::String(s) => Ok(s),
            other => Err(self.wrong_type(key, "a string", other, value)),
        }
    }

    /// A path. A relative one starts in the document's folder.
    pub fn file(&self, key: &str, value: &Value) -> Result<PathBuf, ConfigError> {
        let given = self.string(key, value)?;
        Ok(self.path.parent().unwrap_or(Path::new("")).join(given))
    }

    pub fn range(&self, key: &str, value: &Value) -> Result<IpNet, ConfigError> {
        ranges::parse(self.string(key, value)?).map_err(|problem| problem.at(self.at(value.span())))
    }

    /// An AWS account id.
    pub fn account(&self, key: &str, value: &Value) -> Result<String, ConfigError> {
        let id = self.string(key, value)?;
        let whole = id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
        self.id(whole, id, value, "is no account id", "write the 12 digits, as `\"111122223333\"`")
    }

    /// The id of an organization: `o-` and 10 to 32 letters and digits (Organizations API reference,
    /// "Organization").
    pub fn organization(&self, key: &str, value: &Value) -> Result<String, ConfigError> {
        let id = self.string(key, value)?;
        let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let whole = id
            .strip_prefix("o-")
            .is_some_and(|rest| (10..=32).contains(&rest.len()) && rest.bytes().all(lower));
        let hint = "`aws organizations describe-organization` prints it, as `o-a1b2c3d4e5`";
        self.id(whole, id, value, "is no organization id", hint)
    }

    fn id(
        &self,
        whole: bool,
        id: &str,
        value: &Value,
        problem: &str,
        hint: &str,
    ) -> Result<String, ConfigError> {
        if whole {
            return Ok(id.to_string());
        }
        let problem = Problem::new(format!("`{id}` {problem}")).hint(hint);
        Err(problem.at(self.at(value.span())))
    }

    /// A glob over the whole text, in which `*` also matches `/`.
    pub fn pattern(&self, key: &str, value: &Value) -> Result<Pattern, ConfigError> {
        let text = self.string(key, value)?;
        let glob = GlobBuilder::new(text).backslash_escape(true).build().map_err(|error| {
            self.invalid(value, format!("`{key}` is not a valid glob: {}", error.kind()))
        })?;
        Ok(Pattern::new(text, glob.compile_matcher()))
    }

    pub fn until(&self, key: &str, value: &Value) -> Result<Until, ConfigError> {
        match value.get_ref() {
            DeValue::Datetime(d) => Until::from_toml(d).ok_or_else(|| {
                self.invalid(
                    value,
                    format!("`{key}` must be a date that exists, such as `2026-12-31`"),
                )
            }),
            other => {
                let problem = wrong_type(key, "a date", other);
                let hint = "write it without quotes, as `2026-12-31`";
                Err(problem.hint(hint).at(self.at(value.span())))
            }
        }
    }

    pub fn list<'v>(
        &self,
        key: &str,
        value: &'v Value<'a>,
    ) -> Result<&'v [Value<'a>], ConfigError> {
        match value.get_ref() {
            DeValue::Array(items) => Ok(items),
            other => Err(self.wrong_type(key, "a list", other, value)),
        }
    }

    pub fn table<'v>(
        &self,
        key: &str,
        value: &'v Value<'a>,
    ) -> Result<&'v DeTable<'a>, ConfigError> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            other => Err(self.wrong_type(key, "a table", other, value)),
        }
    }

    pub fn invalid(&self, value: &Value, message: String) -> ConfigError {
        Problem::new(message).at(self.at(value.span()))
    }

    fn wrong_type(&self, key: &str, expected: &str, found: &DeValue, value: &Value) -> ConfigError {
        wrong_type(key, expected, found).at(self.at(value.span()))
    }
}

fn wrong_type(key: &str, expected: &str, found: &DeValue) -> Problem {
    let found = match found {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    Problem::new(format!("`{key}` must be {expected}, not {found}"))
}

/// Every number must be finite and not negative, in files and flags alike. -0 becomes 0.
///
/// # Errors
/// The rule that `number` violates, as the end of a sentence.
pub(super) fn check_number(number: f64) -> Result<f64, &'static str> {
    if !number.is_finite() {
        Err("must be a finite number")
    } else if number < 0.0 {
        Err("must not be negative")
    } else {
        Ok(number.abs())
    }
}
