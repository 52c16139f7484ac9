//! `--from`: every credential that the stories of an analysis name, in one plan.

use std::path::PathBuf;

use clap::Args;

use crate::casework::{Analysed, read_findings};
use crate::cli::error::CommandError;
use crate::cloud::Client;
use crate::finding::credentials::Credentials;
use crate::plan::{Remarks, reach};
use crate::step::Args as StepArgs;

/// The playbook for credentials of one intruder.
pub const PLAYBOOK: &str = "intruder";

#[derive(Debug, Args)]
#[command(next_help_heading = "Findings")]
pub struct FromArgs {
    /// Case with an analysis, or JSON of `incident analyze`: contain every user, role and key that its stories name
    #[arg(long, value_name = "CASE|FILE", conflicts_with_all = ["playbook", "file", "apply"])]
    from: Option<PathBuf>,
    /// Only this story of the analysis, by its id (can be repeated)
    #[arg(long, value_name = "ID", requires = "from")]
    story: Vec<String>,
    /// User, role or key to leave out, by its name or id (can be repeated)
    #[arg(long, value_name = "NAME", requires = "from")]
    except: Vec<String>,
}

impl FromArgs {
    /// Reads the analysis that was asked for, if one was.
    ///
    /// # Errors
    /// When it cannot be read, was changed, or does not have what `--story` and `--except` name.
    pub fn read(&self) -> Result<Option<Analysed>, CommandError> {
        let analysed = self.from.as_deref().map(read_findings).transpose()?;
        analysed.as_ref().map(|analysed| self.named(analysed)).transpose()?;
        Ok(analysed)
    }

    /// The credentials of the chosen stories, without those that are left out.
    fn named(&self, analysed: &Analysed) -> Result<Credentials, CommandError> {
        let mut found = analysed.credentials(&self.story)?;
        if let Some(name) = self.except.iter().find(|n| !found.known.iter().any(|c| c.name == **n))
        {
            return Err(CommandError::usage(format!("--except: the stories do not name '{name}'")));
        }
        found.known.retain(|credential| !self.except.contains(&credential.name));
        Ok(found)
    }

    /// Adds what the stories name to the parameters. Returns remarks for the plan.
    ///
    /// # Errors
    /// When the account has nothing of what they name.
    pub fn fill(
        &self,
        analysed: &Analysed,
        client: &Client,
        given: &mut StepArgs,
    ) -> Result<Remarks, CommandError> {
        let (args, mut remarks) = reach(client, client.caller(), &self.named(analysed)?)?;
        let left = self.except.iter().map(|name| format!("{name}: left out by --except"));
        remarks.not_reached.extend(left);
        remarks.not_reached.extend(analysed.buckets(&self.story));
        for (name, values) in args.iter() {
            let all = [given.all(name), values].concat();
            given.set_all(name, all);
        }
        Ok(remarks)
    }
}
