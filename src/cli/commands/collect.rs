//! `incident collect`: copies logs into a case as evidence, unchanged.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use crate::analysis::Range;
use crate::analysis::inputs::discover;
use crate::analysis::window::{Moment, RequestedWindow};
use crate::case::{Case, CaseFile, EvidenceRecorder, Objects, SavedObject};
use crate::casework::{self, Writing};
use crate::cli::args::author::AuthorArgs;
use crate::cli::args::log_source::LogSourceArgs;
use crate::cli::args::window::{parse_days, parse_end, parse_moment};
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::sealing::Sealing;
use crate::clock::{self, Millis};
use crate::cloud::Client;
use crate::execute::{histories, objects, public_keys};
use crate::journal::{Event, SealError, seal};
use crate::report::collect::{Copied, Incomplete, Missing};
use crate::rollup::Selection;
use crate::source::discover::{Discovered, guardduty_of};
use crate::source::{Found, S3Url, is_region};
use crate::ui::Progress;
use crate::ui::number::{bytes, counted};

/// Save logs as evidence: raw objects, unchanged, with their hashes
///
/// Copies the CloudTrail files, their digests and the server access logs of a window into the case's evidence,
/// with the public keys that verify the digests. Run the same command again to resume an interrupted run: it
/// fetches only objects that the case does not have yet. Changes nothing at AWS.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident collect --days 7
  incident collect --since 2026-11-02 --until 2026-11-08 --case case-2026-11-21-leaked-access-key
  incident collect --days 3 --bucket acme-logs --prefix AWSLogs/111122223333/ --max-size 50GiB
  incident analyze case-2026-11-21-logs/evidence")]
pub struct Args {
    /// The last N days, counted back from --until or now
    #[arg(long, value_name = "N", conflicts_with = "since", required_unless_present = "since", value_parser = parse_days)]
    days: Option<f64>,
    /// Start: RFC 3339, a date, or back from now: 90m, 2h, 3d, 2w
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    since: Option<Moment>,
    /// End, in the forms of --since; a date includes its whole day
    #[arg(long, value_name = "TIME", value_parser = parse_end)]
    until: Option<Moment>,
    /// Case folder, new or existing [default: a new case-DATE-logs]
    #[arg(long, value_name = "DIR")]
    case: Option<PathBuf>,
    /// Copy only from this bucket, instead of the buckets of the account's trails and access logs
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,
    /// Key prefix in that bucket
    #[arg(long, value_name = "PREFIX", requires = "bucket", default_value = "")]
    prefix: String,
    /// Upper limit for objects in the case; the newest are copied first
    #[arg(long, value_name = "SIZE", default_value = "10GiB", value_parser = size)]
    max_size: u64,
    #[command(flatten)]
    author: AuthorArgs,
    #[command(flatten)]
    source: LogSourceArgs,
}

/// `500MiB`, `10GiB`, `2TB`, or plain bytes.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || {
        format!("invalid size '{text}' (expected a form like 500MiB, 10GiB or a number of bytes)")
    };
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().map_err(|_| wrong())?;
    let unit: u64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).ok_or_else(wrong)
}

/// What was copied and what was not.
#[derive(Default)]
struct Outcome {
    missing: Vec<Missing>,
    /// Every object in the case.
    stored: Vec<SavedObject>,
    /// Number and bytes of the objects that this run copied.
    written: u64,
    bytes: u64,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let window =
        RequestedWindow { days: args.days, since: args.since, until: args.until, baseline: None };
    let selection = window.selection(cx.clock.now(), None, 0.0)?;
    let urls = match &args.bucket {
        Some(bucket) => {
            let text = format!("s3://{bucket}/{}", args.prefix);
            vec![S3Url::parse(text.as_ref()).map_err(CommandError::usage)?]
        }
        None => Vec::new(),
    };
    let sealing = Sealing::new(cx)?;
    // Open the case first, to report an unusable folder before fetching anything.
    let existing = match &args.case {
        Some(root) if root.exists() => Some(Writing::open(root, cx.clock)?),
        _ => None,
    };
    let author = args.author.name()?;
    let logs = args.source.logs(&cx.notice());
    let clients = logs.connect(cx.clock)?;
    let recorder = Arc::new(EvidenceRecorder::default());
    for client in &clients {
        client.record_to(recorder.clone());
    }
    let range =
        Range { since: selection.since, until: selection.until, history_since: selection.since };
    let query = logs.query(range, cx.clock.now(), true);
    let found = discover(&clients, &urls, &query, &cx.observer())?;
    let mut writing = match existing {
        Some(writing) => writing,
        None => create(cx, args, &clients, selection, author)?,
    };
    recorder.write_to(writing.case.evidence())?;
    let mut outcome = Outcome::default();
    copy(cx, args, &clients, selection, &writing.case, found, &mut outcome)?;
    outcome.missing.extend(recorder.failed().map(Missing::Answer));
    let end = finish(cx, &mut writing, &clients, selection, &outcome)?;
    sealing.finish(cx, &mut writing.journal)?;
    Ok(end)
}

fn create(
    cx: &Cx,
    args: &Args,
    clients: &[Arc<Client>],
    selection: Selection,
    author: String,
) -> Result<Writing, CommandError> {
    let now = cx.clock.now();
    let day = |at: Option<Millis>| at.map_or_else(String::new, clock::date);
    let (since, until) = (day(selection.since), day(selection.until.or(Some(now))));
    let file = CaseFile {
        id: Case::new_id(now, rand::random()),
        title: format!("Logs of {since} to {until}"),
        account: clients.first().map(|c| c.caller().account.clone()).unwrap_or_default(),
        opened: clock::rfc3339(now),
        ..CaseFile::default()
    };
    let name = format!("case-{}-logs", clock::date(now));
    Ok(casework::create(args.case.as_deref(), &name, file, author, cx.clock)?)
}

/// Copies the objects, the event history and the public keys into the case.
fn copy(
    cx: &Cx,
    args: &Args,
    clients: &[Arc<Client>],
    selection: Selection,
    case: &Case,
    found: Discovered,
    outcome: &mut Outcome,
) -> Result<(), CommandError> {
    let mut listing = crate::source::Listing::default();
    listing.add_objects(found.objects);
    let refused = found.refused.iter().map(|(place, _, why)| Missing::NotListed {
        place: place.display().to_string(),
        why: why.to_string(),
    });
    outcome.missing.extend(refused);
    let store = Objects::open(case)?;
    let wrong = store.wrong().iter().cloned();
    outcome.missing.extend(wrong.map(|file| Missing::NotAsIndexed { file }));
    let (before, total) = store.total();
    let listed = listing.files.len() as u64;
    let digests: BTreeSet<String> = listing.files.iter().filter_map(digest_region).collect();
    let mut new: Vec<Found> = listing.files;
    new.retain(|f| f.object().is_some_and(|o| !store.has(&o.bucket.name, &o.key, &o.etag, f.size)));
    let left_out = keep_newest(&mut new, args.max_size.saturating_sub(total));
    if let Some((objects, bytes)) = left_out {
        outcome.missing.push(Missing::OverLimit { objects, bytes });
    }
    let size = new.iter().map(|f| f.size).sum();
    cx.ui.status(&format!(
        "{} to fetch, {}; the case already has {} of the window",
        counted(new.len() as u64, "object", "objects"),
        bytes(size),
        counted(
            listed.saturating_sub(new.len() as u64 + left_out.map_or(0, |l| l.0)),
            "object",
            "objects"
        ),
    ));
    let progress = Progress::new(&cx.ui, new.len() as u64, size);
    let copied = objects::save(&store, &new, &|files, bytes| progress.tick(files, bytes));
    progress.finish();
    if let Some(why) = copied.stopped {
        let objects = new.len() as u64 - copied.written - copied.failed.len() as u64;
        outcome.missing.push(Missing::NotRequested { objects, why });
    }
    let not_saved = |(name, why)| Missing::NotSaved { name, why };
    outcome.missing.extend(copied.failed.into_iter().map(not_saved));
    store.finish()?;
    let mut out = cx.ui.out();
    let (objects, bytes) = (copied.written, copied.bytes);
    Copied { case: case.root(), objects, bytes, before }.write(&mut out)?;
    out.flush()?;
    let progress = Progress::new(&cx.ui, found.slices.len() as u64, 0);
    let failed = histories::save(case, &found.slices, &|files, bytes| progress.tick(files, bytes))?;
    progress.finish();
    outcome.missing.extend(failed.into_iter().map(not_saved));
    if let (Some(since), Some(client)) = (selection.since, clients.first()) {
        let until = selection.until.unwrap_or_else(|| cx.clock.now());
        for (region, e) in public_keys::save(&**client, case, &digests, since, until)? {
            outcome.missing.push(Missing::PublicKeys { region, why: e.to_string() });
        }
    }
    guardduty(cx, clients, &digests, selection);
    outcome.stored = store.all();
    (outcome.written, outcome.bytes) = (copied.written, copied.bytes);
    Ok(())
}

/// Lists GuardDuty's findings in the regions that have logs. The raw answers are recorded as evidence.
fn guardduty(cx: &Cx, clients: &[Arc<Client>], regions: &BTreeSet<String>, selection: Selection) {
    for client in clients {
        let mut regions = regions.clone();
        regions.insert(crate::cloud::Api::region(&**client).to_string());
        for region in regions {
            match guardduty_of(&**client, &region, selection.since.unwrap_or_default()) {
                Ok(found) => {
                    for f in found {
                        let severity = f.severity;
                        cx.ui.status(&format!(
                            "GuardDuty, {region}: {severity:.1} {}: {}",
                            f.kind, f.title
                        ));
                    }
                }
                Err((_, e)) => {
                    cx.ui.warning(&format!("GuardDuty's findings in {region} are unknown: {e}"))
                }
            }
        }
    }
}

/// The region that signed a digest, from its key.
fn digest_region(found: &Found) -> Option<String> {
    let key = &found.object()?.key;
    let region = key.split_once("/CloudTrail-Digest/")?.1.split('/').next()?;
    is_region(region).then(|| region.to_string())
}

/// Keeps the newest files that fit into `room`. Returns the number and bytes of the others.
fn keep_newest(files: &mut Vec<Found>, room: u64) -> Option<(u64, u64)> {
    files.sort_by_key(|f| std::cmp::Reverse(f.object().map(|o| o.modified)));
    let (mut taken, mut left_out) = (0u64, (0, 0));
    files.retain(|f| {
        let fits = taken.saturating_add(f.size) <= room;
        if fits {
            taken += f.size;
        } else {
            left_out = (left_out.0 + 1, left_out.1 + f.size);
        }
        fits
    });
    (left_out.0 > 0).then_some(left_out)
}

/// The most missing items that the journal names.
const NAMED: usize = 50;

/// Seals the case, compares the manifest with the index, and prints what is missing.
fn finish(
    cx: &Cx,
    writing: &mut Writing,
    clients: &[Arc<Client>],
    selection: Selection,
    outcome: &Outcome,
) -> Result<Exit, CommandError> {
    let text = |at: Option<Millis>| at.map_or_else(String::new, clock::rfc3339);
    let callers: Vec<&str> = clients.iter().map(|c| c.caller().arn.as_str()).collect();
    let event = Event::Collected {
        caller: callers.join(", "),
        since: text(selection.since),
        until: text(selection.until),
        objects: outcome.written,
        bytes: outcome.bytes,
        missing: outcome.missing.len() as u64,
        named: outcome.missing.iter().take(NAMED).map(ToString::to_string).collect(),
    };
    let Writing { case, journal } = writing;
    let mut missing = outcome.missing.clone();
    let now = clock::rfc3339(cx.clock.now());
    let appended = journal.append(event).map(drop).map_err(SealError::from);
    match appended.and_then(|()| seal(case, journal, &now)) {
        Ok(manifest) => {
            let differs = |object: &&SavedObject| {
                manifest.files.get(&object.name()).is_none_or(|entry| entry.sha256 != object.sha256)
            };
            let changed = outcome.stored.iter().filter(differs);
            missing.extend(changed.map(|k| Missing::NotAsSent { file: k.name() }));
        }
        // On a full disk the manifest may fail. All other files are saved: the lines below say how to resume.
        Err(e) => missing.push(Missing::Manifest { why: e.to_string() }),
    }
    if missing.is_empty() {
        return Ok(Exit::Done);
    }
    let mut out = cx.ui.out();
    Incomplete { case: case.root(), missing: &missing }.write(&mut out)?;
    out.flush()?;
    Ok(Exit::Incomplete)
}
