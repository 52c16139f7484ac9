//! Builds the [`Config`]: files in order of precedence, lowest first, then flags.

use std::fs;
use std::path::{Path, PathBuf};

use ipnet::IpNet;

use crate::clock::Millis;
use crate::config::allow::{Allow, Source};
use crate::config::error::{ConfigError, Location};
use crate::config::parse::{self, AllowEntry, Located, ParsedFile};
use crate::config::ranges::Ranges;
use crate::config::rows::{Origin, WithOrigin};
use crate::config::settings::Group;
use crate::config::{
    AWS_RANGES_FILE, AwsRanges, Config, Flags, Inputs, Intel, cidr_file, document, text_file,
};

const OWN: &str = "--own";
const ALLOW: &str = "--allow";
const INTEL: &str = "--intel";
const GEOIP: &str = "--geoip";
const THREADS: &str = "--threads";
const BASELINE: &str = "--baseline";

impl Config {
    /// Reads every file, then applies the flags.
    ///
    /// # Errors
    /// If a required file is missing, or a file or flag is invalid.
    pub fn load(inputs: &Inputs, groups: &[Group]) -> Result<Config, ConfigError> {
        let config = Config::defaults(groups);
        let mut loader = Loader { config, own: Vec::new(), intel: Vec::new(), now: inputs.now };
        loader.saved_aws_ranges(inputs.user.as_deref())?;
        for (path, required) in layers(inputs) {
            let text = if required {
                Some(text_file::read(path)?)
            } else {
                text_file::read_if_exists(path)?
            };
            if let Some(text) = text {
                loader.config.files.push(path.to_path_buf());
                loader.file(parse::parse(path, &text, groups)?)?;
            }
        }
        loader.flags(&inputs.flags)?;
        loader.config.own = Ranges::new(std::mem::take(&mut loader.own));
        loader.intel()?;
        Ok(loader.config)
    }
}

/// The files to read, lowest precedence first, each once. A file given twice counts at its higher precedence.
fn layers(inputs: &Inputs) -> Vec<(&Path, bool)> {
    let all = [(&inputs.user, false), (&inputs.project, false), (&inputs.explicit, true)];
    let given: Vec<(&Path, bool)> =
        all.into_iter().filter_map(|(path, required)| Some((path.as_deref()?, required))).collect();
    let same = |a: &Path, b: &Path| match (fs::canonicalize(a), fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    };
    let mut layers = Vec::new();
    for (i, (path, required)) in given.iter().enumerate() {
        if !given.iter().skip(i + 1).any(|(later, _)| same(path, later)) {
            layers.push((*path, *required));
        }
    }
    layers
}

struct Loader {
    config: Config,
    own: Vec<IpNet>,
    /// Threat lists to read once the own ranges are known, with the locations that name them.
    intel: Vec<(PathBuf, Option<Location>)>,
    now: Millis,
}

impl Loader {
    fn file(&mut self, parsed: ParsedFile) -> Result<(), ConfigError> {
        if let Some(days) = parsed.baseline_days {
            self.config.baseline_days = with_origin(days);
        }
        if let Some(Located { value, at }) = parsed.threads {
            self.config.threads = with_origin(Located { value: Some(value), at });
        }
        if let Some(Located { value, at }) = parsed.geoip {
            self.config.geoip = with_origin(Located { value: Some(value), at });
        }
        if let Some(Located { value, at }) = parsed.aws_ranges {
            let read = AwsRanges::read(&value).map_err(|error| named(&at, error))?;
            self.config.aws_ranges = with_origin(Located { value: Some(read), at });
        }
        self.config.known_accounts.extend(parsed.known_accounts.into_iter().map(with_origin));
        let organizations = parsed.known_organizations.into_iter().map(with_origin);
        self.config.known_organizations.extend(organizations);
        for Located { value, at } in parsed.own_ranges {
            self.own.push(value);
            self.config.own_ranges.push(with_origin(Located { value: value.to_string(), at }));
        }
        for Located { value, at } in parsed.own_range_files {
            let text = read_named(&value, &at)?;
            self.own_file(&value, &text, origin(at))?;
        }
        for AllowEntry { mut allow, file } in parsed.allow {
            if let Some(Located { value, at }) = file {
                allow.source = Some(self.allow_file(&value, &read_named(&value, &at)?)?);
            }
            self.allow(allow);
        }
        let intel = parsed.intel_files.into_iter();
        self.intel.extend(intel.map(|Located { value, at }| (value, Some(at))));
        for assignment in parsed.settings {
            let Located { value, at } = assignment.value;
            self.config.settings.set(assignment.group, assignment.name, value, origin(at));
        }
        Ok(())
    }

    fn flags(&mut self, flags: &Flags) -> Result<(), ConfigError> {
        for path in &flags.own_files {
            self.own_file(path, &text_file::read(path)?, Origin::Flag(OWN))?;
        }
        for path in &flags.allow_files {
            let source = self.allow_file(path, &text_file::read(path)?)?;
            self.allow(Allow {
                source: Some(source),
                principal: None,
                user_agent: None,
                rule: None,
                until: None,
                reason: format!("given by {ALLOW}"),
                origin: Origin::Flag(ALLOW),
            });
        }
        self.intel.extend(flags.intel_files.iter().map(|path| (path.clone(), None)));
        if let Some(path) = &flags.geoip {
            let value = Some(path.clone());
            self.config.geoip = WithOrigin { value, origin: Origin::Flag(GEOIP) };
        }
        if let Some(threads) = flags.threads {
            let value = Some(parse::check_threads(threads).map_err(|p| invalid_flag(THREADS, &p))?);
            self.config.threads = WithOrigin { value, origin: Origin::Flag(THREADS) };
        }
        if let Some(days) = flags.baseline_days {
            let value = document::check_number(days).map_err(|p| invalid_flag(BASELINE, p))?;
            self.config.baseline_days = WithOrigin { value, origin: Origin::Flag(BASELINE) };
        }
        Ok(())
    }

    /// Ranges that were saved beside the user's file count if they are newer than the program's.
    fn saved_aws_ranges(&mut self, user: Option<&Path>) -> Result<(), ConfigError> {
        let Some(path) = user.map(|user| user.with_file_name(AWS_RANGES_FILE)) else {
            return Ok(());
        };
        let Some(text) = text_file::read_if_exists(&path)? else { return Ok(()) };
        let saved = AwsRanges::parse(&path, &text)?;
        if saved.published() > AwsRanges::embedded().published() {
            let origin = Origin::File { path, line: 1 };
            self.config.aws_ranges = WithOrigin { value: Some(saved), origin };
        }
        Ok(())
    }

    fn own_file(&mut self, path: &Path, text: &str, origin: Origin) -> Result<(), ConfigError> {
        let nets = self.current("own range", path, text)?;
        let value = format!("{} ({})", path.display(), count(nets.len()));
        self.config.own_range_files.push(WithOrigin { value, origin });
        self.own.extend(nets);
        Ok(())
    }

    fn intel(&mut self) -> Result<(), ConfigError> {
        let files = std::mem::take(&mut self.intel);
        let paths = files.iter().map(|(path, _)| path.as_path());
        let loaded = Intel::load(paths, self.config.own.clone(), self.now);
        self.config.intel = loaded.map_err(|(n, error)| match files.get(n) {
            Some((_, Some(at))) => named(at, error),
            _ => error,
        })?;
        for (value, (_, at)) in self.config.intel.lists().zip(files) {
            let origin = at.map_or(Origin::Flag(INTEL), origin);
            self.config.intel_files.push(WithOrigin { value, origin });
        }
        Ok(())
    }

    /// A file without ranges gives a condition that never matches, not a missing condition.
    fn allow_file(&mut self, path: &Path, text: &str) -> Result<Source, ConfigError> {
        let nets = self.current("allowed source", path, text)?;
        let text = format!("in {} ({})", path.display(), count(nets.len()));
        Ok(Source { text, ranges: Ranges::new(nets) })
    }

    /// The ranges of a file that apply now. The others are added to the expired entries.
    fn current(&mut self, what: &str, path: &Path, text: &str) -> Result<Vec<IpNet>, ConfigError> {
        let mut nets = Vec::new();
        for line in cidr_file::parse(path, text)? {
            match &line.until {
                Some(until) if !until.applies_at(self.now) => {
                    let origin = Origin::File { path: path.to_path_buf(), line: line.number };
                    let note = format!("{what} {} (until {until}), {origin}", line.net);
                    self.config.expired.push(note);
                }
                _ => nets.push(line.net),
            }
        }
        Ok(nets)
    }

    fn allow(&mut self, allow: Allow) {
        match &allow.until {
            Some(until) if !until.applies_at(self.now) => {
                let note = format!("allowed {}, {}", allow.describe(), allow.origin);
                self.config.expired.push(note);
            }
            _ => self.config.allow.push(allow),
        }
    }
}

fn with_origin<T>(placed: Located<T>) -> WithOrigin<T> {
    WithOrigin { value: placed.value, origin: origin(placed.at) }
}

fn origin(at: Location) -> Origin {
    Origin::File { path: at.path, line: at.line }
}

/// Reads a file that another file names at `at`.
fn read_named(path: &Path, at: &Location) -> Result<String, ConfigError> {
    text_file::read(path).map_err(|error| named(at, error))
}

fn named(at: &Location, error: ConfigError) -> ConfigError {
    ConfigError::Named { at: at.clone(), source: Box::new(error) }
}

fn invalid_flag(flag: &'static str, problem: &str) -> ConfigError {
    ConfigError::Flag { flag, problem: problem.to_string() }
}

fn count(ranges: usize) -> String {
    if ranges == 1 { "1 range".to_string() } else { format!("{ranges} ranges") }
}
