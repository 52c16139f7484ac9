//! A CloudTrail log file's account, region and delivery time, parsed from its name.
//!
//! `ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz` with the delivery time (CloudTrail User Guide,
//! "CloudTrail log file name format"), in `…/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/`. Digests, insights and
//! aggregated events have other names and are not deliveries of events.

use super::days::{self, Day};
use super::layout::{is_account, is_region};
use super::listing::{Found, InputLocation};
use crate::clock::{DAY, HOUR, MINUTE, Millis};

/// One delivered log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub account: String,
    pub region: String,
    /// The day in the name, UTC.
    pub day: Day,
    /// The time in the name, UTC, to the minute.
    pub named: Option<Millis>,
    /// S3's LastModified; for a local file the time in its name.
    pub at: Option<Millis>,
}

impl Delivery {
    /// `None` when the name is not that of a CloudTrail log file.
    pub fn of(found: &Found) -> Option<Delivery> {
        let (name, modified) = match &found.location {
            InputLocation::Path(path) => (path.to_string_lossy(), None),
            InputLocation::Object(object) => ((&*object.key).into(), Some(object.modified)),
            InputLocation::History(_) => return None,
        };
        let (account, region, day, named) = parse(&name)?;
        let (account, region) = (account.to_string(), region.to_string());
        Some(Delivery { account, region, day, named, at: modified.or(named) })
    }
}

type Parsed<'n> = (&'n str, &'n str, Day, Option<Millis>);

/// Parses the file name; if that fails, the folder names.
fn parse(name: &str) -> Option<Parsed<'_>> {
    let (folders, file) = name.rsplit_once(['/', '\\']).unwrap_or(("", name));
    parse_file_name(file).or_else(|| parse_folders(folders, file))
}

fn parse_file_name(file: &str) -> Option<Parsed<'_>> {
    let mut parts = file.split('_');
    let account = parts.next().filter(|part| is_account(part))?;
    parts.next().filter(|part| *part == "CloudTrail")?;
    let region = parts.next().filter(|part| is_region(part))?;
    let time = parts.next()?;
    let day = days::packed(time.get(..8)?)?;
    let clock = time.strip_prefix(&time[..8])?.strip_prefix('T')?.strip_suffix('Z')?;
    let number = |text: Option<&str>, most: i64| {
        let text = text.filter(|t| t.bytes().all(|b| b.is_ascii_digit()))?;
        text.parse::<i64>().ok().filter(|n| *n < most)
    };
    let (hour, minute) = (number(clock.get(..2), 24)?, number(clock.get(2..4), 60)?);
    Some((account, region, day, Some(day * DAY + hour * HOUR + minute * MINUTE)))
}

fn parse_folders<'n>(folders: &'n str, file: &str) -> Option<Parsed<'n>> {
    // A file of another kind in the folder of log files.
    if file.contains("_CloudTrail-") {
        return None;
    }
    let folders: Vec<&str> = folders.split(['/', '\\']).collect();
    let [.., account, "CloudTrail", region, year, month, day] = folders.as_slice() else {
        return None;
    };
    let day = days::packed(&[*year, *month, *day].concat())?;
    (is_account(account) && is_region(region)).then_some((*account, *region, day, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::rfc3339;

    fn summary(name: &str) -> Option<String> {
        let delivery = Delivery::of(&Found::path(name, 1))?;
        let at = delivery.at.map_or_else(String::new, rfc3339);
        Some(format!(
            "{} {} {} {at}",
            delivery.account,
            delivery.region,
            days::dashed(delivery.day)
        ))
    }

    #[test]
    fn a_log_file_name_gives_account_region_and_time() {
        let file = "111122223333_CloudTrail_us-gov-west-1_20261102T1555Z_Xq8f.json.gz";
        let expected = "111122223333 us-gov-west-1 2026-11-02 2026-11-02T15:55:00Z";
        assert_eq!(summary(file).as_deref(), Some(expected));
        assert_eq!(summary(&format!("export/of/somebody/{file}")).as_deref(), Some(expected));
        let folder = "logs/AWSLogs/o-ab/111122223333/CloudTrail/eu-west-1/2026/11/03";
        let by_folder = "111122223333 eu-west-1 2026-11-03 ";
        assert_eq!(summary(&format!("{folder}/x.json.gz")).as_deref(), Some(by_folder));
    }

    #[test]
    fn other_file_names_are_not_deliveries() {
        let folder = "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/11/03";
        for name in [
            "-",
            "trail.zip",
            &format!("{folder}/x.json.gz"),
            "111122223333_CloudTrail-Digest_us-east-1_main_us-east-1_20261102T155500Z.json.gz",
            "111122223333/CloudTrail/eu-west-1/2026/11/03/1_CloudTrail-Insight_x.json.gz",
            "111122223333_CloudTrail_us-east-1_20261302T1555Z_x.json.gz",
            "111122223333_CloudTrail_us-east-1_20261102T2555Z_x.json.gz",
            "111122223333_CloudTrail_us-east-1_é0261102T1555Z_x.json.gz",
            "1111_CloudTrail_us-east-1_20261102T1555Z_x.json.gz",
        ] {
            assert_eq!(summary(name), None, "{name}");
        }
    }
}
