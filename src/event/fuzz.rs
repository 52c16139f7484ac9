//! Fuzz target of times: what is parsed is within the plausible years, and RFC 3339 is parsed as chrono does.

use super::time;

pub fn time(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let read = time::parse(&text);
    if let Some(at) = read {
        // 1999-12-31 to 2201-01-01: an offset may move a time by a day.
        assert!((946_598_400_000..=7_289_740_800_000).contains(&at), "implausible time {at}");
    }
    let strict = chrono::DateTime::parse_from_rfc3339(&text);
    if let (Ok(strict), Some(at)) = (strict, read) {
        let expected = strict.timestamp_millis();
        // chrono folds a leap second into a fraction above one second.
        assert!((at - expected).abs() <= 1_000, "{text}: {at}, and chrono says {expected}");
    }
    time::parse_s3(&text);
}
