//! Deployments from GitHub: a token of the provider for a role, from another machine each time.

use super::cast::{Cast, cloud_address};
use super::script::{Play, Script};
use crate::calendar::{HOUR, is_weekday};
use crate::identity::{self, Role, Session, SessionKind};
use crate::random::Random;
use crate::record::ACCOUNT;
use crate::story::call::{Call, HOME};
use crate::story::cast::{Caller, Channel};
use crate::story::session::{SessionRequest, granted};
use crate::story::stage::Stage;

const ACTION: &str = "aws-sdk-js/3.916.0 ua/2.1 os/linux#6.11.0-1018-azure lang/js md/nodejs#20.19.5 \
                      api/sts#3.916.0 m/E,n configure-aws-credentials-for-github-actions";
const CLI: &str = "aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/linux#6.11.0-1018-azure md/arch#x86_64 \
                   lang/python#3.13.7 md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe \
                   md/distrib#ubuntu.24 md/prompt#off";
const DOCKER: &str = "docker/28.4.0 go/go1.24.7 git-commit/249d679 kernel/6.11.0-1018-azure os/linux \
                      arch/amd64 UpstreamClient(Docker-Client/28.4.0 (linux))";

const SERVICES: [&str; 6] = ["checkout", "catalog", "invoice", "notify", "payments", "sessions"];
const FUNCTIONS: [&str; 4] = ["image-resizer", "order-events", "mailer", "nightly-report"];

pub fn play(stage: &mut Stage, cast: &Cast) {
    let random = &mut stage.random("month ci");
    let script = Script::parse(include_str!("ci.steps"));
    for day in stage.period.days() {
        let most = if is_weekday(day) { 6 } else { 1 };
        for _ in 0..random.between(i64::from(is_weekday(day)) * 3, most) {
            let time = day + 8 * HOUR + random.between(0, 9 * HOUR);
            deploy(stage, random, cast, &script, time);
        }
    }
}

fn deploy(stage: &mut Stage, random: &mut Random, cast: &Cast, script: &Script, start: i64) {
    let session = session(stage, random, cast, start);
    let app: &&str = random.pick(&SERVICES);
    let function: &&str = random.pick(&FUNCTIONS);
    let gaps = [("app", *app), ("function", *function)];
    let play = Play { region: HOME, gaps: &gaps, pace: (1, 12) };
    let mut time = play.steps(stage, random, start + 4, &session, script.steps("log-in"));
    match random.below(10) {
        0..6 => {
            time = play.steps(stage, random, time, &session.with(DOCKER), script.steps("push"));
            play.steps(stage, random, time, &session, script.steps("roll-out"));
        }
        6..9 => {
            play.steps(stage, random, time, &session, script.steps("new-code"));
        }
        _ => {
            time = play.steps(stage, random, time, &session, script.steps("stack"));
            let host = "cloudformation.amazonaws.com";
            let key = random.unique_id("ASIA", ACCOUNT);
            let role = &cast.cloudformation;
            let kind = SessionKind::Via(host);
            let of = Session { role, name: "AWSCloudFormation", key: &key, since: time, kind };
            let by = Caller { identity: identity::session(&of), ..Caller::service(host) };
            let by = Caller { channel: Channel::OnBehalf, ..by };
            play.steps(stage, random, time, &by, script.steps("by-cloudformation"));
        }
    }
}

/// A run of the workflow shows the provider's token and gets a session of the role.
fn session(stage: &mut Stage, random: &mut Random, cast: &Cast, time: i64) -> Caller {
    let repository = if random.percent(60) { "webshop" } else { "platform" };
    let token = Token {
        provider: "token.actions.githubusercontent.com",
        subject: &format!("repo:acme/{repository}:ref:refs/heads/main"),
        session: "GitHubActions",
    };
    let address = cloud_address(random);
    take_role(stage, random, time, &cast.ci_deploy, &token, &address, ACTION).with(CLI)
}

/// What a workload shows instead of credentials.
pub struct Token<'a> {
    pub provider: &'a str,
    pub subject: &'a str,
    pub session: &'a str,
}

/// Returns whoever works with the role's credentials from the same place.
pub fn take_role(
    stage: &mut Stage,
    random: &mut Random,
    time: i64,
    role: &Role,
    token: &Token,
    address: &str,
    agent: &str,
) -> Caller {
    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{}", token.provider);
    let workload = Caller {
        identity: identity::web_identity(&provider, token.subject),
        arn: String::new(),
        address: address.to_owned(),
        agent: agent.to_owned(),
        channel: Channel::Client,
    };
    let key = random.unique_id("ASIA", ACCOUNT);
    let (name, kind) = (token.session, SessionKind::Plain);
    let request = SessionRequest { role, session: name, region: HOME, kind };
    let call = Call::read("sts", "AssumeRoleWithWebIdentity")
        .request(|o| {
            o.text("roleArn", &role.arn())
                .text("roleSessionName", name)
                .number("durationSeconds", 3600);
        })
        .response(|o| {
            o.text("subjectFromWebIdentityToken", token.subject)
                .text("audience", "sts.amazonaws.com")
                .text("provider", &provider);
            granted(o, &request, &key, time);
        })
        .resource("AWS::IAM::Role", &role.arn());
    stage.add(random, time, &workload, call);
    let session = Session { role, name, key: &key, since: time, kind };
    Caller { identity: identity::session(&session), arn: role.session_arn(name), ..workload }
}
