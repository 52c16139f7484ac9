//! The [`Api`] implementation for AWS. Mutating calls are sent once.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use rand::Rng;
use rand::distr::Alphanumeric;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::caller::{self, Caller, SessionSource};
use super::connect::CALL as CALL_LIMIT;
use super::credentials::{self, CredentialSource};
use super::error::{ApiError, ErrorKind};
use super::opt_in;
use super::patience::{Notice, Patience, wait_while};
use super::record::{CALL, Recorder, Sink};
use super::s3_clients::Clients;
use super::secret::{IssuedKey, Secret};
use super::{Api, Call, GoesOn, placeholder, service};
use crate::clock::{self, Millis};

/// How often a mutating call is sent at most, after the service answered that it did not execute it.
const MAX_ATTEMPTS: u32 = 6;

/// Access to one account with one set of credentials.
pub struct Client {
    runtime: Runtime,
    pub(super) config: SdkConfig,
    region: String,
    pub(super) recorder: Arc<Recorder>,
    pub(super) custom_endpoint: bool,
    pub(super) s3: Clients,
    caller: Caller,
    /// Told when AWS does not answer.
    notice: Notice,
}

impl Client {
    pub(super) fn new(
        runtime: Runtime,
        config: SdkConfig,
        region: String,
        recorder: Arc<Recorder>,
        custom_endpoint: bool,
    ) -> Client {
        let caller = Caller::default();
        let s3 = Clients::default();
        let notice = Notice::default();
        Client { runtime, config, region, recorder, custom_endpoint, s3, caller, notice }
    }

    pub(super) fn tell(&mut self, notice: Notice) {
        self.notice = notice;
    }

    /// The caller's identity without its sources, asked for at most so long.
    pub(super) fn first_identity(&self, limit: Duration) -> Result<Caller, ApiError> {
        let timeouts = TimeoutConfig::builder().operation_timeout(limit).build();
        let timeouts = match self.config.timeout_config() {
            Some(known) => timeouts.to_builder().take_unset_from(known.to_builder()).build(),
            None => timeouts,
        };
        let config = self.config.to_builder().timeout_config(timeouts).build();
        let call = Call::new("sts", "GetCallerIdentity", []);
        let key = self.access_key();
        let ask = async |env| service::call(&env, &call).await;
        let me = self.within(&config, &call, limit, None, ask)?;
        Ok(caller::of_answer(&me, key, Vec::new()))
    }

    pub(super) fn set_caller(&mut self, caller: Caller) {
        self.caller = caller;
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// AWS's clock minus the local one, in milliseconds.
    pub fn skew(&self) -> Millis {
        self.recorder.skew()
    }

    /// From now on, raw responses of read-only calls are passed to `sink`.
    pub fn record_to(&self, sink: Arc<dyn Sink>) {
        self.recorder.record_to(sink);
    }

    /// Asks AWS for the caller again: credentials may change during a long run.
    ///
    /// # Errors
    /// When AWS does not answer.
    pub fn identify(&self) -> Result<Caller, ApiError> {
        caller::identify(self, self.access_key(), self.caller.sources.clone())
    }

    /// The id of the access key in use; empty without usable credentials.
    pub(super) fn access_key(&self) -> String {
        let provider = self.config.credentials_provider();
        let key = provider.map(|provider| self.block_on(provider.provide_credentials()));
        let key = key.and_then(Result::ok);
        key.map(|key| key.access_key_id().to_string()).unwrap_or_default()
    }

    /// Creates an access key for a user. The secret exists only in the result.
    ///
    /// # Errors
    /// As [`Api::call`]; [`ErrorKind::Limit`] when the user has two keys.
    pub fn create_access_key(&self, user: &str) -> Result<IssuedKey, ApiError> {
        let call = Call::new("iam", "CreateAccessKey", [("UserName", user.into())]);
        self.run(&call, async |env| service::create_access_key(&env, &call).await)
    }

    /// Stores a new version of a secret with the label `AWSPENDING`; `token` becomes its version id.
    ///
    /// # Errors
    /// As [`Api::call`].
    pub fn stage_secret(&self, id: &str, token: &str, value: &Secret) -> Result<(), ApiError> {
        let call = Call::new(
            "secretsmanager",
            "PutSecretValue",
            [("SecretId", id.into()), ("ClientRequestToken", token.into())],
        );
        self.redact_members(value);
        self.run(&call, async |env| service::stage_secret(&env, &call, value).await)
    }

    /// Redacts a secret and its members in errors: a response may repeat what was sent.
    fn redact_members(&self, value: &Secret) {
        self.recorder.redact(value.reveal());
        let members = serde_json::from_str::<Value>(value.reveal()).unwrap_or_default();
        for text in members.as_object().into_iter().flatten().filter_map(|(_, v)| v.as_str()) {
            self.recorder.redact(text);
        }
    }

    /// The text of a secret's version with a label.
    ///
    /// # Errors
    /// As [`Api::call`].
    pub fn read_secret(&self, id: &str, label: &str) -> Result<Secret, ApiError> {
        let call = Call::new(
            "secretsmanager",
            "GetSecretValue",
            [("SecretId", id.into()), ("VersionStage", label.into())],
        );
        self.run(&call, async |env| service::read_secret(&env, &call).await)
    }

    /// Sends a read-only call with another access key, to test that key's permissions.
    ///
    /// # Errors
    /// As [`Api::call`].
    pub fn call_as(&self, key: &IssuedKey, call: &Call) -> Result<Value, ApiError> {
        let key = Credentials::new(&key.id, key.secret.reveal(), None, None, "re-issued");
        let config = credentials::with(&self.config, SharedCredentialsProvider::new(key));
        self.run_with(&config, call, async |env| service::call(&env, call).await)
    }

    /// The source of a session for `--role-arn`.
    pub(super) fn sources_of_flag(&self, base: SdkConfig) -> Vec<SessionSource> {
        vec![self.source(&base, "the credentials that assumed --role-arn")]
    }

    /// The sources of the profile in use: its `source_profile`, that profile's source, and so on to the key or instance
    /// at the start of the chain.
    pub(super) fn sources_of_profile(&self, profile: Option<&str>) -> Vec<SessionSource> {
        let mut found = Vec::new();
        for source in self.block_on(credentials::profile_chain(profile)) {
            let (provider, through) = match source {
                CredentialSource::Profile(name) => (
                    credentials::of_profile(&self.config, &name),
                    format!("the source profile '{name}'"),
                ),
                CredentialSource::Key(name, key) => (
                    SharedCredentialsProvider::new(key),
                    format!("the key of the profile '{name}' itself"),
                ),
                CredentialSource::Named(name) => {
                    let Some(provider) = credentials::of_source(&self.config, &name) else {
                        continue;
                    };
                    (provider, format!("the credential source {name}"))
                }
            };
            found.push(self.source(&credentials::with(&self.config, provider), &through));
        }
        found
    }

    /// The identity of a source. If it cannot be read, the source is listed anyway, so that the plan shows it as unknown.
    fn source(&self, config: &SdkConfig, through: &str) -> SessionSource {
        let call = Call::new("sts", "GetCallerIdentity", []);
        let me = self.run_with(config, &call, async |env| service::call(&env, &call).await).ok();
        let arn = me.and_then(|me| me["Arn"].as_str().map(str::to_string));
        let arn = arn.unwrap_or_else(|| "an identity that could not be read".into());
        SessionSource { arn, through: through.to_string() }
    }

    /// Waits for an answer, and says so if nothing comes.
    pub(super) fn patiently<T>(
        &self,
        what: impl Fn() -> String,
        limit: Duration,
        future: impl Future<Output = T>,
    ) -> T {
        let answers = || self.recorder.answers();
        self.block_on(Patience::new(&self.notice).wait(what, limit, answers, future))
    }

    /// Waits for a future; several threads may do so at the same time.
    pub(super) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    fn run<T>(
        &self,
        call: &Call,
        make: impl AsyncFn(service::Env) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.run_with(&self.config, call, make)
    }

    /// Read-only calls are retried by the SDK. Mutating calls are sent once, and again only after the service answered
    /// that it did not execute them.
    fn run_with<T>(
        &self,
        config: &SdkConfig,
        call: &Call,
        make: impl AsyncFn(service::Env) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.within(config, call, CALL_LIMIT, None, make)
    }

    /// The same; the answer comes within this time, or never, and only while it may go on.
    fn within<T>(
        &self,
        config: &SdkConfig,
        call: &Call,
        limit: Duration,
        goes_on: Option<GoesOn<'_>>,
        make: impl AsyncFn(service::Env) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut config = config.to_builder();
        if let Some(region) = &call.region {
            config = config.region(Region::new(region.clone()));
        }
        if !call.reads() {
            config = config.retry_config(RetryConfig::disabled());
        }
        let config = config.build();
        let region = call.region.as_deref().unwrap_or(&self.region);
        let endpoint = config.endpoint_url().map_or_else(String::new, |url| format!(" at {url}"));
        let what = || format!("{} in {region}{endpoint}", call.name());
        let sent = CALL.scope(call.clone(), async {
            let mut wait = Duration::from_millis(400);
            for attempt in 1.. {
                let env = service::Env {
                    config: config.clone(),
                    recorder: Arc::clone(&self.recorder),
                    custom_endpoint: self.custom_endpoint,
                    account: self.caller.account.clone(),
                };
                match make(env).await {
                    Err(e) if e.kind == ErrorKind::Throttled && attempt < MAX_ATTEMPTS => {
                        tokio::time::sleep(wait).await;
                        wait *= 2;
                    }
                    done => {
                        return done.map_err(|mut e| {
                            e.message = self.recorder.redacted(&e.message);
                            e
                        });
                    }
                }
            }
            unreachable!("the loop returns")
        });
        self.patiently(what, limit, async {
            match goes_on {
                None => sent.await,
                Some(goes_on) => {
                    let whole = wait_while(goes_on, sent).await;
                    whole.unwrap_or_else(|| Err(ApiError::cut_off(call)))
                }
            }
        })
    }

    /// The call with its placeholders filled in.
    fn filled(&self, call: &Call) -> Call {
        let mut call = call.clone();
        for value in call.params.values_mut() {
            if value == placeholder::PASSWORD {
                let password = random_password();
                self.recorder.redact(&password);
                *value = password.into();
            }
        }
        call
    }
}

impl Client {
    fn send(&self, call: &Call, goes_on: Option<GoesOn<'_>>) -> Result<Value, ApiError> {
        let filled = self.filled(call);
        // The recorder and errors see the call with its placeholders, not the filled-in values.
        let make = async |env| service::call(&env, &filled).await;
        let sent = self.within(&self.config, call, CALL_LIMIT, goes_on, make);
        sent.map_err(|e| match call.region.as_deref().filter(|region| *region != self.region) {
            Some(region) if opt_in::may_be(&e) && self.identify().is_ok() => {
                opt_in::not_enabled(e, region, &self.region)
            }
            _ => e,
        })
    }
}

impl Api for Client {
    fn call(&self, call: &Call) -> Result<Value, ApiError> {
        self.send(call, None)
    }

    fn call_while(&self, call: &Call, goes_on: GoesOn<'_>) -> Result<Value, ApiError> {
        self.send(call, Some(goes_on))
    }

    fn now(&self) -> Millis {
        self.recorder.now()
    }

    fn region(&self) -> &str {
        &self.region
    }
}

/// The time before which sessions are denied: AWS's current time plus the margin, in whole seconds.
pub fn cutoff(now: Millis) -> String {
    clock::rfc3339((now + placeholder::CUTOFF_MARGIN) / clock::SECOND * clock::SECOND)
}

/// 40 characters with every class that a password policy can require.
fn random_password() -> String {
    let random = rand::rng().sample_iter(Alphanumeric).take(36).map(char::from);
    random.chain("aZ7%".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cutoff_is_in_whole_seconds_and_ahead() {
        assert_eq!(cutoff(1_700_000_000_999), "2023-11-14T22:13:50Z");
    }

    #[test]
    fn passwords_differ_and_are_long() {
        let (a, b) = (random_password(), random_password());
        assert!(a != b && a.len() == 40 && a.chars().any(|c| c.is_ascii_punctuation()));
    }
}
