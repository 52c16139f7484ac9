//! JSON templates: a dollar sign and a letter are replaced by a generated value.

use std::fmt::Write as _;

use crate::random::Random;
use crate::record::ACCOUNT;

/// `$A` the account, `$R` the region, `$N` a number below 100, `$H` the tail of a resource id,
/// `$U` a UUID, `$V` a long number, `$L` the word with which Lambda names its latest version.
pub fn fill(out: &mut String, template: &str, random: &mut Random, region: &str) {
    let mut parts = template.split('$');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        match part.as_bytes().first() {
            Some(b'A') => out.push_str(ACCOUNT),
            Some(b'R') => out.push_str(region),
            Some(b'N') => {
                let _ = write!(out, "{:02}", random.below(100));
            }
            Some(b'H') => out.push_str(&random.hex(17)),
            Some(b'U') => out.push_str(&random.uuid()),
            Some(b'L') => out.push_str("$LATEST"),
            Some(b'V') => {
                let _ = write!(out, "{}", random.between(100_000_000, 999_999_999));
            }
            _ => unreachable!("an unknown gap in {template}"),
        }
        out.push_str(&part[1..]);
    }
}
