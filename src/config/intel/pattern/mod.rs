//! STIX 2.1 patterns (section 9): text → the conditions that single calls can be held against.
//!
//! Used are `=`, `IN`, `ISSUBSET`, `LIKE` and `MATCHES` with `AND`, `OR` and brackets, on what a call has: its
//! source, user agent, access key and principal. Everything else is named with the reason. Where one side of
//! an `OR` can be used, it is; an `AND` is used only whole. What needs several observations (`AND` and
//! `FOLLOWEDBY` between square brackets, `WITHIN`, `REPEATS`) is not used: calls are looked at one by one.

mod fields;
mod lex;
mod parse;

use super::unused::Unused;
use super::value::Test;

/// The longest pattern, in bytes.
const LENGTH: usize = 4 << 20;

/// What of a pattern can be used.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Usable {
    /// One of these must hold, and each holds if all of its conditions do.
    pub any: Vec<Vec<Test>>,
    /// Alternatives that cannot be used, each with its reason.
    pub unused: Vec<Unused>,
}

/// # Errors
/// Why nothing of the pattern can be used.
pub fn read(pattern: &str) -> Result<Usable, Unused> {
    if pattern.len() > LENGTH {
        return Err(Unused::refused("a pattern of more than 4 MiB"));
    }
    let mut usable = parse::Parser::new(lex::tokens(pattern)?).whole()?;
    if usable.any.iter().any(Vec::is_empty) {
        return Err(Unused::refused("holds for every call"));
    }
    if usable.any.is_empty() {
        let reason = usable.unused.into_iter().next();
        return Err(reason.unwrap_or_else(|| Unused::not_understood("an empty pattern")));
    }
    usable.unused.dedup();
    Ok(usable)
}

#[cfg(test)]
mod tests;
