//! Fetches one public document, without credentials.

use std::error::Error;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;

const CONNECT: Duration = Duration::from_secs(5);
/// From the request to the first byte of the answer.
const ANSWER: Duration = Duration::from_secs(30);
/// The whole document.
const WHOLE: Duration = Duration::from_secs(120);

/// The document at `url`, of at most `limit` bytes. Redirects are not followed.
///
/// # Errors
/// Why there is none, as the end of a sentence.
pub fn get(url: &str, limit: usize) -> Result<Vec<u8>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    let answer = async { tokio::time::timeout(WHOLE, answer(url, limit)).await };
    runtime.block_on(answer).unwrap_or_else(|_| Err("it takes too long".to_string()))
}

async fn answer(url: &str, limit: usize) -> Result<Vec<u8>, String> {
    let settings =
        HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(ANSWER).build();
    let connector = Connector::builder()
        .connector_settings(settings)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build();
    let request = HttpRequest::get(url).map_err(|e| reasons(&e))?;
    let answer = connector.call(request).await;
    let answer = answer.map_err(|e| reasons(&e))?;
    match answer.status().as_u16() {
        200 => {}
        status => return Err(format!("the server answered {status}")),
    }
    let mut body = ByteStream::new(answer.into_body());
    let mut bytes = Vec::new();
    while let Some(part) = body.next().await {
        bytes.extend(part.map_err(|e| reasons(&e))?);
        if bytes.len() > limit {
            return Err(format!("the answer is larger than {} MiB", limit >> 20));
        }
    }
    Ok(bytes)
}

/// The error and what caused it.
fn reasons(error: &dyn Error) -> String {
    let mut all = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        all.push_str(&format!(": {error}"));
        cause = error.source();
    }
    all
}
