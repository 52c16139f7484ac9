//! A fake AWS for unit tests of steps.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value;

use super::{Args, Context};
use crate::clock::Millis;
use crate::cloud::{Api, ApiError, Call, ErrorKind};

/// Answers calls by name; every other call is answered with "not found".
#[derive(Default)]
pub struct Fake {
    answers: BTreeMap<String, Value>,
    pub made: Mutex<Vec<Call>>,
}

impl Fake {
    /// Sets the answer of an operation (`iam:ListAccessKeys`).
    pub fn answers(mut self, operation: &str, answer: Value) -> Fake {
        self.answers.insert(operation.to_string(), answer);
        self
    }
}

impl Api for Fake {
    fn call(&self, call: &Call) -> Result<Value, ApiError> {
        self.made.lock().unwrap().push(call.clone());
        let answer = self.answers.get(&call.name()).cloned();
        answer.ok_or_else(|| ApiError::new(&call.name(), ErrorKind::NotFound, "NoSuchEntity", ""))
    }

    fn now(&self) -> Millis {
        1_700_000_000_000
    }

    fn region(&self) -> &str {
        "eu-west-1"
    }
}

static NOTHING: BTreeMap<String, Value> = BTreeMap::new();

/// A context with these arguments, for account 123456789012 and the caller `user/responder`.
pub fn context(args: &Args) -> Context<'_> {
    Context {
        args,
        account: "123456789012",
        partition: "aws",
        caller: "arn:aws:iam::123456789012:user/responder",
        caller_role: None,
        case: "case",
        created: "2026-11-21T10:00:00Z",
        own: &[],
        written: &NOTHING,
    }
}
