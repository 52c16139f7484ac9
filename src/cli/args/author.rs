//! The author of a journal entry: `--author`, or the user that runs the program.

use crate::cli::error::CommandError;

#[derive(Debug, clap::Args)]
pub struct AuthorArgs {
    /// Author of the journal entry [default: the current user]
    #[arg(long, value_name = "NAME")]
    pub author: Option<String>,
}

impl AuthorArgs {
    /// # Errors
    /// When no name is given and the system has none.
    pub fn name(&self) -> Result<String, CommandError> {
        let given = match &self.author {
            Some(name) => name.trim().to_string(),
            None => whoami::username().unwrap_or_default(),
        };
        match given.is_empty() {
            false => Ok(given),
            true => Err(CommandError::usage(
                "the author is unknown: the system has no name for the current user",
            )
            .hint("give --author NAME")),
        }
    }
}
