//! The journal file: one JSON object per line, each with the SHA-256 of the line before, flushed before it counts.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::entry::{Entry, Event};
use super::history::History;
use super::transition::{self, IllegalTransition};
use crate::case::sha256;
use crate::clock::{self, Clock};

/// The hash before the first line.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("the journal {0}: {1}")]
    Io(PathBuf, io::Error),
    #[error("the journal {path} is broken at line {line}: {why}")]
    Broken { path: PathBuf, line: u64, why: String },
    /// Nothing was written.
    #[error("the journal {0} cannot take this line: {1}")]
    Illegal(PathBuf, IllegalTransition),
}

/// A journal that is open for appending.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    clock: Clock,
    entries: Vec<Entry>,
    history: History,
    head: String,
}

/// A journal whose chain is whole and whose lines are in a legal order.
#[derive(Debug, Default)]
pub struct Verified {
    pub entries: Vec<Entry>,
    /// The state that the entries lead to.
    pub history: History,
    /// The hash of each entry's line, in their order.
    pub hashes: Vec<String>,
    /// The hash of the last line. A person who noted it down can tell whether lines were removed.
    pub head: String,
    /// Text after the last whole line: a write that a crash cut off.
    pub torn: Option<String>,
}

impl Journal {
    /// Opens the journal, or starts it. Moves a last line that a crash cut off to a file next to it: the change that it
    /// announced was not made.
    ///
    /// # Errors
    /// When the chain is broken, a line must not follow those before it, or the disk refuses.
    pub fn open(path: &Path, clock: Clock) -> Result<Journal, JournalError> {
        let io = |e| JournalError::Io(path.to_path_buf(), e);
        let mut options = OpenOptions::new();
        options.create(true).append(true).read(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(io)?;
        let checked = verify(path)?;
        if let Some(torn) = &checked.torn {
            let aside = path.with_extension(format!("torn-after-{}", checked.entries.len()));
            let mut new = OpenOptions::new();
            new.create(true).append(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
            let mut aside = new.open(&aside).map_err(io)?;
            aside.write_all(torn.as_bytes()).and_then(|()| aside.sync_all()).map_err(io)?;
            let whole = file.metadata().map_err(io)?.len() - torn.len() as u64;
            file.set_len(whole).and_then(|()| file.sync_all()).map_err(io)?;
        }
        let Verified { entries, history, head, .. } = checked;
        Ok(Journal { path: path.to_path_buf(), file, clock, entries, history, head })
    }

    /// Appends and flushes to disk: when this returns, the line is there after a crash.
    ///
    /// # Errors
    /// When the line must not follow those before it, or the disk refuses: the caller must stop.
    pub fn append(&mut self, event: Event) -> Result<&Entry, JournalError> {
        let entry = Entry {
            seq: self.entries.len() as u64 + 1,
            time: clock::rfc3339(self.clock.now()),
            event,
        };
        let io = |e| JournalError::Io(self.path.clone(), e);
        let illegal = |e| JournalError::Illegal(self.path.clone(), e);
        transition::check(&self.history, &entry.event).map_err(illegal)?;
        let (line, hash) = line(&entry, &self.head).map_err(|e| io(e.into()))?;
        self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data()).map_err(io)?;
        self.head = hash;
        self.history.apply(&entry.event).map_err(illegal)?;
        self.entries.push(entry);
        Ok(&self.entries[self.entries.len() - 1])
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The state that the entries lead to.
    pub fn history(&self) -> &History {
        &self.history
    }

    pub fn head(&self) -> &str {
        &self.head
    }
}

/// The line of an entry, and its hash: that of the line without its last member.
fn line(entry: &Entry, prev: &str) -> Result<(String, String), serde_json::Error> {
    let mut value = serde_json::to_value(entry)?;
    value["prev"] = Value::from(prev);
    let text = value.to_string();
    let hash = sha256(&text);
    Ok((format!("{},\"hash\":\"{hash}\"}}\n", &text[..text.len() - 1]), hash))
}

/// Reads a journal and checks every link of its chain.
///
/// # Errors
/// At the first line that breaks the chain or must not follow those before it.
pub fn verify(path: &Path) -> Result<Verified, JournalError> {
    let text = fs::read(path).map_err(|e| JournalError::Io(path.to_path_buf(), e))?;
    verify_text(path, &text)
}

/// Checks the text of a journal; `path` is for messages.
///
/// # Errors
/// At the first line that does not fit.
pub fn verify_text(path: &Path, text: &[u8]) -> Result<Verified, JournalError> {
    let whole = text.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let torn = (whole < text.len()).then(|| String::from_utf8_lossy(&text[whole..]).into_owned());
    let (mut entries, mut history) = (Vec::new(), History::default());
    let mut hashes = Vec::new();
    let mut head = GENESIS.to_string();
    for (i, bytes) in text[..whole].split_inclusive(|b| *b == b'\n').enumerate() {
        let number = i as u64 + 1;
        let broken = |why: &str| JournalError::Broken {
            path: path.to_path_buf(),
            line: number,
            why: why.to_string(),
        };
        let line = std::str::from_utf8(bytes).map_err(|_| broken("it is not text"))?;
        let line = line.strip_suffix('\n').unwrap_or(line);
        let (body, says) =
            line.rsplit_once(",\"hash\":\"").ok_or_else(|| broken("it has no hash"))?;
        let says = says.strip_suffix("\"}").ok_or_else(|| broken("it has no hash"))?;
        let value: Value = serde_json::from_str(line).map_err(|e| broken(&e.to_string()))?;
        if value["prev"] != head.as_str() {
            return Err(broken("the line before it was changed, removed or added later"));
        }
        head = sha256(format!("{body}}}"));
        if head != says {
            return Err(broken("it was changed after it was written"));
        }
        let entry: Entry = serde_json::from_value(value).map_err(|e| broken(&e.to_string()))?;
        if entry.seq != number {
            return Err(broken("its number is out of order"));
        }
        history.apply(&entry.event).map_err(|e| broken(&e.to_string()))?;
        entries.push(entry);
        hashes.push(head.clone());
    }
    Ok(Verified { entries, history, hashes, head, torn })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped(why: &str) -> Event {
        Event::Stopped { why: why.into() }
    }

    #[test]
    fn the_chain_goes_on_and_shows_every_change() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("journal.jsonl");
        let clock = Clock::Fixed(0);
        let mut journal = Journal::open(&path, clock).unwrap();
        journal.append(stopped("a")).unwrap();
        let mut journal = Journal::open(&path, clock).unwrap();
        journal.append(stopped("b\",\"hash\":\"")).unwrap();
        let checked = verify(&path).unwrap();
        assert_eq!((checked.entries.len(), checked.head.as_str()), (2, journal.head()));
        assert_eq!(checked.hashes.last().map(String::as_str), Some(journal.head()));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen("\"a\"", "\"A\"", 1)).unwrap();
        assert!(matches!(verify(&path), Err(JournalError::Broken { line: 1, .. })));
        fs::write(&path, text.lines().nth(1).unwrap().to_string() + "\n").unwrap();
        assert!(matches!(verify(&path), Err(JournalError::Broken { line: 1, .. })));
    }

    #[test]
    fn a_line_that_must_not_follow_is_not_written() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("journal.jsonl");
        let mut journal = Journal::open(&path, Clock::Fixed(0)).unwrap();
        journal.append(Event::Closed { author: "a".into(), reason: None }).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        let refused = journal.append(stopped("a")).unwrap_err();
        assert!(matches!(refused, JournalError::Illegal(..)), "{refused}");
        assert_eq!(fs::read_to_string(&path).unwrap(), whole);
        assert_eq!((journal.entries().len(), journal.history().closed), (1, true));
        // A chain that somebody made by hand.
        let next = Entry { seq: 2, time: String::new(), event: stopped("a") };
        let (line, _) = line(&next, journal.head()).unwrap();
        fs::write(&path, whole + &line).unwrap();
        let broken = verify(&path).unwrap_err().to_string();
        assert!(broken.contains("line 2: the case is closed"), "{broken}");
        assert!(Journal::open(&path, Clock::Fixed(0)).is_err());
    }

    #[test]
    fn a_torn_line_is_moved_to_a_file_of_its_own() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("journal.jsonl");
        let mut journal = Journal::open(&path, Clock::Fixed(0)).unwrap();
        journal.append(stopped("a")).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, whole.clone() + "{\"seq\":2,\"ti").unwrap();
        assert_eq!(verify(&path).unwrap().torn.as_deref(), Some("{\"seq\":2,\"ti"));
        let mut journal = Journal::open(&path, Clock::Fixed(0)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), whole);
        journal.append(stopped("b")).unwrap();
        assert_eq!(verify(&path).unwrap().entries.len(), 2);
        let aside = temp.path().join("journal.torn-after-1");
        assert_eq!(fs::read_to_string(aside).unwrap(), "{\"seq\":2,\"ti");
    }
}
