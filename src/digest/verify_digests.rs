//! Verifies digests: each against its signatures, and against the hash in the next digest.

use std::collections::{BTreeMap, HashMap};

use super::digests::{Digest, SignatureStatus};
use super::file::{S3Object, SIGNATURE};
use super::keys::{Check, Keys};
use super::model::{Kind, Problem};
use super::parallel::map;
use crate::ui::number::counted;

/// A signature for a digest, from its S3 metadata (`by` is `None`) or from the next digest.
struct Claim<'a> {
    by: Option<usize>,
    signature: &'a str,
}

/// Verifies all digests, newest first: a digest's statement about the previous one counts only if the digest itself is
/// not invalid.
pub fn verify(
    digests: &mut [Digest<'_>],
    keys: &Keys,
    threads: usize,
    problems: &mut Vec<Problem>,
) {
    let checked = {
        let digests = &*digests;
        let mut next: HashMap<&S3Object, Vec<usize>> = HashMap::new();
        for (n, digest) in digests.iter().enumerate() {
            if let Some(previous) = &digest.file.previous {
                next.entry(&previous.at).or_default().push(n);
            }
        }
        let all: Vec<usize> = (0..digests.len()).collect();
        map(&all, threads, |n, (): &mut ()| {
            let next = next.get(&digests[*n].file.at).map_or(&[][..], |n| n);
            checks(&digests[*n], digests, next, keys)
        })
    };
    let mut newest_first: Vec<usize> = (0..digests.len()).collect();
    newest_first.sort_by_key(|n| std::cmp::Reverse((digests[*n].file.end, digests[*n].file.start)));
    let mut no_key: BTreeMap<(String, String), u64> = BTreeMap::new();
    for n in newest_first {
        signature(n, digests, &checked[n], problems, &mut no_key);
        hash(n, digests, &checked[n], problems);
    }
    if keys.is_empty() && !digests.is_empty() {
        let detail = "no public keys: signatures were not checked; hashes and the chain were";
        problems.push(Problem::new(Kind::NoKeys, detail));
        return;
    }
    for ((region, fingerprint), count) in no_key {
        let signatures = if count == 1 { "the signature" } else { "the signatures" };
        let digests = counted(count, "digest was", "digests were");
        let detail = format!(
            "public key not found in region {region} for fingerprint {fingerprint}: \
             {signatures} of {digests} not checked"
        );
        problems.push(Problem::new(Kind::KeyNotFound, detail));
    }
}

/// The result of every claim, with the digest that made it.
type Checks = Vec<(Option<usize>, Option<Check>)>;

fn checks(digest: &Digest<'_>, digests: &[Digest<'_>], next: &[usize], keys: &Keys) -> Checks {
    let own = digest.metadata.and_then(|m| m.signature.as_deref());
    let own = own.map(|signature| Claim { by: None, signature });
    let by_next = next.iter().filter_map(|n| {
        let previous = digests[*n].file.previous.as_ref()?;
        Some(Claim { by: Some(*n), signature: &previous.signature })
    });
    let supported = supported_algorithm(digest);
    let text = digest.file.signed_text(&digest.sha256);
    let region = digest.region.as_deref();
    let mut done: Vec<(&str, Check)> = Vec::new();
    let mut check = |signature| match done.iter().find(|(s, _)| *s == signature) {
        Some((_, result)) => *result,
        None => {
            let result = keys.check(region, &digest.file.fingerprint, &text, signature);
            done.push((signature, result));
            result
        }
    };
    own.into_iter()
        .chain(by_next)
        .map(|claim| (claim.by, supported.then(|| check(claim.signature))))
        .collect()
}

fn supported_algorithm(digest: &Digest<'_>) -> bool {
    let of_object = digest.metadata.and_then(|m| m.algorithm.as_deref());
    digest.file.algorithm == SIGNATURE && of_object.is_none_or(|a| a == SIGNATURE)
}

fn problem(digest: &Digest<'_>, kind: Kind, detail: impl Into<String>) -> Problem {
    Problem::new(kind, detail).file(digest.object.found.name()).object(&digest.file.at)
}

fn signature(
    n: usize,
    digests: &mut [Digest<'_>],
    checks: &Checks,
    problems: &mut Vec<Problem>,
    no_key: &mut BTreeMap<(String, String), u64>,
) {
    let trusted: Vec<_> =
        checks.iter().filter(|(by, _)| by.is_none_or(|next| !digests[next].invalid)).collect();
    let failed: Vec<Option<usize>> = trusted
        .iter()
        .filter(|(_, check)| *check == Some(Check::Failed))
        .map(|(by, _)| *by)
        .collect();
    let is = |result: Check| checks.iter().any(|(_, check)| *check == Some(result));
    digests[n].signature = if is(Check::Valid) {
        for by in failed {
            match by {
                None => problems.push(problem(
                    &digests[n],
                    Kind::DigestSignature,
                    "the signature in its S3 metadata is wrong; the one in the next digest is valid",
                )),
                Some(next) => contradicts(next, digests, "signature", problems),
            }
        }
        SignatureStatus::Valid
    } else if !failed.is_empty() {
        problems.push(problem(&digests[n], Kind::DigestSignature, "signature verification failed"));
        digests[n].invalid = true;
        SignatureStatus::Failed
    } else if trusted.is_empty() {
        let detail = "signature not checked: it is in the digest's S3 metadata, which is missing";
        problems.push(problem(&digests[n], Kind::HeadUnsigned, detail));
        SignatureStatus::NoSignature
    } else if !supported_algorithm(&digests[n]) {
        let detail = format!("signature not checked: unsupported algorithm (expected {SIGNATURE})");
        problems.push(problem(&digests[n], Kind::AlgorithmUnknown, detail));
        SignatureStatus::NotChecked
    } else {
        if is(Check::NoKey) {
            let region = digests[n].region.clone().unwrap_or_else(|| "unknown".to_string());
            *no_key.entry((region, digests[n].file.fingerprint.clone())).or_default() += 1;
        }
        SignatureStatus::NotChecked
    };
}

/// Compares a digest with the hash in the next one.
fn hash(n: usize, digests: &mut [Digest<'_>], checks: &Checks, problems: &mut Vec<Problem>) {
    for next in checks.iter().filter_map(|(by, _)| *by) {
        let previous = digests[next].file.previous.as_ref();
        let same = previous.is_some_and(|p| p.sha256 == digests[n].sha256);
        if same || digests[next].invalid || digests[n].invalid {
            continue;
        }
        if digests[n].signature == SignatureStatus::Valid {
            contradicts(next, digests, "hash", problems);
            continue;
        }
        let detail = format!("hash value doesn't match the one in {}", digests[next].file.at);
        problems.push(problem(&digests[n], Kind::DigestHash, detail));
        digests[n].invalid = true;
    }
}

/// Marks the digest `next` as invalid: it contradicts the previous digest, whose signature is valid.
fn contradicts(next: usize, digests: &mut [Digest<'_>], what: &str, problems: &mut Vec<Problem>) {
    if digests[next].invalid {
        return;
    }
    let detail =
        format!("it gives a wrong {what} for the previous digest, whose signature is valid");
    problems.push(problem(&digests[next], Kind::DigestLink, detail));
    digests[next].invalid = true;
}
