//! The `text` format: the sessions as a tree.

use std::io::{self, Write};

use anstyle::Style;

use super::{About, Document};
use crate::clock::date;
use crate::finding::session::{Branch, Forest};
use crate::report::text::page::{Page, wrap};
use crate::report::{Format, RenderOptions};
use crate::ui::number::counted;
use crate::ui::sanitize::clean;
use crate::ui::{WIDTH, styled};

/// The fewest characters of a line in the tree, at any depth.
const NARROWEST: usize = 24;

/// The `text` format.
pub struct Text;

impl<'a> Format<Document<'a>> for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn render(&self, d: &Document<'a>, out: &mut dyn Write, o: &RenderOptions) -> io::Result<()> {
        write(&d.about, &(d.forest)(), o.color, out)
    }
}

fn write(about: &About, forest: &Forest, color: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, color);
    page.subject(&subject(about, forest))?;
    if !about.complete {
        page.text(0, "INCOMPLETE: some input could not be read; 'incident analyze' says which.")?;
    }
    for root in &forest.roots {
        writeln!(out)?;
        branch(out, color, root, "", "")?;
    }
    let mut page = Page::new(out, color);
    if forest.left_out > 0 {
        page.blank()?;
        let more = counted(forest.left_out, "more key or group", "more keys and groups");
        page.text(0, &format!("… and {more} of sessions (--all lists every one)"))?;
    }
    if !about.notes.is_empty() || forest.unused > 0 {
        page.blank()?;
    }
    if forest.unused > 0 {
        let keys = counted(forest.unused, "temporary key was", "temporary keys were");
        page.item(0, "Note: ", &format!("{keys} issued and not used in these logs."))?;
    }
    for note in &about.notes {
        page.item(0, "Note: ", note)?;
    }
    Ok(())
}

fn subject(about: &About, forest: &Forest) -> String {
    let days = match (about.window.since, about.window.until) {
        (Some(since), Some(until)) => {
            let (from, until) = (date(since), date(until.saturating_sub(1).max(since)));
            if from == until { format!(" ({from})") } else { format!(" ({from} to {until})") }
        }
        _ => String::new(),
    };
    let sessions =
        counted(forest.sessions, "key, session or sign-in", "keys, sessions and sign-ins");
    let roots = match forest.roots.len() as u64 + forest.left_out {
        0 => String::new(),
        n => format!(" from {}", counted(n, "origin", "origins")),
    };
    format!("incident: {sessions}{roots}{days}")
}

/// Writes `head` before the title and `below` before every line under it.
fn branch(
    out: &mut dyn Write,
    color: bool,
    of: &Branch,
    head: &str,
    below: &str,
) -> io::Result<()> {
    let rail = if of.branches.is_empty() { "   " } else { "│  " };
    let mark = if of.chosen { "=> " } else { "" };
    let style = match head.is_empty() || of.chosen {
        true => Style::new().bold(),
        false => Style::new(),
    };
    let title = format!("{mark}{}", of.title);
    for (n, line) in lines(&title, head).iter().enumerate() {
        let before = if n == 0 { head.to_string() } else { format!("{below}{rail}  ") };
        writeln!(out, "{before}{}", styled(color, style, line))?;
    }
    for detail in &of.details {
        let before = format!("{below}{rail}");
        for (n, line) in lines(detail, &before).iter().enumerate() {
            let hang = if n == 0 { "" } else { "  " };
            writeln!(out, "{before}{hang}{line}")?;
        }
    }
    let last = of.branches.len().saturating_sub(1);
    for (n, child) in of.branches.iter().enumerate() {
        let (head, rest) = if n == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        branch(out, color, child, &format!("{below}{head}"), &format!("{below}{rest}"))?;
    }
    Ok(())
}

fn lines(text: &str, before: &str) -> Vec<String> {
    // Lines after the first are indented by up to five more columns.
    let width = WIDTH.saturating_sub(before.chars().count() + 5).max(NARROWEST);
    wrap(&clean(text), width)
}
