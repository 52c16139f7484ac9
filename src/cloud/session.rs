//! One configuration for every client: the standard credential chain, flags over it, one HTTP client.

use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder as HttpBuilder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use super::caller;
use super::client::Client;
use super::error::ApiError;
use super::record::Recorder;
use crate::clock::Clock;

/// Threads that drive connections: two decrypt what many cores can inflate.
const DRIVERS: usize = 2;

/// What the flags say about the way to AWS; everything else comes from the standard chain.
#[derive(Debug, Clone, Default)]
pub struct Connect {
    pub profile: Option<String>,
    pub region: Option<String>,
    /// Assumed on top of whatever the chain gives.
    pub role_arn: Option<String>,
    pub endpoint_url: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("cannot start: {0}")]
    Runtime(#[from] std::io::Error),
    #[error("no AWS region is set")]
    NoRegion,
    #[error("cannot tell who is calling: {0}")]
    Identity(#[from] ApiError),
}

impl Connect {
    /// Finds credentials and asks AWS who they belong to, and who stands behind them.
    ///
    /// # Errors
    /// Without a region, without usable credentials, or when AWS does not answer.
    pub fn open(&self, clock: Clock) -> Result<Client, ConnectError> {
        // Connections are driven by threads of their own; calls wait on the thread that makes them.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(DRIVERS)
            .thread_name("aws")
            .enable_all()
            .build()?;
        let recorder = Arc::new(Recorder::new(clock, self.endpoint_url.is_some()));
        let (base, config) = runtime.block_on(async {
            let base = self.base().await;
            let config = match &self.role_arn {
                Some(role) => assume(&base, role).await,
                None => base.clone(),
            };
            (base, config)
        });
        let Some(region) = config.region().map(ToString::to_string) else {
            return Err(ConnectError::NoRegion);
        };
        let mut client =
            Client::new(runtime, config, region, recorder, self.endpoint_url.is_some());
        let mut behind = match &self.role_arn {
            Some(_) => client.sources_of_flag(base),
            None => Vec::new(),
        };
        behind.extend(client.sources_of_profile(self.profile.as_deref()));
        let caller = caller::identify(&client, behind)?;
        client.set_caller(caller);
        Ok(client)
    }

    async fn base(&self) -> SdkConfig {
        let http =
            HttpBuilder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(Duration::from_secs(30))
            .operation_attempt_timeout(Duration::from_secs(60))
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(timeouts)
            .identity_cache(IdentityCache::lazy().build())
            .retry_config(RetryConfig::standard().with_max_attempts(6));
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(url) = &self.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let config = loader.load().await;
        match &self.profile {
            // The standard chain would take a key of the environment before the profile that was asked for.
            Some(name) => with(&config, of_profile(&config, name)),
            None => config,
        }
    }
}

async fn assume(base: &SdkConfig, role: &str) -> SdkConfig {
    let provider = aws_config::sts::AssumeRoleProvider::builder(role)
        .session_name("incident")
        .configure(base)
        .build()
        .await;
    with(base, SharedCredentialsProvider::new(provider))
}

/// The same way to AWS with other credentials.
pub(super) fn with(config: &SdkConfig, credentials: SharedCredentialsProvider) -> SdkConfig {
    config
        .to_builder()
        .credentials_provider(credentials)
        .identity_cache(IdentityCache::lazy().build())
        .build()
}

fn provider_config(config: &SdkConfig) -> ProviderConfig {
    let provider = ProviderConfig::without_region().with_region(config.region().cloned());
    match config.http_client() {
        Some(http) => provider.with_http_client(http),
        None => provider,
    }
}

/// The credentials of a profile, whatever the environment holds.
pub(super) fn of_profile(config: &SdkConfig, name: &str) -> SharedCredentialsProvider {
    let builder = ProfileFileCredentialsProvider::builder().configure(&provider_config(config));
    SharedCredentialsProvider::new(builder.profile_name(name).build())
}

/// The credentials of a profile's `credential_source`.
pub(super) fn of_source(config: &SdkConfig, name: &str) -> Option<SharedCredentialsProvider> {
    let provider = provider_config(config);
    Some(match name {
        "Environment" => SharedCredentialsProvider::new(
            aws_config::environment::EnvironmentVariableCredentialsProvider::new(),
        ),
        "Ec2InstanceMetadata" => SharedCredentialsProvider::new(
            aws_config::imds::credentials::ImdsCredentialsProvider::builder()
                .configure(&provider)
                .build(),
        ),
        "EcsContainer" => SharedCredentialsProvider::new(
            aws_config::ecs::EcsCredentialsProvider::builder().configure(&provider).build(),
        ),
        _ => return None,
    })
}
