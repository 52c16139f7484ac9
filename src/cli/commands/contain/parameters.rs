//! The parameters of the playbooks as flags. `--set NAME=VALUE` gives those of your own playbook.

use clap::Args;

use crate::cli::error::CommandError;
use crate::step;

#[derive(Debug, Args)]
#[command(next_help_heading = "Playbook parameters (see `incident playbook show`)")]
pub struct ParameterArgs {
    /// Leaked access key (AKIA…; can be repeated for an intruder)
    #[arg(long, value_name = "ID")]
    access_key: Vec<String>,
    /// IAM user (can be repeated for an intruder)
    #[arg(long, value_name = "NAME")]
    user: Vec<String>,
    /// IAM role (can be repeated for an intruder)
    #[arg(long, value_name = "NAME|ARN")]
    role: Vec<String>,
    /// What to do with an intruder's roles
    #[arg(long, value_name = "lockdown|revoke")]
    roles: Option<String>,
    /// Bucket (can be repeated)
    #[arg(long, value_name = "NAME")]
    bucket: Vec<String>,
    /// lockdown denies everything; rotate stops keys and sessions now, then makes a new key; seamless makes the new key first
    #[arg(long, value_name = "lockdown|rotate|seamless")]
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
    /// What to do with the console password
    #[arg(long, value_name = "reset|remove|keep")]
    console: Option<String>,
    /// What to do with public access to the bucket
    #[arg(long, value_name = "block|account|keep")]
    public: Option<String>,
    /// What to do with replication to buckets of other accounts
    #[arg(long, value_name = "suspend|keep")]
    replication: Option<String>,
    /// Logging to turn on
    #[arg(long, value_name = "full|trail|none")]
    visibility: Option<String>,
    /// Region in which to enable GuardDuty (can be repeated)
    #[arg(long, value_name = "REGION")]
    guardduty_region: Vec<String>,
    /// Log data events of every bucket
    #[arg(long)]
    all_buckets: bool,
    /// Secrets Manager secret that gets the re-issued key
    #[arg(long, value_name = "NAME")]
    secret: Option<String>,
    /// New file (or fd:N, an open file descriptor) that gets the re-issued key, without a secret store
    #[arg(long, value_name = "FILE", conflicts_with = "secret")]
    new_key_file: Option<String>,
    /// Check of the re-issued key: s3:BUCKET, cmd:COMMAND or none
    #[arg(long, value_name = "PROBE")]
    pub probe: Option<String>,
    /// Stop every access key of the user in rotate and seamless mode, not only the leaked one
    #[arg(long)]
    all_keys: bool,
    /// Time that consumers have to read the new key in seamless mode, such as 90s, 5m or 1h
    #[arg(long, value_name = "TIME")]
    grace: Option<String>,
    /// Inactive key to delete first, because a user can have only two (irreversible)
    #[arg(long, value_name = "ID")]
    delete_key: Option<String>,
    /// Any other parameter (can be repeated)
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl ParameterArgs {
    /// The parameters that were given, by name.
    ///
    /// # Errors
    /// When a `--set` has no `=`.
    pub fn given(&self) -> Result<step::Args, CommandError> {
        let mut given = step::Args::default();
        let one = [
            ("roles", &self.roles),
            ("mode", &self.mode),
            ("console", &self.console),
            ("public", &self.public),
            ("replication", &self.replication),
            ("visibility", &self.visibility),
            ("secret", &self.secret),
            ("new-key-file", &self.new_key_file),
            ("probe", &self.probe),
            ("delete-key", &self.delete_key),
            ("grace", &self.grace),
        ];
        for (name, value) in one {
            if let Some(value) = value {
                given.set(name, value);
            }
        }
        let many = [
            ("access-key", &self.access_key),
            ("user", &self.user),
            ("role", &self.role),
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
        for (name, flag) in [("all-buckets", self.all_buckets), ("all-keys", self.all_keys)] {
            if flag {
                given.set(name, "true");
            }
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
