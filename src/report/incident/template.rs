//! The template engine: one escape for every value, and the filters that templates may use.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior};

use crate::clock;
use crate::event::time;
use crate::ui::number;
use crate::ui::sanitize::{clip, clip_middle};

/// Renders a template. `escape` escapes every value; the template's own text stays unescaped.
///
/// # Errors
/// When the template names a value that does not exist, which would be a defect here.
pub fn render(
    parts: &[(&'static str, &'static str)],
    context: Value,
    escape: fn(&str) -> String,
    extend: fn(&mut Environment<'_>),
) -> Result<String, Error> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    env.set_auto_escape_callback(|_| AutoEscape::Html);
    env.set_formatter(move |out, state, value| write(out, state, value, escape));
    env.add_filter("utc", utc);
    env.add_filter("day", |text: String| text.get(..10).unwrap_or(&text).to_string());
    env.add_filter("clock", |text: String| text.get(11..19).unwrap_or(&text).to_string());
    env.add_filter("grouped", number::grouped);
    env.add_filter("bytes", number::bytes);
    env.add_filter("duration", |ms: i64| clock::length(ms));
    env.add_filter("brief", brief);
    env.add_filter("clip", |text: &str, most: usize| clip(text, most).into_owned());
    env.add_filter("middle", |text: &str, most: usize| clip_middle(text, most).into_owned());
    env.add_filter("capital", super::build::capital);
    env.add_filter("count", |n: u64, one: &str, many: &str| number::counted(n, one, many));
    extend(&mut env);
    for (name, source) in parts {
        env.add_template(name, source)?;
    }
    let first = parts.first().map_or("", |(name, _)| name);
    env.get_template(first)?.render(context)
}

fn write(
    out: &mut Output<'_>,
    state: &State<'_, '_>,
    value: &Value,
    escape: fn(&str) -> String,
) -> Result<(), Error> {
    if value.is_undefined() {
        return Err(minijinja::ErrorKind::UndefinedError.into());
    }
    if value.is_none() {
        return Ok(());
    }
    let failed = |_| Error::from(minijinja::ErrorKind::WriteFailure);
    if value.is_safe() || matches!(state.auto_escape(), AutoEscape::None) {
        return out.write_str(&value.to_string()).map_err(failed);
    }
    let text = match value.kind() {
        ValueKind::String => value.as_str().unwrap_or_default().to_string(),
        _ => value.to_string(),
    };
    out.write_str(&escape(&text)).map_err(failed)
}

/// `2026-11-09 14:07:34` from RFC 3339.
fn utc(text: String) -> String {
    time::parse(&text).map_or(text, clock::plain)
}

/// An ARN without the parts that its neighbours share. A region stays.
fn brief(text: &str) -> String {
    let region = text.split(':').nth(3).filter(|r| !r.is_empty() && text.starts_with("arn:"));
    let name = super::build::short(text);
    region.map_or_else(|| name.to_string(), |region| format!("{name} in {region}"))
}
