//! The only way to write to the page: cleans and wraps all text, so that no raw log text reaches a terminal.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::finding::Severity;
use crate::ui::sanitize::clean;
use crate::ui::shell;
use crate::ui::{Table, WIDTH, styled};

/// Column at which the text after a field's label begins.
const FIELD: usize = 16;
/// Column at which a field's label begins.
const LABEL: usize = 4;
/// Width of a severity: the longest word and two blanks.
pub(in crate::report) const SEVERITY: usize = 10;
/// Width of a field's text.
pub(in crate::report) const FIELD_WIDTH: usize = WIDTH - FIELD;

/// Writes cleaned, wrapped lines; colours headings and severities only.
pub(in crate::report) struct Page<'a> {
    out: &'a mut dyn Write,
    color: bool,
}

impl<'a> Page<'a> {
    pub fn new(out: &'a mut dyn Write, color: bool) -> Page<'a> {
        Page { out, color }
    }

    pub fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// The mail's subject: one line, however long.
    pub fn subject(&mut self, text: &str) -> io::Result<()> {
        let text = styled(self.color, Style::new().bold(), &clean(text));
        writeln!(self.out, "{text}")
    }

    /// A blank line, then the heading, and a remark in plain type.
    pub fn heading(&mut self, text: &str, about: &str) -> io::Result<()> {
        let heading = styled(self.color, Style::new().bold(), &clean(text));
        let gap = if about.is_empty() { "" } else { "  " };
        writeln!(self.out, "\n{heading}{gap}{}", clean(about))
    }

    /// A wrapped paragraph.
    pub fn text(&mut self, indent: usize, text: &str) -> io::Result<()> {
        self.item(indent, "", text)
    }

    /// A wrapped paragraph in dim type.
    pub fn dim(&mut self, text: &str) -> io::Result<()> {
        self.hang(0, "", 0, text, Style::new().dimmed())
    }

    /// A mark and the text after it; wrapped lines start under the text.
    pub fn item(&mut self, indent: usize, mark: &str, text: &str) -> io::Result<()> {
        let width = mark.chars().count();
        self.hang(indent, mark, width, text, Style::new())
    }

    /// `label: text`, with all texts aligned.
    pub fn field(&mut self, label: &str, text: &str) -> io::Result<()> {
        self.labelled(label, text, Style::new())
    }

    /// A field, unless its text is empty.
    pub fn field_if(&mut self, label: &str, text: &str) -> io::Result<()> {
        if text.is_empty() { Ok(()) } else { self.field(label, text) }
    }

    pub fn dim_field(&mut self, label: &str, text: &str) -> io::Result<()> {
        self.labelled(label, text, Style::new().dimmed())
    }

    /// A field of several paragraphs; nothing without paragraphs.
    pub fn fields<S: AsRef<str>>(
        &mut self,
        label: &str,
        texts: impl IntoIterator<Item = S>,
    ) -> io::Result<()> {
        let mut label = label;
        for text in texts {
            self.field(label, text.as_ref())?;
            label = "";
        }
        Ok(())
    }

    /// A field of several marked paragraphs, each wrapped after its mark.
    pub fn marked<S: AsRef<str>>(
        &mut self,
        label: &str,
        items: impl IntoIterator<Item = (String, S)>,
    ) -> io::Result<()> {
        let mut label = label_text(label);
        for (mark, text) in items {
            let mark = format!("{label:<0$}{mark}", FIELD - LABEL);
            self.item(LABEL, &mark, text.as_ref())?;
            label.clear();
        }
        Ok(())
    }

    /// The same for `what: command`. A command is never wrapped: it stands whole on its line, ready to copy.
    pub fn steps(
        &mut self,
        label: &str,
        items: impl IntoIterator<Item = (String, impl AsRef<str>)>,
    ) -> io::Result<()> {
        let mut label = label_text(label);
        for (mark, text) in items {
            let mark = format!("{label:<0$}{mark}", FIELD - LABEL);
            let left = LABEL + mark.chars().count();
            let text = text.as_ref();
            match shell::split(text) {
                (what, Some(command)) if left + clean(text).chars().count() > WIDTH => {
                    self.item(LABEL, &mark, what)?;
                    self.command(left, command)?;
                }
                _ => self.item(LABEL, &mark, text)?,
            }
            label.clear();
        }
        Ok(())
    }

    /// A command on one line, however long. What stands in the place of one is wrapped.
    pub fn command(&mut self, indent: usize, text: &str) -> io::Result<()> {
        if !shell::is_command(text) {
            return self.text(indent, text);
        }
        writeln!(self.out, "{:indent$}{}", "", clean(text))
    }

    /// A field of commands, each on one line.
    pub fn commands(&mut self, label: &str, commands: &[String]) -> io::Result<()> {
        let mut label = label_text(label);
        for text in commands {
            let mark = format!("{label:<0$}", FIELD - LABEL);
            match shell::is_command(text) {
                true => writeln!(self.out, "{:LABEL$}{mark}{}", "", clean(text))?,
                false => self.item(LABEL, &mark, text)?,
            }
            label.clear();
        }
        Ok(())
    }

    /// `[1] CRITICAL  ` and the text after it, with all texts aligned.
    pub fn severity(&mut self, number: &str, severity: Severity, text: &str) -> io::Result<()> {
        let word = severity.name().to_uppercase();
        let blanks = SEVERITY - word.len().min(SEVERITY);
        let word = styled(self.color, color_of(severity), &word);
        let mark = format!("{number}{word}{:blanks$}", "");
        self.hang(0, &mark, number.chars().count() + SEVERITY, text, Style::new())
    }

    /// The lines of a table, its heading bold.
    pub fn table(&mut self, indent: usize, table: &Table) -> io::Result<()> {
        for (i, line) in table.lines().iter().enumerate() {
            let style = if i == 0 { Style::new().bold() } else { Style::new() };
            writeln!(self.out, "{:indent$}{}", "", styled(self.color, style, line))?;
        }
        Ok(())
    }

    fn labelled(&mut self, label: &str, text: &str, style: Style) -> io::Result<()> {
        let mark = format!("{:<1$}", label_text(label), FIELD - LABEL);
        self.hang(LABEL, &mark, FIELD - LABEL, text, style)
    }

    /// `mark` is our own text and may contain colour codes; `mark_width` is its visible width.
    fn hang(
        &mut self,
        indent: usize,
        mark: &str,
        mark_width: usize,
        text: &str,
        style: Style,
    ) -> io::Result<()> {
        let left = indent + mark_width;
        let color = self.color && style != Style::new();
        let lines = wrap(&clean(text), WIDTH.saturating_sub(left).max(1));
        for (i, line) in lines.iter().enumerate() {
            let line = styled(color, style, line);
            if i == 0 {
                writeln!(self.out, "{:indent$}{mark}{line}", "")?;
            } else {
                writeln!(self.out, "{:left$}{line}", "")?;
            }
        }
        Ok(())
    }
}

fn label_text(label: &str) -> String {
    if label.is_empty() { String::new() } else { format!("{label}:") }
}

fn color_of(severity: Severity) -> Style {
    let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
    match severity {
        Severity::Critical => color(AnsiColor::BrightRed).bold(),
        Severity::High => color(AnsiColor::Red),
        Severity::Medium => color(AnsiColor::Yellow),
        Severity::Low => color(AnsiColor::Cyan),
        Severity::Info => Style::new().dimmed(),
    }
}

/// Lines of at most `width` characters, broken at blanks. Longer words are broken, too. Blanks inside a line stay.
pub(in crate::report) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    let mut gap = 0;
    for word in text.trim().split(' ') {
        gap += 1;
        if word.is_empty() {
            continue;
        }
        let mut chars = word.chars().count();
        if used > 0 && used + gap + chars > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.extend(std::iter::repeat_n(' ', gap));
            used += gap;
        }
        gap = 0;
        let mut rest = word;
        while chars > width {
            let at = rest.char_indices().nth(width).map_or(rest.len(), |(at, _)| at);
            lines.push(rest[..at].to_string());
            rest = &rest[at..];
            chars -= width;
        }
        line.push_str(rest);
        used += chars;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_blanks_and_breaks_long_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap(" a  b   c ", 5), ["a  b", "c"]);
        assert_eq!(wrap("a abcdefgh b", 3), ["a", "abc", "def", "gh", "b"]);
        assert_eq!(wrap("äöüäöü", 4), ["äöüä", "öü"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("abcd", 4), ["abcd"]);
    }

    #[test]
    fn a_command_stands_on_one_line() {
        let mut out = Vec::new();
        let mut page = Page::new(&mut out, false);
        let command = format!("aws iam get-role --role-name '{}'", "word ".repeat(20));
        let steps = [("1. ".to_string(), format!("Check who may assume it: {command}"))];
        page.steps("Next", steps).expect("a Vec");
        page.commands("Playbook", &[command.clone(), "incident x".into()]).expect("a Vec");
        let text = String::from_utf8(out).expect("UTF-8");
        assert_eq!(text.matches(&command).count(), 2, "{text}");
        assert!(text.contains("1. Check who may assume it:\n"), "{text}");
        assert!(text.ends_with("                incident x\n"), "{text}");
    }

    #[test]
    fn what_is_written_is_clean_and_hangs_under_itself() {
        let mut out = Vec::new();
        let mut page = Page::new(&mut out, false);
        page.field("Who", &format!("a\x1b[2J {}", "word ".repeat(20))).expect("a Vec");
        page.marked("Why", [("- ".to_string(), "one"), ("- ".to_string(), "two")]).expect("a Vec");
        page.severity("[1] ", Severity::High, "x\ny").expect("a Vec");
        let text = String::from_utf8(out).expect("UTF-8");
        insta::assert_snapshot!(text, @r"
            Who:        a\x1b[2J word word word word word word word word word word word word word word word
                        word word word word word
            Why:        - one
                        - two
        [1] HIGH      x\ny
        ");
    }
}
