//! The input queue on an in-memory bucket that breaks off, throttles, denies and loses objects.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::super::coverage::SkipReason;
use super::super::history::Pace;
use super::super::listing::{Bucket, InputLocation, Object};
use super::super::testing::{MemoryBucket, error, impatient};
use super::*;
use crate::cloud::ErrorKind;

fn tight() -> Limits {
    let pace = Pace { between: Duration::ZERO, patience: impatient() };
    Limits { at_once: 6, prefetch_bytes: 3_000, whole: 1_000, part: 400, pace }
}

fn body(n: usize, len: usize) -> Vec<u8> {
    (0..len).map(|i| ((i * 31 + n * 7) % 251) as u8).collect()
}

/// Small, empty, large and very large bodies.
fn bucket() -> Arc<MemoryBucket> {
    let len = |n: usize| match n % 10 {
        0 => 0,
        1 => 1_001 + n * 13,
        2 => 9_000,
        _ => 10 + n * 3,
    };
    MemoryBucket::of((0..200).map(|n| (format!("k{n:03}"), body(n, len(n)))))
}

fn listed(bucket: &Arc<MemoryBucket>, extra: &[&str]) -> Vec<Found> {
    let listed_in = Arc::new(Bucket::new("b", None, bucket.clone()));
    let found = |(key, size): (&str, u64)| Found {
        location: InputLocation::Object(Object {
            bucket: listed_in.clone(),
            key: key.into(),
            etag: "\"e\"".into(),
            modified: 0,
        }),
        size,
    };
    let there = bucket.bodies().map(|(k, b)| (k, b.len() as u64));
    there.chain(extra.iter().map(|k| (*k, 5))).map(found).collect()
}

type Read = Result<Vec<u8>, String>;

/// What workers read, by name.
fn read(files: &[Found], workers: usize) -> BTreeMap<String, Read> {
    let queue = InputQueue::with(files, tight());
    let workers_of_queue: Vec<_> = (0..workers).map(|_| queue.worker()).collect();
    let all = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for n in 0..queue.prefetch_threads() {
            let queue = &queue;
            scope.spawn(move || queue.prefetch(n));
        }
        for worker in workers_of_queue {
            let all = &all;
            scope.spawn(move || {
                let mut buffer = Buffer::default();
                while let Some(input) = worker.next(&mut buffer) {
                    let read = match input.opened {
                        Ok(Opened::Whole(bytes)) => Ok(bytes.to_vec()),
                        Ok(Opened::Pipe(mut pipe)) => {
                            let mut bytes = Vec::new();
                            let end = std::io::Read::read_to_end(&mut pipe, &mut bytes);
                            end.map(|_| bytes.clone())
                                .map_err(|e| format!("{} then {e}", bytes.len()))
                        }
                        Ok(Opened::Large(_)) => {
                            unreachable!("objects are never opened as local files")
                        }
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
fn assert_all_read(bucket: &Arc<MemoryBucket>, read: &BTreeMap<String, Read>) {
    assert_eq!(read.len(), bucket.bodies().count());
    for (key, body) in bucket.bodies() {
        assert_eq!(read[&format!("s3://b/{key}")].as_deref(), Ok(body), "{key}");
    }
}

#[test]
fn every_body_is_read_once_and_complete() {
    let bucket = bucket();
    for workers in [1, 2, 7] {
        assert_all_read(&bucket, &read(&listed(&bucket, &[]), workers));
    }
}

#[test]
fn a_body_that_breaks_off_is_resumed() {
    let bucket = bucket();
    let mut asked: BTreeMap<(String, u64), u32> = BTreeMap::new();
    *bucket.fault.lock().unwrap() = Some(Box::new(move |request, came| {
        let asked = asked.entry((request.key.to_string(), request.from)).or_default();
        *asked += 1;
        // Nothing, then a few bytes. Each retry must start at the byte that was reached.
        came.resize(if *asked == 2 { 5 } else { 0 }, 0);
        (*asked <= 2 && request.from % 400 < 20).then(|| error(ErrorKind::Unknown, "BrokenOff"))
    }));
    assert_all_read(&bucket, &read(&listed(&bucket, &[]), 2));
}

#[test]
fn throttled_requests_are_retried() {
    let bucket = bucket();
    let mut asked: BTreeMap<(String, u64), u32> = BTreeMap::new();
    *bucket.fault.lock().unwrap() = Some(Box::new(move |request, _| {
        let asked = asked.entry((request.key.to_string(), request.from)).or_default();
        *asked += 1;
        (*asked <= 4).then(|| error(ErrorKind::Throttled, "SlowDown"))
    }));
    assert_all_read(&bucket, &read(&listed(&bucket, &[]), 2));
}

#[test]
fn a_body_with_a_wrong_checksum_is_fetched_again() {
    let bucket = MemoryBucket::of([("k".to_string(), body(1, 500))]);
    let mut asked = 0;
    *bucket.fault.lock().unwrap() = Some(Box::new(move |_, came| {
        asked += 1;
        came.resize(500, 0);
        (asked == 1).then(|| error(ErrorKind::Unknown, "ChecksumMismatch"))
    }));
    assert_all_read(&bucket, &read(&listed(&bucket, &[]), 1));
    assert_eq!(bucket.gets.load(Ordering::SeqCst), 2);
}

#[test]
fn failed_bodies_report_the_bytes_received_and_the_error() {
    let bucket = MemoryBucket::of([
        ("cut".to_string(), body(1, 300)),
        ("denied".to_string(), body(2, 300)),
        ("large".to_string(), body(3, 2_000)),
        ("fine".to_string(), body(4, 300)),
    ]);
    *bucket.fault.lock().unwrap() = Some(Box::new(|request, came| match request.key {
        "denied" => Some(error(ErrorKind::Denied, "AccessDenied")),
        "cut" if request.from == 0 => {
            came.resize(120, 0);
            Some(error(ErrorKind::Unknown, "BrokenOff"))
        }
        "cut" => Some(error(ErrorKind::Unknown, "BrokenOff")),
        "large" if request.from == 800 => Some(error(ErrorKind::Refused, "PreconditionFailed")),
        _ => None,
    }));
    let read = read(&listed(&bucket, &["gone"]), 2);
    let failed = |key: &str| read[&format!("s3://b/{key}")].clone().unwrap_err();
    assert_eq!(failed("cut"), "120 then s3:Test: BrokenOff");
    assert!(failed("denied").starts_with(SkipReason::PermissionDenied.name()));
    assert!(failed("gone").starts_with(SkipReason::Vanished.name()));
    assert_eq!(failed("large"), "800 then s3:Test: PreconditionFailed");
    assert_eq!(read["s3://b/fine"].as_deref(), Ok(body(4, 300).as_slice()));
}

#[test]
fn expired_credentials_stop_all_requests() {
    let bucket = MemoryBucket::of((0..500).map(|n| (format!("k{n}"), body(n, 50))));
    *bucket.fault.lock().unwrap() =
        Some(Box::new(|_, _| Some(error(ErrorKind::Credentials, "ExpiredToken"))));
    let read = read(&listed(&bucket, &[]), 2);
    assert_eq!(read.len(), 500);
    assert!(read.values().all(|r| r.as_ref().is_err_and(|e| e.contains("ExpiredToken"))));
    assert!(bucket.gets.load(Ordering::SeqCst) <= tight().at_once);
}

#[test]
fn prefetch_threads_end_when_the_last_worker_leaves() {
    let bucket = bucket();
    let files = listed(&bucket, &[]);
    let queue = InputQueue::with(&files, tight());
    let worker = queue.worker();
    thread::scope(|scope| {
        for n in 0..queue.prefetch_threads() {
            let queue = &queue;
            scope.spawn(move || queue.prefetch(n));
        }
        assert!(worker.next(&mut Buffer::default()).is_some());
        drop(worker);
    });
    assert!(bucket.gets.load(Ordering::SeqCst) < 200);
}

/// Runs `work` on another thread. Panics if it does not end; returns whether it panicked.
fn ends_in_panic(work: impl FnOnce() + Send + 'static) -> bool {
    let (send, ended) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        send.send(end.is_err()).unwrap();
    });
    ended.recv_timeout(Duration::from_secs(60)).expect("the others wait for ever")
}

#[test]
fn a_worker_that_panics_ends_the_others() {
    // The dead worker keeps the whole prefetch memory, so nothing more could be fetched.
    let bucket = MemoryBucket::of((0..50).map(|n| (format!("k{n:02}"), body(n, 900))));
    assert!(ends_in_panic(move || {
        let files = listed(&bucket, &[]);
        let queue = InputQueue::with(&files, Limits { prefetch_bytes: 1_000, ..tight() });
        let workers = [queue.worker(), queue.worker(), queue.worker()];
        // The first that gets an input dies, whichever it is.
        let lives = &AtomicBool::new(false);
        thread::scope(|scope| {
            for n in 0..queue.prefetch_threads() {
                let queue = &queue;
                scope.spawn(move || queue.prefetch(n));
            }
            for worker in workers {
                scope.spawn(move || {
                    let mut buffer = Buffer::default();
                    while worker.next(&mut buffer).is_some() {
                        assert!(lives.swap(true, Ordering::SeqCst), "this worker dies");
                    }
                });
            }
        });
    }));
}

#[test]
fn a_prefetch_thread_that_panics_ends_the_workers() {
    for key in ["k002", "k003", "k011"] {
        let bucket = bucket();
        *bucket.fault.lock().unwrap() = Some(Box::new(move |request, _| {
            assert!(request.key != key, "this thread dies");
            None
        }));
        assert!(ends_in_panic(move || _ = read(&listed(&bucket, &[]), 3)), "{key}");
    }
}

#[test]
fn a_worker_that_panics_on_a_local_file_ends_the_others() {
    let files: Vec<Found> = (0..9).map(|n| Found::path(format!("no-such-{n}"), n)).collect();
    let queue = InputQueue::new(&files);
    let (one, other) = (queue.worker(), queue.worker());
    let died = thread::scope(|scope| {
        scope
            .spawn(move || {
                let _one = one;
                panic!("this worker dies")
            })
            .join()
    });
    assert!(died.is_err());
    assert!(other.next(&mut Buffer::default()).is_none());
}
