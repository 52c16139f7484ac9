//! Random rules and records: the same rules must match with the prefilter as without it.

use serde_json::{Value, json};

use super::rule;
use crate::sigma::{Call, RuleSet};

/// A small generator, the same on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

const WORDS: [&str; 6] = ["GetObject", "PutObject", "alpha", "beta", "alphabet", "x"];
const FIELDS: [&str; 12] = [
    "longname",
    "longnames",
    "list.itemname",
    "text.textname",
    "eventName",
    "eventSource",
    "userAgent",
    "errorCode",
    "userIdentity.type",
    "f",
    "g.h",
    "operation",
];

fn selection(dice: &mut Dice, name: &str) -> String {
    let mut text = format!("{name}:\n");
    let fields = 1 + dice.roll(2);
    let list = dice.roll(4) == 0;
    let mut used: Vec<&str> = Vec::new();
    for _ in 0..fields {
        let field = dice.pick(&FIELDS);
        if used.contains(&field) {
            continue;
        }
        used.push(field);
        let modifier = dice.pick(&[
            "",
            "",
            "|contains",
            "|startswith",
            "|neq",
            "|re",
            "|contains|all",
            "|cased",
        ]);
        let (one, two) = (dice.pick(&WORDS), dice.pick(&WORDS));
        let value = match dice.roll(5) {
            0 if modifier.is_empty() => "null".to_owned(),
            1 if modifier.is_empty() => format!("'{}*'", &one[..1]),
            2 => format!("[{one}, {two}]"),
            _ => one.to_owned(),
        };
        text += &format!("  {}{field}{modifier}: {value}\n", if list { "- " } else { "" });
    }
    if dice.roll(8) == 0 {
        text = format!("{name}:\n  - {}\n  - {}\n", dice.pick(&WORDS), dice.pick(&WORDS));
    }
    text
}

#[test]
fn the_prefilter_loses_nothing() {
    let mut dice = Dice(7);
    let conditions = [
        "a",
        "a and b",
        "a or b",
        "not a",
        "a and not b",
        "1 of them",
        "all of them",
        "not (a and b)",
        "(a or b) and c",
        "2 of them",
        "not 1 of a* and c",
        "a or not c",
    ];
    let texts: Vec<(String, String)> = (0..600)
        .map(|i| {
            let parts: String =
                ["a", "b", "c"].iter().map(|name| selection(&mut dice, name)).collect();
            (format!("{i}.yml"), rule(&format!("{parts}condition: {}", dice.pick(&conditions))))
        })
        .collect();
    let set = RuleSet::from_texts(texts.iter().map(|(name, text)| (name, text)));
    assert!(set.skipped().is_empty(), "{:?}", set.skipped());
    let mut scanner = set.scanner();
    let mut total = 0;
    for _ in 0..400 {
        let (source, action) = (dice.pick(&WORDS), dice.pick(&WORDS));
        let mut record = json!({"eventSource": source, "eventName": action});
        for field in ["f", "g", "longname", "longnames", "list", "text"] {
            let value = json!(format!("{}{}", dice.pick(&WORDS), dice.pick(&["", "-", "Beta"])));
            if dice.roll(3) > 0 {
                record[field] = match field {
                    "g" => json!({ "h": [value] }),
                    "list" => json!([{ "x": 1 }, { "itemname": value }]),
                    "text" => json!(json!({ "textname": value }).to_string()),
                    _ => value,
                };
            }
        }
        let user_agent = dice.pick(&["", "alpha", "alphabet", "x"]);
        let error = dice.pick(&["", "alpha", "x"]);
        for (field, value) in [("userAgent", user_agent), ("errorCode", error)] {
            if !value.is_empty() {
                record[field] = value.into();
            }
        }
        let error = Some(error).filter(|_| dice.roll(2) > 0);
        let (mut quick, mut slow) = (Vec::new(), Vec::new());
        let identity = dice.pick(&["", "alpha", "x"]);
        if !identity.is_empty() {
            record["userIdentity"] = json!({ "type": identity });
        }
        let call = Call { source, action, user_agent, error, identity };
        // Letters may be escaped.
        let escaped = if dice.roll(3) == 0 { "\\u006c" } else { "l" };
        let written = record.to_string().replace('l', escaped);
        // `null` is no text.
        let written = written.replace("nu\\u006c\\u006c", "null");
        scanner.matches(&call, || written.into_bytes().into(), &mut quick);
        // No action, and a percent sign, which turns the search for literals off.
        record["zz"] = Value::from("%");
        set.matches("", "", record.to_string().as_bytes(), &mut slow);
        assert_eq!(quick, slow, "{record}");
        total += quick.len();
    }
    assert!(total > 1000, "{total}");
}

/// Damages a file in a few positions: errors must be reported, and nothing may panic.
#[test]
fn damaged_files_are_reported_and_never_panic() {
    let mut dice = Dice(11);
    let parts: String = ["a", "b"].iter().map(|name| selection(&mut dice, name)).collect();
    let good = format!(
        "{}name: n\nid: 1\n---\ntitle: C\ncorrelation: {{type: value_count, rules: [n], group-by: [f], \
         timespan: 1m, condition: {{field: g.h, gte: 2}}, aliases: {{x: {{n: f}}}}}}\n---\n\
         title: F\nlogsource: {{product: aws}}\nfilter:\n  rules: any\n  s:\n    f|re|i: a.*\n  \
         condition: not s\n---\naction: global\nlevel: low\n---\n{}",
        rule(&format!("{parts}condition: (a or b) and not 1 of b*")),
        rule(
            "k:\n  '|all': [x, y]\nc:\n  f|cidr: 10.0.0.0/8\n  g|windash|contains: ' -x'\ncondition: all of them"
        )
    );
    assert_eq!(RuleSet::from_texts([("g.yml", &good)]).skipped(), []);
    let pieces = [
        ":", "- ", "|", "'", "\"", "[", "}", "\n", "  ", "*", "\\", "---\n", "&a", "*a", "é",
        "not ", "(", "%", "\t", "null", "<<: ",
    ];
    for _ in 0..3000 {
        let mut text: Vec<char> = good.chars().collect();
        for _ in 0..1 + dice.roll(4) {
            let position = dice.roll(text.len().max(1)).min(text.len());
            match dice.roll(3) {
                0 if position < text.len() => drop(text.remove(position)),
                1 => drop(text.splice(position..position, dice.pick(&pieces).chars())),
                _ => text.truncate(position),
            }
        }
        let text: String = text.into_iter().collect();
        let set = RuleSet::from_texts([("x.yml", &text)]);
        let errors = set.problems().iter().any(|p| p.severity == crate::sigma::Severity::Error);
        assert!(!errors || !set.skipped().is_empty(), "{text}\n{:?}", set.problems());
        let mut out = Vec::new();
        let record = br#"{"f":"alpha","g":{"h":"x"},"eventName":"GetObject"}"#;
        set.matches("s3.amazonaws.com", "GetObject", record, &mut out);
    }
}
