//! The page as a browser parses it, and its colours as a reader sees them.

use std::collections::BTreeSet;

use super::*;
use crate::report::incident::build;
use crate::report::incident::sample::{analysis_only, empty, hostile, rich};

fn page(input: &crate::report::incident::Input) -> String {
    let mut out = Vec::new();
    Html.render(&build(input), &mut out, &RenderOptions::default())
        .expect("a Vec takes everything");
    String::from_utf8(out).expect("UTF-8")
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let rest = text.split_once(from).expect(from).1;
    rest.split_once(to).expect(to).0
}

/// Every tag of the page outside its style and script: name, attributes with their values.
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let style = between(page, "<style>", "</style>");
    let script = between(page, "<script>", "</script>");
    let body = page.replace(style, "").replace(script, "");
    let mut found = Vec::new();
    for part in body.split('<').skip(1) {
        let (tag, _) = part.split_once('>').expect("every tag ends");
        let (name, mut rest) = tag.split_once([' ', '\n']).unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while let Some((attribute, after)) = rest.split_once("=\"") {
            let (value, after) = after.split_once('"').expect("every value ends");
            attributes.push((attribute.trim().to_string(), value.to_string()));
            rest = after;
        }
        found.push((name.to_string(), attributes));
    }
    found
}

#[test]
fn hostile_text_makes_no_tag_and_no_attribute() {
    let shape = |page: &str| -> BTreeSet<String> {
        let of = |(name, attributes): (String, Vec<(String, String)>)| {
            let names: Vec<String> = attributes.into_iter().map(|(name, _)| name).collect();
            std::iter::once(name.clone())
                .chain(names.into_iter().map(move |a| format!("{name} {a}")))
        };
        tags(page).into_iter().flat_map(of).collect()
    };
    let (kind, nasty) = (shape(&page(&rich())), shape(&page(&hostile())));
    let new: Vec<&String> = nasty.difference(&kind).collect();
    assert!(new.is_empty(), "{new:?}");
    let handlers = nasty.iter().filter(|s| s.contains(" on") || s.contains(" style"));
    assert_eq!(handlers.count(), 0);
}

#[test]
fn links_lead_inside_the_page_or_to_the_attack_site() {
    for (name, attributes) in tags(&page(&hostile())) {
        for (attribute, value) in attributes {
            let loads = ["src", "href", "action", "data", "xlink:href", "srcset", "poster"];
            if loads.contains(&attribute.as_str()) {
                let known =
                    value.starts_with('#') || value.starts_with("https://attack.mitre.org/");
                assert!(known && name == "a", "{name} {attribute}={value}");
            }
        }
    }
}

#[test]
fn every_link_inside_the_page_has_its_place() {
    for input in [rich(), analysis_only(), hostile(), empty()] {
        let tags = tags(&page(&input));
        let of = |wanted: &str| -> Vec<String> {
            let all = tags.iter().flat_map(|(_, attributes)| attributes);
            all.filter(|(name, _)| name == wanted).map(|(_, value)| value.clone()).collect()
        };
        let ids = of("id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "an id stands twice");
        for link in of("href").iter().filter_map(|l| l.strip_prefix('#')) {
            assert!(ids.iter().any(|id| id == link), "#{link}");
        }
    }
}

#[test]
fn the_policy_names_this_style_and_this_script_alone() {
    for input in [rich(), hostile(), empty()] {
        let page = page(&input);
        assert_eq!(page.matches("<script").count(), 1);
        assert_eq!(page.matches("<style").count(), 1);
        let style = between(&page, "<style>", "</style>");
        let script = between(&page, "<script>", "</script>");
        let said = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
        assert_eq!(said.replace("&#39;", "'"), policy(style, script));
        assert!(said.starts_with("default-src &#39;none&#39;") && !said.contains("unsafe"));
    }
}

#[test]
fn a_case_id_cannot_write_style() {
    let mut document = build(&rich());
    if let Some(case) = &mut document.case {
        case.id = "x\"; } body { display: none } </style>".into();
    }
    assert!(paper(&document).contains("\"Incident report xbodydisplaynonestyle\""));
}

/// Relative luminance (WCAG 2.2).
fn luminance(hex: &str) -> f64 {
    let full: String = match hex.len() {
        3 => hex.chars().flat_map(|c| [c, c]).collect(),
        _ => hex.to_string(),
    };
    let part = |at: usize| {
        let value = u8::from_str_radix(&full[at..at + 2], 16).expect("hex");
        let c = f64::from(value) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}

#[test]
fn text_can_be_read_in_light_in_dark_and_on_paper() {
    let schemes: Vec<&str> = STYLE.split(":root {").skip(1).collect();
    assert_eq!(schemes.len(), 3);
    for scheme in schemes {
        let block = scheme.split_once('}').expect("ends").0;
        let color = |name: &str| between(block, &format!("--{name}: #"), ";").to_string();
        let mut pairs =
            vec![("ink", "bg"), ("ink", "panel"), ("dim", "bg"), ("dim", "panel"), ("link", "bg")];
        pairs.extend([("ink", "soft"), ("dim", "soft"), ("attacker", "bg"), ("responder", "bg")]);
        pairs.extend([
            ("ink", "medium-bg"),
            ("high", "bg"),
            ("good", "good-bg"),
            ("bad", "bad-bg"),
        ]);
        let levels = ["critical", "high", "medium", "low", "info"];
        let tinted: Vec<String> = levels.iter().map(|l| format!("{l}-bg")).collect();
        pairs.extend(levels.iter().zip(&tinted).map(|(l, bg)| (*l, bg.as_str())));
        for (front, back) in pairs {
            let (a, b) = (luminance(&color(front)), luminance(&color(back)));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 4.5, "{front} on {back}: {contrast:.2}");
        }
    }
}
