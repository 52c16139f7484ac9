//! `--set KEY=VALUE`: facts of the notification clocks.

use crate::cli::error::CommandError;

/// Splits each `KEY=VALUE` in two.
///
/// # Errors
/// Without a `=`.
pub fn pairs(sets: &[String]) -> Result<Vec<(String, String)>, CommandError> {
    let pair = |set: &String| match set.split_once('=') {
        Some((key, value)) => Ok((key.trim().to_string(), value.trim().to_string())),
        None => Err(CommandError::usage(format!("--set {set}: write KEY=VALUE"))
            .hint("`incident clocks CASE` lists the keys while no regime is set")),
    };
    sets.iter().map(pair).collect()
}
