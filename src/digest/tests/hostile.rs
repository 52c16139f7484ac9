//! Files made to mislead or break the verification.

use std::fs;
use std::io::Write;

use serde_json::json;

use super::exports::gz;
use super::*;

#[test]
fn a_decompression_bomb_is_a_problem_of_that_file() {
    let scene = Scene::new();
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..80 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    for key in [&scene.hours[1].logs[0], &scene.hours[1].digest] {
        let scene = Scene::new();
        fs::write(scene.export.path(key), &bomb).unwrap();
        let v = scene.verify();
        let problem = v.problems.iter().find(|p| p.file == Some(scene.path(key))).unwrap();
        assert!(matches!(problem.kind, Kind::LogDamaged | Kind::DigestFormat));
        let says = &problem.detail;
        assert!(says.contains("bomb") || says.contains("too large for a digest"), "{says}");
        assert_eq!(v.chains[0].digests.total, 5);
    }
}

#[test]
fn digests_that_name_each_other_or_themselves_end() {
    let signer = Signer::one();
    let scene = Scene::with(|export| {
        let mut trail = Trail::new(&signer);
        let (a, b) = (trail.digest_key(0), trail.digest_key(1));
        let name = |key: String| {
            move |d: &mut serde_json::Value| {
                d["previousDigestS3Bucket"] = exports::BUCKET.into();
                d["previousDigestS3Object"] = key.clone().into();
                d["previousDigestHashValue"] = "00".repeat(32).into();
                d["previousDigestHashAlgorithm"] = "SHA-256".into();
                d["previousDigestSignature"] = "00".into();
            }
        };
        let own = trail.digest_key(2);
        vec![
            export.hour(&mut trail, 0, name(b)),
            export.hour(&mut trail, 1, name(a)),
            export.hour(&mut trail, 2, name(own)),
        ]
    });
    let v = scene.verify();
    assert_eq!((v.verdict(), v.chains[0].digests.total), (Verdict::Invalid, 3));
}

#[test]
fn an_object_list_with_broken_lines_is_used_and_reported() {
    let scene = Scene::new();
    scene.export.append(
        "objects.jsonl",
        b"\n{\"bucket\":1}\n\xff\n{\"bucket\":\"b\",\"key\":\"k\",\"metadata\":null}\n",
    );
    let v = scene.verify();
    assert_eq!(kinds(&v), [Kind::ObjectList, Kind::ObjectList]);
    assert!(v.problems[0].detail.starts_with("line 17 "), "{}", v.problems[0].detail);
    assert_eq!(v.chains[0].head, Head::Signed);
}

#[test]
fn an_endless_line_is_not_read_into_memory() {
    let scene = Scene::new();
    scene.export.append("objects.jsonl", &vec![b' '; 3 << 20]);
    scene.export.append("objects.jsonl", &vec![b'{'; 3 << 20]);
    let v = scene.verify();
    assert_eq!(kinds(&v), [Kind::ObjectList]);
    assert!(v.problems[0].detail.contains("too long"), "{}", v.problems[0].detail);
}

#[test]
fn a_listed_file_outside_of_the_tree_is_not_read() {
    let mut scene = Scene::new();
    for line in &mut scene.export.objects {
        line["file"] = json!("../../../../etc/passwd");
    }
    scene.export.write_objects();
    assert_eq!(kinds(&scene.verify()), [], "metadata still counts for the object it names");
}

#[test]
fn log_text_about_digests_is_not_a_digest() {
    let mut scene = Scene::new();
    let signer = Signer::one();
    let key = Trail::new(&signer).log_key(2, 30, "talks");
    let text = br#"{"Records":[{"requestParameters":{"digestS3Object":"x","digestEndTime":"y"}}]}"#;
    scene.export.put(&key, &gz(text), json!({}));
    assert_eq!(problems_of(&scene.verify()), [(Kind::LogInside, scene.path(&key))]);
}

#[test]
fn hostile_names_are_reported_unchanged() {
    let scene = Scene::new();
    let name = "AWSLogs/111122223333/CloudTrail/us-east-1/\u{1b}[2J\u{202e}\n.json";
    fs::write(scene.export.path(name), "{}").unwrap();
    assert_eq!(problems_of(&scene.verify()), [(Kind::LogInside, scene.path(name))]);
}

#[test]
fn random_damage_never_goes_unnoticed_and_never_panics() {
    let mut random = fastrand::Rng::with_seed(7);
    let scene = Scene::new();
    for _ in 0..200 {
        let hour = &scene.hours[random.usize(..5)];
        let key = if random.bool() { &hour.digest } else { &hour.logs[random.usize(..2)] };
        let whole = fs::read(scene.export.path(key)).unwrap();
        let mut bytes = whole.clone();
        // The gzip header's time, flags and system (RFC 1952, 2.3) do not change the content.
        let at = random.usize(10..bytes.len());
        bytes[at] ^= random.u8(1..);
        fs::write(scene.export.path(key), &bytes).unwrap();
        let v = scene.verify();
        assert_eq!(v.verdict(), Verdict::Invalid, "{key}: byte {at}");
        assert!(
            v.problems.iter().any(|p| p.file == Some(scene.path(key))),
            "{:?}",
            problems_of(&v)
        );
        fs::write(scene.export.path(key), &whole).unwrap();
    }
}
