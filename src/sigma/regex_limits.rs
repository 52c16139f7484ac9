//! Regular expressions that cannot exhaust time or memory.
//!
//! The `regex` crate matches in linear time. It does not support PCRE's look-around and back-references, which
//! the Modifiers Appendix does not list either.

use regex::{Regex, RegexBuilder};

/// The longest expression.
const LENGTH: usize = 16 * 1024;
/// The compiled size, in bytes.
const SIZE: usize = 1 << 20;
const NEST: u32 = 64;

pub fn build(text: &str, flags: &str) -> Result<Regex, String> {
    if text.len() > LENGTH {
        return Err(format!("the regular expression has more than {LENGTH} bytes"));
    }
    let built = RegexBuilder::new(text)
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'))
        .size_limit(SIZE)
        .dfa_size_limit(SIZE)
        .nest_limit(NEST)
        .build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            format!("the regular expression is too large: it compiles to more than {SIZE} bytes")
        }
        regex::Error::Syntax(message) => {
            // The last line is the message; the lines before it mark the location.
            let what = message.lines().last().unwrap_or_default();
            format!("not a regular expression: {}", what.trim_start_matches("error: "))
        }
        _ => "not a regular expression".to_owned(),
    })
}
