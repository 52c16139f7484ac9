//! Scenes for the detectors' tests: a few lines say who called what from where and when, and a detector runs over
//! the rollups of these calls.
//!
//! ```ignore
//! let scene = Scene::new()
//!     .call(at("2026-11-01 09:00"), "user/dana", "AKIADANA", "198.51.100.7", "iam:ListUsers", Success)
//!     .repeat(20, MINUTE) // twenty calls, one a minute
//!     .repeat(5, DAY) // and the same on five days
//!     .call(at("2026-11-05 09:10"), "user/dana", "AKIADANA", "203.0.113.9", "s3:ListBuckets", Denied)
//!     .with(|call| call.user_agent = "curl/8".into());
//! let found = scene.detect(&KeyInSeveralNetworks);
//! ```
//!
//! Every scene is folded twice, in order by one worker and backwards by two, and must give the same findings.

#[allow(clippy::duplicate_mod, reason = "the configuration's own tests mount it too")]
#[path = "../../tests/support/mmdb.rs"]
mod mmdb;

use super::{Cx, Detector, SourceNetworks};
use crate::clock::{HOUR, Millis};
use crate::config::{Config, Flags, Geo, Group, Inputs};
use crate::event::action::ObjectAction;
use crate::event::{Actor, Event, Issued, Log, ObjectAccess, Outcome, SignIn, time};
use crate::finding::Finding;
use crate::rollup::Selection;
use crate::rollup::{Frames, Origin, Phase, Renumber, Rollups};
use crate::sigma::{self, RuleSet};
use crate::source::coverage::Coverage;
use crate::source::matrix::Matrix;
use crate::source::{FileNames, Listing};

pub const ACCOUNT: &str = "123456789012";

/// `2026-11-20 10:00`, with seconds or without, UTC.
pub fn at(text: &str) -> Millis {
    let whole = if text.len() == "2026-11-20 10:00".len() {
        format!("{text}:00")
    } else {
        text.to_string()
    };
    time::parse(&whole).unwrap()
}

/// The ARNs of `user/dana`, `role/deploy` and `root` in [`ACCOUNT`]. Other text does not change.
pub fn arn(who: &str) -> String {
    let short = who == "root" || who.starts_with("user/") || who.starts_with("role/");
    if short { format!("arn:aws:iam::{ACCOUNT}:{who}") } else { who.to_string() }
}

/// One record, with every field that a test can change in [`Scene::with`].
#[derive(Debug, Clone)]
pub struct Call {
    pub log: Log,
    pub at: Millis,
    pub account: String,
    pub region: String,
    pub service: String,
    pub action: String,
    pub source: String,
    pub user_agent: String,
    pub error: String,
    pub outcome: Outcome,
    pub kind: String,
    pub principal: String,
    pub access_key: String,
    /// Role session name.
    pub session: String,
    pub by_service: bool,
    pub bytes_out: u64,
    /// Bucket, key and size. The action says what is done to the object.
    pub object: Option<(String, String, u64)>,
    pub copied_from: Option<(String, String)>,
    /// Access key and session name of the credentials that the call issues.
    pub issued: Option<(String, String)>,
    pub sign_in: Option<SignIn<'static>>,
}

impl Call {
    fn event<'a>(&'a self, id: &'a str) -> Event<'a> {
        Event {
            log: self.log,
            time: self.at,
            id,
            request_id: id,
            account: &self.account,
            region: &self.region,
            service: &self.service,
            action: &self.action,
            source: &self.source,
            user_agent: &self.user_agent,
            error: &self.error,
            outcome: self.outcome,
            actor: Actor {
                kind: &self.kind,
                principal: &self.principal,
                account: &self.account,
                access_key: &self.access_key,
                session: &self.session,
                by_service: self.by_service,
                ..Actor::default()
            },
            vpc_endpoint: "",
            bytes_out: self.bytes_out,
            object: self.object.as_ref().map(|(bucket, key, size)| ObjectAccess {
                version: "",
                bucket,
                key,
                kind: ObjectAction::from_api(&self.action),
                size: *size,
            }),
            copied_from: self
                .copied_from
                .as_ref()
                .map(|(bucket, key)| (bucket.as_str(), key.as_str())),
            issued: self.issued.as_ref().map(|(access_key, session)| Issued {
                access_key,
                session,
                expires: self.at + HOUR,
                ..Issued::default()
            }),
            sign_in: self.sign_in,
            from_console: false,
        }
    }
}

/// The calls and the configuration of a test.
#[derive(Default)]
pub struct Scene {
    calls: Vec<Call>,
    /// Index of the first call that was added last.
    batch: usize,
    config: String,
    geo: Vec<(String, String, u32, String)>,
    since: Option<Millis>,
    /// The folder of the threat list, the same for all evaluations.
    list: Option<tempfile::TempDir>,
}

impl Scene {
    pub fn new() -> Scene {
        Scene::default()
    }

    /// One call; `action` is `iam:ListUsers`. A `who` that is an AWS service's DNS name calls for itself.
    #[must_use]
    pub fn call(
        mut self,
        at: Millis,
        who: &str,
        key: &str,
        source: &str,
        action: &str,
        outcome: Outcome,
    ) -> Scene {
        let (service, action) = action.split_once(':').unwrap();
        let by_service = who.ends_with(".amazonaws.com");
        let kind = match who {
            "root" => "Root",
            _ if by_service => "AWSService",
            _ if who.contains("role/") => "AssumedRole",
            _ => "IAMUser",
        };
        let error = match outcome {
            Outcome::Success => "",
            Outcome::Denied => "AccessDenied",
            Outcome::Failed => "ValidationException",
        };
        self.batch = self.calls.len();
        self.calls.push(Call {
            log: Log::CloudTrail,
            at,
            account: ACCOUNT.into(),
            region: "eu-central-1".into(),
            service: format!("{service}.amazonaws.com"),
            action: action.into(),
            source: source.into(),
            user_agent: "aws-cli/2.31.4".into(),
            error: error.into(),
            outcome,
            kind: kind.into(),
            principal: arn(who),
            access_key: key.into(),
            session: String::new(),
            by_service,
            bytes_out: 0,
            object: None,
            copied_from: None,
            issued: None,
            sign_in: None,
        });
        self
    }

    /// A call of AssumeRole that issues `child` to a session of the name.
    #[must_use]
    pub fn issue(
        self,
        at: Millis,
        who: &str,
        key: &str,
        source: &str,
        child: &str,
        session: &str,
    ) -> Scene {
        self.call(at, who, key, source, "sts:AssumeRole", Outcome::Success)
            .with(|call| call.issued = Some((child.into(), session.into())))
    }

    /// A sign-in to the console, from a browser.
    #[must_use]
    pub fn sign_in(self, at: Millis, who: &str, source: &str, outcome: Outcome) -> Scene {
        self.call(at, who, "", source, "signin:ConsoleLogin", outcome).with(|call| {
            call.user_agent =
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into();
            call.region = "us-east-1".into();
        })
    }

    /// Repeats the calls that were added last: `times` times in all, one per `every`.
    #[must_use]
    pub fn repeat(mut self, times: usize, every: Millis) -> Scene {
        let batch = self.calls[self.batch..].to_vec();
        for n in 1..times as i64 {
            self.calls
                .extend(batch.iter().cloned().map(|call| Call { at: call.at + n * every, ..call }));
        }
        self
    }

    /// Changes the calls that were added last.
    #[must_use]
    pub fn with(mut self, change: impl Fn(&mut Call)) -> Scene {
        self.calls[self.batch..].iter_mut().for_each(change);
        self
    }

    /// Text of an `incident.toml`.
    #[must_use]
    pub fn config(mut self, toml: &str) -> Scene {
        self.config.push_str(toml);
        self.config.push('\n');
        self
    }

    /// A threat list. Comes behind every other line of the configuration.
    #[must_use]
    pub fn intel(mut self, text: &str) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("list");
        std::fs::write(&file, text).unwrap();
        self.list = Some(folder);
        self.config(&format!("[intel]\nfiles = ['{}']", file.display()))
    }

    /// A network's country and operator.
    #[must_use]
    pub fn geo(mut self, network: &str, country: &str, asn: u32, operator: &str) -> Scene {
        self.geo.push((network.into(), country.into(), asn, operator.into()));
        self
    }

    /// Starts the window; earlier calls are the baseline. Without it, everything is the window.
    #[must_use]
    pub fn since(mut self, since: Millis) -> Scene {
        self.since = Some(since);
        self
    }

    /// What the detector finds.
    pub fn detect(&self, detector: &dyn Detector) -> Vec<Finding> {
        let groups = [detector.meta().group()];
        self.evaluate(&groups, |cx| detector.detect(cx).unwrap())
    }

    /// What `query` returns for the rollups of the scene.
    pub fn evaluate<T: PartialEq + std::fmt::Debug>(
        &self,
        groups: &[Group],
        query: impl Fn(&Cx<'_>) -> T,
    ) -> T {
        let found = self.query(groups, self.fold(), &query);
        let backwards = self.query(groups, self.fold_backwards(), &query);
        assert_eq!(found, backwards, "the order of files changes the findings");
        found
    }

    /// The only finding that the detector makes.
    pub fn finding(&self, detector: &dyn Detector) -> Finding {
        let mut found = self.detect(detector);
        let titles: Vec<_> = found.iter().map(|f| f.title.clone()).collect();
        assert_eq!(found.len(), 1, "{titles:#?}");
        found.remove(0)
    }

    /// The number of events that the finding's scope selects. It must equal the number that the finding counts.
    pub fn selected(&self, finding: &Finding) -> u64 {
        self.calls
            .iter()
            .filter(|call| finding.scopes.iter().any(|s| s.matches(&call.event(""))))
            .count() as u64
    }

    /// The coverage matrix of the calls and the listing.
    pub fn matrix(&self, listing: &Listing, now: Millis) -> Matrix {
        self.evaluate(&[], |cx| super::coverage::matrix(cx, listing, now))
    }

    fn query<T>(&self, groups: &[Group], mut rollups: Rollups, query: impl Fn(&Cx<'_>) -> T) -> T {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("incident.toml");
        std::fs::write(&file, &self.config).unwrap();
        let inputs = Inputs { explicit: Some(file), flags: Flags::default(), ..Inputs::default() };
        let config = Config::load(&inputs, groups).unwrap();
        let geo = self.open_geo(folder.path());
        rollups.resolve_sessions();
        let frames = Frames::take(&mut rollups, &|| {}).unwrap();
        let sources = frames.activity_rows.iter().map(|(key, _)| key.source);
        let networks = SourceNetworks::new(sources, &rollups.names, &config, geo.as_ref());
        let (files, coverage) = (FileNames::default(), Coverage::default());
        let rules = RuleSet::from_texts::<&str, &str>([]);
        let uncorrelated = sigma::Outcome::default();
        let selection = self.selection();
        let cx = Cx::new(
            &frames,
            &rollups,
            (&files, &coverage),
            &config,
            selection,
            networks,
            (&rules, &uncorrelated),
        );
        query(&cx)
    }

    fn open_geo(&self, folder: &std::path::Path) -> Option<Geo> {
        if self.geo.is_empty() {
            return None;
        }
        let countries: Vec<_> = self
            .geo
            .iter()
            .map(|(net, country, ..)| (net.as_str(), mmdb::country(country)))
            .collect();
        let operators: Vec<_> = self
            .geo
            .iter()
            .map(|(net, _, asn, org)| (net.as_str(), mmdb::asn(*asn, org)))
            .collect();
        std::fs::write(folder.join("country.mmdb"), mmdb::database("GeoLite2-Country", &countries))
            .unwrap();
        std::fs::write(folder.join("asn.mmdb"), mmdb::database("GeoLite2-ASN", &operators))
            .unwrap();
        Some(Geo::open(folder).unwrap())
    }

    fn selection(&self) -> Selection {
        Selection { since: self.since, until: None, baseline_since: Some(Millis::MIN) }
    }

    fn fold(&self) -> Rollups {
        let mut rollups = Rollups::default();
        (0..self.calls.len()).for_each(|n| self.fold_one(&mut rollups, n));
        rollups
    }

    /// Folds the scene by two workers. Each reads its share backwards.
    fn fold_backwards(&self) -> Rollups {
        let mut workers = [Rollups::default(), Rollups::default()];
        for n in (0..self.calls.len()).rev() {
            self.fold_one(&mut workers[n % 2], n);
        }
        let [mut whole, other] = workers;
        whole.merge(vec![other], Renumber::SAME, drop);
        whole
    }

    fn fold_one(&self, rollups: &mut Rollups, n: usize) {
        let call = &self.calls[n];
        let phase = self.selection().phase(call.at).unwrap_or(Phase::Window);
        let origin = Origin { file: 0, input: 0, offset: n as u64, duplicate: false };
        rollups.fold(&call.event(&format!("event-{n:06}")), phase, &origin);
    }
}

/// All reasons of a finding, a line each.
pub fn reasons(finding: &Finding) -> String {
    let lines: Vec<_> = finding.reasons.iter().map(|r| r.text.as_str()).collect();
    lines.join("\n")
}
