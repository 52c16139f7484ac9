//! `--head` and `--signer`: what a case is compared with that its folder cannot hold.

use std::fs;
use std::path::PathBuf;

use crate::cli::error::CommandError;
use crate::journal::{Anchor, PublicKey, read_head_code};

#[derive(Debug, Default, clap::Args)]
pub struct AnchorArgs {
    /// Journal head of the case, as it was written down at the end of a run: the code, or all of it
    #[arg(long, value_name = "CODE", value_parser = read_head_code)]
    head: Option<String>,
    /// Public key that must have signed the journal of the case (FILE.pub of `incident case key new FILE`)
    #[arg(long, value_name = "FILE")]
    signer: Option<PathBuf>,
}

impl AnchorArgs {
    pub fn is_given(&self) -> bool {
        self.head.is_some() || self.signer.is_some()
    }

    /// # Errors
    /// When the file of the public key cannot be read.
    pub fn read(&self) -> Result<Anchor, CommandError> {
        let signer = self.signer.as_ref().map(|file| {
            let wrong = |why: String| CommandError::usage(format!("{}: {why}", file.display()));
            let bytes = fs::read(file).map_err(|e| wrong(e.to_string()))?;
            PublicKey::read(&bytes).map_err(wrong)
        });
        Ok(Anchor { head: self.head.clone(), signer: signer.transpose()? })
    }
}
