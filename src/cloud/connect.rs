//! Connects to AWS: the standard credential chain, overridden by flags, with one HTTP client for everything.

use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder as HttpBuilder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use super::client::Client;
use super::credentials::{of_profile, with};
use super::error::ApiError;
use super::patience::{Notice, Patience};
use super::record::Recorder;
use super::{Api, Call, global_region, opt_in, partition};
use crate::clock::Clock;

/// Threads that drive connections. Two can decrypt as much as many cores can inflate.
const CONNECTION_THREADS: usize = 2;

/// How long the first call, for the caller's identity, is tried: a dead network is known soon.
const IDENTITY: Duration = Duration::from_secs(30);
/// How long one attempt of a call may take.
pub(super) const ATTEMPT: Duration = Duration::from_secs(60);
/// How long a call may take with its repetitions.
pub(super) const CALL: Duration = Duration::from_secs(150);

/// Connection settings from flags. Everything else comes from the standard credential chain.
#[derive(Debug, Clone, Default)]
pub struct Connect {
    pub profile: Option<String>,
    pub region: Option<String>,
    /// Assumed with the credentials of the chain.
    pub role_arn: Option<String>,
    pub endpoint_url: Option<String>,
    /// Told when AWS does not answer.
    pub notice: Notice,
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("cannot start the network threads: {0}")]
    Runtime(#[from] std::io::Error),
    #[error("no AWS region is configured")]
    NoRegion,
    #[error("cannot identify the caller: {0}")]
    Identity(#[from] ApiError),
}

impl Connect {
    /// Finds credentials, and asks AWS for their identity and its sources.
    ///
    /// # Errors
    /// Without a region, without usable credentials, or when AWS does not answer.
    pub fn open(&self, clock: Clock) -> Result<Client, ConnectError> {
        // Connections have their own threads; calls wait on the calling thread.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(CONNECTION_THREADS)
            .thread_name("aws")
            .enable_all()
            .build()?;
        let recorder = Arc::new(Recorder::new(clock, self.endpoint_url.is_some()));
        let settings = async {
            let base = self.base().await;
            let config = match &self.role_arn {
                Some(role) => assume(&base, role).await,
                None => base.clone(),
            };
            (base, config)
        };
        let what =
            || "the region and credentials, also from this machine's metadata service".to_string();
        let patience = Patience::new(&self.notice);
        let (base, config) = runtime.block_on(patience.wait(what, IDENTITY, || 0, settings));
        let Some(region) = config.region().map(ToString::to_string) else {
            return Err(ConnectError::NoRegion);
        };
        let mut client =
            Client::new(runtime, config, region, recorder, self.endpoint_url.is_some());
        client.tell(self.notice.clone());
        // First of all: without an answer to it, nothing else gets one.
        let mut caller = client.first_identity(IDENTITY).map_err(|e| explained(&client, e))?;
        let mut sources = match &self.role_arn {
            Some(_) => client.sources_of_flag(base),
            None => Vec::new(),
        };
        sources.extend(client.sources_of_profile(self.profile.as_deref()));
        caller.sources = sources;
        client.set_caller(caller);
        Ok(client)
    }

    async fn base(&self) -> SdkConfig {
        let http =
            HttpBuilder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(Duration::from_secs(30))
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(CALL)
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
            // The standard chain would prefer a key in the environment to the requested profile.
            Some(name) => with(&config, of_profile(&config, name)),
            None => config,
        }
    }
}

/// Says that the run's region is not enabled, if the same credentials work in the partition's global region.
fn explained(client: &Client, e: ApiError) -> ApiError {
    let own = client.region();
    let global = global_region(partition::of_region(own)).filter(|global| *global != own);
    let me = |region| client.call(&Call::new("sts", "GetCallerIdentity", []).in_region(region));
    match global {
        Some(global) if opt_in::may_be(&e) && me(global).is_ok() => {
            opt_in::not_enabled(e, own, global)
        }
        _ => e,
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
