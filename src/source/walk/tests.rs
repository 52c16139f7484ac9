//! Listings of an in-memory bucket.

use super::super::days::{Days, number};
use super::super::testing::{MemoryBucket, impatient};
use super::*;

fn names(memory: &Arc<MemoryBucket>, prefix: &str, level: Level, filter: &Filter) -> Vec<String> {
    let bucket = Arc::new(Bucket::new("b", None, memory.clone()));
    let root = Root { bucket, prefix: prefix.into(), level };
    let walked = walk_with(&[root], filter, impatient(), &|_| ());
    assert!(walked.closed.is_empty() && walked.refused.is_empty(), "{walked:?}");
    let mut names: Vec<String> =
        walked.objects.iter().map(|(_, f)| f.object().unwrap().key.to_string()).collect();
    names.sort();
    names
}

fn november(from: u32, to: u32) -> Filter {
    let days = Days { first: number(2026, 11, from), last: number(2026, 11, to) };
    Filter { days, ..Filter::default() }
}

fn access(prefix: &str, day: i64, n: usize) -> String {
    format!("{prefix}{}-10-00-00-{n:016X}", dashed(day))
}

#[test]
fn a_flat_bucket_is_listed_by_jumping_to_the_window() {
    let first = number(2024, 1, 1).unwrap();
    let mut keys = Vec::new();
    for prefix in ["a-", "b-", "b-2026-11-02-", "c/d-"] {
        keys.extend((0..1200).flat_map(|d| (0..9).map(move |n| access(prefix, first + d, n))));
    }
    keys.push("b-readme".into());
    let memory = MemoryBucket::with(&keys);
    let filter = november(2, 3);
    let mut expected: Vec<String> = ["a-", "b-", "b-2026-11-02-", "c/d-"]
        .iter()
        .flat_map(|p| [0, 1].map(|d| (p, filter.days.first.unwrap() + d)))
        .flat_map(|(p, d)| (0..9).map(move |n| access(p, d, n)))
        .collect();
    expected.push("b-readme".into());
    expected.sort();
    assert_eq!(names(&memory, "", Level::Anywhere, &filter), expected);
    assert!(memory.pages() < 20, "{} pages for 43,201 keys", memory.pages());
    // A target prefix covers only the keys directly behind it, not those of another bucket.
    let of_b: Vec<&String> =
        expected.iter().filter(|k| dated(k).is_some_and(|d| d.sorts_behind == Some(2))).collect();
    let mut found = names(&memory, "b-", Level::Access, &filter);
    found.extend(names(&memory, "a-", Level::Access, &filter));
    found.sort();
    assert_eq!(found.iter().collect::<Vec<_>>(), of_b);
}

#[test]
fn day_folders_of_a_trail_are_requested_by_name() {
    let mut keys = Vec::new();
    for account in ["111122223333", "444455556666"] {
        for region in ["us-east-1", "eu-west-1"] {
            for day in 1..=30 {
                let date = format!("2026/11/{day:02}");
                keys.push(format!(
                    "x/AWSLogs/o-abcdefghij/{account}/CloudTrail/{region}/{date}/f.json.gz"
                ));
                keys.push(format!(
                    "x/AWSLogs/o-abcdefghij/{account}/CloudTrail-Digest/{region}/{date}/d.json.gz"
                ));
            }
        }
        keys.push(format!("x/AWSLogs/o-abcdefghij/{account}/vpcflowlogs/us-east-1/2026/11/02/f"));
    }
    let memory = MemoryBucket::with(&keys);
    let mut filter = november(8, 10);
    assert_eq!(names(&memory, "x/AWSLogs/", Level::AwsLogs, &filter).len(), 12);
    let all = memory.pages();
    assert!(all < 24, "{all} pages");
    filter.accounts = vec!["111122223333".into()];
    filter.regions = vec!["eu-west-1".into()];
    filter.all_kinds = true;
    let found = names(&memory, "x/AWSLogs/", Level::AwsLogs, &filter);
    assert_eq!(found.len(), 6);
    assert!(found.iter().all(|k| k.contains("/111122223333/") && k.contains("/eu-west-1/")));
    // The same result from a prefix anywhere in the layout.
    for prefix in ["x", "x/AWSLogs/o-abcdefghij/111122223333/", "x/AWSLogs/o-abcdefghij/111"] {
        assert_eq!(
            names(&memory, prefix, super::super::layout::level_of(prefix), &filter),
            found,
            "{prefix}"
        );
    }
}

/// `each` logs for every day of a year in one region.
fn year(each: usize) -> Vec<String> {
    let first = number(2026, 1, 1).unwrap();
    let log = |day: i64, n: usize| format!("{REGION}{}/f-{n:05}.json.gz", slashed(first + day));
    (0..365).flat_map(|day| (0..each).map(move |n| log(day, n))).collect()
}

const REGION: &str = "AWSLogs/111122223333/CloudTrail/us-east-1/";

#[test]
fn a_region_with_few_logs_is_one_page() {
    let mut keys = year(2);
    let others = ["2026/11/readme", "0/2026/11/09/f", "2026/11/09/a/b/f"];
    keys.extend(others.map(|name| format!("{REGION}{name}")));
    let memory = MemoryBucket::with(&keys);
    let found = names(&memory, REGION, Level::Years, &november(2, 20));
    assert_eq!((found.len(), memory.pages()), (2 * 19 + 2, 1));
    assert!(found[0].contains("2026/11/02") && found[38].contains("2026/11/20"));
    assert!(found.contains(&format!("{REGION}2026/11/09/a/b/f")));
    assert_eq!(names(&memory, REGION, Level::Years, &Filter::default()).len(), 2 * 365 + 2);
    assert_eq!(memory.pages(), 2);
}

#[test]
fn a_region_with_many_logs_is_listed_by_days() {
    let keys = year(200);
    let memory = MemoryBucket::with(&keys);
    // Four days come on the first page, the others by name.
    assert_eq!(names(&memory, REGION, Level::Years, &november(2, 20)).len(), 19 * 200);
    assert_eq!(memory.pages(), 1 + 1 + 15);
    // Nothing is listed twice or missed, with and without a window.
    assert_eq!(names(&memory, REGION, Level::Years, &Filter::default()), keys);
}

#[test]
fn a_region_is_listed_by_days_from_where_its_logs_become_dense() {
    let mut keys = year(100);
    let burst = number(2026, 6, 1).unwrap();
    keys.extend((0..5_000).map(|n| format!("{REGION}{}/g-{n:05}.json.gz", slashed(burst))));
    keys.sort();
    let memory = MemoryBucket::with(&keys);
    assert_eq!(names(&memory, REGION, Level::Years, &Filter::default()), keys);
}

#[test]
fn named_day_folders_are_found_next_to_plain_ones() {
    let mut keys = year(200);
    let named = |day: &str, n: usize| format!("{REGION}year=2026/month=11/day={day}/n-{n:05}");
    let matching: Vec<String> = (0..300).map(|n| named("03", n)).collect();
    keys.extend(matching.iter().cloned().chain((0..300).map(|n| named("25", n))));
    let memory = MemoryBucket::with(&keys);
    let found = names(&memory, REGION, Level::Years, &november(2, 20));
    assert_eq!(found.len(), 19 * 200 + 300);
    assert!(matching.iter().all(|key| found.contains(key)));
    assert_eq!(names(&memory, REGION, Level::Years, &Filter::default()), keys);
}

#[test]
fn a_prefix_without_a_slash_is_its_folder_where_there_is_one() {
    let memory =
        MemoryBucket::with(&["logs/a.json", "logs-old/b.json", "log.json"].map(String::from));
    let everything = Filter::default();
    assert_eq!(names(&memory, "logs", Level::Anywhere, &everything), ["logs/a.json"]);
    assert_eq!(names(&memory, "log", Level::Anywhere, &everything).len(), 3);
    assert_eq!(names(&memory, "logs-", Level::Anywhere, &everything), ["logs-old/b.json"]);
}

#[test]
fn folders_that_cannot_be_listed_are_reported() {
    let memory = MemoryBucket::with(&["a/1.json", "b/2.json"].map(String::from));
    memory.deny_listing("b/");
    let bucket = Arc::new(Bucket::new("b", None, memory.clone()));
    let root = |prefix: &str| Root {
        bucket: bucket.clone(),
        prefix: prefix.into(),
        level: Level::Anywhere,
    };
    let walked = walk_with(&[root(""), root("b/")], &Filter::default(), impatient(), &|_| ());
    assert_eq!(walked.objects.len(), 1);
    assert_eq!(walked.refused[0].0, PathBuf::from("s3://b/b/"));
    assert_eq!(walked.closed[0].0, 1);
}

/// Lists two folders and panics in one of them.
struct Dying(Arc<MemoryBucket>);

impl crate::cloud::Store for Dying {
    fn page(&self, request: &ListRequest<'_>) -> Result<Page, ApiError> {
        assert!(request.prefix != "b/", "this thread dies");
        self.0.page(request)
    }

    fn get(
        &self,
        request: &crate::cloud::GetRequest<'_>,
        into: &mut Vec<u8>,
    ) -> Result<crate::cloud::Head, ApiError> {
        self.0.get(request, into)
    }
}

#[test]
fn a_listing_whose_thread_panics_ends() {
    let (send, ended) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let keys = ["a/1.json", "b/2.json", "c/3.json"].map(String::from);
        let store = Arc::new(Dying(MemoryBucket::with(&keys)));
        let bucket = Arc::new(Bucket::new("b", None, store));
        let root = Root { bucket, prefix: String::new(), level: Level::Anywhere };
        let walk = || walk_with(&[root], &Filter::default(), impatient(), &|_| ());
        send.send(std::panic::catch_unwind(std::panic::AssertUnwindSafe(walk)).is_err()).unwrap();
    });
    let panicked = ended.recv_timeout(std::time::Duration::from_secs(60));
    assert!(panicked.expect("the other threads wait for ever"));
}

#[test]
fn keys_with_characters_of_several_bytes_have_days_or_none() {
    let keys = [
        "AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/02/x_202é1102T1550Z_x.json.gz",
        "AWSLogs/111122223333/CloudTrail/us-east-1/2026/1é/02/x.json.gz",
        "é/x_20261é02T_.json",
        "é026-11-02-10-36-47-0123456789ABCDE",
        "x_202611é2T1550Z_x.json.gz",
    ]
    .map(String::from);
    let memory = MemoryBucket::with(&keys);
    for filter in [Filter::default(), november(2, 3)] {
        assert!(!names(&memory, "", Level::Anywhere, &filter).is_empty());
    }
}
