//! Terminal output: the only module that prints.

pub mod number;
pub mod progress;
pub mod prompt;
pub mod sanitize;
pub mod shell;
pub mod table;

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use anstyle::{AnsiColor, Style};

pub use progress::Progress;
pub use table::{Column, Table};

/// Width of tables and paragraphs at most, so that they fit in a mail, a ticket or half a screen.
pub const WIDTH: usize = 100;

/// Output settings from flags, environment and streams. Read once, by `cli`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags {
    pub quiet: bool,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    pub stdout_terminal: bool,
    pub stderr_terminal: bool,
}

impl Flags {
    /// Sets `stdout_terminal` and `stderr_terminal` from the process's streams.
    pub fn detect_terminals(self) -> Flags {
        Flags {
            stdout_terminal: io::stdout().is_terminal(),
            stderr_terminal: io::stderr().is_terminal(),
            ..self
        }
    }
}

/// Writes messages to stderr and the result to stdout. Quiet mode and color are decided once, here.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    /// No status, hints or progress. Warnings and errors are still written.
    pub quiet: bool,
    /// Color on stdout.
    pub color: bool,
    /// Color on stderr.
    pub color_err: bool,
    stderr_terminal: bool,
}

impl Ui {
    pub fn new(flags: Flags) -> Ui {
        let color = |terminal: bool| terminal && !flags.no_color;
        Ui {
            quiet: flags.quiet,
            color: color(flags.stdout_terminal),
            color_err: color(flags.stderr_terminal),
            stderr_terminal: flags.stderr_terminal,
        }
    }

    /// True if a progress bar should be drawn.
    pub fn progress(&self) -> bool {
        self.stderr_terminal && !self.quiet
    }

    /// Buffered stdout, for the result only. Flush it and check the error.
    pub fn out(&self) -> BufWriter<StdoutLock<'static>> {
        BufWriter::with_capacity(64 * 1024, io::stdout().lock())
    }

    /// Writes a status line: what the program is doing. Omitted in quiet mode.
    pub fn status(&self, text: &str) {
        if !self.quiet {
            print_err(&sanitize::clean(text));
        }
    }

    /// Writes a hint: what the user can do next. Omitted in quiet mode.
    pub fn hint(&self, text: &str) {
        if !self.quiet {
            print_err(&self.message("hint", AnsiColor::Cyan, text));
        }
    }

    pub fn warning(&self, text: &str) {
        print_err(&self.message("warning", AnsiColor::Yellow, text));
    }

    pub fn error(&self, text: &str) {
        print_err(&self.message("error", AnsiColor::Red, text));
    }

    /// Writes a line that belongs to the error or warning before it.
    pub fn detail(&self, text: &str) {
        print_err(&sanitize::clean(text));
    }

    /// `warning: text`, on one line whatever the text contains.
    fn message(&self, label: &str, color: AnsiColor, text: &str) -> String {
        let style = Style::new().bold().fg_color(Some(color.into()));
        format!("{}: {}", styled(self.color_err, style, label), sanitize::clean(text))
    }
}

/// The text in a style, or unchanged without color.
pub fn styled(color: bool, style: Style, text: &str) -> String {
    if color { format!("{style}{text}{style:#}") } else { text.to_string() }
}

fn print_err(line: &str) {
    // If stderr is closed, no other place can show the error.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ui(no_color: bool, stderr_terminal: bool) -> Ui {
        Ui::new(Flags { no_color, stderr_terminal, ..Flags::default() })
    }

    #[test]
    fn color_follows_no_color_then_terminal() {
        assert!(ui(false, true).color_err);
        assert!(!ui(true, true).color_err);
        assert!(!ui(false, false).color_err);
        assert!(!ui(false, true).color, "color on stdout depends on stdout only");
    }

    #[test]
    fn messages_are_one_clean_line() {
        let plain = ui(true, true);
        let line = plain.message("warning", AnsiColor::Yellow, "a\nerror: b\x1b[2J");
        assert_eq!(line, "warning: a\\nerror: b\\x1b[2J");
        let bright = ui(false, true);
        let line = bright.message("warning", AnsiColor::Yellow, "a");
        assert!(line.starts_with("\x1b[") && line.ends_with(": a"), "{line:?}");
    }
}
