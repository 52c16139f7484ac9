//! Damage to digests and to the chain.

use std::fs;

use super::exports::gz;
use super::*;

fn gap(v: &Verification) -> Vec<(String, String, i64, Cause)> {
    let time = crate::clock::rfc3339;
    let gaps = v.chains.iter().flat_map(|c| &c.gaps);
    gaps.map(|g| (time(g.from), time(g.to), g.seconds, g.cause)).collect()
}

fn hours(from: u32, to: u32, cause: Cause) -> (String, String, i64, Cause) {
    let at = |hour| format!("2026-11-01T{hour:02}:01:31Z");
    (at(from), at(to), i64::from(to - from) * 3600, cause)
}

#[test]
fn a_changed_digest_is_invalid_and_covers_nothing() {
    let scene = Scene::new();
    let hour = &scene.hours[2];
    scene.export.edit(&hour.digest, "h2n0.json", "h9n0.json");
    let v = scene.verify();
    assert_eq!(
        problems_of(&v),
        [
            (Kind::DigestSignature, scene.path(&hour.digest)),
            (Kind::LogUnvouched, scene.path(&hour.logs[1])),
            (Kind::LogInGap, scene.path(&hour.logs[0])),
        ]
    );
    assert_eq!(gap(&v), [hours(2, 3, Cause::DigestInvalid)]);
    assert_eq!((v.chains[0].digests.invalid, v.chains[0].logs), (1, log_counts(8, 8, 0, 0)));
    assert_eq!(v.verdict(), Verdict::Invalid);
}

#[test]
fn without_keys_the_next_digests_hash_reveals_a_change() {
    let scene = Scene::plain();
    scene.export.remove("cloudtrail-public-keys-us-east-1.json");
    scene.export.edit(&scene.hours[2].digest, "\"newestEventTime\"", "\"newestEventtime\"");
    let v = scene.verify();
    let (invalid, rest): (Vec<_>, Vec<_>) =
        problems_of(&v).into_iter().partition(|(kind, _)| kind.grade() == Grade::Invalid);
    assert_eq!(invalid, [(Kind::DigestHash, scene.path(&scene.hours[2].digest))]);
    let rest: Vec<_> = rest.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(rest[..2], [Kind::NoKeys, Kind::HeadUnsigned]);
    assert_eq!(gap(&v), [hours(2, 3, Cause::DigestInvalid)]);
}

#[test]
fn removed_digests_leave_an_exact_gap() {
    let scene = Scene::new();
    scene.export.remove(&scene.hours[1].digest);
    scene.export.remove(&scene.hours[2].digest);
    let v = scene.verify();
    let (invalid, rest): (Vec<_>, Vec<_>) =
        problems_of(&v).into_iter().partition(|(kind, _)| kind.grade() == Grade::Invalid);
    assert_eq!(invalid, [(Kind::DigestMissing, s3(&scene.hours[2].digest))]);
    assert!(v.problems[0].detail.contains("2026-11-01 01:01:31 to 2026-11-01 03:01:31 UTC (2 h)"));
    let logs = scene.hours[1].logs.iter().chain(&scene.hours[2].logs);
    let expected: Vec<_> = logs.map(|l| (Kind::LogInGap, scene.path(l))).collect();
    assert_eq!(rest, expected);
    assert_eq!(gap(&v), [hours(1, 3, Cause::DigestMissing)]);
    assert_eq!(v.chains[0].head, Head::Signed);
}

#[test]
fn a_digest_is_missing_too_if_only_bad_ones_are_before_it() {
    let scene = Scene::new();
    scene.export.remove(&scene.hours[1].digest);
    let missing = (Kind::DigestMissing, s3(&scene.hours[1].digest));
    scene.export.edit(&scene.hours[0].digest, "h0n0.json", "h9n0.json");
    let v = scene.verify();
    assert_eq!(problems_of(&v)[1], missing);
    assert!(v.problems[1].detail.contains("before 2026-11-01 02:01:31 UTC are not covered"));
    fs::write(scene.export.path(&scene.hours[0].digest), "").unwrap();
    assert!(problems_of(&scene.verify()).contains(&missing));
    scene.export.remove(&scene.hours[0].digest);
    assert!(!problems_of(&scene.verify()).contains(&missing), "an export may begin there");
}

#[test]
fn each_side_of_a_gap_has_its_own_head() {
    let scene = Scene::plain();
    scene.export.remove(&scene.hours[2].digest);
    for log in &scene.hours[2].logs {
        scene.export.remove(log);
    }
    let v = scene.verify();
    assert_eq!(
        problems_of(&v),
        [
            (Kind::DigestMissing, s3(&scene.hours[2].digest)),
            (Kind::HeadUnsigned, scene.path(&scene.hours[1].digest)),
            (Kind::HeadUnsigned, scene.path(&scene.hours[4].digest)),
        ]
    );
}

#[test]
fn a_truncated_digest_is_not_reported_as_missing() {
    let scene = Scene::new();
    let path = scene.export.path(&scene.hours[2].digest);
    let whole = fs::read(&path).unwrap();
    for (bytes, says) in [
        (&whole[..whole.len() - 20], "truncated"),
        (&gz(b"{\"a\":1}")[..], "missing field"),
        (b"", "EOF"),
        (&gz(b"not json")[..], "expected"),
    ] {
        fs::write(&path, bytes).unwrap();
        let v = scene.verify();
        let (kind, file) = &problems_of(&v)[0];
        assert_eq!((*kind, file), (Kind::DigestFormat, &scene.path(&scene.hours[2].digest)));
        assert!(v.problems[0].detail.contains(says), "{}", v.problems[0].detail);
        assert!(!kinds(&v).contains(&Kind::DigestMissing));
        assert_eq!(gap(&v), [hours(2, 3, Cause::DigestInvalid)]);
        assert_eq!((v.chains[0].digests.total, v.chains[0].digests.invalid), (5, 1));
    }
}

#[test]
fn a_moved_digest_is_found_and_still_counts() {
    let of = |scene: Scene, new: &str, expected: &[Kind]| {
        let digest = &scene.hours[2].digest;
        scene.export.rename(digest, new);
        let v = scene.verify();
        assert_eq!(kinds(&v), expected);
        assert_eq!(v.problems[0].object, Some(s3(digest)));
        assert_eq!(v.problems[0].file, Some(scene.path(new)));
        assert_eq!((gap(&v), v.chains[0].logs.valid), (vec![], 10));
        assert_eq!(v.verdict(), Verdict::Invalid);
    };
    let other = "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/11/09/d.json.gz";
    of(Scene::new(), other, &[Kind::DigestMoved]);
    of(Scene::plain(), other, &[Kind::DigestMoved, Kind::HeadUnsigned]);
    of(Scene::plain(), "stray.json", &[Kind::DigestMoved, Kind::HeadUnsigned]);
}

#[test]
fn a_digest_that_overwrites_another_leaves_it_missing() {
    let scene = Scene::plain();
    let [one, two] = [&scene.hours[1].digest, &scene.hours[2].digest];
    fs::copy(scene.export.path(one), scene.export.path(two)).unwrap();
    let v = scene.verify();
    let expected = [(Kind::DigestMissing, s3(two)), (Kind::DigestMoved, scene.path(two))];
    assert_eq!(problems_of(&v)[..2], expected);
    assert_eq!((v.counts.copies, gap(&v)), (1, vec![hours(2, 3, Cause::DigestMissing)]));
}

#[test]
fn an_object_list_shows_that_a_digest_was_moved() {
    let mut scene = Scene::new();
    let line = scene.export.objects.iter_mut().find(|o| o["key"] == scene.hours[1].digest).unwrap();
    line["bucket"] = "copy".into();
    scene.export.write_objects();
    let v = scene.verify();
    assert_eq!(problems_of(&v), [(Kind::DigestMoved, scene.path(&scene.hours[1].digest))]);
    assert!(v.problems[0].detail.contains("collected from s3://copy/AWSLogs/"));
}

#[test]
fn bytes_after_a_digest_are_found() {
    let scene = Scene::new();
    scene.export.append(&scene.hours[2].digest, &gz(b"{}"));
    let v = scene.verify();
    assert_eq!(problems_of(&v), [(Kind::DigestAppended, scene.path(&scene.hours[2].digest))]);
    assert_eq!(v.chains[0].digests.signed, 5);
}

#[test]
fn statements_of_a_changed_digest_do_not_count() {
    let scene = Scene::plain();
    let [before, changed, newest] = [2, 3, 4].map(|n| scene.path(&scene.hours[n].digest));
    let signature = "\"previousDigestSignature\":\"";
    scene.export.edit(&scene.hours[3].digest, signature, &format!("{signature}00\",\"x\":\""));
    let v = scene.verify();
    assert_eq!(
        problems_of(&v)[..3],
        [
            (Kind::DigestSignature, changed),
            (Kind::HeadUnsigned, before),
            (Kind::HeadUnsigned, newest),
        ]
    );
    assert_eq!(gap(&v), [hours(3, 4, Cause::DigestInvalid)]);
    assert_eq!(v.chains[0].logs, log_counts(8, 8, 0, 0).unsigned(4));
}

#[test]
fn an_unsigned_digest_cannot_discredit_a_signed_one() {
    let scene = Scene::plain();
    let newest = &scene.hours[4].digest;
    let hash = "\"previousDigestHashValue\":\"";
    scene.export.edit(newest, hash, &format!("{hash}{}\",\"x\":\"", "0".repeat(64)));
    let v = scene.verify();
    assert_eq!(problems_of(&v)[0], (Kind::DigestLink, scene.path(newest)));
    assert!(!kinds(&v).contains(&Kind::DigestHash));
    assert_eq!((v.chains[0].digests.signed, v.chains[0].digests.invalid), (4, 1));
    assert_eq!(v.chains[0].logs, log_counts(8, 8, 0, 0));
}

#[test]
fn two_versions_of_a_digest_are_distinguished() {
    let scene = Scene::plain();
    let digest = &scene.hours[2].digest;
    let copy = format!("other/{digest}");
    scene.export.rename(digest, &copy);
    fs::copy(scene.export.path(&copy), scene.export.path(digest)).unwrap();
    scene.export.edit(&copy, "\"newestEventTime\"", "\"newestEventtime\"");
    let v = scene.verify();
    assert_eq!(problems_of(&v)[0], (Kind::DigestSignature, scene.path(&copy)));
    assert_eq!((gap(&v), v.chains[0].logs.valid), (vec![], 10));
}
