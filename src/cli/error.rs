//! What a command says when it cannot go on: the failure, its causes, and what to do next.

use std::fmt;
use std::io;

use super::exit::Exit;
use crate::case::CaseError;
use crate::casework::CaseworkError;
use crate::clocks::FactError;
use crate::cloud::{ConnectError, ErrorKind};
use crate::config::ConfigError;
use crate::journal::{JournalError, SealError};
use crate::plan::PlanError;
use crate::playbook::LoadError;
use crate::report::incident;
use crate::source::local::SourceError;

#[derive(Debug)]
pub struct CommandError {
    exit: Exit,
    message: String,
    hints: Vec<String>,
    broken_pipe: bool,
}

impl CommandError {
    pub fn usage(message: impl Into<String>) -> CommandError {
        CommandError {
            exit: Exit::Usage,
            message: message.into(),
            hints: Vec::new(),
            broken_pipe: false,
        }
    }

    pub fn failed(message: impl Into<String>) -> CommandError {
        CommandError {
            exit: Exit::Failed,
            message: message.into(),
            hints: Vec::new(),
            broken_pipe: false,
        }
    }

    pub fn with(exit: Exit, message: impl Into<String>) -> CommandError {
        CommandError { exit, ..CommandError::failed(message) }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> CommandError {
        self.hints.push(hint.into());
        self
    }

    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    pub fn exit(&self) -> Exit {
        self.exit
    }

    pub fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<io::Error> for CommandError {
    fn from(e: io::Error) -> CommandError {
        let broken_pipe = e.kind() == io::ErrorKind::BrokenPipe;
        CommandError {
            broken_pipe,
            ..CommandError::failed(format!("cannot write the output: {e}"))
        }
    }
}

impl From<SourceError> for CommandError {
    fn from(e: SourceError) -> CommandError {
        let message = e.to_string();
        match e {
            SourceError::NotFound(_) | SourceError::NoMatch(_) => CommandError::usage(message)
                .hint("give files, folders, patterns in quotes, or '-' for standard input; nothing was read"),
            SourceError::Unreadable(..) => CommandError::failed(message),
            _ => CommandError::usage(message),
        }
    }
}

impl From<ConfigError> for CommandError {
    fn from(e: ConfigError) -> CommandError {
        let hint = e.hint().map(str::to_string);
        let error = CommandError::usage(chain(&e));
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl From<ConnectError> for CommandError {
    fn from(e: ConnectError) -> CommandError {
        let hint = match &e {
            ConnectError::NoRegion => "give --region, or set AWS_REGION or the profile's region",
            ConnectError::Identity(e) if e.kind == ErrorKind::Unknown => {
                "check the network and --endpoint-url; nothing was changed"
            }
            _ => {
                "check --profile, the environment and `aws sts get-caller-identity`; nothing was changed"
            }
        };
        CommandError::failed(e.to_string()).hint(hint)
    }
}

impl From<CaseError> for CommandError {
    fn from(e: CaseError) -> CommandError {
        match e {
            CaseError::NotACase(..) => CommandError::usage(e.to_string()),
            CaseError::Exists(_) => {
                CommandError::failed(e.to_string()).hint("give another name, or move it away")
            }
            _ => CommandError::failed(e.to_string()),
        }
    }
}

impl From<JournalError> for CommandError {
    fn from(e: JournalError) -> CommandError {
        CommandError::failed(e.to_string())
    }
}

impl From<SealError> for CommandError {
    fn from(e: SealError) -> CommandError {
        match e {
            SealError::Case(e) => e.into(),
            SealError::Journal(e) => e.into(),
        }
    }
}

impl From<CaseworkError> for CommandError {
    fn from(e: CaseworkError) -> CommandError {
        let (message, hint) = (e.to_string(), e.hint());
        let error = match e {
            CaseworkError::Case(e) => e.into(),
            CaseworkError::Journal(e) => e.into(),
            CaseworkError::List(e) => e.into(),
            CaseworkError::Refused(_) => {
                CommandError::with(Exit::Refused, format!("refused: {message}"))
            }
            CaseworkError::Plan { .. } | CaseworkError::Facts { .. } => {
                CommandError::usage(message)
            }
            CaseworkError::NothingApproved(_)
            | CaseworkError::PlanOutside(_)
            | CaseworkError::Changed { .. }
            | CaseworkError::NamesTaken(_)
            | CaseworkError::Json(_) => CommandError::failed(message),
        };
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl From<FactError> for CommandError {
    fn from(e: FactError) -> CommandError {
        let error = CommandError::usage(e.to_string());
        match e.advice() {
            Some(advice) => error.hint(advice),
            None => error,
        }
    }
}

impl From<incident::load::LoadError> for CommandError {
    fn from(e: incident::load::LoadError) -> CommandError {
        match e {
            incident::load::LoadError::Case(e) => e.into(),
            e => CommandError::failed(e.to_string()),
        }
    }
}

impl From<LoadError> for CommandError {
    fn from(e: LoadError) -> CommandError {
        CommandError::usage(e.to_string())
    }
}

impl From<PlanError> for CommandError {
    fn from(e: PlanError) -> CommandError {
        match e {
            PlanError::Usage(what) => CommandError::usage(what)
                .hint("`incident playbook show NAME` lists what a playbook takes"),
            PlanError::Refused(why) => CommandError::with(Exit::Refused, format!("refused: {why}")),
            PlanError::Api(e) => {
                let error = CommandError::failed(format!("cannot plan: {e}"));
                if e.kind == ErrorKind::Denied {
                    return error.hint("nothing was changed; --policy on an account that may read prints what is needed");
                }
                error.hint("nothing was changed")
            }
            e @ (PlanError::Answer { .. } | PlanError::Json(_)) => {
                CommandError::failed(format!("cannot plan: {e}")).hint("nothing was changed")
            }
        }
    }
}

impl From<polars::prelude::PolarsError> for CommandError {
    fn from(e: polars::prelude::PolarsError) -> CommandError {
        CommandError::failed(format!("a query failed, which is a defect in incident: {e}"))
    }
}

/// An error with its causes on one line, each once.
fn chain(e: &dyn std::error::Error) -> String {
    let mut text = e.to_string();
    let mut cause = e.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}
