//! The analysis as a library: called without a terminal, and errors as values.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use incident::analysis::{
    self, AwsLogs, Error, LogRequest, Observer, Request, ScanProgress, Silent, rule_files,
    timeline, window::RequestedWindow,
};
use incident::clock::Clock;
use incident::config::Config;
use incident::detect;
use incident::report::{FORMATS, RenderOptions};
use incident::source::local::SourceError;

use crate::support::Env;
use crate::support::run::{NOW, sample_logs};

fn request(paths: &[PathBuf]) -> Request {
    let logs = LogRequest {
        paths: paths.to_vec(),
        urls: Vec::new(),
        window: RequestedWindow::default(),
        aws: AwsLogs::default(),
        config: Arc::new(Config::defaults(&detect::groups())),
        clock: Clock::Fixed(incident::event::time::parse(NOW).unwrap()),
    };
    Request { logs, rules: rule_files::builtin(), state: None, guardduty: false }
}

#[test]
fn a_program_gets_the_report_that_the_command_line_writes() {
    let analysis = analysis::run(&request(&[sample_logs().into()]), &Silent).unwrap();
    let mut json = Vec::new();
    let options = RenderOptions { color: false, top: 10 };
    FORMATS.find("json").unwrap().render(&analysis.report, &mut json, &options).unwrap();
    let run = Env::new().run(&["analyze", sample_logs(), "--format", "json", "--now", NOW]);
    assert_eq!(String::from_utf8(json).unwrap(), run.stdout);

    let findings = &analysis.report.findings;
    let first = timeline::findings_with_ids(findings, &[findings[0].id.clone()]).unwrap();
    let rows = analysis::timeline(&analysis, &first, &Silent).unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.findings == [findings[0].id.clone()]));
}

#[test]
fn an_observer_is_told_how_far_the_scan_is() {
    #[derive(Default)]
    struct Counter {
        scans: Mutex<Vec<(u64, u64)>>,
        read: AtomicU64,
    }
    impl Observer for Counter {
        fn scan(&self, files: u64, bytes: u64) -> ScanProgress<'_> {
            self.scans.lock().unwrap().push((files, bytes));
            Box::new(|files, _| {
                self.read.fetch_add(files, Ordering::Relaxed);
            })
        }
    }
    let counter = Counter::default();
    let logs = analysis::scan(&request(&[sample_logs().into()]).logs, &[], None, &counter).unwrap();
    let scans = counter.scans.lock().unwrap().clone();
    assert_eq!(scans, [(logs.listing.files.len() as u64, logs.listing.bytes())]);
    assert_eq!(counter.read.load(Ordering::Relaxed), scans[0].0);
}

#[test]
fn errors_are_values() {
    let failed = |request: &Request| analysis::run(request, &Silent).err().unwrap();
    let nowhere = PathBuf::from("nowhere.json");
    let error = failed(&request(std::slice::from_ref(&nowhere)));
    assert!(matches!(&error, Error::Source(SourceError::NotFound(path)) if *path == nowhere));
    assert!(error.is_request());

    let error = failed(&request(&[]));
    assert!(matches!(error, Error::NoInput));
    assert!(error.hints()[0].contains("--days 7"), "{:?}", error.hints());

    let mut latest = request(&["-".into()]);
    latest.logs.window.until = Some(analysis::window::Moment::Latest);
    assert!(matches!(failed(&latest), Error::LatestOfStdin));
}
