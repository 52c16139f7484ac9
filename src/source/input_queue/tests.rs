//! Bodies from a bucket in memory that breaks off, throttles, refuses and forgets.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::super::coverage::SkipReason;
use super::super::history::Pace;
use super::super::listing::{Bucket, InputLocation, Object};
use super::super::testing::{Shelf, error, hasty};
use super::*;
use crate::cloud::ErrorKind;

fn tight() -> Limits {
    let pace = Pace { between: Duration::ZERO, patience: hasty() };
    Limits { at_once: 6, ahead: 3_000, whole: 1_000, part: 400, pace }
}

fn body(n: usize, len: usize) -> Vec<u8> {
    (0..len).map(|i| ((i * 31 + n * 7) % 251) as u8).collect()
}

/// Small, empty, large and very large bodies.
fn shelf() -> Arc<Shelf> {
    let len = |n: usize| match n % 10 {
        0 => 0,
        1 => 1_001 + n * 13,
        2 => 9_000,
        _ => 10 + n * 3,
    };
    Shelf::of((0..200).map(|n| (format!("k{n:03}"), body(n, len(n)))))
}

fn listed(shelf: &Arc<Shelf>, extra: &[&str]) -> Vec<Found> {
    let bucket = Arc::new(Bucket::new("b", None, shelf.clone()));
    let found = |(key, size): (&str, u64)| Found {
        place: InputLocation::Object(Object {
            bucket: bucket.clone(),
            key: key.into(),
            etag: "\"e\"".into(),
            modified: 0,
        }),
        size,
    };
    let there = shelf.bodies().map(|(k, b)| (k, b.len() as u64));
    there.chain(extra.iter().map(|k| (*k, 5))).map(found).collect()
}

type Read = Result<Vec<u8>, String>;

/// What workers read, by name.
fn read(files: &[Found], workers: usize) -> BTreeMap<String, Read> {
    let queue = InputQueue::with(files, tight());
    let seats: Vec<_> = (0..workers).map(|_| queue.seat()).collect();
    let all = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for n in 0..queue.helpers() {
            let queue = &queue;
            scope.spawn(move || queue.prefetch(n));
        }
        for seat in seats {
            let all = &all;
            scope.spawn(move || {
                let mut buffer = Buffer::default();
                while let Some(input) = seat.next(&mut buffer) {
                    let read = match input.opened {
                        Ok(Opened::Whole(bytes)) => Ok(bytes.to_vec()),
                        Ok(Opened::Pipe(mut pipe)) => {
                            let mut bytes = Vec::new();
                            let end = std::io::Read::read_to_end(&mut pipe, &mut bytes);
                            end.map(|_| bytes.clone())
                                .map_err(|e| format!("{} then {e}", bytes.len()))
                        }
                        Ok(Opened::Large(_)) => unreachable!("no file of this machine is so large"),
                        Err((reason, detail)) => Err(format!("{}: {detail}", reason.name())),
                    };
                    let name = files[input.number as usize].name();
                    assert!(all.lock().unwrap().insert(name, read).is_none(), "given out twice");
                }
            });
        }
    });
    all.into_inner().unwrap()
}

#[track_caller]
fn all_is_right(shelf: &Arc<Shelf>, read: &BTreeMap<String, Read>) {
    assert_eq!(read.len(), shelf.bodies().count());
    for (key, body) in shelf.bodies() {
        assert_eq!(read[&format!("s3://b/{key}")].as_deref(), Ok(body), "{key}");
    }
}

#[test]
fn every_body_comes_once_and_whole() {
    let shelf = shelf();
    for workers in [1, 2, 7] {
        all_is_right(&shelf, &read(&listed(&shelf, &[]), workers));
    }
}

#[test]
fn what_breaks_off_goes_on_where_it_stopped() {
    let shelf = shelf();
    let mut asked: BTreeMap<(String, u64), u32> = BTreeMap::new();
    *shelf.fault.lock().unwrap() = Some(Box::new(move |want, came| {
        let asked = asked.entry((want.key.to_string(), want.from)).or_default();
        *asked += 1;
        // Nothing, then a few bytes; each piece is asked for from the byte that was reached.
        came.resize(if *asked == 2 { 5 } else { 0 }, 0);
        (*asked <= 2 && want.from % 400 < 20).then(|| error(ErrorKind::Unknown, "BrokenOff"))
    }));
    all_is_right(&shelf, &read(&listed(&shelf, &[]), 2));
}

#[test]
fn throttling_is_waited_for() {
    let shelf = shelf();
    let mut asked: BTreeMap<(String, u64), u32> = BTreeMap::new();
    *shelf.fault.lock().unwrap() = Some(Box::new(move |want, _| {
        let asked = asked.entry((want.key.to_string(), want.from)).or_default();
        *asked += 1;
        (*asked <= 4).then(|| error(ErrorKind::Throttled, "SlowDown"))
    }));
    all_is_right(&shelf, &read(&listed(&shelf, &[]), 2));
}

#[test]
fn a_body_found_wrong_at_its_end_is_fetched_anew() {
    let shelf = Shelf::of([("k".to_string(), body(1, 500))]);
    let mut asked = 0;
    *shelf.fault.lock().unwrap() = Some(Box::new(move |_, came| {
        asked += 1;
        came.resize(500, 0);
        (asked == 1).then(|| error(ErrorKind::Unknown, "ChecksumMismatch"))
    }));
    all_is_right(&shelf, &read(&listed(&shelf, &[]), 1));
    assert_eq!(shelf.gets.load(Ordering::SeqCst), 2);
}

#[test]
fn what_cannot_be_had_is_named_with_what_came_of_it() {
    let shelf = Shelf::of([
        ("cut".to_string(), body(1, 300)),
        ("denied".to_string(), body(2, 300)),
        ("large".to_string(), body(3, 2_000)),
        ("fine".to_string(), body(4, 300)),
    ]);
    *shelf.fault.lock().unwrap() = Some(Box::new(|want, came| match want.key {
        "denied" => Some(error(ErrorKind::Denied, "AccessDenied")),
        "cut" if want.from == 0 => {
            came.resize(120, 0);
            Some(error(ErrorKind::Unknown, "BrokenOff"))
        }
        "cut" => Some(error(ErrorKind::Unknown, "BrokenOff")),
        "large" if want.from == 800 => Some(error(ErrorKind::Refused, "PreconditionFailed")),
        _ => None,
    }));
    let read = read(&listed(&shelf, &["gone"]), 2);
    let failed = |key: &str| read[&format!("s3://b/{key}")].clone().unwrap_err();
    assert_eq!(failed("cut"), "120 then s3:Test: BrokenOff");
    assert!(failed("denied").starts_with(SkipReason::PermissionDenied.name()));
    assert!(failed("gone").starts_with(SkipReason::Vanished.name()));
    assert_eq!(failed("large"), "800 then s3:Test: PreconditionFailed");
    assert_eq!(read["s3://b/fine"].as_deref(), Ok(body(4, 300).as_slice()));
}

#[test]
fn nothing_is_asked_for_with_credentials_that_lapsed() {
    let shelf = Shelf::of((0..500).map(|n| (format!("k{n}"), body(n, 50))));
    *shelf.fault.lock().unwrap() =
        Some(Box::new(|_, _| Some(error(ErrorKind::Credentials, "ExpiredToken"))));
    let read = read(&listed(&shelf, &[]), 2);
    assert_eq!(read.len(), 500);
    assert!(read.values().all(|r| r.as_ref().is_err_and(|e| e.contains("ExpiredToken"))));
    assert!(shelf.gets.load(Ordering::SeqCst) <= tight().at_once);
}

#[test]
fn helpers_end_when_nobody_reads_any_more() {
    let shelf = shelf();
    let files = listed(&shelf, &[]);
    let queue = InputQueue::with(&files, tight());
    let seat = queue.seat();
    thread::scope(|scope| {
        for n in 0..queue.helpers() {
            let queue = &queue;
            scope.spawn(move || queue.prefetch(n));
        }
        assert!(seat.next(&mut Buffer::default()).is_some());
        drop(seat);
    });
    assert!(shelf.gets.load(Ordering::SeqCst) < 200);
}
