//! `incident sessions`: which key came from which, back to the key or sign-in that it began with.

use std::path::PathBuf;

use crate::cli::analysis::selection_of;
use crate::cli::args::inputs::LogArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::gather::{ResolvedInputs, connect};
use crate::cli::output;
use crate::clock::plain;
use crate::config::Geo;
use crate::detect::sessions::{
    SessionRows, TreeOptions, forest, select_nodes, unused_sessions, with_relatives,
};
use crate::detect::{self, SourceNetworks};
use crate::engine::local::Job;
use crate::engine::rollups;
use crate::report::Window;
use crate::report::sessions::{About, write_json, write_text};
use crate::rollup::lineage::Node;
use crate::rollup::{Frames, Selection};
use crate::sigma::RuleSet;
use crate::source::coverage::Coverage;
use crate::ui::Progress;

/// Descendants of a key that are listed.
const MOST: usize = 100_000;

/// Show which key came from which, back to the key or sign-in that it all began with
///
/// Every temporary key is traced through AssumeRole and its kin, GetSessionToken, GetFederationToken, IAM
/// Identity Center, the console, instances and services, across accounts where both sides are in the logs.
/// Sessions of one role that one caller asked for are one line; first comes what stands out.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident sessions ./AWSLogs
  incident sessions ./AWSLogs --key ASIAIOSFODNN7EXAMPLE
  incident sessions ./AWSLogs --principal arn:aws:iam::111122223333:user/dana --days 7 --until latest
  incident sessions ./AWSLogs --format json | jq '.sessions[] | select(.how == \"CreateAccessKey\")'")]
pub struct Args {
    #[command(flatten)]
    inputs: LogArgs,
    /// Only this access key, or console session, with all before it and all that came of it
    #[arg(long, value_name = "ID", help_heading = "Output")]
    key: Option<String>,
    /// Only sessions and keys of this user, role or session, with all before and all that came of them
    #[arg(long, value_name = "ARN", help_heading = "Output")]
    principal: Option<String>,
    /// Every session on a line of its own
    #[arg(long, help_heading = "Output")]
    all: bool,
    /// Form of the result
    #[arg(long, short, value_name = "FORMAT", default_value = "text", help_heading = "Output",
          value_parser = ["text", "json"])]
    format: String,
    /// Write to a new file, readable by its owner alone
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let inputs = &args.inputs;
    let config = cx.config(inputs.flags())?;
    let geo = config.geoip().map(Geo::open).transpose()?;
    let ResolvedInputs { listing, notes, selection, .. } =
        connect(cx, inputs, config.baseline_days())?.list(cx)?;
    for note in notes {
        cx.ui.status(&note);
    }
    let threads = config
        .threads()
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let selection = match selection {
        Some(selection) => selection,
        None => selection_of(cx, inputs, &listing, threads, config.baseline_days())?,
    };
    let no_rules = RuleSet::from_texts::<&str, &str>([]);
    let progress = Progress::new(&cx.ui, listing.files.len() as u64, listing.bytes());
    let tick = |files, bytes| progress.tick(files, bytes);
    let mut yielded =
        rollups(&Job { listing: &listing, selection, threads, progress: &tick }, &no_rules);
    progress.finish();

    let frames = Frames::take(&mut yielded.rollups)?;
    let sources = frames.activity_rows.iter().map(|(k, _)| k.source);
    let places = SourceNetworks::new(sources, &yielded.rollups.names, &config, geo.as_ref());
    let seen = detect::Cx::new(
        &frames,
        &yielded.rollups,
        &yielded.files,
        &config,
        selection,
        places,
        (&no_rules, &yielded.correlated),
    );
    let wanted = wanted(&seen, args)?;
    let about = about(cx, inputs.window.is_whole(), selection, &yielded.coverage);
    let options = TreeOptions { chosen: wanted.as_deref(), all: args.all };
    let color = cx.ui.color && args.output.is_none();
    output::write(&cx.ui, args.output.as_deref(), |out| {
        if args.format == "json" {
            let selected = options.chosen.map(|nodes| with_relatives(&seen.lineage, nodes, MOST));
            let rows = SessionRows::new(&seen, selected.as_ref());
            let unused = unused_sessions(&seen, selected.as_ref());
            return write_json(&about, rows.iter(), &unused, out);
        }
        write_text(&about, &forest(&seen, options), color, out)
    })?;
    drop(seen);
    // The process ends soon; giving back some hundred thousand rows one by one would delay it.
    std::mem::forget((yielded, frames));
    Ok(if about.complete { Exit::Done } else { Exit::Incomplete })
}

/// The nodes that were asked for; `None` for all.
fn wanted(cx: &detect::Cx<'_>, args: &Args) -> Result<Option<Vec<Node>>, CommandError> {
    let (key, principal) = (args.key.as_deref(), args.principal.as_deref());
    if key.is_none() && principal.is_none() {
        return Ok(None);
    }
    let found = select_nodes(cx, key, principal);
    if !found.is_empty() {
        return Ok(Some(found));
    }
    let what = match (key, principal) {
        (Some(key), Some(arn)) => format!("key '{key}' of '{arn}'"),
        (Some(key), None) => format!("key '{key}'"),
        (None, arn) => format!("sessions of '{}'", arn.unwrap_or("")),
    };
    Err(CommandError::usage(format!("these logs have no {what}")).hint(
        "a key that was handed out and never used is not kept by its id; 'incident sessions PATHS' lists the others",
    ))
}

fn about(cx: &Cx, whole_archive: bool, selection: Selection, coverage: &Coverage) -> About {
    let range = coverage.oldest.zip(coverage.newest);
    let mut notes = Vec::new();
    if let (0, Some((oldest, newest))) = (coverage.events.decoded, range) {
        notes.push(format!(
            "No event lies in the window. The logs cover {} to {} UTC; '--until latest' counts back from their end.",
            plain(oldest),
            plain(newest)
        ));
    } else if coverage.events.decoded == 0 {
        notes.push("No event was found in the input.".to_string());
    }
    if !whole_archive {
        notes.push(
            "Use is counted in the window alone; who was handed what is looked up in the baseline too."
                .to_string(),
        );
    }
    About {
        generated: cx.clock.now(),
        window: Window {
            since: selection.since.or(coverage.oldest),
            until: selection.until.or(coverage.newest.map(|at| at + 1)),
            whole_archive,
            baseline_since: selection.baseline_since.filter(|_| coverage.events.baseline > 0),
        },
        events: coverage.events.decoded,
        complete: !coverage.incomplete(),
        notes,
    }
}
