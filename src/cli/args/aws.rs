//! Flags for the connection to AWS.

use clap::Args;

use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cloud::{Client, Connect};
use crate::plan::Plan;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "AWS")]
pub struct AwsArgs {
    /// Profile of ~/.aws/config [default: the standard chain: environment, SSO, container, instance]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Region to call [default: the profile's, or AWS_REGION]
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Role to assume first
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// Send every call to this URL instead of AWS
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Refuse credentials of any other account
    #[arg(long, value_name = "ACCOUNT")]
    pub expect_account: Option<String>,
}

impl AwsArgs {
    /// Connects to the plan's account, in the plan's region.
    ///
    /// # Errors
    /// See [`AwsArgs::connect`].
    pub fn connect_for(&self, cx: &Cx, plan: &Plan) -> Result<Client, CommandError> {
        let mut aws = self.clone();
        aws.region.get_or_insert_with(|| plan.region.clone());
        if let Some(url) = &plan.endpoint_url {
            aws.endpoint_url.get_or_insert_with(|| url.clone());
        }
        aws.expect_account.get_or_insert_with(|| plan.account.clone());
        aws.connect(cx)
    }

    /// Connects, and checks the account.
    ///
    /// # Errors
    /// Without credentials, or when they belong to another account than expected.
    pub fn connect(&self, cx: &Cx) -> Result<Client, CommandError> {
        let connect = Connect {
            profile: self.profile.clone(),
            region: self.region.clone(),
            role_arn: self.role_arn.clone(),
            endpoint_url: self.endpoint_url.clone(),
            notice: cx.notice(),
        };
        let client = connect.open(cx.clock)?;
        let account = &client.caller().account;
        match &self.expect_account {
            Some(expected) if expected != account => Err(CommandError::with(
                Exit::Refused,
                format!("refused: the credentials belong to account {account}, not to {expected}"),
            )
            .hint("nothing was changed; choose another --profile")),
            _ => Ok(client),
        }
    }
}
