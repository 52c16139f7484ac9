//! `incident case new`: a case without a playbook.

use std::path::PathBuf;

use crate::case::{Case, CaseFile};
use crate::casework::create;
use crate::cli::args::author::AuthorArgs;
use crate::cli::args::facts::pairs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::sealing::Sealing;
use crate::clock;
use crate::clocks::Facts;
use crate::report::case::receipt::NewCase;

/// Make a case folder, for an analysis or before a containment
///
/// Prints the folder. `incident contain --case DIR` runs a playbook in it later.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident case new --title 'Bucket read from abroad' --account 123456789012
  incident case new --dir case-42 --set regimes=gdpr,nis2 --set timezone=Europe/Berlin")]
pub struct Args {
    /// Title of the case
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// AWS account, twelve digits
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    account: Option<String>,
    /// Case folder to make [default: case-DATE-TITLE]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Fact of the notification clocks, as in `incident clocks` (can be repeated)
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    author: AuthorArgs,
}

fn account(text: &str) -> Result<String, String> {
    let fits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if fits { Ok(text.to_string()) } else { Err("an account has twelve digits".into()) }
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let author = args.author.name()?;
    let sealing = Sealing::new(cx)?;
    let now = cx.clock.now();
    let title = args.title.as_deref().map(str::trim).filter(|t| !t.is_empty());
    let clocks = Facts::table(Facts::default().set(&pairs(&args.set)?)?);
    let seed = std::process::id() as u16 ^ now as u16;
    let file = CaseFile {
        id: Case::new_id(now, seed),
        title: title.map_or_else(|| format!("Case of {}", clock::date(now)), str::to_string),
        account: args.account.clone().unwrap_or_default(),
        opened: clock::rfc3339(now),
        clocks,
        ..CaseFile::default()
    };
    let name = folder_name(&clock::date(now), title);
    let mut made = create(args.dir.as_deref(), &name, file, author, cx.clock)?;
    output::lines(&cx.ui, [NewCase { folder: made.case.root() }.result()])?;
    sealing.finish(cx, &mut made.journal)?;
    cx.ui.hint(&NewCase { folder: made.case.root() }.hint());
    Ok(Exit::Done)
}

/// The default name of a folder: `case-2026-11-21-bucket-read-from-abroad`.
fn folder_name(date: &str, title: Option<&str>) -> String {
    let mut name = format!("case-{date}");
    let words = title.unwrap_or("").split(|c: char| !c.is_ascii_alphanumeric());
    for word in words.filter(|w| !w.is_empty()) {
        if name.len() + word.len() > 60 {
            break;
        }
        name.push('-');
        name.push_str(&word.to_ascii_lowercase());
    }
    name
}
