//! Compiles rule texts into a `RuleSet`: reads every document, applies filters, links correlations and
//! builds the index.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::correlate::Correlation;
use super::detection::{self, Expr};
use super::filter::Filter;
use super::link::{self, Links, PendingCorrelation};
use super::load::{Document, load};
use super::problem::{Diagnostics, Problem, Severity};
use super::required_literals;
use super::rule::{Rule, Status, logs};
use super::skipped::Skipped;
use super::yaml::Yaml;

const UNSUPPORTED: &str = "status is `unsupported`";

/// A rule's position in its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RuleIndex(pub u32);

/// The rules for one kind of log, by the action that they require.
#[derive(Debug, Default)]
pub struct Index {
    /// In lower case.
    pub by_action: HashMap<String, Vec<u32>>,
    /// Rules that may match any action.
    pub any_action: Vec<u32>,
}

/// Compiled rules. Cheap to share: it never changes.
#[derive(Debug)]
pub struct RuleSet {
    pub(super) rules: Vec<Rule>,
    pub(super) exprs: Vec<Expr>,
    /// By rule: texts, in lower case. A record must contain one of them.
    pub(super) literals: Vec<Option<Vec<String>>>,
    /// By rule: names of members. A record must have one of them.
    pub(super) member_names: Vec<Option<Vec<String>>>,
    pub(super) cloudtrail: Index,
    pub(super) s3_access: Index,
    pub(super) correlations: Vec<Correlation>,
    pub(super) links: Links,
    pub(super) known: BTreeSet<String>,
    skipped: Vec<Skipped>,
    problems: Vec<Problem>,
}

impl RuleSet {
    /// Compiles rule files, given as name and text. Never fails: `skipped` lists documents that are not applied,
    /// `problems` lists errors and warnings.
    pub fn from_texts<N: AsRef<str>, T: AsRef<str>>(
        texts: impl IntoIterator<Item = (N, T)>,
    ) -> RuleSet {
        let mut compiler = Compiler::default();
        for (name, text) in texts {
            let (documents, unread) = load(name.as_ref(), text.as_ref());
            for document in documents {
                compiler.document(document);
            }
            for unread in unread {
                let problem = Problem::from(unread);
                compiler.skipped.push(Skipped {
                    file: problem.file.clone(),
                    line: problem.line,
                    title: "(unreadable)".to_owned(),
                    id: None,
                    name: None,
                    reason: problem.what.clone(),
                });
                compiler.problems.push(problem);
            }
        }
        compiler.finish()
    }

    /// Accounts (12 digits) and organizations (`o-…`) that are ours, beside the account of each record: `grants` counts
    /// them as inside.
    #[must_use]
    pub fn with_known(self, known: BTreeSet<String>) -> RuleSet {
        RuleSet { known, ..self }
    }

    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    pub fn rule(&self, index: RuleIndex) -> Option<&Rule> {
        self.rules.get(index.0 as usize)
    }

    pub fn correlations(&self) -> &[Correlation] {
        &self.correlations
    }

    /// Every document that is not applied.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Errors and warnings, by file and line.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

#[derive(Default)]
struct Compiler {
    rules: Vec<Rule>,
    exprs: Vec<Expr>,
    filters: Vec<Filter>,
    pending: Vec<PendingCorrelation>,
    skipped: Vec<Skipped>,
    problems: Vec<Problem>,
}

impl Compiler {
    fn document(&mut self, document: Document) {
        let Document { file, node, mut diagnostics } = document;
        if node.get("correlation").is_some() {
            let read = Correlation::read(&file, &node, &mut diagnostics);
            return match (read, diagnostics.first_error()) {
                (Some(draft), None) if draft.rule.status == Some(Status::Unsupported) => {
                    self.skipped.push(Skipped::new(&draft.rule, UNSUPPORTED));
                    self.problems.extend(diagnostics.into_problems(&file));
                }
                (Some(draft), None) => self.pending.push((draft, diagnostics)),
                _ => {
                    self.refuse(&Rule::read(&file, &node, &mut Diagnostics::default()), diagnostics)
                }
            };
        }
        if node.get("filter").is_some() && node.get("detection").is_none() {
            let read = Filter::read(&file, &node, &mut diagnostics);
            return match (read, diagnostics.first_error()) {
                (Some(filter), None) => {
                    self.problems.extend(diagnostics.into_problems(&file));
                    self.filters.push(filter);
                }
                _ => {
                    self.refuse(&Rule::read(&file, &node, &mut Diagnostics::default()), diagnostics)
                }
            };
        }
        let mut rule = Rule::read(&file, &node, &mut diagnostics);
        let expr = match node.get("detection") {
            Some(detection) => {
                detection::read(detection, &["condition", "timeframe"], &mut diagnostics)
            }
            None => {
                diagnostics.error(node.at, "a rule needs `detection`, `correlation` or `filter`");
                None
            }
        };
        let logs = match node.get("logsource") {
            Some(given) if matches!(given.yaml, Yaml::Map(_)) => logs(given),
            given => {
                diagnostics.error(
                    given.unwrap_or(&node).at,
                    "missing `logsource`, such as `logsource: {product: aws, service: cloudtrail}`",
                );
                Err(String::new())
            }
        };
        let Some(detection) = expr.filter(|_| diagnostics.first_error().is_none()) else {
            return self.refuse(&rule, diagnostics);
        };
        let unsupported = rule.status == Some(Status::Unsupported);
        let reason = match logs {
            Err(reason) => Some(reason),
            Ok(_) if unsupported => Some(UNSUPPORTED.to_owned()),
            Ok(logs) => {
                rule.logs = logs;
                None
            }
        };
        self.problems.extend(diagnostics.into_problems(&file));
        match reason {
            Some(reason) => self.skipped.push(Skipped::new(&rule, reason)),
            None => {
                self.rules.push(rule);
                self.exprs.push(detection.expr);
            }
        }
    }

    fn refuse(&mut self, rule: &Rule, diagnostics: Diagnostics) {
        let reason = diagnostics.first_error().map_or_else(
            || "it cannot be read".to_owned(),
            |diagnostic| format!("line {}: {}", diagnostic.at.line, diagnostic.what),
        );
        self.skipped.push(Skipped::new(rule, reason));
        self.problems.extend(diagnostics.into_problems(&rule.file));
    }

    fn finish(mut self) -> RuleSet {
        self.warn_duplicates();
        self.apply_filters();
        let (correlations, links) = self.link();
        self.problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        let literals = self.exprs.iter().map(required_literals::literals).collect();
        let member_names = self.exprs.iter().map(required_literals::member_names).collect();
        let cloudtrail = index(&self.rules, &self.exprs, "eventName", |rule| rule.logs.cloudtrail);
        let s3_access = index(&self.rules, &self.exprs, "operation", |rule| rule.logs.s3_access);
        RuleSet {
            rules: self.rules,
            exprs: self.exprs,
            literals,
            member_names,
            cloudtrail,
            s3_access,
            correlations,
            links,
            known: BTreeSet::new(),
            skipped: self.skipped,
            problems: self.problems,
        }
    }

    /// Warns of ids and names that two rules share. A reference means the first.
    fn warn_duplicates(&mut self) {
        let mut seen: HashMap<String, String> = HashMap::new();
        let all = self.rules.iter().chain(self.pending.iter().map(|(draft, _)| &draft.rule));
        for rule in all {
            let id = rule.id.as_ref().map(|id| format!("id {}", id.to_ascii_lowercase()));
            let name = rule.name.as_ref().map(|name| format!("name {name}"));
            let here = format!("{}:{}", rule.file, rule.line);
            for key in id.into_iter().chain(name) {
                if let Some(first) = seen.get(&key) {
                    self.problems
                        .push(warning(rule, format!("duplicate {key}: {first} has it, too")));
                } else {
                    seen.insert(key, here.clone());
                }
            }
        }
    }

    fn apply_filters(&mut self) {
        for filter in &self.filters {
            let mut used = false;
            for (rule, expr) in self.rules.iter().zip(&mut self.exprs) {
                used |= filter.apply(rule, expr);
            }
            for name in filter.unknown_references(&self.rules) {
                let what = format!("the filter refers to `{name}`, which is not an applied rule");
                self.problems.push(warning(&filter.rule, what));
            }
            if !used {
                self.skipped.push(Skipped::new(&filter.rule, "the filter applies to no rule"));
            }
        }
    }

    fn link(&mut self) -> (Vec<Correlation>, Links) {
        let mut pending = std::mem::take(&mut self.pending);
        for (draft, diagnostics) in &mut pending {
            self.problems.extend(std::mem::take(diagnostics).into_problems(&draft.rule.file));
        }
        loop {
            let (mut correlations, refused) = link::resolve(pending, &self.rules, &self.skipped);
            for (draft, diagnostics) in refused {
                self.refuse(&draft.rule, diagnostics);
            }
            match link::link(&mut self.rules, &mut correlations) {
                Ok(links) => {
                    for correlation in &correlations {
                        let notes = link::alias_notes(correlation, &self.rules, &correlations);
                        let notes = notes.into_iter().map(|what| warning(&correlation.rule, what));
                        self.problems.extend(notes);
                    }
                    return (correlations, links);
                }
                Err((bad, what)) => {
                    let bad = correlations.remove(bad);
                    let mut diagnostics = Diagnostics::default();
                    diagnostics
                        .error(bad.references.first().map(|r| r.1).unwrap_or_default(), what);
                    self.refuse(&bad.rule, diagnostics);
                    pending =
                        correlations.into_iter().map(|c| (c, Diagnostics::default())).collect();
                }
            }
        }
    }
}

fn warning(rule: &Rule, what: String) -> Problem {
    let (file, line) = (rule.file.clone(), rule.line);
    Problem { file, line, column: 1, severity: Severity::Warning, what }
}

fn index(rules: &[Rule], exprs: &[Expr], field: &str, fits: impl Fn(&Rule) -> bool) -> Index {
    let mut index = Index::default();
    for (number, (rule, expr)) in (0u32..).zip(rules.iter().zip(exprs)) {
        if !fits(rule) {
            continue;
        }
        match required_literals::field_values(expr, field) {
            Some(names) => {
                for name in names {
                    index.by_action.entry(name).or_default().push(number);
                }
            }
            None => index.any_action.push(number),
        }
    }
    index
}
