//! Rule texts as a `RuleSet`: reads every document, applies filters, links correlations and builds
//! the index.

use std::collections::HashMap;

use serde::Serialize;

use super::correlate::Correlation;
use super::detection::{self, Expr};
use super::filter::Filter;
use super::link::{self, Draft, Links};
use super::load::{Document, load};
use super::problem::{Faults, Problem, Severity};
use super::required_literals;
use super::rule::{Rule, Status, logs};
use super::yaml::Yaml;

const UNSUPPORTED: &str = "its status is `unsupported`";

/// A rule's position in its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RuleIndex(pub u32);

/// A document that is not applied, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub file: String,
    pub line: u32,
    pub title: String,
    pub id: Option<String>,
    pub name: Option<String>,
    pub reason: String,
}

impl Skipped {
    fn new(rule: &Rule, reason: impl Into<String>) -> Skipped {
        let Rule { file, line, title, id, name, .. } = rule.clone();
        Skipped { file, line, title, id, name, reason: reason.into() }
    }

    pub fn is_called(&self, reference: &str) -> bool {
        let same_id = self.id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(reference));
        same_id || self.name.as_deref() == Some(reference)
    }
}

/// The rules of one kind of log by the action that they need.
#[derive(Debug, Default)]
pub struct Index {
    /// In lower case.
    pub by_action: HashMap<String, Vec<u32>>,
    /// Rules that need no certain action.
    pub open: Vec<u32>,
}

/// Compiled rules. Cheap to share: it never changes.
#[derive(Debug)]
pub struct RuleSet {
    pub(super) rules: Vec<Rule>,
    pub(super) exprs: Vec<Expr>,
    /// By rule: texts, in lower case, of which a record must hold one.
    pub(super) texts: Vec<Option<Vec<String>>>,
    /// By rule: the name of a member that a record must hold.
    pub(super) members: Vec<Option<String>>,
    pub(super) cloudtrail: Index,
    pub(super) s3_access: Index,
    pub(super) correlations: Vec<Correlation>,
    pub(super) links: Links,
    skipped: Vec<Skipped>,
    problems: Vec<Problem>,
}

impl RuleSet {
    /// Compiles rule files, given as name and text. Never fails: what cannot be applied stands in
    /// `skipped`, what is wrong in `problems`.
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

    /// Everything that is wrong, by file and line.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

#[derive(Default)]
struct Compiler {
    rules: Vec<Rule>,
    exprs: Vec<Expr>,
    filters: Vec<Filter>,
    drafts: Vec<Draft>,
    skipped: Vec<Skipped>,
    problems: Vec<Problem>,
}

impl Compiler {
    fn document(&mut self, document: Document) {
        let Document { file, node, mut faults } = document;
        if node.get("correlation").is_some() {
            let read = Correlation::read(&file, &node, &mut faults);
            return match (read, faults.first_error()) {
                (Some(draft), None) if draft.rule.status == Some(Status::Unsupported) => {
                    self.skipped.push(Skipped::new(&draft.rule, UNSUPPORTED));
                    self.problems.extend(faults.into_problems(&file));
                }
                (Some(draft), None) => self.drafts.push((draft, faults)),
                _ => self.refuse(&Rule::read(&file, &node, &mut Faults::default()), faults),
            };
        }
        if node.get("filter").is_some() && node.get("detection").is_none() {
            let read = Filter::read(&file, &node, &mut faults);
            return match (read, faults.first_error()) {
                (Some(filter), None) => {
                    self.problems.extend(faults.into_problems(&file));
                    self.filters.push(filter);
                }
                _ => self.refuse(&Rule::read(&file, &node, &mut Faults::default()), faults),
            };
        }
        let mut rule = Rule::read(&file, &node, &mut faults);
        let expr = match node.get("detection") {
            Some(detection) => detection::read(detection, &["condition", "timeframe"], &mut faults),
            None => {
                faults.error(node.at, "neither `detection`, `correlation` nor `filter`");
                None
            }
        };
        let logs = match node.get("logsource") {
            Some(given) if matches!(given.yaml, Yaml::Map(_)) => logs(given),
            given => {
                faults.error(given.unwrap_or(&node).at, "no `logsource`");
                Err(String::new())
            }
        };
        let Some(detection) = expr.filter(|_| faults.first_error().is_none()) else {
            return self.refuse(&rule, faults);
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
        self.problems.extend(faults.into_problems(&file));
        match reason {
            Some(reason) => self.skipped.push(Skipped::new(&rule, reason)),
            None => {
                self.rules.push(rule);
                self.exprs.push(detection.expr);
            }
        }
    }

    fn refuse(&mut self, rule: &Rule, faults: Faults) {
        let reason = faults.first_error().map_or_else(
            || "it cannot be read".to_owned(),
            |fault| format!("line {}: {}", fault.at.line, fault.what),
        );
        self.skipped.push(Skipped::new(rule, reason));
        self.problems.extend(faults.into_problems(&rule.file));
    }

    fn finish(mut self) -> RuleSet {
        self.note_twins();
        self.apply_filters();
        let (correlations, links) = self.link();
        self.problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        let texts = self.exprs.iter().map(required_literals::texts).collect();
        let members = self.exprs.iter().map(required_literals::member).collect();
        let cloudtrail = index(&self.rules, &self.exprs, "eventName", |rule| rule.logs.cloudtrail);
        let s3_access = index(&self.rules, &self.exprs, "operation", |rule| rule.logs.s3_access);
        RuleSet {
            rules: self.rules,
            exprs: self.exprs,
            texts,
            members,
            cloudtrail,
            s3_access,
            correlations,
            links,
            skipped: self.skipped,
            problems: self.problems,
        }
    }

    /// Ids and names that two rules share: a reference means the first.
    fn note_twins(&mut self) {
        let mut seen: HashMap<String, String> = HashMap::new();
        let all = self.rules.iter().chain(self.drafts.iter().map(|(draft, _)| &draft.rule));
        for rule in all {
            let id = rule.id.as_ref().map(|id| format!("id {}", id.to_ascii_lowercase()));
            let name = rule.name.as_ref().map(|name| format!("name {name}"));
            let here = format!("{}:{}", rule.file, rule.line);
            for key in id.into_iter().chain(name) {
                if let Some(first) = seen.get(&key) {
                    self.problems.push(warning(rule, format!("the {key} is that of {first} too")));
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
            for name in filter.unanswered(&self.rules) {
                let what = format!("the filter names `{name}`, which is no rule that is applied");
                self.problems.push(warning(&filter.rule, what));
            }
            if !used {
                self.skipped.push(Skipped::new(&filter.rule, "a filter that fits no rule"));
            }
        }
    }

    fn link(&mut self) -> (Vec<Correlation>, Links) {
        let mut drafts = std::mem::take(&mut self.drafts);
        for (draft, faults) in &mut drafts {
            self.problems.extend(std::mem::take(faults).into_problems(&draft.rule.file));
        }
        loop {
            let (mut correlations, refused) = link::resolve(drafts, &self.rules, &self.skipped);
            for (draft, faults) in refused {
                self.refuse(&draft.rule, faults);
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
                    let mut faults = Faults::default();
                    faults.error(bad.references.first().map(|r| r.1).unwrap_or_default(), what);
                    self.refuse(&bad.rule, faults);
                    drafts = correlations.into_iter().map(|c| (c, Faults::default())).collect();
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
        match required_literals::names(expr, field) {
            Some(names) => {
                for name in names {
                    index.by_action.entry(name).or_default().push(number);
                }
            }
            None => index.open.push(number),
        }
    }
    index
}
