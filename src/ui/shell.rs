//! Commands that are ready to copy: a POSIX shell splits each into the words that are meant, whatever a value holds.

use std::borrow::Cow;
use std::path::Path;

use super::sanitize::{clean, clip, hostile};

/// A command line that is put together word by word.
///
/// A value with a character that is not shown as it is (a control character, a character that hides or reorders
/// others) has no word: then there is no command, and [`CommandLine::after`] says why.
#[derive(Debug, Clone)]
pub struct CommandLine {
    text: String,
    /// The first value that has no word.
    refused: Option<String>,
}

impl CommandLine {
    /// `start` is a command of ours, as it stands: `aws iam get-role`.
    pub fn new(start: &str) -> CommandLine {
        CommandLine { text: start.to_string(), refused: None }
    }

    /// `--name value`; a value that begins with `-` is written as `--name=-value`, which no parser takes for an option.
    #[must_use]
    pub fn option(mut self, name: &str, value: &str) -> CommandLine {
        if !value.starts_with('-') {
            self.text.push_str(&format!(" {name}"));
            return self.value(value);
        }
        self.push(&format!("{name}={value}"), value);
        self
    }

    /// A path as an argument; `./` stands before one that begins with `-`.
    #[must_use]
    pub fn path(mut self, path: &Path) -> CommandLine {
        let Some(text) = path.to_str() else {
            self.refused.get_or_insert_with(|| path.to_string_lossy().into_owned());
            return self;
        };
        let text = if text.starts_with('-') { format!("./{text}") } else { text.to_string() };
        self.value(&text)
    }

    /// More text of ours, as it stands.
    #[must_use]
    pub fn then(mut self, text: &str) -> CommandLine {
        self.text.push(' ');
        self.text.push_str(text);
        self
    }

    fn value(mut self, value: &str) -> CommandLine {
        self.push(value, value);
        self
    }

    fn push(&mut self, text: &str, value: &str) {
        self.text.push(' ');
        match word(text).filter(|word| !is_fetched(value) && word.len() <= LONGEST) {
            Some(word) => self.text.push_str(&word),
            None => _ = self.refused.get_or_insert_with(|| value.to_string()),
        }
    }

    /// The command; `None` when a value has no word.
    pub fn text(&self) -> Option<&str> {
        self.refused.is_none().then_some(self.text.as_str())
    }

    /// `what: command`. Without a command, what to do by hand, and the value with its characters escaped.
    pub fn after(&self, what: &str) -> String {
        match &self.refused {
            None => format!("{what}: {}", self.text),
            Some(value) => format!("{what} by hand, no command is safe to copy: {}", shown(value)),
        }
    }
}

/// Characters that are shown of a value without a command.
const SHOWN: usize = 200;

/// Bytes of a word: no name at AWS is longer. An ARN has 2,048 characters at most (IAM API reference, GetRole).
const LONGEST: usize = 4_096;

/// Texts before a command of ours; the command stands to the end of the line.
const BEGINNINGS: [&str; 2] = [": aws ", ": incident "];

/// Divides `what: command` as [`CommandLine::after`] puts it together.
pub fn split(text: &str) -> (&str, Option<&str>) {
    let at = BEGINNINGS.iter().filter_map(|start| text.find(start)).min();
    match at.and_then(|at| Some((text.get(..=at)?, text.get(at + 2..)?))) {
        Some((what, command)) => (what, Some(command)),
        None => (text, None),
    }
}

/// True for a command of ours.
pub fn is_command(text: &str) -> bool {
    BEGINNINGS.iter().any(|start| text.starts_with(&start[2..]))
}

/// One word of a POSIX shell. `None` when a character of it would not be shown as it is.
pub fn word(text: &str) -> Option<Cow<'_, str>> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    match text {
        _ if text.contains(hostile) => None,
        _ if !text.is_empty() && text.chars().all(plain) => Some(Cow::Borrowed(text)),
        _ => Some(Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))),
    }
}

/// A path as a word of a shell, for `incident` commands in texts; a path that has none is named as `FOLDER`.
pub fn path(path: &Path) -> String {
    let line = CommandLine::new("").path(path);
    line.text().map_or_else(|| "FOLDER".to_string(), |text| text.trim_start().to_string())
}

/// The AWS CLI reads such a value from a file or a web page (AWS CLI user guide, *Load a parameter from a file*).
fn is_fetched(value: &str) -> bool {
    ["file://", "fileb://", "http://", "https://"].iter().any(|start| value.starts_with(start))
}

/// A refused value for a reader: escaped, and without anything that looks like the start of a command.
fn shown(value: &str) -> String {
    clip(&clean(value), SHOWN).replace(": ", ":\u{b7}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text of characters that shells, options, terminals and this program treat specially.
    fn random(random: &mut fastrand::Rng) -> String {
        const SPECIAL: &str =
            "'\"\\$`!#&;|<>()[]{}*?~=-, \t\n\r\0\x1b\u{202e}\u{200b}aB9éß東:/.@%+^";
        let all: Vec<char> = SPECIAL.chars().collect();
        let mut text: String =
            (0..random.usize(0..12)).filter_map(|_| random.choice(&all)).collect();
        if random.u8(0..8) == 0 {
            text.insert_str(
                0,
                ["-x", "--user", ": aws s3 rb", "$(id)", "file://x"][random.usize(0..5)],
            );
        }
        text
    }

    #[test]
    fn a_shell_gives_every_value_back_or_there_is_no_command() {
        let mut rng = fastrand::Rng::with_seed(7);
        let mut made = 0;
        for _ in 0..20_000 {
            let (a, b) = (random(&mut rng), random(&mut rng));
            let line = CommandLine::new("aws iam x").option("--user-name", &a).option("--key", &b);
            let refused = [&a, &b].iter().any(|v| v.contains(hostile) || is_fetched(v));
            assert_eq!(line.text().is_none(), refused, "{a:?} {b:?}");
            let after = line.after("Do it");
            assert!(!after.contains(hostile), "{after:?}");
            let (what, command) = split(&after);
            assert_eq!(command, line.text(), "{after:?}");
            let Some(text) = line.text() else { continue };
            assert_eq!(what, "Do it:");
            made += 1;
            let option = |name: &str, value: &str| match value.starts_with('-') {
                true => vec![format!("{name}={value}")],
                false => vec![name.to_string(), value.to_string()],
            };
            let start = ["aws", "iam", "x"].map(String::from).to_vec();
            let words = [start, option("--user-name", &a), option("--key", &b)].concat();
            assert_eq!(shlex::split(text), Some(words), "{text}");
        }
        assert!(made > 2_000, "{made}");
    }

    #[test]
    fn quoted_words_look_as_usual() {
        assert_eq!(word("case-2026-11-21").as_deref(), Some("case-2026-11-21"));
        assert_eq!(word("it's").as_deref(), Some(r"'it'\''s'"));
        assert_eq!(word("").as_deref(), Some("''"));
        assert_eq!(word("a\nb"), None);
        assert_eq!(path(Path::new("-rf")), "./-rf");
        assert_eq!(path(Path::new("my case")), "'my case'");
        assert_eq!(path(Path::new("a\x1b[2J")), "FOLDER");
    }

    #[test]
    fn what_has_no_command_says_so() {
        let line = CommandLine::new("aws iam x").option("--user-name", "a\n: aws s3 rb");
        assert_eq!(
            line.after("Deactivate the key"),
            "Deactivate the key by hand, no command is safe to copy: a\\n:·aws s3 rb"
        );
    }
}
