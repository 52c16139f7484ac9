//! The rules that a command uses.

use std::path::PathBuf;

use crate::analysis::rule_files::{self, RuleFile};
use crate::cli::error::CommandError;

#[derive(Debug, clap::Args)]
pub struct RuleArgs {
    /// Sigma rules to add: a folder of rule files, or one file (can be repeated)
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// Leave out the built-in rules
    #[arg(long)]
    no_builtin: bool,
}

impl RuleArgs {
    /// # Errors
    /// When a file or folder cannot be read.
    pub fn files(&self) -> Result<Vec<RuleFile>, CommandError> {
        Ok(rule_files::load(!self.no_builtin, &self.rules)?)
    }
}
