//! The `text` format of a list of rules.

use std::io::{self, Write};

use super::{Row, RuleList, without_ending};
use crate::report::{Format, RenderOptions};
use crate::sigma::{Level, Rule, Skipped};
use crate::ui::number::{counted, grouped};
use crate::ui::sanitize::clean;

/// The `text` format. It leaves out rules that only feed a correlation.
pub struct Text;

impl<'a> Format<RuleList<'a>> for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn render(
        &self,
        list: &RuleList<'a>,
        out: &mut dyn Write,
        _: &RenderOptions,
    ) -> io::Result<()> {
        let rows = list.rows();
        let shown: Vec<&Row<'_>> = rows.iter().filter(|row| row.rule.alone).collect();
        let attack = |row: &Row<'_>| row.rule.attack.join(",");
        let width = shown.iter().map(|row| attack(row).len()).max().unwrap_or(0);
        for row in &shown {
            let Rule { level: given, file, title, .. } = row.rule;
            let (name, title) = (clean(without_ending(file)), clean(title));
            writeln!(out, "{:<13}  {:<width$}  {name}  {title}", level(*given), attack(row))?;
        }
        let skipped = list.rules.skipped();
        for Skipped { file, line, title, reason, .. } in skipped {
            let (title, reason) = (clean(title), clean(reason));
            writeln!(out, "not applied    {}:{line}  {title}: {reason}", clean(file))?;
        }
        let feeding = (rows.len() - shown.len()) as u64;
        writeln!(
            out,
            "{} in {}, {}, {} not applied",
            counted(shown.len() as u64, "rule", "rules"),
            counted(list.files as u64, "file", "files"),
            counted(
                feeding,
                "more that only feeds a correlation",
                "more that only feed a correlation"
            ),
            grouped(skipped.len() as u64)
        )
    }
}

fn level(level: Level) -> &'static str {
    Level::NAMES.iter().find(|(_, known)| *known == level).map_or("", |(name, _)| name)
}
