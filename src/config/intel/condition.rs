//! The conditions of an indicator, and whether a call meets them.

use std::net::IpAddr;

use ipnet::IpNet;
use regex::Regex;

use super::unused::Unused;
use super::{Call, Field, wildcard};

/// One condition on a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The source address is in the range.
    Net(IpNet),
    /// The field is exactly this text.
    Text(Field, String),
    /// The field matches this regular expression.
    Regex(Field, String),
}

/// A condition, ready to be compared with a call.
#[derive(Debug, Clone)]
pub enum CompiledCondition {
    Net(IpNet),
    Text(Field, String),
    Regex(Field, Regex),
}

/// # Errors
/// If a regular expression cannot be used.
pub fn compile(conditions: Vec<Condition>) -> Result<Vec<CompiledCondition>, Unused> {
    let compile_one = |condition| {
        Ok(match condition {
            Condition::Net(net) => CompiledCondition::Net(net),
            Condition::Text(field, text) => CompiledCondition::Text(field, text),
            Condition::Regex(field, text) => {
                CompiledCondition::Regex(field, wildcard::compile(field, &text)?)
            }
        })
    };
    conditions.into_iter().map(compile_one).collect()
}

impl CompiledCondition {
    pub fn holds(&self, call: &Call<'_>) -> bool {
        let any = |field, matches: &dyn Fn(&str) -> bool| {
            call.texts(field).into_iter().any(|text| !text.is_empty() && matches(text))
        };
        match self {
            CompiledCondition::Net(net) => call
                .source
                .parse::<IpAddr>()
                .is_ok_and(|address| net.contains(&address.to_canonical())),
            // Host names are stored in lower case.
            CompiledCondition::Text(Field::Source, expected) => {
                call.source.eq_ignore_ascii_case(expected)
            }
            CompiledCondition::Text(field, expected) => any(*field, &|text| text == expected),
            CompiledCondition::Regex(field, regex) => any(*field, &|text| regex.is_match(text)),
        }
    }
}
