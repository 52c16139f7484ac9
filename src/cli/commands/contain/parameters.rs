//! The parameters of the playbooks as flags. A playbook of one's own may have others: `--set NAME=VALUE`.

use clap::Args;

use crate::cli::error::CommandError;
use crate::step;

#[derive(Debug, Args)]
#[command(next_help_heading = "What the playbook is told (see `incident playbook show`)")]
pub struct ParameterArgs {
    /// The key that leaked (AKIA…)
    #[arg(long, value_name = "ID")]
    access_key: Option<String>,
    /// An IAM user
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// An IAM role
    #[arg(long, value_name = "NAME|ARN")]
    role: Option<String>,
    /// A bucket (can be repeated)
    #[arg(long, value_name = "NAME")]
    bucket: Vec<String>,
    /// Lockdown denies everything; rotate ends keys and sessions and goes on with new ones
    #[arg(long, value_name = "lockdown|rotate")]
    mode: Option<String>,
    /// Principal to deny (can be repeated)
    #[arg(long, value_name = "ARN")]
    principal: Vec<String>,
    /// Address or range to deny (can be repeated)
    #[arg(long, value_name = "CIDR")]
    address: Vec<String>,
    /// Principal that stays allowed when all others are denied (can be repeated)
    #[arg(long, value_name = "ARN")]
    allow: Vec<String>,
    /// What becomes of the console password
    #[arg(long, value_name = "reset|remove|keep")]
    console: Option<String>,
    /// What becomes of public access to the bucket
    #[arg(long, value_name = "block|account|keep")]
    public: Option<String>,
    /// What is turned on to see more from now on
    #[arg(long, value_name = "full|trail|none")]
    visibility: Option<String>,
    /// Region to turn GuardDuty on in (can be repeated)
    #[arg(long, value_name = "REGION")]
    guardduty_region: Vec<String>,
    /// Record data events of every bucket
    #[arg(long)]
    all_buckets: bool,
    /// Secrets Manager secret that gets the re-issued key
    #[arg(long, value_name = "NAME")]
    secret: Option<String>,
    /// New file (or fd:N, an open file descriptor) that gets the re-issued key, without a secret store
    #[arg(long, value_name = "FILE", conflicts_with = "secret")]
    new_key_file: Option<String>,
    /// What the re-issued key must be able to do: s3:BUCKET, cmd:COMMAND or none
    #[arg(long, value_name = "PROBE")]
    probe: Option<String>,
    /// Inactive key to delete for a free slot: cannot be undone
    #[arg(long, value_name = "ID")]
    delete_key: Option<String>,
    /// Any other parameter (can be repeated)
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl ParameterArgs {
    /// What was given, by parameter name.
    ///
    /// # Errors
    /// When a `--set` has no `=`.
    pub fn given(&self) -> Result<step::Args, CommandError> {
        let mut given = step::Args::default();
        let one = [
            ("access-key", &self.access_key),
            ("user", &self.user),
            ("role", &self.role),
            ("mode", &self.mode),
            ("console", &self.console),
            ("public", &self.public),
            ("visibility", &self.visibility),
            ("secret", &self.secret),
            ("new-key-file", &self.new_key_file),
            ("probe", &self.probe),
            ("delete-key", &self.delete_key),
        ];
        for (name, value) in one {
            if let Some(value) = value {
                given.set(name, value);
            }
        }
        let many = [
            ("bucket", &self.bucket),
            ("principal", &self.principal),
            ("address", &self.address),
            ("allow", &self.allow),
            ("guardduty-region", &self.guardduty_region),
        ];
        for (name, values) in many {
            if !values.is_empty() {
                given.set_all(name, values.clone());
            }
        }
        if self.all_buckets {
            given.set("all-buckets", "true");
        }
        for set in &self.set {
            let (name, value) = set
                .split_once('=')
                .ok_or_else(|| CommandError::usage(format!("--set {set}: write NAME=VALUE")))?;
            let mut values = given.all(name).to_vec();
            values.push(value.to_string());
            given.set_all(name, values);
        }
        Ok(given)
    }
}
