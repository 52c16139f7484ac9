//! Who writes: given with `--author`, or the user that runs the program.

use crate::cli::error::CommandError;

#[derive(Debug, clap::Args)]
pub struct AuthorArgs {
    /// Who says so; the user of this system if not given
    #[arg(long, value_name = "NAME")]
    pub author: Option<String>,
}

impl AuthorArgs {
    /// # Errors
    /// When a name is missing, and the system has none.
    pub fn name(&self) -> Result<String, CommandError> {
        let given = match &self.author {
            Some(name) => name.trim().to_string(),
            None => whoami::username().unwrap_or_default(),
        };
        match given.is_empty() {
            false => Ok(given),
            true => Err(CommandError::usage("who writes this? The system names no user")
                .hint("--author NAME says it")),
        }
    }
}
