//! `incident case key new`: the key that signs journals.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Subcommand;

use crate::case::write_new;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::journal::SigningKey;
use crate::report::case::receipt::NewKey;

/// Make the key that signs journals
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    New(New),
}

/// Make an Ed25519 key: FILE signs, FILE.pub checks
///
/// FILE (PKCS#8, readable by you alone) is never shown. Keep it where nobody who can write to your cases can read it, and
/// hand FILE.pub to whoever checks them. With `--signing-key FILE` or INCIDENT_SIGNING_KEY, each command that writes to a
/// case signs its journal at the end.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident case key new ~/alice.key
  incident contain --signing-key ~/alice.key
  incident verify CASE --signer ~/alice.key.pub")]
struct New {
    /// New file for the key
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let Command::New(New { file }) = &args.command;
    let mut public = OsString::from(file);
    public.push(".pub");
    let public = PathBuf::from(public);
    if public.exists() {
        return Err(CommandError::failed(format!("{} exists already", public.display()))
            .hint("give another name, or move it away"));
    }
    let (key, pem) = SigningKey::generate().map_err(CommandError::failed)?;
    write_new(file, pem.as_bytes())?;
    write_new(&public, key.public().to_pem().as_bytes())?;
    let made = NewKey { key: key.public(), file, public: &public };
    output::lines(&cx.ui, [made.result()])?;
    cx.ui.hint(&made.hint());
    Ok(Exit::Done)
}
