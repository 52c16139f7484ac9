//! Questions at the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use super::sanitize;

/// True if stdin is a terminal.
pub fn possible() -> bool {
    io::stdin().is_terminal()
}

/// Asks a question. Returns the trimmed answer; empty at the end of input.
///
/// # Errors
/// When standard input cannot be read.
pub fn ask(question: &str) -> io::Result<String> {
    let mut err = io::stderr().lock();
    // If the question cannot be shown, the read below returns no answer either.
    let _ = write!(err, "{}", sanitize::clean(question)).and_then(|()| err.flush());
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_string())
}

/// Lets the user select one of the choices; returns its index.
///
/// # Errors
/// When the terminal cannot be read, or the user cancels.
pub fn choose(question: &str, choices: &[String]) -> io::Result<usize> {
    let shown: Vec<_> = choices.iter().map(|c| sanitize::clean(c).into_owned()).collect();
    dialoguer::Select::new()
        .with_prompt(question)
        .items(&shown)
        .default(0)
        .interact()
        .map_err(|dialoguer::Error::IO(e)| e)
}
