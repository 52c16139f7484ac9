//! From the arguments of an analysis to the list of what is read: paths, buckets, accounts.

use std::path::PathBuf;
use std::sync::Arc;

use super::context::Cx;
use super::error::CommandError;
use crate::cli::args::inputs::LogArgs;
use crate::cli::args::log_source::{Range, SourceKind, discover};
use crate::cloud::Client;
use crate::rollup::Selection;
use crate::source::local::list;
use crate::source::{Listing, S3Url};

/// What the arguments of an analysis name, before AWS is asked what is there.
pub struct InputRequest<'a> {
    args: &'a LogArgs,
    /// Of this machine.
    listing: Listing,
    urls: Vec<S3Url>,
    range: Range,
    /// Which logs at AWS these are, whatever the window; empty where none are asked for.
    pub logs: String,
    clients: Vec<Arc<Client>>,
    /// Of logs at AWS, whose window does not depend on what they hold.
    pub selection: Option<Selection>,
}

/// What the arguments of an analysis lead to.
pub struct ResolvedInputs {
    pub listing: Listing,
    /// What has to be said in the report.
    pub notes: Vec<String>,
    /// Whose own logs these are; none for paths and buckets.
    pub clients: Vec<Arc<Client>>,
    /// Of logs at AWS.
    pub selection: Option<Selection>,
}

/// Lists paths, and finds credentials where logs at AWS are asked for.
///
/// # Errors
/// When an argument names nothing, or AWS does not answer.
pub fn connect<'a>(
    cx: &Cx,
    args: &'a LogArgs,
    baseline_days: f64,
) -> Result<InputRequest<'a>, CommandError> {
    let (urls, paths): (Vec<PathBuf>, Vec<PathBuf>) =
        args.paths.iter().cloned().partition(|path| S3Url::is_s3_url(path));
    let urls: Result<Vec<S3Url>, String> = urls.iter().map(|path| S3Url::parse(path)).collect();
    let urls = urls.map_err(CommandError::usage)?;
    let listing = list(&paths)?;
    let (range, logs, clients) = Default::default();
    let mut asked = InputRequest { args, listing, urls, range, logs, clients, selection: None };
    if asked.urls.is_empty() && !args.paths.is_empty() {
        return Ok(asked);
    }
    if args.paths.is_empty() && args.window.is_whole() {
        return Err(CommandError::usage("nothing to read was given").hint(
            "give files, folders or s3://bucket/prefix; or --days 7, to read what the account itself holds",
        ));
    }
    if !args.source.sources.is_empty()
        && args.source.sources.iter().all(|kind| *kind == SourceKind::GuardDuty)
    {
        return Err(CommandError::usage("GuardDuty's findings stand beside those on logs")
            .hint("name a source of logs too: --source trail --source guardduty"));
    }
    if args.window.wants_latest() {
        return Err(CommandError::usage(
            "'--until latest' looks for the newest event first, and logs at AWS are read once",
        )
        .hint("give --until a time, or leave it out for now"));
    }
    let selection = args.selection(cx.clock.now(), None, baseline_days)?;
    let baseline = selection.baseline_since.filter(|_| args.window.baseline.is_some());
    asked.range = Range {
        since: selection.baseline_since.or(selection.since),
        until: selection.until,
        history_since: baseline.or(selection.since),
    };
    asked.selection = Some(selection);
    asked.clients = args.source.connect(cx)?;
    asked.logs = args.source.named(&asked.clients, &asked.urls);
    Ok(asked)
}

impl InputRequest<'_> {
    /// # Errors
    /// When AWS cannot be asked.
    pub fn list(self, cx: &Cx) -> Result<ResolvedInputs, CommandError> {
        let InputRequest { args, mut listing, urls, range, clients, selection, .. } = self;
        let Some(of_aws) = selection else {
            return Ok(ResolvedInputs { listing, notes: Vec::new(), clients, selection });
        };
        let mut found = discover(cx, &clients, &urls, &args.source.wish(cx, range, false))?;
        let alone = args.window.baseline.is_none() && of_aws.baseline_since.is_some();
        if !found.slices.is_empty() && alone {
            found.notes.push(
                "The event history was read for the window alone, without a baseline: it is slow (--baseline N reads it)."
                    .to_string(),
            );
        }
        listing.add_objects(found.objects);
        listing.files.extend(found.slices);
        listing.refused.extend(found.refused);
        let clients = if urls.is_empty() { clients } else { Vec::new() };
        Ok(ResolvedInputs { listing, notes: found.notes, clients, selection })
    }
}
