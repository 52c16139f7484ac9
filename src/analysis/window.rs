//! Turns the requested window (days or times) into a selection of events.

use super::Error;
use crate::clock::{DAY, Millis};
use crate::rollup::Selection;

/// A window as requested. `days` and `since` exclude each other.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RequestedWindow {
    /// The last N days, counted back from `until` or now.
    pub days: Option<f64>,
    pub since: Option<Moment>,
    /// Exclusive.
    pub until: Option<Moment>,
    /// Days of baseline before the window, if they were given.
    pub baseline: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Moment {
    At(Millis),
    /// This long before now.
    Ago(Millis),
    /// The newest event.
    Latest,
}

impl RequestedWindow {
    /// True for the whole archive: no window was given.
    pub fn is_whole(&self) -> bool {
        self.days.is_none() && self.since.is_none() && self.until.is_none()
    }

    /// True when the window depends on the newest event.
    pub fn until_latest(&self) -> bool {
        self.until == Some(Moment::Latest)
    }

    /// The selection. `newest` is the newest event's time; only [`Moment::Latest`] needs it.
    ///
    /// # Errors
    /// When the window is empty, or a baseline is given without a window.
    pub fn selection(
        &self,
        now: Millis,
        newest: Option<Millis>,
        baseline_days: f64,
    ) -> Result<Selection, Error> {
        if self.is_whole() {
            if self.baseline.is_some() {
                return Err(Error::BaselineWithoutWindow);
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
            return Err(Error::EmptyWindow { since, until });
        }
        let baseline_since = since
            .filter(|_| baseline_days > 0.0)
            .map(|at| at - (baseline_days * DAY as f64) as Millis);
        Ok(Selection { since, until, baseline_since })
    }

    /// As [`RequestedWindow::selection`], for logs at AWS, which are stored by day and arrive late: a whole number of
    /// days counted back from now begins at midnight (UTC) of its first day and has no end.
    ///
    /// # Errors
    /// As [`RequestedWindow::selection`].
    pub fn whole_days(&self, now: Millis, baseline_days: f64) -> Result<Selection, Error> {
        let selection = self.selection(now, None, baseline_days)?;
        let days = self.days.filter(|days| self.until.is_none() && days.fract() == 0.0);
        let (Some(_), Some(since)) = (days, selection.since) else { return Ok(selection) };
        let since = since.div_euclid(DAY) * DAY;
        let baseline =
            selection.baseline_since.map(|_| since - (baseline_days * DAY as f64) as Millis);
        Ok(Selection { since: Some(since), until: None, baseline_since: baseline })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::HOUR;

    const NOW: Millis = 1_795_600_000_000;

    fn days(days: f64, until: Option<Moment>) -> RequestedWindow {
        RequestedWindow { days: Some(days), until, ..RequestedWindow::default() }
    }

    fn since(since: Moment, until: Option<Moment>) -> RequestedWindow {
        RequestedWindow { since: Some(since), until, ..RequestedWindow::default() }
    }

    #[test]
    fn days_count_back_from_now_until_or_latest() {
        let s = days(7.0, None).selection(NOW, None, 30.0).unwrap();
        assert_eq!((s.since, s.until), (Some(NOW - 7 * DAY), Some(NOW)));
        assert_eq!(s.baseline_since, Some(NOW - 37 * DAY));
        let latest = days(1.0, Some(Moment::Latest));
        let s = latest.selection(NOW, Some(1_000_000_000), 30.0).unwrap();
        assert_eq!((s.since, s.until), (Some(1_000_000_001 - DAY), Some(1_000_000_001)));
    }

    #[test]
    fn days_of_logs_at_aws_are_whole() {
        let s = days(7.0, None).whole_days(NOW, 30.0).unwrap();
        let midnight = NOW / DAY * DAY;
        assert_eq!((s.since, s.until), (Some(midnight - 7 * DAY), None));
        assert_eq!(s.baseline_since, Some(midnight - 37 * DAY));
        for window in [
            days(0.5, None),
            since(Moment::Ago(3 * HOUR), None),
            days(7.0, Some(Moment::Ago(2 * HOUR))),
        ] {
            let exact = window.selection(NOW, None, 30.0).unwrap();
            assert_eq!(window.whole_days(NOW, 30.0).unwrap(), exact);
        }
    }

    #[test]
    fn without_a_baseline_there_is_none() {
        let s = since(Moment::At(0), Some(Moment::At(DAY))).selection(NOW, None, 0.0).unwrap();
        assert_eq!((s.since, s.until, s.baseline_since), (Some(0), Some(DAY), None));
    }

    #[test]
    fn impossible_windows_are_refused() {
        let empty = since(Moment::At(2 * DAY), Some(Moment::At(DAY)));
        let error = empty.selection(NOW, None, 30.0).unwrap_err();
        assert!(matches!(error, Error::EmptyWindow { since, until } if since > until));
        let alone = RequestedWindow { baseline: Some(3.0), ..RequestedWindow::default() };
        let error = alone.selection(NOW, None, 3.0).unwrap_err();
        assert!(matches!(error, Error::BaselineWithoutWindow));
    }
}
