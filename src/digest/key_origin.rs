//! Public keys that lie among the files they are to prove: whoever can change the files can put keys among them.

use std::collections::BTreeMap;

use super::model::{Chain, Kind, Problem};
use crate::clock::{DAY, rfc3339};
use crate::ui::shell::CommandLine;

/// A problem for each region, with the command that fetches its keys from AWS. Names of regions come from the tree.
pub fn problems(chains: &[Chain]) -> Vec<Problem> {
    let mut regions: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for chain in chains {
        let (Some(from), Some(to)) = (chain.from, chain.to) else { continue };
        let span = regions.entry(&chain.id.region).or_insert((from, to));
        *span = (span.0.min(from), span.1.max(to));
    }
    let problem = |(region, (from, to)): (&str, (i64, i64))| {
        let fetch = CommandLine::new("aws cloudtrail list-public-keys")
            .option("--region", region)
            .option("--start-time", &rfc3339(from - DAY))
            .option("--end-time", &rfc3339(to + DAY))
            .then("--output json");
        let why = "the public keys lie among the files that they are to prove, and whoever can change the files can \
                   put keys among them; fetch the keys and give them with --public-keys FILE";
        Problem::new(Kind::KeysInTree, fetch.after(why))
    };
    let mut problems: Vec<Problem> = regions.into_iter().map(problem).collect();
    if problems.is_empty() {
        let why = "the public keys lie among the files that they are to prove; give them with --public-keys FILE";
        problems.push(Problem::new(Kind::KeysInTree, why));
    }
    problems
}
