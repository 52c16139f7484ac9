//! The lower limit of run time: inflate each file, deserialize the needed fields of each record, count them in one table.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use libdeflater::Decompressor;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The fields that the rollups are keyed by, borrowed from the buffer where possible.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(
    dead_code,
    reason = "columns that are projected and not folded are part of what is measured"
)]
struct Record<'a> {
    #[serde(borrow)]
    event_time: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    event_source: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    event_name: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    aws_region: std::borrow::Cow<'a, str>,
    #[serde(borrow, default, rename = "sourceIPAddress")]
    source_ip_address: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    user_agent: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    error_code: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, default, rename = "eventID")]
    event_id: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    user_identity: Identity<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(
    dead_code,
    reason = "columns that are projected and not folded are part of what is measured"
)]
struct Identity<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, default)]
    arn: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, default)]
    access_key_id: Option<std::borrow::Cow<'a, str>>,
}

/// The counts, which every run must agree on.
#[derive(Default)]
pub struct Folded {
    pub events: u64,
    by_action: HashMap<u64, u64>,
}

/// Seconds and counts, with that many threads.
pub fn run(files: &[PathBuf], threads: usize) -> (f64, Folded) {
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    let parts: Vec<Folded> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(|| worker(files, &next))).collect();
        handles.into_iter().map(|h| h.join().expect("the worker ends")).collect()
    });
    let mut whole = Folded::default();
    for part in parts {
        whole.events += part.events;
        for (key, n) in part.by_action {
            *whole.by_action.entry(key).or_default() += n;
        }
    }
    (start.elapsed().as_secs_f64(), whole)
}

fn worker(files: &[PathBuf], next: &AtomicUsize) -> Folded {
    let mut folded = Folded::default();
    let mut inflater = Decompressor::new();
    let (mut packed, mut plain) = (Vec::new(), Vec::new());
    while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
        packed.clear();
        let mut file = std::fs::File::open(path).expect("the archive is there");
        std::io::Read::read_to_end(&mut file, &mut packed).expect("the file can be read");
        let size =
            u32::from_le_bytes(*packed.last_chunk::<4>().expect("gzip has a trailer")) as usize;
        if plain.len() < size {
            plain.resize(size, 0);
        }
        let len = inflater.gzip_decompress(&packed, &mut plain).expect("the file is whole");
        let text = std::str::from_utf8(&plain[..len]).expect("the file is UTF-8");
        let mut de = sonic_rs::Deserializer::from_str(text);
        Document(&mut folded).deserialize(&mut de).expect("the file is JSON");
    }
    folded
}

struct Document<'f>(&'f mut Folded);
struct Records<'f>(&'f mut Folded);

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with Records")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<&str>()? {
            if key == "Records" {
                map.next_value_seed(Records(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Records<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Records<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("records")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(record) = seq.next_element::<Record<'de>>()? {
            self.0.events += 1;
            let key = xxhash_rust::xxh3::xxh3_64_with_seed(
                record.event_name.as_bytes(),
                xxhash_rust::xxh3::xxh3_64(record.event_source.as_bytes()),
            );
            *self.0.by_action.entry(key).or_default() += 1;
        }
        Ok(())
    }
}
