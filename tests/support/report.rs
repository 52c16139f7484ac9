//! The JSON report of one run, with its account in short words that a test can compare.

use std::collections::BTreeMap;

use serde_json::Value;

use super::run::Run;

#[derive(Debug)]
pub struct Analysis {
    pub json: Value,
    pub code: i32,
}

impl Analysis {
    /// # Panics
    /// If there is no report, or its sums do not hold.
    pub fn new(run: Run) -> Analysis {
        let json = serde_json::from_str(&run.stdout)
            .unwrap_or_else(|e| panic!("no report ({e}), exit {}: {}", run.code, run.stderr));
        let analysis = Analysis { json, code: run.code };
        analysis.reconcile();
        analysis
    }

    fn reconcile(&self) {
        let (files, events) = (&self.json["coverage"]["files"], &self.json["coverage"]["events"]);
        let skipped: u64 = self.skipped().values().sum();
        assert_eq!(number(&files["found"]), number(&files["read"]) + skipped, "{files}");
        let parts = ["decoded", "duplicates", "outside_window", "lost"];
        let sum: u64 = parts.iter().map(|p| number(&events[p])).sum();
        assert_eq!(number(&events["records"]), sum, "{events}");
        let reasons: u64 = counts(&events["lost_by_reason"]).values().sum();
        assert_eq!(number(&events["lost"]), reasons, "{events}");
        let logs: u64 = counts(&events["by_log"]).values().sum();
        assert_eq!(number(&events["decoded"]), logs, "{events}");
        assert!(number(&events["baseline"]) <= number(&events["outside_window"]), "{events}");
        assert!(number(&files["damaged"]) <= number(&files["read"]), "{files}");
        let listed = list(&self.json["coverage"]["problems"]).len() as u64;
        assert!(listed <= number(&self.json["coverage"]["problems_total"]));
        assert_eq!(self.json["coverage"]["complete"] == true, self.code != 3 && !self.lost());
    }

    fn lost(&self) -> bool {
        number(&self.json["coverage"]["events"]["lost"]) > 0
    }

    /// Files not read, by reason.
    pub fn skipped(&self) -> BTreeMap<String, u64> {
        let skipped = list(&self.json["coverage"]["files"]["skipped"]);
        skipped.iter().map(|s| (text(&s["reason"]), number(&s["count"]))).collect()
    }

    /// `2 found, 1 read, 1 damaged, 1 empty; 4 records, 3 decoded, 1 lost: record cut off`.
    ///
    /// What is zero is left out, but for files found and read, and records and events.
    pub fn account(&self) -> String {
        let (files, events) = (&self.json["coverage"]["files"], &self.json["coverage"]["events"]);
        let mut out = format!("{} found, {} read", files["found"], files["read"]);
        let mut add = |n: u64, what: &str| {
            if n > 0 {
                out += &format!(", {n} {what}");
            }
        };
        add(number(&files["damaged"]), "damaged");
        for (reason, n) in self.skipped() {
            add(n, &reason);
        }
        add(number(&files["archives"]), "opened");
        out += &format!("; {} records, {} decoded", events["records"], events["decoded"]);
        let mut add = |n: u64, what: &str| {
            if n > 0 {
                out += &format!(", {n} {what}");
            }
        };
        add(number(&events["duplicates"]), "duplicates");
        add(number(&events["outside_window"]), "outside");
        add(number(&events["baseline"]), "baseline");
        for (reason, n) in counts(&events["lost_by_reason"]) {
            add(n, &format!("lost: {reason}"));
        }
        for (kind, n) in counts(&events["not_events"]) {
            add(n, &format!("no event: {kind}"));
        }
        out
    }

    /// `a.json:120 record cut off`, in the report's order.
    pub fn problems(&self) -> Vec<String> {
        let problems = list(&self.json["coverage"]["problems"]);
        let one = |p: &Value| match p["offset"].as_u64() {
            Some(offset) => format!("{}:{offset} {}", text(&p["file"]), text(&p["reason"])),
            None => format!("{} {}", text(&p["file"]), text(&p["reason"])),
        };
        problems.iter().map(one).collect()
    }

    pub fn decoded(&self) -> u64 {
        number(&self.json["coverage"]["events"]["decoded"])
    }

    /// `value detail: events = success + denied + failed` of every row of a summary table.
    pub fn table(&self, name: &str) -> Vec<String> {
        let row = |r: &Value| {
            let detail = r["detail"].as_str().map_or(String::new(), |d| format!(" ({d})"));
            let [events, success, denied, failed] =
                ["events", "success", "denied", "failed"].map(|k| number(&r[k]));
            assert_eq!(events, success + denied + failed, "{r}");
            format!("{}{detail}: {success} + {denied} + {failed}", text(&r["value"]))
        };
        list(&self.json["summary"][name]).iter().map(row).collect()
    }

    /// `value` to `events` of a summary table.
    pub fn events_by(&self, name: &str) -> BTreeMap<String, u64> {
        let rows = list(&self.json["summary"][name]);
        rows.iter().map(|r| (text(&r["value"]), number(&r["events"]))).collect()
    }

    pub fn findings(&self) -> &[Value] {
        list(&self.json["findings"])
    }

    /// The one finding that this rule had a part in.
    pub fn finding(&self, rule: &str) -> &Value {
        let mut by_rule = self.findings().iter().filter(|f| f["rule"] == rule);
        let found = by_rule.next().unwrap_or_else(|| panic!("no {rule} in {:?}", self.titles()));
        assert!(by_rule.next().is_none(), "more than one {rule} in {:?}", self.titles());
        found
    }

    pub fn titles(&self) -> Vec<String> {
        self.findings().iter().map(|f| format!("{}: {}", text(&f["rule"]), f["title"])).collect()
    }

    /// What does not depend on how the logs were packed: the findings without their places, the summary.
    pub fn substance(&self) -> Value {
        let mut findings = self.json["findings"].clone();
        for finding in findings.as_array_mut().unwrap() {
            if finding["rule"] == "evidence.contradicting-copies" {
                // They name the places.
                finding.as_object_mut().unwrap().remove("reasons");
            }
            for evidence in finding["evidence"].as_array_mut().unwrap() {
                let evidence = evidence.as_object_mut().unwrap();
                evidence.remove("file");
                evidence.remove("offset");
            }
        }
        serde_json::json!({ "findings": findings, "summary": self.json["summary"] })
    }

    pub fn notes(&self) -> String {
        list(&self.json["notes"]).iter().map(text).collect::<Vec<_>>().join("\n")
    }
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_string()
}

pub fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn counts(value: &Value) -> BTreeMap<String, u64> {
    value.as_object().unwrap().iter().map(|(k, v)| (k.clone(), number(v))).collect()
}
