//! The real [`Api`]: one call to one service, sent once when it changes something.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use rand::Rng;
use rand::distr::Alphanumeric;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::caller::{self, Caller, Source};
use super::error::{ApiError, ErrorKind};
use super::objects::Clients;
use super::record::{CALL, Recorder, Sink};
use super::secret::{IssuedKey, Secret};
use super::service::CredentialSource;
use super::{Api, Call, placeholder, service, session};
use crate::clock::{self, Millis};

/// How often a mutating call is sent again after the service said that it did not carry it out.
const REFUSED_FOR_NOW: u32 = 6;

/// Access to one account with one set of credentials.
pub struct Client {
    runtime: Runtime,
    pub(super) config: SdkConfig,
    region: String,
    pub(super) recorder: Arc<Recorder>,
    pub(super) own_endpoint: bool,
    pub(super) s3: Clients,
    caller: Caller,
}

impl Client {
    pub(super) fn new(
        runtime: Runtime,
        config: SdkConfig,
        region: String,
        recorder: Arc<Recorder>,
        own_endpoint: bool,
    ) -> Client {
        let caller = Caller { arn: String::new(), account: String::new(), behind: Vec::new() };
        let s3 = Clients::default();
        Client { runtime, config, region, recorder, own_endpoint, s3, caller }
    }

    pub(super) fn set_caller(&mut self, caller: Caller) {
        self.caller = caller;
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// AWS's clock less this machine's, in milliseconds.
    pub fn skew(&self) -> Millis {
        self.recorder.skew()
    }

    /// From now on, raw answers of reads go there.
    pub fn keep_in(&self, sink: Arc<dyn Sink>) {
        self.recorder.keep_in(sink);
    }

    /// Asks again who is calling: credentials may have changed under a long run.
    ///
    /// # Errors
    /// When AWS does not answer.
    pub fn identify(&self) -> Result<Caller, ApiError> {
        caller::identify(self, self.caller.behind.clone())
    }

    /// Makes an access key for a user. The secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// As [`Api::call`]; [`ErrorKind::Limit`] when the user has two keys.
    pub fn create_access_key(&self, user: &str) -> Result<IssuedKey, ApiError> {
        let call = Call::new("iam", "CreateAccessKey", [("UserName", user.into())]);
        self.run(&call, async |env| service::create_access_key(&env, &call).await)
    }

    /// Puts a new version of a secret with the label `AWSPENDING`; `token` becomes its version id.
    ///
    /// # Errors
    /// As [`Api::call`].
    pub fn stage_secret(&self, id: &str, token: &str, value: &Secret) -> Result<(), ApiError> {
        let call = Call::new(
            "secretsmanager",
            "PutSecretValue",
            [("SecretId", id.into()), ("ClientRequestToken", token.into())],
        );
        self.hide_members(value);
        self.run(&call, async |env| service::stage_secret(&env, &call, value).await)
    }

    /// Keeps a secret's texts out of errors: an answer may repeat what was sent.
    fn hide_members(&self, value: &Secret) {
        self.recorder.hide(value.reveal());
        let members = serde_json::from_str::<Value>(value.reveal()).unwrap_or_default();
        for text in members.as_object().into_iter().flatten().filter_map(|(_, v)| v.as_str()) {
            self.recorder.hide(text);
        }
    }

    /// A secret's text under a label.
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

    /// Makes a reading call with another access key, to see what that key may do.
    ///
    /// # Errors
    /// As [`Api::call`].
    pub fn call_as(&self, key: &IssuedKey, call: &Call) -> Result<Value, ApiError> {
        let key = Credentials::new(&key.id, key.secret.reveal(), None, None, "re-issued");
        let config = session::with(&self.config, SharedCredentialsProvider::new(key));
        self.run_with(&config, call, async |env| service::call(&env, call).await)
    }

    /// Who stands behind a role that the flags asked for.
    pub(super) fn sources_of_flag(&self, base: SdkConfig) -> Vec<Source> {
        vec![self.source(&base, "the credentials that assumed --role-arn")]
    }

    /// Who stands behind the profile in use: its `source_profile`, and that one's, and so on to the key or
    /// the machine that begins the chain.
    pub(super) fn sources_of_profile(&self, profile: Option<&str>) -> Vec<Source> {
        let mut found = Vec::new();
        for behind in self.block_on(service::profile_chain(profile)) {
            let (provider, through) = match behind {
                CredentialSource::Profile(name) => (
                    session::of_profile(&self.config, &name),
                    format!("the source profile '{name}'"),
                ),
                CredentialSource::Key(name, key) => (
                    SharedCredentialsProvider::new(key),
                    format!("the key of the profile '{name}' itself"),
                ),
                CredentialSource::Named(name) => {
                    let Some(provider) = session::of_source(&self.config, &name) else { continue };
                    (provider, format!("the credential source {name}"))
                }
            };
            found.push(self.source(&session::with(&self.config, provider), &through));
        }
        found
    }

    /// An identity that cannot be asked is in the list too: the plan shows that nobody knows it.
    fn source(&self, config: &SdkConfig, through: &str) -> Source {
        let call = Call::new("sts", "GetCallerIdentity", []);
        let me = self.run_with(config, &call, async |env| service::call(&env, &call).await).ok();
        let arn = me.and_then(|me| me["Arn"].as_str().map(str::to_string));
        let arn = arn.unwrap_or_else(|| "an identity that could not be read".into());
        Source { arn, through: through.to_string() }
    }

    /// Waits for the answer; several threads may do so at once.
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

    /// Reads are retried by the SDK. What changes something is sent once, and again only after an answer
    /// that says it was not carried out.
    fn run_with<T>(
        &self,
        config: &SdkConfig,
        call: &Call,
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
        self.block_on(CALL.scope(call.clone(), async {
            let mut wait = Duration::from_millis(400);
            for attempt in 1.. {
                let env = service::Env {
                    config: config.clone(),
                    recorder: Arc::clone(&self.recorder),
                    own_endpoint: self.own_endpoint,
                    account: self.caller.account.clone(),
                };
                match make(env).await {
                    Err(e) if e.kind == ErrorKind::Throttled && attempt < REFUSED_FOR_NOW => {
                        tokio::time::sleep(wait).await;
                        wait *= 2;
                    }
                    done => {
                        return done.map_err(|mut e| {
                            e.message = self.recorder.shown(&e.message);
                            e
                        });
                    }
                }
            }
            unreachable!("the loop returns")
        }))
    }

    /// The call with its placeholders filled in.
    fn filled(&self, call: &Call) -> Call {
        let mut call = call.clone();
        for value in call.params.values_mut() {
            if value == placeholder::PASSWORD {
                let password = random_password();
                self.recorder.hide(&password);
                *value = password.into();
            }
        }
        call
    }
}

impl Api for Client {
    fn call(&self, call: &Call) -> Result<Value, ApiError> {
        let filled = self.filled(call);
        // The recorder and errors see the call as it was asked for, without what was filled in.
        self.run(call, async |env| service::call(&env, &filled).await)
    }

    fn now(&self) -> Millis {
        self.recorder.now()
    }

    fn region(&self) -> &str {
        &self.region
    }
}

/// The moment before which sessions are refused: AWS's now and the margin, in whole seconds.
pub fn cutoff(now: Millis) -> String {
    clock::rfc3339((now + placeholder::CUTOFF_MARGIN) / clock::SECOND * clock::SECOND)
}

/// 40 characters with every class that a password policy can ask for.
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
