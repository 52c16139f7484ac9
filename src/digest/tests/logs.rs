//! Damage to log files.

use std::fs;

use super::exports::gz;
use super::*;

#[test]
fn a_changed_log_file_is_found() {
    let scene = Scene::new();
    let log = &scene.hours[2].logs[1];
    scene.export.edit(log, "2026-11-01T02", "2026-11-01T03");
    let v = scene.verify();
    assert_eq!(problems_of(&v), [(Kind::LogHash, scene.path(log))]);
    assert_eq!(v.problems[0].object, Some(s3(log)));
    assert_eq!(v.chains[0].logs, log_counts(10, 9, 1, 0));
    assert_eq!(v.verdict(), Verdict::Invalid);
}

#[test]
fn a_removed_log_file_is_reported_as_missing() {
    let scene = Scene::new();
    let log = &scene.hours[2].logs[0];
    scene.export.remove(log);
    let v = scene.verify();
    assert_eq!(problems_of(&v), [(Kind::LogMissing, s3(log))]);
    assert_eq!(v.chains[0].logs, log_counts(10, 9, 0, 1));
    assert_eq!(v.verdict(), Verdict::Invalid);
}

#[test]
fn bytes_after_the_first_member_are_found() {
    for bytes in [gz(br#"{"Records":[{}]}"#), b"x".to_vec(), vec![0]] {
        let scene = Scene::new();
        let log = &scene.hours[4].logs[0];
        scene.export.append(log, &bytes);
        let v = scene.verify();
        assert_eq!(problems_of(&v), [(Kind::LogAppended, scene.path(log))]);
        assert!(v.problems[0].detail.starts_with(&format!("{} bytes after", bytes.len())));
        assert_eq!(v.chains[0].logs, log_counts(10, 9, 1, 0));
    }
}

#[test]
fn a_truncated_log_file_is_reported() {
    let scene = Scene::new();
    let log = &scene.hours[0].logs[0];
    let whole = fs::read(scene.export.path(log)).unwrap();
    fs::write(scene.export.path(log), &whole[..whole.len() - 9]).unwrap();
    let v = scene.verify();
    assert_eq!(problems_of(&v), [(Kind::LogDamaged, scene.path(log))]);
    assert!(v.problems[0].detail.contains("truncated"), "{}", v.problems[0].detail);
    fs::write(scene.export.path(log), [&whole[..12], b"garbage"].concat()).unwrap();
    assert_eq!(kinds(&scene.verify()), [Kind::LogDamaged]);
}

#[test]
fn a_moved_log_file_is_found_under_its_new_name() {
    let of = |new: &str, scene: Scene| {
        let log = &scene.hours[1].logs[0];
        scene.export.rename(log, new);
        let v = scene.verify();
        assert_eq!(problems_of(&v), [(Kind::LogMoved, scene.path(new))]);
        assert_eq!(v.problems[0].object, Some(s3(log)));
        assert_eq!((v.counts.logs_uncovered, v.chains[0].logs), (0, log_counts(10, 9, 1, 0)));
    };
    let folder = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/02";
    for new in [&format!("{folder}/x.json.gz"), "elsewhere/y.json", "z.json.gz"] {
        of(new, Scene::new());
    }
}

#[test]
fn an_object_from_another_bucket_has_been_moved() {
    let mut scene = Scene::new();
    let line =
        scene.export.objects.iter_mut().find(|o| o["key"] == scene.hours[1].logs[0]).unwrap();
    line["bucket"] = "copy-of-bucket".into();
    scene.export.write_objects();
    assert_eq!(
        problems_of(&scene.verify()),
        [(Kind::LogMoved, scene.path(&scene.hours[1].logs[0]))]
    );
}

#[test]
fn a_log_file_in_no_digest_is_not_covered() {
    let trail_signer = Signer::one();
    let trail = Trail::new(&trail_signer);
    let at = |hour, minute| trail.log_key(hour, minute, "planted");
    let odd = "AWSLogs/111122223333/CloudTrail/us-east-1/odd.json";
    let elsewhere = at(2, 30).replace("us-east-1", "eu-west-1");
    for (key, kind) in [
        (at(2, 30), Kind::LogInside),
        (at(5, 0), Kind::LogNewer),
        (at(4, 58), Kind::LogNewer),
        (at(4, 40), Kind::LogInside),
        (at(0, 0), Kind::LogOlder),
        (odd.to_string(), Kind::LogInside),
        (elsewhere, Kind::LogNoDigest),
    ] {
        let mut scene = Scene::new();
        scene.export.put(&key, &gz(key.as_bytes()), serde_json::json!({}));
        let v = scene.verify();
        assert_eq!(problems_of(&v), [(kind, scene.path(&key))]);
        assert_eq!((v.counts.logs_uncovered, v.verdict()), (1, Verdict::Incomplete));
        assert_eq!(v.chains[0].logs, log_counts(10, 10, 0, 0));
    }
}

#[test]
fn unpacked_log_files_are_verified_by_their_content() {
    let scene = Scene::plain();
    let log = &scene.hours[3].logs[0];
    let text = scene.export.unpacked(log);
    fs::write(scene.export.path(log.trim_end_matches(".gz")), &text).unwrap();
    scene.export.remove(log);
    assert_eq!(kinds(&scene.verify()), [Kind::HeadUnsigned]);
    // Some clients unpack and keep the name.
    fs::write(
        scene.export.path(&scene.hours[3].logs[1]),
        scene.export.unpacked(&scene.hours[3].logs[1]),
    )
    .unwrap();
    assert_eq!(kinds(&scene.verify()), [Kind::HeadUnsigned]);
    fs::write(scene.export.path(log.trim_end_matches(".gz")), text + " ").unwrap();
    assert_eq!(kinds(&scene.verify()), [Kind::LogHash, Kind::HeadUnsigned]);
}

#[test]
fn every_copy_of_a_log_file_is_checked() {
    let scene = Scene::new();
    let log = &scene.hours[3].logs[0];
    let copy = format!("second/{log}");
    scene.export.rename(log, &copy);
    fs::copy(scene.export.path(&copy), scene.export.path(log)).unwrap();
    let v = scene.verify();
    assert_eq!((kinds(&v), v.counts.copies), (vec![], 1));
    scene.export.edit(&copy, "eventID", "eventId");
    assert_eq!(problems_of(&scene.verify()), [(Kind::LogHash, scene.path(&copy))]);
}

#[test]
fn a_flat_folder_is_checked_by_name_and_reported() {
    let scene = Scene::plain();
    let name = |key: &str| key.rsplit('/').next().unwrap().to_string();
    for hour in &scene.hours {
        for key in hour.logs.iter().chain([&hour.digest]) {
            scene.export.rename(key, &name(key));
        }
    }
    let v = scene.verify();
    let (places, rest): (Vec<_>, Vec<_>) =
        kinds(&v).into_iter().partition(|k| *k == Kind::PlaceUnknown);
    assert_eq!((places.len(), rest), (15, vec![Kind::HeadUnsigned]));
    assert_eq!(v.chains[0].logs, log_counts(10, 10, 0, 0).unsigned(2));
    scene.export.edit(&name(&scene.hours[0].logs[0]), "eventID", "eventId");
    assert!(kinds(&scene.verify()).contains(&Kind::LogHash));
}

#[test]
fn a_hash_of_another_algorithm_is_not_reported_as_wrong() {
    let signer = Signer::one();
    let scene = Scene::with(|export| {
        export.write_keys(&signer, "us-east-1");
        let edit = |d: &mut serde_json::Value| d["logFiles"][0]["hashAlgorithm"] = "SHA-512".into();
        let hour = export.hour(&mut Trail::new(&signer), 0, edit);
        export.write_objects();
        vec![hour]
    });
    let v = scene.verify();
    assert_eq!(problems_of(&v), [(Kind::AlgorithmUnknown, scene.path(&scene.hours[0].logs[0]))]);
    assert_eq!((v.chains[0].logs.valid, v.chains[0].logs.unchecked), (1, 1));
}
