//! `--days`, `--since`, `--until`, `--baseline` → the events that count.

use clap::Args;

use crate::cli::error::CommandError;
use crate::clock::{DAY, HOUR, MINUTE, Millis, SECOND};
use crate::event::time;
use crate::rollup::Selection;

#[derive(Debug, Args)]
#[command(next_help_heading = "Window (all of the logs if not given)")]
pub struct WindowArgs {
    /// The last N days, counted back from --until or now; of logs at AWS from the first day's beginning (UTC)
    #[arg(long, value_name = "N", conflicts_with = "since", value_parser = parse_days)]
    pub days: Option<f64>,
    /// First moment: RFC 3339, a date, or back from now: 90m, 2h, 3d, 2w
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    pub since: Option<Moment>,
    /// Last moment, a date with its whole day, or 'latest' for the newest event in the logs
    #[arg(long, value_name = "TIME", value_parser = parse_until)]
    pub until: Option<Moment>,
    /// Days before the window that it is compared with [default: 30, setting baseline_days]
    #[arg(long, value_name = "N", value_parser = parse_days)]
    pub baseline: Option<f64>,
}

/// A moment as given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Moment {
    At(Millis),
    /// So long before now.
    Ago(Millis),
    /// The newest event.
    Latest,
}

impl WindowArgs {
    pub fn is_whole(&self) -> bool {
        self.days.is_none() && self.since.is_none() && self.until.is_none()
    }

    /// True when the newest event must be known before the window is.
    pub fn wants_latest(&self) -> bool {
        self.until == Some(Moment::Latest)
    }

    /// The selection. `newest` is the newest event's time, needed for `latest` alone.
    pub fn selection(
        &self,
        now: Millis,
        newest: Option<Millis>,
        baseline_days: f64,
    ) -> Result<Selection, CommandError> {
        if self.is_whole() {
            if self.baseline.is_some() {
                return Err(CommandError::usage("--baseline says what a window is compared with, and no window is given")
                    .hint("add --days or --since; without them the whole archive is compared with itself as it goes"));
            }
            return Ok(Selection::default());
        }
        let until = match self.until {
            None => None,
            Some(Moment::At(at)) => Some(at),
            Some(Moment::Ago(ago)) => Some(now - ago),
            Some(Moment::Latest) => newest.map(|at| at + 1),
        };
        let since = match (self.days, self.since) {
            (Some(days), _) => Some(until.unwrap_or(now) - (days * DAY as f64) as Millis),
            (None, Some(Moment::At(at))) => Some(at),
            (None, Some(Moment::Ago(ago))) => Some(now - ago),
            (None, _) => None,
        };
        let until = until.or(self.days.map(|_| now));
        if let (Some(since), Some(until)) = (since, until)
            && since >= until
        {
            let text = crate::clock::rfc3339;
            return Err(CommandError::usage(format!(
                "the window is empty: it begins at {} and ends at {}",
                text(since),
                text(until)
            )));
        }
        let baseline_since = since
            .filter(|_| baseline_days > 0.0)
            .map(|at| at - (baseline_days * DAY as f64) as Millis);
        Ok(Selection { since, until, baseline_since })
    }
}

impl WindowArgs {
    /// As [`WindowArgs::selection`]; a whole number of days counted back from now begins with its first day, in
    /// UTC, and goes on to the newest event: logs at AWS lie by days, and come late.
    pub fn of_whole_days(
        &self,
        now: Millis,
        newest: Option<Millis>,
        baseline_days: f64,
    ) -> Result<Selection, CommandError> {
        let selection = self.selection(now, newest, baseline_days)?;
        let days = self.days.filter(|days| self.until.is_none() && days.fract() == 0.0);
        let (Some(_), Some(since)) = (days, selection.since) else { return Ok(selection) };
        let since = since.div_euclid(DAY) * DAY;
        let baseline =
            selection.baseline_since.map(|_| since - (baseline_days * DAY as f64) as Millis);
        Ok(Selection { since: Some(since), until: None, baseline_since: baseline })
    }
}

pub(in crate::cli) fn parse_days(text: &str) -> Result<f64, String> {
    let days: f64 = text.parse().map_err(|_| format!("'{text}' is not a number of days"))?;
    if (0.0..=36_500.0).contains(&days) {
        Ok(days)
    } else {
        Err("days lie between 0 and 36500".to_string())
    }
}

fn parse_until(text: &str) -> Result<Moment, String> {
    if text == "latest" {
        return Ok(Moment::Latest);
    }
    parse_end(text)
}

/// A last moment; a date with its whole day.
pub(in crate::cli) fn parse_end(text: &str) -> Result<Moment, String> {
    date(text).map_or_else(|| parse_moment(text), |at| Ok(Moment::At(at + DAY)))
}

pub(in crate::cli) fn parse_moment(text: &str) -> Result<Moment, String> {
    let wrong = || {
        format!("'{text}' is not a time; give 2026-11-21T10:00:00Z, 2026-11-21, or 90m, 2h, 3d, 2w")
    };
    if text == "now" {
        return Ok(Moment::Ago(0));
    }
    if let Some(at) = date(text) {
        return Ok(Moment::At(at));
    }
    if let Some(ago) = ago(text) {
        return Ok(Moment::Ago(ago));
    }
    // A bare number would be read as seconds since 1970, which nobody means here.
    let dated = text.contains('-');
    time::parse(text).filter(|_| dated).map(Moment::At).ok_or_else(wrong)
}

fn date(text: &str) -> Option<Millis> {
    if text.len() != 10 {
        return None;
    }
    time::parse(&format!("{text}T00:00:00Z"))
}

fn ago(text: &str) -> Option<Millis> {
    let unit = match text.chars().last()? {
        's' => SECOND,
        'm' => MINUTE,
        'h' => HOUR,
        'd' => DAY,
        'w' => 7 * DAY,
        _ => return None,
    };
    let number: Millis = text.get(..text.len() - 1)?.parse().ok()?;
    (0..=5_000_000).contains(&number).then(|| number * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_795_600_000_000;

    fn args(days: Option<f64>, since: Option<&str>, until: Option<&str>) -> WindowArgs {
        WindowArgs {
            days,
            since: since.map(|t| parse_moment(t).unwrap()),
            until: until.map(|t| parse_until(t).unwrap()),
            baseline: None,
        }
    }

    #[test]
    fn days_count_back_from_now_until_or_latest() {
        let s = args(Some(7.0), None, None).selection(NOW, None, 30.0).unwrap();
        assert_eq!((s.since, s.until), (Some(NOW - 7 * DAY), Some(NOW)));
        assert_eq!(s.baseline_since, Some(NOW - 37 * DAY));
        let s = args(Some(1.0), None, Some("latest"))
            .selection(NOW, Some(1_000_000_000), 30.0)
            .unwrap();
        assert_eq!((s.since, s.until), (Some(1_000_000_001 - DAY), Some(1_000_000_001)));
    }

    #[test]
    fn days_of_logs_at_aws_are_whole() {
        let s = args(Some(7.0), None, None).of_whole_days(NOW, None, 30.0).unwrap();
        let midnight = NOW / DAY * DAY;
        assert_eq!((s.since, s.until), (Some(midnight - 7 * DAY), None));
        assert_eq!(s.baseline_since, Some(midnight - 37 * DAY));
        for (days, since, until) in
            [(Some(0.5), None, None), (None, Some("3h"), None), (Some(7.0), None, Some("2h"))]
        {
            let args = args(days, since, until);
            let exact = args.selection(NOW, None, 30.0).unwrap();
            assert_eq!(args.of_whole_days(NOW, None, 30.0).unwrap(), exact);
        }
    }

    #[test]
    fn a_date_ends_with_its_day() {
        let s =
            args(None, Some("2026-11-02"), Some("2026-11-02")).selection(NOW, None, 0.0).unwrap();
        assert_eq!(s.until.unwrap() - s.since.unwrap(), DAY);
        assert_eq!(s.baseline_since, None);
    }

    #[test]
    fn moments_are_told_from_nonsense() {
        assert_eq!(parse_moment("2h"), Ok(Moment::Ago(2 * HOUR)));
        assert_eq!(parse_moment("3d"), Ok(Moment::Ago(3 * DAY)));
        assert!(parse_moment("2026-11-21T10:00:00+02:00").is_ok());
        for wrong in
            ["", "2h3", "-2h", "yesterday", "20261121", "2026-13-01", "latest", "1700000000"]
        {
            assert!(parse_moment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn empty_windows_are_refused() {
        assert!(
            args(None, Some("2026-11-03"), Some("2026-11-01")).selection(NOW, None, 30.0).is_err()
        );
    }
}
