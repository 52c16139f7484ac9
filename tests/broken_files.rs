//! Damaged files and archives: everything before the break is kept, and each loss has its reason.

use std::time::{Duration, Instant};

use crate::support::logs::{document, record, records, text, with};
use crate::support::run::analyze_file;
use crate::support::{Env, pack};

/// Records that hardly shrink, so that a cut lies where it seems to.
fn content(count: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    let noise = |r: &mut fastrand::Rng| (0..400).map(|_| r.alphanumeric()).collect::<String>();
    let records: Vec<_> = (0..count)
        .map(|n| with(record(n), serde_json::json!({ "requestID": noise(&mut random) })))
        .collect();
    document(&records)
}

#[test]
fn a_truncated_gzip_keeps_everything_before_the_break() {
    let content = content(200);
    let gz = pack::gz(&content);
    let whole = analyze_file("x.json.gz", &gz).decoded();
    assert_eq!(whole, 200);
    let mut before = 0;
    for percent in [20, 50, 80, 99] {
        let analysis = analyze_file("x.json.gz", &gz[..gz.len() * percent / 100]);
        let decoded = analysis.decoded();
        assert!(decoded >= before && decoded >= 2 * percent as u64 - 6, "{percent} %: {decoded}");
        before = decoded;
        assert!(analysis.account().starts_with("1 found, 1 read, 1 damaged; "), "{percent} %");
        let problems = analysis.problems();
        assert!(problems.contains(&"x.json.gz truncated gzip".to_string()), "{problems:?}");
        assert_eq!(analysis.code, 3);
    }
    let analysis = analyze_file("x.json.gz", &gz[..gz.len() - 4]);
    assert_eq!(analysis.account(), "1 found, 1 read, 1 damaged; 200 records, 200 decoded");
    assert_eq!(analysis.problems(), ["x.json.gz truncated gzip"], "only the check sum is missing");
}

#[test]
fn a_gzip_of_a_few_bytes_is_damaged_and_found() {
    let gz = pack::gz(&content(2));
    for length in [2, 5, 9, 10, 11] {
        let analysis = analyze_file("x.json.gz", &gz[..length]);
        assert_eq!(analysis.account(), "1 found, 0 read, 1 damaged; 0 records, 0 decoded");
        assert_eq!(analysis.problems(), ["x.json.gz truncated gzip"], "{length} bytes");
        assert_eq!(analysis.code, 3);
    }
}

#[test]
fn a_corrupt_gzip_keeps_everything_before_the_damage() {
    let mut gz = pack::gz(&content(200));
    let middle = gz.len() / 2;
    gz[middle..middle + 64].fill(0xff);
    let analysis = analyze_file("x.json.gz", &gz);
    assert!((80..=101).contains(&analysis.decoded()), "{}", analysis.account());
    let problems = analysis.problems();
    assert!(problems.contains(&"x.json.gz corrupt gzip".to_string()), "{problems:?}");
    assert_eq!(analysis.code, 3);
}

#[test]
fn a_wrong_check_sum_is_a_damage() {
    let mut gz = pack::gz(&content(5));
    let sum = gz.len() - 8;
    gz[sum] ^= 1;
    let analysis = analyze_file("x.json.gz", &gz);
    assert_eq!(analysis.account(), "1 found, 1 read, 1 damaged; 5 records, 5 decoded");
    assert_eq!(analysis.problems(), ["x.json.gz corrupt gzip"]);
    assert_eq!(analysis.code, 3);
}

#[test]
fn bytes_after_the_gzip_data_are_told_from_padding() {
    let gz = pack::gz(&content(3));
    let tail = [&gz[..], b"appended by somebody"].concat();
    let analysis = analyze_file("x.json.gz", &tail);
    assert_eq!(analysis.account(), "1 found, 1 read, 1 damaged; 3 records, 3 decoded");
    assert_eq!(analysis.problems(), ["x.json.gz bytes after the gzip data"]);
    assert_eq!(analysis.code, 3);
    let analysis = analyze_file("x.json.gz", [&gz[..], &[0; 512]].concat());
    assert_eq!(analysis.account(), "1 found, 1 read; 3 records, 3 decoded");
    assert_eq!(analysis.code, 0);
}

#[test]
fn a_second_member_that_is_cut_keeps_the_first() {
    let lines = |from: u64, to: u64| (from..to).map(|n| text(&record(n)) + "\n").collect();
    let (a, b): (String, String) = (lines(0, 50), lines(50, 100));
    let second = pack::gz(b.as_bytes());
    let joined = [&pack::gz(a.as_bytes()), &second[..second.len() / 2]].concat();
    let analysis = analyze_file("x.jsonl.gz", joined);
    assert!((50..100).contains(&analysis.decoded()), "{}", analysis.account());
    assert!(analysis.problems().contains(&"x.jsonl.gz truncated gzip".to_string()));
    assert_eq!(analysis.code, 3);
}

#[test]
fn a_broken_zstd_keeps_everything_before_the_break() {
    let content = content(3000);
    let zst = pack::zst(&content);
    let analysis = analyze_file("x.json.zst", &zst[..zst.len() / 2]);
    assert!(analysis.decoded() > 1000, "{}", analysis.account());
    let problems = analysis.problems();
    assert!(problems.contains(&"x.json.zst corrupt zstd".to_string()), "{problems:?}");
    assert_eq!(analysis.code, 3);
    let analysis = analyze_file("y.json.zst", &zst[..8]);
    assert_eq!(analysis.account(), "1 found, 0 read, 1 damaged; 0 records, 0 decoded");
    assert_eq!((analysis.problems(), analysis.code), (vec!["y.json.zst corrupt zstd".into()], 3));
}

/// `head`, then `megabytes` of one byte, a member each.
fn bomb(head: &[u8], filler: u8, megabytes: usize) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![filler; 1 << 20]).unwrap();
    [pack::gz(head), encoder.finish().unwrap().repeat(megabytes)].concat()
}

#[test]
fn a_gzip_bomb_is_stopped_and_what_came_before_it_kept() {
    let mut head = document(&records(3));
    head.truncate(head.len() - 2);
    for (name, bytes) in [
        ("spaces.json.gz", bomb(&head, b' ', 200)),
        ("commas.json.gz", bomb(&head, b',', 200)),
        ("nuls.json.gz", bomb(&[&head[..], b"]}"].concat(), 0, 200)),
    ] {
        let start = Instant::now();
        let analysis = analyze_file(name, &bytes);
        assert!(start.elapsed() < Duration::from_secs(20), "{name}: {:?}", start.elapsed());
        assert_eq!(analysis.decoded(), 3, "{name}: {}", analysis.account());
        let problems = analysis.problems();
        let expected = format!("{name} decompression bomb");
        assert!(problems.contains(&expected), "{problems:?}");
        let inflated = analysis.json["coverage"]["bytes_inflated"].as_u64().unwrap();
        assert!(inflated < 120 << 20, "{name}: stopped after {inflated}");
        assert_eq!(analysis.code, 3, "{name}");
    }
}

#[test]
fn a_bomb_of_nothing_is_not_unpacked() {
    let zeros = bomb(b"", 0, 200);
    assert!(zeros.len() < 1 << 20);
    for (name, bytes) in [
        ("111_CloudTrail_x.json.gz", zeros.clone()),
        ("111_CloudTrail_twice.json.gz", pack::gz(&zeros)),
        ("111_CloudTrail_x.json.zst", pack::zst(&vec![0; 1 << 20]).repeat(200)),
    ] {
        let start = Instant::now();
        let analysis = analyze_file(name, &bytes);
        assert!(start.elapsed() < Duration::from_secs(20), "{name}: {:?}", start.elapsed());
        assert_eq!(analysis.account(), "1 found, 0 read, 1 damaged; 0 records, 0 decoded");
        assert_eq!(analysis.code, 3, "{name}");
    }
    let analysis = analyze_file("bomb.zip", pack::zip_bomb("x.json", 0, 200));
    assert_eq!(analysis.account(), "1 found, 0 read, 1 damaged, 1 opened; 0 records, 0 decoded");
    assert_eq!(analysis.code, 3);
}

#[test]
fn an_empty_file_is_counted_and_named() {
    let env = Env::new();
    env.write("empty.json", "");
    env.write("blank.json", " \n\t\n");
    env.write("nothing.json.gz", pack::gz(b""));
    env.write("good.json", document(&records(2)));
    let analysis = env.analyze(&["."]);
    assert_eq!(analysis.account(), "4 found, 1 read, 3 empty; 2 records, 2 decoded");
    assert_eq!(analysis.code, 3);
    named(&analysis.problems(), &["blank.json", "empty.json", "nothing.json.gz"]);
}

/// Each skipped file has a place in the problems, with its reason.
#[track_caller]
fn named(problems: &[String], files: &[&str]) {
    for file in files {
        assert!(problems.iter().any(|p| p.contains(file)), "{file} is not in {problems:?}");
    }
}

#[test]
fn a_zip_with_an_empty_and_an_encrypted_member_keeps_the_rest() {
    let (a, b, c) = (document(&[record(1)]), document(&[record(2)]), document(&[record(3)]));
    let mut zip = pack::zip(&[("a.json", &a), ("empty.json", b""), ("b.json", &b), ("c.json", &c)]);
    let whole = analyze_file("x.zip", &zip);
    assert_eq!(whole.account(), "4 found, 3 read, 1 empty, 1 opened; 3 records, 3 decoded");
    assert_eq!(whole.code, 3);
    named(&whole.problems(), &["x.zip!empty.json"]);
    pack::encrypt(&mut zip, 2);
    let analysis = analyze_file("x.zip", &zip);
    assert_eq!(
        analysis.account(),
        "4 found, 2 read, 1 damaged, 1 empty, 1 opened; 2 records, 2 decoded"
    );
    named(&analysis.problems(), &["x.zip!b.json encrypted zip member"]);
    assert_eq!(analysis.code, 3);
}

#[test]
fn a_corrupt_zip_member_is_damaged_alone() {
    let big = content(100);
    let (a, b) = (document(&[record(901)]), document(&[record(902)]));
    let mut zip = pack::zip(&[("a.json", &a), ("big.json", &big), ("b.json", &b)]);
    let name = memchr::memmem::find(&zip, b"big.json").unwrap();
    zip[name + 20_000..name + 20_064].fill(0xff);
    let analysis = analyze_file("x.zip", &zip);
    let account = analysis.account();
    assert!(account.starts_with("3 found, 3 read, 1 damaged, 1 opened; "), "{account}");
    assert!((10..102).contains(&analysis.decoded()), "{account}");
    named(&analysis.problems(), &["x.zip!big.json broken zip"]);
    assert_eq!(analysis.code, 3);
}

#[test]
fn a_truncated_zip_keeps_the_members_before_the_break() {
    let parts: Vec<Vec<u8>> = (0..4).map(|n| document(&[record(n)])).collect();
    let big = content(200);
    let names = ["0.json", "1.json", "2.json", "3.json"];
    let mut members: Vec<(&str, &[u8])> =
        names.iter().zip(&parts).map(|(n, p)| (*n, p.as_slice())).collect();
    members.push(("big.json", &big));
    let zip = pack::zip(&members);
    let directory = memchr::memmem::find(&zip, b"PK\x01\x02").unwrap();
    let analysis = analyze_file("x.zip", &zip[..directory - 20_000]);
    assert!((14..200).contains(&analysis.decoded()), "{}", analysis.account());
    named(&analysis.problems(), &["x.zip!big.json broken zip"]);
    assert_eq!(analysis.code, 3);
    let analysis = analyze_file("x.zip", &zip[..zip.len() - 10]);
    assert!(analysis.decoded() >= 200, "only the directory's end is missing");
    let analysis = analyze_file("x.zip", &zip[..10]);
    assert_eq!(analysis.account(), "1 found, 0 read, 1 damaged, 1 opened; 0 records, 0 decoded");
    assert_eq!(analysis.code, 3);
}

#[test]
fn a_truncated_tar_keeps_the_members_before_the_break() {
    let (a, b) = (content(100), document(&[record(900)]));
    let tar = pack::tar(&[("b.json", &b), ("a.json", &a)]);
    let half = analyze_file("x.tar", &tar[..tar.len() / 2]);
    assert!((30..100).contains(&half.decoded()), "{}", half.account());
    named(&half.problems(), &["x.tar!a.json broken tar"]);
    assert_eq!(half.code, 3);
    let gz = pack::gz(&tar);
    let analysis = analyze_file("x.tar.gz", &gz[..gz.len() / 2]);
    assert!((30..100).contains(&analysis.decoded()), "{}", analysis.account());
    named(&analysis.problems(), &["x.tar.gz!a.json truncated gzip"]);
    assert_eq!(analysis.code, 3);
}

#[test]
fn a_gzip_that_ends_between_two_members_of_its_tar_is_truncated() {
    let tar =
        pack::tar(&[("a.json", &document(&[record(1)])), ("b.json", &document(&[record(2)]))]);
    let second = memchr::memmem::find(&tar, b"b.json").unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, &tar[..second]).unwrap();
    std::io::Write::flush(&mut encoder).unwrap();
    let cut = encoder.get_ref().clone();
    let analysis = analyze_file("x.tar.gz", cut);
    assert_eq!(analysis.decoded(), 1, "{}", analysis.account());
    assert_eq!(analysis.code, 3, "{}", analysis.account());
    let problems = analysis.problems();
    assert!(problems.iter().any(|p| p.ends_with("truncated gzip")), "{problems:?}");
}

#[test]
fn archives_in_archives_end_somewhere() {
    let mut bytes = document(&records(2));
    for _ in 0..4 {
        bytes = pack::zip(&[("x", &bytes)]);
    }
    let analysis = analyze_file("four.zip", &bytes);
    assert_eq!(analysis.account(), "1 found, 1 read, 4 opened; 2 records, 2 decoded");
    assert_eq!(analysis.code, 0);
    for _ in 0..30 {
        bytes = pack::zip(&[("x", &bytes)]);
    }
    let analysis = analyze_file("many.zip", &bytes);
    assert_eq!(analysis.account(), "1 found, 0 read, 1 damaged, 5 opened; 0 records, 0 decoded");
    assert_eq!(analysis.problems(), ["many.zip!x!x!x!x!x archives nested too deep"]);
    assert_eq!(analysis.code, 3);
}

#[test]
fn garbage_is_damage_under_a_logs_name_and_nothing_under_another() {
    let mut random = fastrand::Rng::with_seed(3);
    let garbage: Vec<u8> = std::iter::once(0xf7).chain((0..5000).map(|_| random.u8(..))).collect();
    let env = Env::new();
    for name in ["README.md", "notes.txt", "photo.jpg", "Makefile"] {
        env.write(name, "# notes\n");
        env.write(&format!("{name}.bin"), &garbage);
    }
    env.write("package.json", r#"{"name":"x","version":"1.0.0","keywords":["a"]}"#);
    env.write("good.json", document(&records(2)));
    let analysis = env.analyze(&["."]);
    assert_eq!(analysis.account(), "10 found, 1 read, 9 not-a-log; 2 records, 2 decoded");
    assert_eq!(analysis.code, 0);
    for name in ["111122223333_CloudTrail_us-east-1_20261109T1550Z_N.json.gz", "x.json"] {
        let env = Env::new();
        env.write(name, &garbage);
        env.write("good.json", document(&records(2)));
        let analysis = env.analyze(&["."]);
        assert_eq!(analysis.account(), "2 found, 1 read, 1 damaged; 2 records, 2 decoded");
        assert_eq!(analysis.code, 3);
        named(&analysis.problems(), &[name]);
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_opened_is_counted_with_its_reason() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let env = Env::new();
    env.write("good.json", document(&records(2)));
    symlink(env.path("gone.json"), env.path("dangling.json")).unwrap();
    symlink(env.path(""), env.path("loop")).unwrap();
    let analysis = env.analyze(&["."]);
    assert_eq!(
        analysis.account(),
        "3 found, 1 read, 1 unreadable, 1 vanished; 2 records, 2 decoded"
    );
    named(&analysis.problems(), &["dangling.json vanished", "loop unreadable"]);
    assert_eq!(analysis.code, 3);

    let root = std::process::Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let env = Env::new();
    env.write("good.json", document(&records(2)));
    env.write("locked/log.json", document(&records(2)));
    let locked = env.path("locked");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    let analysis = env.analyze(&["."]);
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o700)).unwrap();
    if root {
        // Nothing is closed to root: the files are read twice over.
        assert_eq!(analysis.code, 0);
    } else {
        assert_eq!(
            analysis.account(),
            "2 found, 1 read, 1 permission-denied; 2 records, 2 decoded"
        );
        assert_eq!(analysis.code, 3);
    }
}
