//! Whether a call meets what an indicator asks for beyond the condition that found it.

use std::net::IpAddr;

use ipnet::IpNet;
use regex::Regex;

use super::unused::Unused;
use super::value::Test;
use super::{Call, Field, wild};

/// A condition, ready to be held against a call.
#[derive(Debug, Clone)]
pub enum Condition {
    Net(IpNet),
    Text(Field, String),
    Wild(Field, Regex),
}

/// # Errors
/// If an expression cannot be used.
pub fn compiled(tests: Vec<Test>) -> Result<Vec<Condition>, Unused> {
    let one = |test| {
        Ok(match test {
            Test::Net(net) => Condition::Net(net),
            Test::Text(field, text) => Condition::Text(field, text),
            Test::Wild(field, text) => Condition::Wild(field, wild::compile(field, &text)?),
        })
    };
    tests.into_iter().map(one).collect()
}

impl Condition {
    pub fn holds(&self, call: &Call<'_>) -> bool {
        let any = |field, matches: &dyn Fn(&str) -> bool| {
            call.texts(field).into_iter().any(|text| !text.is_empty() && matches(text))
        };
        match self {
            Condition::Net(net) => call
                .source
                .parse::<IpAddr>()
                .is_ok_and(|address| net.contains(&address.to_canonical())),
            // Host names are kept in small letters.
            Condition::Text(Field::Source, wanted) => call.source.eq_ignore_ascii_case(wanted),
            Condition::Text(field, wanted) => any(*field, &|text| text == wanted),
            Condition::Wild(field, regex) => any(*field, &|text| regex.is_match(text)),
        }
    }
}
