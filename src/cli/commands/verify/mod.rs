//! `incident verify`: checks offline that evidence was not changed.

mod anchor;
mod expect;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use self::anchor::AnchorArgs;
use self::expect::Expectation;
use crate::analysis::outside_digests;
use crate::case::Case;
use crate::casework::{
    CaseworkError, SavedVerdict, Writing, check_archive, check_case, save_verdict,
};
use crate::cli::args::author::AuthorArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::sealing::Sealing;
use crate::digest::{self, Job, Keys, Verdict, Verification};
use crate::journal::Anchor;
use crate::report::RenderOptions;
use crate::report::verify::{CaseCheck, Checked, formats};
use crate::source::local::{Listing, SourceError, list};
use crate::ui::Progress;
use crate::ui::number::counted;
use crate::ui::shell;

/// Check a case against its hashes, and CloudTrail logs against their signed digests, offline
///
/// For a case folder, or a file from `incident case export`: checks evidence, plans, results and journal. For a case
/// folder, also checks the CloudTrail digests in its evidence. For other paths: checks all CloudTrail digest chains
/// below them, of any number of accounts, regions and trails, and every log file they list.
///
/// Public keys from files cloudtrail-public-keys*.json in the tree prove nothing by themselves: whoever can change a tree
/// can also put keys into it, so the result is INCOMPLETE. Give the keys with --public-keys. The keys in a case count when
/// --head or --signer shows that the case is the one that was sealed. S3 metadata, which has the newest digest's signature, comes from
/// objects.jsonl files in the tree, as `incident collect` writes them.
///
/// A tree cannot show that its newest digests, a region or an account were taken away: --expect says what must be there.
/// Files that an analysis would read and that no digest covers are listed.
///
/// The journal's chain shows every change, but whoever can write to the folder can rebuild all of it. --head compares the
/// head that was written down at the end of a run; --signer demands a signature of `incident case key new`.
///
/// The verdict on the digests is saved in the case, as digests-NNN.json with a line in its journal, and is part of its
/// report. A closed, read-only or changed case is checked, too, but nothing is saved.
///
/// Exits with 1 when a file was changed, moved or removed, and with 3 when one is unlisted, not covered or not certain.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident verify case-2026-11-21-leaked-access-key
  incident verify CASE --head 3f9a-1c2e-77b0-81d4-0a6b-5c2f
  incident verify handover.tar.zst --signer alice.key.pub
  incident verify ./AWSLogs --public-keys keys.json
  incident verify ./AWSLogs --public-keys keys.json --expect account=111122223333 --expect region=us-east-1
  incident verify ./AWSLogs --case case-2026-11-21-leaked-access-key    saves the verdict in the case
  aws cloudtrail list-public-keys --region us-east-1 --start-time 2026-10-01 > keys.json
  incident verify ./export --format json | jq '.cloudtrail.problems[] | select(.grade == \"invalid\")'")]
pub struct Args {
    /// A case folder, an exported case, or folders and files of an exported CloudTrail bucket
    #[arg(value_name = "CASE|PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Output of `aws cloudtrail list-public-keys`, instead of the keys in the tree (can be repeated)
    #[arg(long, value_name = "FILE")]
    public_keys: Vec<PathBuf>,
    /// What the digests must cover: account=…, region=…, since=TIME, until=TIME (can be repeated)
    #[arg(long, value_name = "KEY=VALUE", value_parser = expect::parse)]
    expect: Vec<Expectation>,
    #[command(flatten)]
    anchor: AnchorArgs,
    /// Save the verdict on the digests in this case, for its report
    #[arg(long, value_name = "CASE")]
    case: Option<PathBuf>,
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "text",
          value_parser = clap::builder::PossibleValuesParser::new(formats().names()))]
    format: String,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let is_case = |path: &PathBuf| Case::is_at(path);
    if args.case.is_some() && args.paths.iter().any(|p| is_case(p) || is_archive(p)) {
        return Err(CommandError::usage("--case is for paths of logs, not for a case").hint(
            "without --case, incident verify CASE saves the verdict on the case's own evidence",
        ));
    }
    if args.anchor.is_given()
        && !matches!(args.paths.as_slice(), [one] if is_case(one) || is_archive(one))
    {
        return Err(CommandError::usage("'--head' and '--signer' check a case, and this is none"));
    }
    let anchor = args.anchor.read()?;
    let sealing = Sealing::new(cx)?;
    // Report a case that cannot be written to before hours of reading.
    let writing = args.case.as_deref().map(|case| Writing::open_unchanged(case, cx.clock));
    let writing = writing.transpose()?;
    let (case, logs) = match args.paths.as_slice() {
        [one] if is_case(one) => {
            let (case, evidence) = check_case(one, &anchor)?;
            let listing = list(&[evidence])?;
            let digests = listing.files.iter().any(|f| digest::is_digest(f.local()));
            let digests = digests || !args.expect.is_empty();
            // The seal that was proved covers the keys that were collected with the logs.
            let vouched = case.is_anchored() && case.verdict == Verdict::Valid;
            let logs = digests.then(|| verify(cx, args, &listing, vouched)).transpose()?;
            (Some(case), logs)
        }
        [one] if is_archive(one) && !args.expect.is_empty() => {
            return Err(CommandError::usage("'--expect' needs the log files of the archive")
                .hint("unpack it, and verify the case folder"));
        }
        [one] if is_archive(one) => (Some(archive(cx, one, &anchor)?), None),
        paths => {
            if let Some(case) = paths.iter().find(|p| is_case(p)) {
                let what = format!(
                    "{} is a case: it cannot be verified together with other paths",
                    case.display()
                );
                return Err(
                    CommandError::usage(what).hint("give one case, or paths without a case")
                );
            }
            (None, Some(verify(cx, args, &listing(paths)?, false)?))
        }
    };
    let cloudtrail = logs.as_ref().map(Verification::verdict);
    let verdicts = [case.as_ref().map(|c| c.verdict), cloudtrail];
    let verdict = verdicts.into_iter().flatten().max().unwrap_or(Verdict::Incomplete);
    let Some(format) = formats().find(&args.format) else {
        return Err(CommandError::usage(format!("there is no format '{}'", args.format)));
    };
    let checked = Checked { verdict, case: case.as_ref(), logs: logs.as_ref() };
    let mut out = cx.ui.out();
    format.render(&checked, &mut out, &RenderOptions::default())?;
    out.flush()?;
    if let Some(logs) = &logs {
        save(cx, args, &sealing, writing, case.as_ref(), logs)?;
    }
    Ok(match verdict {
        Verdict::Valid => Exit::Done,
        Verdict::Incomplete => Exit::Incomplete,
        Verdict::Invalid => Exit::Failed,
    })
}

fn is_archive(path: &Path) -> bool {
    path.is_file() && !digest::is_cloudtrail(path)
}

fn archive(cx: &Cx, path: &Path, anchor: &Anchor) -> Result<CaseCheck, CommandError> {
    let checked = check_archive(path, anchor)?;
    if let Some(files) = checked.files {
        cx.ui.status(&format!("{} in the archive", counted(files, "file", "files")));
    }
    if checked.has_logs {
        cx.ui.hint("its CloudTrail logs were not checked against their digests: unpack the archive to check them");
    }
    Ok(checked.check)
}

/// Saves the verdict in the case of `--case`, or in the checked case if it can be written to.
fn save(
    cx: &Cx,
    args: &Args,
    sealing: &Sealing,
    writing: Option<Writing>,
    case: Option<&CaseCheck>,
    logs: &Verification,
) -> Result<(), CommandError> {
    if let Some(writing) = writing {
        let paths: Vec<String> = args.paths.iter().map(|p| p.display().to_string()).collect();
        return save_in(cx, sealing, writing, &paths, logs);
    }
    let Some((case, root)) = case.zip(args.paths.first()) else { return Ok(()) };
    let writing = Writing::open(root, cx.clock).and_then(|writing| match case.verdict {
        Verdict::Valid => Ok(writing),
        _ => Err(CaseworkError::Changed { case: root.clone(), problem: "see above".into() }),
    });
    let saved =
        writing.map_err(CommandError::from).and_then(|w| save_in(cx, sealing, w, &[], logs));
    if let Err(e) = saved {
        cx.ui.status(&format!("the verdict was not saved in the case: {e}"));
    }
    Ok(())
}

fn save_in(
    cx: &Cx,
    sealing: &Sealing,
    mut writing: Writing,
    paths: &[String],
    logs: &Verification,
) -> Result<(), CommandError> {
    let author = AuthorArgs { author: None }.name()?;
    let saved = save_verdict(&mut writing, paths, logs, author, cx.clock)?;
    let (folder, word) = (writing.case.root().display(), shell::path(writing.case.root()));
    cx.ui.status(&match saved {
        SavedVerdict::New(name) => {
            format!("verdict saved in {folder}, in {name}; next: incident report {word}")
        }
        SavedVerdict::Known(name) => {
            cx.ui.status(&format!("{folder} has this verdict already, in {name}"));
            return Ok(());
        }
    });
    sealing.finish(cx, &mut writing.journal)
}

/// The files below the paths.
fn listing(paths: &[PathBuf]) -> Result<Listing, CommandError> {
    if paths.iter().any(|p| p.as_os_str() == "-") {
        let what = "digests name files by their paths, and standard input has none";
        return Err(CommandError::usage(what).hint("unpack the export and give its folder"));
    }
    list(paths).map_err(|e| match e {
        SourceError::NotFound(_) | SourceError::NoMatch(_) => CommandError::usage(e.to_string())
            .hint("nothing was checked; give a case, or files, folders or quoted glob patterns of an unpacked export"),
        e => e.into(),
    })
}

fn verify(
    cx: &Cx,
    args: &Args,
    listing: &Listing,
    tree_is_vouched: bool,
) -> Result<Verification, CommandError> {
    let keys = keys(&args.public_keys)?;
    let expected = &expect::together(&args.expect);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let progress = Progress::new(&cx.ui, listing.files.len() as u64, listing.bytes());
    let tick = |files, bytes| progress.tick(files, bytes);
    let job = Job { listing, keys, tree_is_vouched, expected, threads, progress: &tick };
    let mut result = digest::verify(job);
    progress.finish();
    result.problems.extend(outside_digests::problems(&result.others));
    result.problems.sort();
    if result.counts.digests + result.counts.logs == 0 && expected.is_empty() {
        let hint = "give a case folder, or an unpacked export of the trail's bucket: the folder above AWSLogs/ACCOUNT/CloudTrail-Digest and AWSLogs/ACCOUNT/CloudTrail";
        return Err(CommandError::usage("no case and no CloudTrail digest or log file").hint(hint));
    }
    Ok(result)
}

fn keys(files: &[PathBuf]) -> Result<Option<Keys>, CommandError> {
    if files.is_empty() {
        return Ok(None);
    }
    let mut keys = Keys::default();
    for file in files {
        keys.add(&file.to_string_lossy(), &read(file)?);
    }
    match keys.problems.first() {
        Some((file, why)) => Err(CommandError::usage(format!("{file}: {why}"))
            .hint("give the output of `aws cloudtrail list-public-keys --output json`")),
        None => Ok(Some(keys)),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, CommandError> {
    fs::read(file).map_err(|e| CommandError::usage(format!("cannot read {}: {e}", file.display())))
}
