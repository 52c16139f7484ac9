//! STIX 2.1 patterns (section 9): text → conditions on single calls.
//!
//! Supported are `=`, `IN`, `ISSUBSET`, `LIKE` and `MATCHES` with `AND`, `OR` and brackets, on the fields of a call:
//! its source, user agent, access key and principal. Everything else is reported with the reason. One side of an `OR`
//! is used if the other cannot be; an `AND` is used only as a whole. Patterns over several observations (`AND` and
//! `FOLLOWEDBY` between square brackets, `WITHIN`, `REPEATS`) are not used: calls are checked one by one.

mod fields;
mod lex;
mod parse;

use super::condition::Condition;
use super::unused::Unused;

/// The longest pattern, in bytes.
const LENGTH: usize = 4 << 20;

/// The usable part of a pattern.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Usable {
    /// Alternatives: one must match, and an alternative matches if all of its conditions do.
    pub alternatives: Vec<Vec<Condition>>,
    /// Alternatives that cannot be used, each with its reason.
    pub unused: Vec<Unused>,
}

/// # Errors
/// Why no part of the pattern can be used.
pub fn read(pattern: &str) -> Result<Usable, Unused> {
    if pattern.len() > LENGTH {
        return Err(Unused::refused("a pattern longer than 4 MiB"));
    }
    let mut usable = parse::Parser::new(lex::tokens(pattern)?).parse()?;
    if usable.alternatives.iter().any(Vec::is_empty) {
        return Err(Unused::refused("matches every call"));
    }
    if usable.alternatives.is_empty() {
        let reason = usable.unused.into_iter().next();
        return Err(reason.unwrap_or_else(|| Unused::not_understood("an empty pattern")));
    }
    usable.unused.dedup();
    Ok(usable)
}

#[cfg(test)]
mod tests;
