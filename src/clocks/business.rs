//! SEC business days: every day but Saturdays, Sundays and federal holidays (17 CFR 240.0-2; 5 U.S.C. 6103).
//!
//! Holidays that the President grants for a single year (24 December in some years) are not known here. A
//! limit counted without them is earlier than the real one, never later.

use jiff::civil::{Date, Weekday, date};

use super::when::{is_weekend, plus_days};

/// Whether a federal holiday is observed on this day: Friday for a Saturday (5 U.S.C. 6103(b)),
/// Monday for a Sunday (Executive Order 11582, section 3).
pub fn is_federal_holiday(day: Date) -> bool {
    // New Year's Day on a Saturday is observed in the year before.
    let years = [day.year(), day.year().saturating_add(1)];
    years.into_iter().any(|year| holidays(year).any(|h| observed(h) == day))
}

/// Not a Saturday, Sunday or federal holiday.
pub fn is_business_day(day: Date) -> bool {
    !is_weekend(day) && !is_federal_holiday(day)
}

/// The `count`th business day after an event. After an event on any other day, the next business day is day
/// one (Form 8-K, General Instruction B.1).
pub fn business_days_after(event: Date, count: u32) -> Date {
    let mut day = event;
    for _ in 0..count {
        day = plus_days(day, 1);
        while !is_business_day(day) {
            day = plus_days(day, 1);
        }
    }
    day
}

fn observed(holiday: Date) -> Date {
    match holiday.weekday() {
        Weekday::Saturday => plus_days(holiday, -1),
        Weekday::Sunday => plus_days(holiday, 1),
        _ => holiday,
    }
}

/// The statutory holidays of a year. Inauguration Day is left out: it applies in Washington only, and EDGAR
/// is open.
fn holidays(year: i16) -> impl Iterator<Item = Date> {
    let fixed =
        |month, day, since: i16| (year >= since).then(|| date(year.clamp(1, 9999), month, day));
    let nth = |month, nth, weekday| {
        date(year.clamp(1, 9999), month, 1).nth_weekday_of_month(nth, weekday).ok()
    };
    [
        fixed(1, 1, 1),
        nth(1, 3, Weekday::Monday),
        nth(2, 3, Weekday::Monday),
        nth(5, -1, Weekday::Monday),
        // Juneteenth: Public Law 117-17.
        fixed(6, 19, 2021),
        fixed(7, 4, 1),
        nth(9, 1, Weekday::Monday),
        nth(10, 2, Weekday::Monday),
        fixed(11, 11, 1),
        nth(11, 4, Weekday::Thursday),
        fixed(12, 25, 1),
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holidays_are_those_that_opm_lists() {
        for (year, expected) in [
            // A year with New Year's Day on a Saturday after it, and Juneteenth on one.
            (2021, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"),
            (2022, "01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26"),
            (2026, "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25"),
            (2027, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"),
            (2028, "01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25"),
        ] {
            let days = std::iter::successors(Some(date(year, 1, 1)), |d| Some(plus_days(*d, 1)));
            let of_year = days.take_while(|d| d.year() == year);
            let found: Vec<String> = of_year
                .filter(|d| is_federal_holiday(*d))
                .map(|d| format!("{:02}-{:02}", d.month(), d.day()))
                .collect();
            assert_eq!(found.join(" "), expected, "{year}");
        }
        assert!(!is_federal_holiday(date(2020, 6, 19)), "Juneteenth is one since 2021");
    }

    #[test]
    fn a_holiday_is_observed_on_a_weekday() {
        for year in 2000..2200 {
            let observed: Vec<Date> = holidays(year).map(observed).collect();
            assert!(observed.iter().all(|d| !is_weekend(*d)), "{year}");
            assert_eq!(observed.len(), if year < 2021 { 10 } else { 11 });
        }
    }

    #[test]
    fn four_business_days_are_four() {
        let mut random = fastrand::Rng::with_seed(8);
        for _ in 0..3_000 {
            let event = plus_days(date(2000, 1, 1), random.i32(0..73_000));
            let due = business_days_after(event, 4);
            let between = std::iter::successors(Some(plus_days(event, 1)), |d| {
                (*d < due).then(|| plus_days(*d, 1))
            });
            assert_eq!(between.filter(|d| is_business_day(*d)).count(), 4, "{event}");
            assert!(is_business_day(due), "{event}");
            assert!(due <= plus_days(event, 9), "{event} {due}");
        }
    }
}
