//! Credentials: replaces those of a configuration, and follows the sources of a profile.

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

/// The same configuration with other credentials.
pub fn with(config: &SdkConfig, credentials: SharedCredentialsProvider) -> SdkConfig {
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

/// The credentials of a profile, ignoring the environment.
pub fn of_profile(config: &SdkConfig, name: &str) -> SharedCredentialsProvider {
    let builder = ProfileFileCredentialsProvider::builder().configure(&provider_config(config));
    SharedCredentialsProvider::new(builder.profile_name(name).build())
}

/// The credentials of a profile's `credential_source`.
pub fn of_source(config: &SdkConfig, name: &str) -> Option<SharedCredentialsProvider> {
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

/// Where a profile takes its credentials from.
pub enum CredentialSource {
    /// Another profile.
    Profile(String),
    /// The profile names itself as its source: the session is created with its own key.
    Key(String, Credentials),
    /// `Environment`, `Ec2InstanceMetadata`, `EcsContainer`.
    Named(String),
}

/// The sources of a profile's credentials, nearest first.
pub async fn profile_chain(profile: Option<&str>) -> Vec<CredentialSource> {
    let fs = real_environment();
    let files = aws_runtime::env_config::file::EnvConfigFiles::default();
    let Ok(set) = aws_config::profile::load(&fs.0, &fs.1, &files, None).await else {
        return Vec::new();
    };
    let mut chain = Vec::new();
    let mut seen = vec![profile.map_or_else(|| set.selected_profile().to_string(), str::to_string)];
    while let Some(name) = seen.last().cloned()
        && let Some(profile) = set.get_profile(&name)
    {
        let text = |key: &str| profile.get(key).map(str::to_string);
        match (text("source_profile"), text("credential_source")) {
            (Some(source), _) if source == name => {
                let key = text("aws_access_key_id").zip(text("aws_secret_access_key"));
                let token = text("aws_session_token");
                chain.extend(key.map(|(id, secret)| {
                    CredentialSource::Key(
                        name.clone(),
                        Credentials::new(id, secret, token, None, "profile"),
                    )
                }));
                break;
            }
            (Some(source), _) if seen.len() > 8 || seen.contains(&source) => break,
            (Some(source), _) => {
                chain.push(CredentialSource::Profile(source.clone()));
                seen.push(source);
            }
            (None, Some(named)) => {
                chain.push(CredentialSource::Named(named));
                break;
            }
            (None, None) => break,
        }
    }
    chain
}

fn real_environment() -> (aws_types::os_shim_internal::Fs, aws_types::os_shim_internal::Env) {
    (aws_types::os_shim_internal::Fs::real(), aws_types::os_shim_internal::Env::real())
}
