//! Which digests count: each against its signature, and against what the next one says of it.

use std::collections::{BTreeMap, HashMap};

use super::file::{S3Object, SIGNATURE};
use super::keys::{Check, Keys};
use super::model::{Kind, Problem};
use super::nodes::Node;
use super::workers::each;

/// What is known of a digest's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    Valid,
    Failed,
    /// There is no key for it.
    NotChecked,
    /// There is no signature: no next digest, and no S3 metadata.
    NoSignature,
}

/// A signature that is claimed for a digest: by its S3 metadata, or by the next digest.
struct Claim<'a> {
    by: Option<usize>,
    signature: &'a str,
}

/// Judges all digests, the newest first: what a digest says of the one before it counts only if it counts
/// itself.
pub fn judge(nodes: &mut [Node<'_>], keys: &Keys, threads: usize, problems: &mut Vec<Problem>) {
    let checked = {
        let nodes = &*nodes;
        let mut next: HashMap<&S3Object, Vec<usize>> = HashMap::new();
        for (n, node) in nodes.iter().enumerate() {
            if let Some(previous) = &node.file.previous {
                next.entry(&previous.at).or_default().push(n);
            }
        }
        let all: Vec<usize> = (0..nodes.len()).collect();
        each(&all, threads, |n, (): &mut ()| {
            let next = next.get(&nodes[*n].file.at).map_or(&[][..], |n| n);
            checks(&nodes[*n], nodes, next, keys)
        })
    };
    let mut newest_first: Vec<usize> = (0..nodes.len()).collect();
    newest_first.sort_by_key(|n| std::cmp::Reverse((nodes[*n].file.end, nodes[*n].file.start)));
    let mut no_key: BTreeMap<(String, String), u64> = BTreeMap::new();
    for n in newest_first {
        signature(n, nodes, &checked[n], problems, &mut no_key);
        hash(n, nodes, &checked[n], problems);
    }
    if keys.is_empty() && !nodes.is_empty() {
        let detail = "no public keys: signatures were not checked; hashes and the chain were";
        problems.push(Problem::new(Kind::NoKeys, detail));
        return;
    }
    for ((region, fingerprint), digests) in no_key {
        let detail = format!(
            "public key not found in region {region} for fingerprint {fingerprint}: \
             the signatures of {digests} digests were not checked"
        );
        problems.push(Problem::new(Kind::KeyNotFound, detail));
    }
}

/// The result of every claim, with who made it.
type Checks = Vec<(Option<usize>, Option<Check>)>;

fn checks(node: &Node<'_>, nodes: &[Node<'_>], next: &[usize], keys: &Keys) -> Checks {
    let own = node.metadata.and_then(|m| m.signature.as_deref());
    let own = own.map(|signature| Claim { by: None, signature });
    let by_next = next.iter().filter_map(|n| {
        let previous = nodes[*n].file.previous.as_ref()?;
        Some(Claim { by: Some(*n), signature: &previous.signature })
    });
    let known = known_algorithm(node);
    let text = node.file.signed_text(&node.sha256);
    let region = node.region.as_deref();
    let mut done: Vec<(&str, Check)> = Vec::new();
    let mut check = |signature| match done.iter().find(|(s, _)| *s == signature) {
        Some((_, result)) => *result,
        None => {
            let result = keys.check(region, &node.file.fingerprint, &text, signature);
            done.push((signature, result));
            result
        }
    };
    own.into_iter()
        .chain(by_next)
        .map(|claim| (claim.by, known.then(|| check(claim.signature))))
        .collect()
}

fn known_algorithm(node: &Node<'_>) -> bool {
    let of_object = node.metadata.and_then(|m| m.algorithm.as_deref());
    node.file.algorithm == SIGNATURE && of_object.is_none_or(|a| a == SIGNATURE)
}

fn problem(node: &Node<'_>, kind: Kind, detail: impl Into<String>) -> Problem {
    Problem::new(kind, detail).file(node.object.found.name()).object(&node.file.at)
}

fn signature(
    n: usize,
    nodes: &mut [Node<'_>],
    checks: &Checks,
    problems: &mut Vec<Problem>,
    no_key: &mut BTreeMap<(String, String), u64>,
) {
    let counting: Vec<_> =
        checks.iter().filter(|(by, _)| by.is_none_or(|next| !nodes[next].bad)).collect();
    let failed: Vec<Option<usize>> = counting
        .iter()
        .filter(|(_, check)| *check == Some(Check::Failed))
        .map(|(by, _)| *by)
        .collect();
    let is = |wanted: Check| checks.iter().any(|(_, check)| *check == Some(wanted));
    nodes[n].signed = if is(Check::Valid) {
        for by in failed {
            match by {
                None => problems.push(problem(
                    &nodes[n],
                    Kind::DigestSignature,
                    "the signature in its S3 metadata is not its own; the one in the next digest is",
                )),
                Some(next) => contradicts(next, nodes, "signature", problems),
            }
        }
        Signed::Valid
    } else if !failed.is_empty() {
        problems.push(problem(&nodes[n], Kind::DigestSignature, "signature verification failed"));
        nodes[n].bad = true;
        Signed::Failed
    } else if counting.is_empty() {
        let detail = "head not signed-for: its signature is in its S3 metadata, which is not here";
        problems.push(problem(&nodes[n], Kind::HeadUnsigned, detail));
        Signed::NoSignature
    } else if !known_algorithm(&nodes[n]) {
        let detail = format!("signature not checked: its algorithm is not {SIGNATURE}");
        problems.push(problem(&nodes[n], Kind::AlgorithmUnknown, detail));
        Signed::NotChecked
    } else {
        if is(Check::NoKey) {
            let region = nodes[n].region.clone().unwrap_or_else(|| "unknown".to_string());
            *no_key.entry((region, nodes[n].file.fingerprint.clone())).or_default() += 1;
        }
        Signed::NotChecked
    };
}

/// Compares the digest with the hash that the next one names.
fn hash(n: usize, nodes: &mut [Node<'_>], checks: &Checks, problems: &mut Vec<Problem>) {
    for next in checks.iter().filter_map(|(by, _)| *by) {
        let previous = nodes[next].file.previous.as_ref();
        let same = previous.is_some_and(|p| p.sha256 == nodes[n].sha256);
        if same || nodes[next].bad || nodes[n].bad {
            continue;
        }
        if nodes[n].signed == Signed::Valid {
            contradicts(next, nodes, "hash", problems);
            continue;
        }
        let detail = format!("hash value doesn't match the one in {}", nodes[next].file.at);
        problems.push(problem(&nodes[n], Kind::DigestHash, detail));
        nodes[n].bad = true;
    }
}

/// The digest `next` says something else than the signed-for digest before it.
fn contradicts(next: usize, nodes: &mut [Node<'_>], what: &str, problems: &mut Vec<Problem>) {
    if nodes[next].bad {
        return;
    }
    let detail = format!(
        "the {what} it names for the previous digest is not that digest's, which is signed for"
    );
    problems.push(problem(&nodes[next], Kind::DigestLink, detail));
    nodes[next].bad = true;
}
