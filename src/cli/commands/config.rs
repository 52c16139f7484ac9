//! `incident config`: shows every setting in force with its origin, and updates the address ranges of AWS.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cloud::fetch;
use crate::config::{self, AWS_RANGES_FILE, AWS_RANGES_URL, AwsRanges, Flags};
use crate::report::config::{InForce, SavedRanges};

const EXAMPLES: &str = "Examples:
  incident config show
  incident config show --config case.toml --help-texts
  incident config aws-ranges";

/// Show the settings in force, update the address ranges of AWS
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print every setting with its value and origin
    ///
    /// Settings come from the user's incident.toml ($XDG_CONFIG_HOME/incident, or ~/.config/incident), then the
    /// current folder's incident.toml, then --config. The keys are the same as in the files.
    Show(Show),
    /// Update the address ranges of AWS
    ///
    /// Detectors tell by them whether the credentials of an EC2 instance are used outside AWS. The program has a copy.
    /// This command saves a newer one as aws-ranges.txt beside the user's incident.toml. Elsewhere, name a file with
    /// the setting aws_ranges.
    AwsRanges(Update),
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct Show {
    /// Also explain each setting
    #[arg(long)]
    help_texts: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct Update {
    /// Amazon's ip-ranges.json: a file, or an address to fetch it from
    #[arg(long, value_name = "FILE|URL", default_value = AWS_RANGES_URL)]
    from: String,
}

/// Amazon's document is 2 MB.
const MOST_BYTES: usize = 16 << 20;

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    match &args.command {
        Command::Show(show) => self::show(cx, show),
        Command::AwsRanges(update) => self::update(cx, update),
    }
}

fn update(cx: &Cx, args: &Update) -> Result<Exit, CommandError> {
    let user = config::user_path(&|name| std::env::var_os(name)).ok_or_else(|| {
        CommandError::usage("no folder for settings: neither XDG_CONFIG_HOME nor HOME is set")
    })?;
    let from = args.from.as_str();
    let is_address = from.starts_with("https://") || from.starts_with("http://");
    let ranges = match is_address {
        true => fetched(from)?,
        false => AwsRanges::read(Path::new(from))?,
    };
    let file = user.with_file_name(AWS_RANGES_FILE);
    save(&file, &ranges.text())
        .map_err(|e| CommandError::failed(format!("cannot write {}: {e}", file.display())))?;
    let mut out = cx.ui.out();
    let newer = ranges.published() > AwsRanges::embedded().published();
    let (count, published) = (ranges.len(), ranges.published());
    SavedRanges { file: &file, count, published, newer }.write(&mut out)?;
    out.flush()?;
    Ok(Exit::Done)
}

fn fetched(url: &str) -> Result<AwsRanges, CommandError> {
    let bytes = fetch::get(url, MOST_BYTES).map_err(|reason| {
        CommandError::failed(format!("cannot fetch {url}: {reason}"))
            .hint("fetch it on another machine, and give the file with --from")
    })?;
    Ok(AwsRanges::parse(Path::new(url), &String::from_utf8_lossy(&bytes))?)
}

/// The file is there whole or as it was.
fn save(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut partial = file.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    std::fs::write(&partial, text)?;
    std::fs::rename(&partial, file)
}

fn show(cx: &Cx, show: &Show) -> Result<Exit, CommandError> {
    let config = cx.config(Flags::default())?;
    let mut out = cx.ui.out();
    InForce { rows: &config.rows(), help: show.help_texts }.write(&mut out)?;
    out.flush()?;
    Ok(Exit::Done)
}
