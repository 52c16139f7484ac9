//! Writes results to standard output, or to a new file that only its owner can read.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::error::CommandError;
use crate::report::{Formats, RenderOptions};
use crate::ui::Ui;

/// Writes a document to standard output in the format with this name.
///
/// # Errors
/// When there is no such format, or standard output cannot be written.
pub fn render<D: ?Sized>(
    ui: &Ui,
    formats: &Formats<'_, D>,
    name: &str,
    document: &D,
) -> Result<(), CommandError> {
    let Some(format) = formats.find(name) else {
        return Err(CommandError::usage(format!("there is no format '{name}'")));
    };
    write(ui, None, |out| format.render(document, out, &RenderOptions::default()))
}

/// Writes lines to standard output.
///
/// # Errors
/// When it cannot be written.
pub fn lines<S: AsRef<str>>(
    ui: &Ui,
    lines: impl IntoIterator<Item = S>,
) -> Result<(), CommandError> {
    write(ui, None, |out| lines.into_iter().try_for_each(|line| writeln!(out, "{}", line.as_ref())))
}

/// Calls `write` with the file at `path`, or with standard output.
///
/// # Errors
/// When the file exists: reports are evidence and are never overwritten.
pub fn write(
    ui: &Ui,
    path: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), CommandError> {
    let Some(path) = path else {
        let mut out = ui.out();
        write(&mut out)?;
        return Ok(out.flush()?);
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => CommandError::failed(format!("{} exists", path.display()))
            .hint("existing files are never overwritten: give another name, or move it away"),
        _ => CommandError::failed(format!("cannot create {}: {e}", path.display())),
    })?;
    let mut out = BufWriter::new(file);
    let written = write(&mut out).and_then(|()| out.flush());
    written.map_err(|e| CommandError::failed(format!("cannot write {}: {e}", path.display())))?;
    ui.status(&format!("written to {}", path.display()));
    Ok(())
}
