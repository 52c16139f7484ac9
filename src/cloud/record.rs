//! Observes every request and response: tracks AWS's clock, passes raw responses of read-only calls to the evidence
//! recorder, redacts secrets in errors, and leaves the host of a custom endpoint unchanged.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
    BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use chrono::DateTime;

use super::{Call, Secret};
use crate::clock::{Clock, Millis};

/// Shorter texts are not redacted: they would match unrelated text.
const MIN_REDACTED: usize = 12;

/// One read-only call with its response.
pub struct Exchange<'a> {
    pub call: &'a Call,
    /// By AWS's clock.
    pub at: Millis,
    /// HTTP status.
    pub status: u16,
    pub request_id: Option<&'a str>,
    pub content_type: Option<&'a str>,
    /// The raw response: XML or JSON.
    pub body: &'a [u8],
}

/// Receives the raw responses of read-only calls.
pub trait Sink: Send + Sync {
    fn record(&self, exchange: &Exchange<'_>);
}

tokio::task_local! {
    /// The call that the current task makes.
    pub static CALL: Call;
}

pub struct Recorder {
    clock: Clock,
    /// AWS's clock minus the local one, in milliseconds.
    skew: AtomicI64,
    sink: std::sync::RwLock<Option<Arc<dyn Sink>>>,
    /// A custom endpoint: no account id is put before its host.
    plain_host: bool,
    /// Secrets that were sent and must not appear in a message.
    secrets: Mutex<Vec<Secret>>,
    /// Session tokens: a response may repeat what was signed.
    tokens: Mutex<Vec<Secret>>,
    /// How many answers came.
    answers: AtomicU64,
}

fn add(list: &Mutex<Vec<Secret>>, text: &str) {
    let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
    if text.len() >= MIN_REDACTED && !list.iter().any(|secret| secret.reveal() == text) {
        list.push(Secret::new(text));
    }
}

fn without(text: String, list: &Mutex<Vec<Secret>>) -> String {
    let list = list.lock().unwrap_or_else(PoisonError::into_inner);
    list.iter().fold(text, |text, secret| match text.contains(secret.reveal()) {
        true => text.replace(secret.reveal(), "(hidden)"),
        false => text,
    })
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder")
    }
}

impl Recorder {
    pub fn new(clock: Clock, plain_host: bool) -> Recorder {
        Recorder {
            clock,
            skew: AtomicI64::new(0),
            sink: std::sync::RwLock::new(None),
            plain_host,
            secrets: Mutex::default(),
            tokens: Mutex::default(),
            answers: AtomicU64::new(0),
        }
    }

    /// From now on, this text is redacted in errors.
    pub fn redact(&self, text: &str) {
        add(&self.secrets, text);
    }

    /// The text with secrets replaced by `(hidden)`.
    pub fn redacted(&self, text: &str) -> String {
        without(without(text.to_string(), &self.secrets), &self.tokens)
    }

    pub fn now(&self) -> Millis {
        self.clock.now() + self.skew.load(Ordering::Relaxed)
    }

    /// AWS's clock minus the local one, in milliseconds.
    pub fn skew(&self) -> Millis {
        self.skew.load(Ordering::Relaxed)
    }

    pub fn record_to(&self, sink: Arc<dyn Sink>) {
        if let Ok(mut current) = self.sink.write() {
            *current = Some(sink);
        }
    }

    /// How many answers came from AWS so far.
    pub fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    fn answered(&self, cx: &AfterDeserializationInterceptorContextRef<'_>) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        let response = cx.response();
        let header = |name: &str| response.headers().get(name);
        if let Some(date) = header("date").and_then(|d| DateTime::parse_from_rfc2822(d).ok()) {
            self.skew.store(date.timestamp_millis() - self.clock.now(), Ordering::Relaxed);
        }
        let Ok(sink) = self.sink.read() else { return };
        let Some(sink) = sink.as_deref() else { return };
        let _ = CALL.try_with(|call| {
            // Pages of the event history are stored by their reader.
            let page = call.value("Page") == true;
            if call.reads() && !page && !call.operation.contains("SecretValue") {
                let body = response.body().bytes().unwrap_or_default();
                let status = response.status().as_u16();
                // Only errors repeat what was signed. All other responses are recorded unchanged.
                let cleaned = (status >= 400)
                    .then(|| without(String::from_utf8_lossy(body).into_owned(), &self.tokens));
                sink.record(&Exchange {
                    call,
                    at: self.now(),
                    status,
                    request_id: header("x-amzn-requestid").or_else(|| header("x-amz-request-id")),
                    content_type: header("content-type"),
                    body: cleaned.as_ref().map_or(body, String::as_bytes),
                });
            }
        });
    }
}

/// The recorder as an SDK interceptor.
#[derive(Debug, Clone)]
pub struct RecorderInterceptor(pub Arc<Recorder>);

impl Intercept for RecorderInterceptor {
    fn name(&self) -> &'static str {
        "incident-recorder"
    }

    fn modify_before_signing(
        &self,
        cx: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !self.0.plain_host {
            return Ok(());
        }
        let request = cx.request_mut();
        let plain = without_account(request.uri());
        if let Some(plain) = plain {
            request.set_uri(plain)?;
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        cx: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(token) = cx.request().headers().get("x-amz-security-token") {
            add(&self.0.tokens, token);
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        cx: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.answered(cx);
        Ok(())
    }
}

/// `http://123456789012.127.0.0.1:5000/x` without the account, which S3 Control puts before the host.
fn without_account(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let (account, host) = rest.split_once('.')?;
    let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_account_before_the_host_is_removed() {
        let plain = without_account("http://123456789012.127.0.0.1:5000/v2?x=1.2");
        assert_eq!(plain.as_deref(), Some("http://127.0.0.1:5000/v2?x=1.2"));
        assert_eq!(without_account("http://127.0.0.1:5000/"), None);
        assert_eq!(without_account("http://localhost:5000/a.b"), None);
    }
}
