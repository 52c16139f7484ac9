//! The guided mode asks what happened, to whom, and which mode to use. It makes the same plan as flags do.

use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cloud::{Api, Call, Client};
use crate::playbook::{self, Kind, Playbook};
use crate::step::Args;
use crate::ui::prompt;

/// Asks what happened.
///
/// # Errors
/// When stdin is not a terminal.
pub fn choose_playbook() -> Result<(Playbook, Args), CommandError> {
    if !prompt::possible() {
        return Err(CommandError::usage(
            "no playbook is given, and standard input is not a terminal",
        )
        .hint("`incident playbook list` shows all playbooks"));
    }
    let playbooks: Vec<Playbook> = playbook::builtin()
        .map(|(id, text)| playbook::parse(id, text))
        .collect::<Result<_, _>>()?;
    let titles: Vec<String> = playbooks.iter().map(|p| p.title.clone()).collect();
    let chosen = prompt::choose("What happened?", &titles)?;
    Ok((playbooks[chosen].clone(), Args::default()))
}

/// Asks for the parameters of the playbook, with choices from the account.
///
/// # Errors
/// When AWS refuses a list, or the terminal cannot be read.
pub fn fill(
    cx: &Cx,
    client: &Client,
    playbook: &Playbook,
    args: &mut Args,
) -> Result<(), CommandError> {
    let takes = |name: &str| playbook.parameters.contains_key(name);
    if takes("user") {
        let user = choose("Which user?", &users(client)?)?;
        if takes("access-key") {
            let keys = keys(client, &user)?;
            if !keys.is_empty() {
                args.set("access-key", choose("Which key leaked?", &keys)?);
            }
        }
        args.set("user", user);
    }
    if takes("role") {
        args.set("role", choose("Which role?", &roles(client)?)?);
    }
    let bucket = playbook.parameters.get("bucket").filter(|p| p.required);
    if bucket.is_some() {
        args.set("bucket", choose("Which bucket?", &buckets(client)?)?);
    }
    for (name, parameter) in playbook.parameters.iter().filter(|(_, p)| p.kind == Kind::Choice) {
        cx.ui.status(&parameter.help);
        args.set(name, parameter.choices[prompt::choose(name, &parameter.choices)?].clone());
    }
    Ok(())
}

/// A name to choose from, and the line that shows it.
type Choice = (String, String);

fn choose(question: &str, choices: &[Choice]) -> Result<String, CommandError> {
    if choices.is_empty() {
        return Err(CommandError::failed(format!("{question} The account has none")));
    }
    let shown: Vec<String> = choices.iter().map(|(_, shown)| shown.clone()).collect();
    Ok(choices[prompt::choose(question, &shown)?].0.clone())
}

fn list(
    client: &Client,
    call: &Call,
    name: &str,
    shown: impl Fn(&serde_json::Value) -> String,
) -> Result<Vec<Choice>, CommandError> {
    let answer = client.call(call).map_err(|e| CommandError::failed(e.to_string()))?;
    let entries = answer.as_array().cloned().unwrap_or_default();
    Ok(entries
        .iter()
        .map(|e| (e[name].as_str().unwrap_or_default().to_string(), shown(e)))
        .collect())
}

fn users(client: &Client) -> Result<Vec<Choice>, CommandError> {
    list(client, &Call::new("iam", "ListUsers", []), "UserName", |user| {
        let text = |name: &str| user[name].as_str().unwrap_or("never").to_string();
        format!("{}  (password last used {})", text("UserName"), text("PasswordLastUsed"))
    })
}

fn keys(client: &Client, user: &str) -> Result<Vec<Choice>, CommandError> {
    let call = Call::new("iam", "ListAccessKeys", [("UserName", user.into())]);
    list(client, &call, "AccessKeyId", |key| {
        let id = key["AccessKeyId"].as_str().unwrap_or_default();
        let used =
            client.call(&Call::new("iam", "GetAccessKeyLastUsed", [("AccessKeyId", id.into())]));
        let used = used.ok().and_then(|u| u["LastUsedDate"].as_str().map(str::to_string));
        let text = |name: &str| key[name].as_str().unwrap_or_default();
        format!(
            "{id}  {}, made {}, last used {}",
            text("Status"),
            text("CreateDate"),
            used.as_deref().unwrap_or("never")
        )
    })
}

fn roles(client: &Client) -> Result<Vec<Choice>, CommandError> {
    let all = list(client, &Call::new("iam", "ListRoles", []), "RoleName", |role| {
        role["Arn"].as_str().unwrap_or_default().to_string()
    })?;
    let ours = |shown: &str| !shown.contains(":role/aws-service-role/");
    Ok(all.into_iter().filter(|(_, shown)| ours(shown)).collect())
}

fn buckets(client: &Client) -> Result<Vec<Choice>, CommandError> {
    list(client, &Call::new("s3", "ListBuckets", []), "Name", |bucket| {
        bucket["Name"].as_str().unwrap_or_default().to_string()
    })
}
