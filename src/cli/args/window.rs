//! `--days`, `--since`, `--until`, `--baseline`.

use clap::Args;

use crate::analysis::window::{Moment, RequestedWindow};
use crate::clock::{DAY, HOUR, MINUTE, Millis, SECOND};
use crate::event::time;

#[derive(Debug, Args)]
#[command(next_help_heading = "Window (default: all of the logs)")]
pub struct WindowArgs {
    /// The last N days, counted back from --until or now; for logs at AWS, from midnight (UTC) of the first day
    #[arg(long, value_name = "N", conflicts_with = "since", value_parser = parse_days)]
    pub days: Option<f64>,
    /// Start: RFC 3339, a date, or back from now: 90m, 2h, 3d, 2w
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    pub since: Option<Moment>,
    /// End, in the forms of --since; a date includes its whole day, 'latest' is the newest event in the logs
    #[arg(long, value_name = "TIME", value_parser = parse_until)]
    pub until: Option<Moment>,
    /// Days before the window to compare it with [default: 30, setting baseline_days]
    #[arg(long, value_name = "N", value_parser = parse_days)]
    pub baseline: Option<f64>,
}

impl WindowArgs {
    pub fn requested(&self) -> RequestedWindow {
        let WindowArgs { days, since, until, baseline } = *self;
        RequestedWindow { days, since, until, baseline }
    }
}

pub(in crate::cli) fn parse_days(text: &str) -> Result<f64, String> {
    let days: f64 = text
        .parse()
        .map_err(|_| format!("invalid number of days '{text}' (expected a form like 7 or 0.5)"))?;
    if (0.0..=36_500.0).contains(&days) {
        Ok(days)
    } else {
        Err(format!("invalid number of days '{text}' (expected 0 to 36500)"))
    }
}

fn parse_until(text: &str) -> Result<Moment, String> {
    if text == "latest" {
        return Ok(Moment::Latest);
    }
    parse_end(text)
}

/// An exclusive end: a date includes its whole day.
pub(in crate::cli) fn parse_end(text: &str) -> Result<Moment, String> {
    date(text).map_or_else(|| parse_moment(text), |at| Ok(Moment::At(at + DAY)))
}

pub(in crate::cli) fn parse_moment(text: &str) -> Result<Moment, String> {
    let wrong = || {
        format!(
            "invalid time '{text}' (expected a form like 2026-11-21T10:00:00Z, 2026-11-21, 90m, 2h, 3d or 2w)"
        )
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
    // Refuse a bare number: it would count as seconds since 1970, which nobody types here.
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

    #[test]
    fn moments_have_known_forms() {
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
    fn an_end_date_includes_its_day() {
        let (Ok(Moment::At(start)), Ok(Moment::At(end))) =
            (parse_moment("2026-11-02"), parse_until("2026-11-02"))
        else {
            panic!("dates are moments")
        };
        assert_eq!(end - start, DAY);
        assert_eq!(parse_until("latest"), Ok(Moment::Latest));
    }
}
