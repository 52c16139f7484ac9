//! Faults that the proxy makes: which calls a rule takes, and what happens to them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::calls::Exchange;
use super::http::Message;

/// What happens to one call.
#[derive(Clone, Debug)]
pub enum Action {
    /// To the server, unchanged.
    Pass,
    /// An error in AWS's own form, which the server never sees.
    Fail { status: u16, code: String },
    /// An answer that the server has no part in.
    Answer(Message),
    /// The connection ends without an answer, and the call had no effect.
    CutBefore,
    /// The connection ends without an answer, though the call took effect.
    CutAfter,
    /// The connection ends in mid-answer, after so many bytes of the body.
    CutBody(usize),
}

type Look = Box<dyn Fn(&Exchange) + Send + Sync>;
type Decide = Box<dyn Fn(&Exchange) -> Action + Send + Sync>;

/// A fault for some calls. Where several rules take a call, all of them wait and look, and the first
/// with an action other than `Pass` decides.
pub struct Rule {
    taken: Box<dyn Fn(&Exchange) -> bool + Send + Sync>,
    /// The first match that the rule takes, and how many: from 1.
    first: usize,
    times: usize,
    seen: AtomicUsize,
    pub(super) wait: Duration,
    pub(super) before: Look,
    pub(super) decide: Decide,
    pub(super) after: Look,
}

impl Rule {
    /// Calls that `taken` says yes to.
    pub fn when(taken: impl Fn(&Exchange) -> bool + Send + Sync + 'static) -> Rule {
        Rule {
            taken: Box::new(taken),
            first: 1,
            times: usize::MAX,
            seen: AtomicUsize::new(0),
            wait: Duration::ZERO,
            before: Box::new(|_| ()),
            decide: Box::new(|_| Action::Pass),
            after: Box::new(|_| ()),
        }
    }

    /// One operation: `iam:UpdateAccessKey`.
    pub fn on(name: &str) -> Rule {
        let name = name.to_string();
        Rule::when(move |e| e.name() == name)
    }

    pub fn any() -> Rule {
        Rule::when(|_| true)
    }

    pub fn mutating() -> Rule {
        Rule::when(|e| e.mutating)
    }

    /// The k-th match only, from 1.
    pub fn nth(self, k: usize) -> Rule {
        Rule { first: k, times: 1, ..self }
    }

    /// The first k matches only.
    pub fn times(self, k: usize) -> Rule {
        Rule { times: k, ..self }
    }

    pub fn delay(self, wait: Duration) -> Rule {
        Rule { wait, ..self }
    }

    /// Runs `look` before the call is forwarded. It may itself make calls, also through the proxy.
    pub fn before(self, look: impl Fn(&Exchange) + Send + Sync + 'static) -> Rule {
        Rule { before: Box::new(look), ..self }
    }

    /// Runs `look` after the server answered and before the client hears of it.
    pub fn after(self, look: impl Fn(&Exchange) + Send + Sync + 'static) -> Rule {
        Rule { after: Box::new(look), ..self }
    }

    pub fn decide(self, decide: impl Fn(&Exchange) -> Action + Send + Sync + 'static) -> Rule {
        Rule { decide: Box::new(decide), ..self }
    }

    pub fn then(self, action: Action) -> Rule {
        self.decide(move |_| action.clone())
    }

    /// An AWS error, with the status that AWS uses for it.
    pub fn fail(self, code: &str) -> Rule {
        let code = code.to_string();
        self.decide(move |e| Action::Fail { status: status(&code, e), code: code.clone() })
    }

    /// An AWS error with a message of the test's own.
    pub fn refuse(
        self,
        code: &str,
        message: impl Fn(&Exchange) -> String + Send + Sync + 'static,
    ) -> Rule {
        let code = code.to_string();
        self.decide(move |e| Action::Answer(refusal(e, status(&code, e), &code, &message(e))))
    }

    pub fn cut_before(self) -> Rule {
        self.then(Action::CutBefore)
    }

    pub fn cut_after(self) -> Rule {
        self.then(Action::CutAfter)
    }

    pub fn cut_body(self, bytes: usize) -> Rule {
        self.then(Action::CutBody(bytes))
    }

    /// Whether the rule takes this call; counts the matches.
    pub(super) fn takes(&self, call: &Exchange) -> bool {
        if !(self.taken)(call) {
            return false;
        }
        let seen = self.seen.fetch_add(1, Ordering::SeqCst) + 1;
        seen >= self.first && seen - self.first < self.times
    }
}

fn status(code: &str, call: &Exchange) -> u16 {
    match code {
        "SlowDown" | "ServiceUnavailable" | "ServiceUnavailableException" => 503,
        "InternalError" | "InternalFailure" | "InternalServerError" | "ServiceFailure" => 500,
        "InternalServiceError" | "InternalServerErrorException" => 500,
        // A service with JSON answers 400 to nearly all.
        _ if !call.is_query() && !call.is_s3() => 400,
        "AccessDenied"
        | "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "InvalidAccessKeyId" => 403,
        "ExpiredToken" if call.is_query() => 403,
        "EntityAlreadyExists" | "DeleteConflict" | "LimitExceeded" | "BucketNotEmpty" => 409,
        "EntityTemporarilyUnmodifiable" | "OperationAborted" => 409,
        _ if code.starts_with("NoSuch") => 404,
        _ => 400,
    }
}

/// An error in the form of the call's protocol.
pub fn failure(call: &Exchange, status: u16, code: &str) -> Message {
    refusal(call, status, code, "from a rule of the test")
}

/// The same with this message.
pub fn refusal(call: &Exchange, status: u16, code: &str, message: &str) -> Message {
    let xml = format!("<Code>{code}</Code><Message>{message}</Message>");
    if call.is_s3() {
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        let body = format!("{head}<Error>{xml}<RequestId>0</RequestId><HostId>0</HostId></Error>");
        // s3control wraps the error once more.
        let wrapped = format!(
            "{head}<ErrorResponse><Error>{xml}</Error><RequestId>0</RequestId></ErrorResponse>"
        );
        let body = if call.service == "s3control" { wrapped } else { body };
        let body = if call.method == "HEAD" { String::new() } else { body };
        return Message::response(status, "application/xml", body);
    }
    if call.is_query() {
        let side = if status < 500 { "Sender" } else { "Receiver" };
        let body = format!(
            "<ErrorResponse><Error><Type>{side}</Type>{xml}</Error><RequestId>0</RequestId></ErrorResponse>"
        );
        return Message::response(status, "text/xml", body);
    }
    let body = serde_json::json!({"__type": code, "message": message}).to_string();
    let mut response = Message::response(status, "application/x-amz-json-1.1", body);
    response.set_header("x-amzn-ErrorType", code);
    response
}
