//! The error of a command: what failed, why, and what to do next. Maps the errors of the library to exit codes.

use std::fmt;
use std::io;

use super::exit::Exit;
use crate::analysis;
use crate::case::CaseError;
use crate::casework::CaseworkError;
use crate::clocks::FactError;
use crate::cloud::{ConnectError, ErrorKind};
use crate::config::ConfigError;
use crate::impact::ImpactError;
use crate::impact::database::{DatabaseError, Refusal};
use crate::journal::{JournalError, SealError};
use crate::plan::PlanError;
use crate::playbook::LoadError;
use crate::report::incident;
use crate::source::local::SourceError;
use crate::state::StateError;

#[derive(Debug)]
pub struct CommandError {
    exit: Exit,
    message: String,
    /// Lines below the message, such as the place in a file that it is about.
    details: Vec<String>,
    hints: Vec<String>,
    broken_pipe: bool,
}

impl CommandError {
    pub fn usage(message: impl Into<String>) -> CommandError {
        CommandError {
            exit: Exit::Usage,
            message: message.into(),
            details: Vec::new(),
            hints: Vec::new(),
            broken_pipe: false,
        }
    }

    pub fn failed(message: impl Into<String>) -> CommandError {
        CommandError {
            exit: Exit::Failed,
            message: message.into(),
            details: Vec::new(),
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

    /// A message of several lines: the first, and those below it.
    #[must_use]
    fn over_lines(mut self) -> CommandError {
        let message = std::mem::take(&mut self.message);
        let mut lines = message.lines().map(str::to_string);
        self.message = lines.next().unwrap_or_default();
        self.details.extend(lines);
        self
    }

    pub fn details(&self) -> &[String] {
        &self.details
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
                .hint("nothing was read; give files, folders, quoted glob patterns, or '-' for standard input"),
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
                "AWS does not answer: check the network (VPN, firewall, DNS), --region and --endpoint-url; \
                 `aws sts get-caller-identity` tries the same; nothing was changed"
            }
            ConnectError::Identity(e) if e.is_not_enabled() => {
                "give another --region, or enable this one in the account; nothing was changed"
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
            CaseworkError::Plan { .. }
            | CaseworkError::Analysis { .. }
            | CaseworkError::Facts { .. } => CommandError::usage(message),
            CaseworkError::NothingApproved(_)
            | CaseworkError::PlanOutside(_)
            | CaseworkError::Changed { .. }
            | CaseworkError::NamesTaken(_)
            | CaseworkError::NoManifest
            | CaseworkError::NotExported { .. }
            | CaseworkError::Exported { .. }
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
        CommandError::usage(e.to_string()).over_lines()
    }
}

impl From<PlanError> for CommandError {
    fn from(e: PlanError) -> CommandError {
        match e {
            PlanError::Usage(what) => {
                CommandError::usage(what).hint("`incident playbook show NAME` lists the parameters")
            }
            PlanError::Refused(why) => CommandError::with(Exit::Refused, format!("refused: {why}")),
            PlanError::Api(e) => {
                let error = CommandError::failed(format!("cannot plan: {e}"));
                if e.kind == ErrorKind::Denied {
                    return error.hint("nothing was changed; --policy prints the permissions that are needed, with credentials that can read the account");
                }
                error.hint("nothing was changed")
            }
            e @ (PlanError::Answer { .. } | PlanError::Json(_)) => {
                CommandError::failed(format!("cannot plan: {e}")).hint("nothing was changed")
            }
        }
    }
}

impl From<analysis::Error> for CommandError {
    fn from(e: analysis::Error) -> CommandError {
        match e {
            analysis::Error::Config(e) => e.into(),
            analysis::Error::Source(e) => e.into(),
            analysis::Error::Connect(e) => e.into(),
            analysis::Error::State(e) => e.into(),
            e => {
                let exit = if e.is_request() { Exit::Usage } else { Exit::Failed };
                let error = CommandError::with(exit, e.to_string());
                e.hints().into_iter().fold(error, CommandError::hint)
            }
        }
    }
}

impl From<StateError> for CommandError {
    fn from(e: StateError) -> CommandError {
        let hint = match e {
            StateError::Locked(_) => {
                "wait until it has ended; or give --state another folder, or --no-state to use none"
            }
            StateError::NotAState(_) => "give --state a folder of its own",
            StateError::None(_) => {
                "'incident analyze --days 7' stores what it reads at AWS; --state names another folder"
            }
            StateError::Newer { .. } => "use that version, or give --state another folder",
            StateError::Io(..) | StateError::Damaged(..) => {
                "--no-state uses none; 'incident state verify' names the files that are damaged"
            }
        };
        CommandError::failed(e.to_string()).hint(hint)
    }
}

impl From<ImpactError> for CommandError {
    fn from(e: ImpactError) -> CommandError {
        let error = CommandError::usage(e.to_string());
        match e.advice() {
            Some(advice) => error.hint(advice),
            None => error,
        }
    }
}

impl From<DatabaseError> for CommandError {
    fn from(e: DatabaseError) -> CommandError {
        let error = match e.refusal {
            Refusal::Usage => CommandError::usage(e.to_string()),
            Refusal::Failed => CommandError::failed(e.to_string()),
            Refusal::Writes => CommandError::with(Exit::Refused, format!("refused: {e}")),
        };
        e.hints().iter().fold(error, |error, hint| error.hint(hint))
    }
}

/// An error and its causes on one line, each once.
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
