//! Six people who sign in through Identity Center and work in the console or on the command line.

use super::cast::{Cast, EUROPE, HOTEL, OFFICE, PHONE, Person};
use super::script::{Play, Script};
use crate::calendar::{DAY, HOUR, is_weekday};
use crate::identity::{self, Session, SessionKind};
use crate::random::Random;
use crate::record::ACCOUNT;
use crate::story::call::{Call, HOME};
use crate::story::cast::{Caller, Channel};
use crate::story::session::{SessionRequest, granted};
use crate::story::stage::Stage;

const STORE: &str = "d-9067a3c1f5";
/// Who travels, as a number among the people, and for how many days.
const TRAVELLER: usize = 2;
const DAYS_AWAY: i64 = 2;

pub fn play(stage: &mut Stage, cast: &Cast) {
    let random = &mut stage.random("month people");
    let script = Script::parse(include_str!("people.steps"));
    let departure = a_weekday(stage, random, 4, 27);
    for day in stage.period.days().filter(|&day| is_weekday(day)) {
        for (number, person) in cast.people.iter().enumerate() {
            let away =
                number == TRAVELLER && (departure..departure + DAYS_AWAY * DAY).contains(&day);
            if !away && random.percent(20) {
                continue;
            }
            let at_home = matches!((day / DAY) % 7, 1 | 5);
            let address = match person.home {
                _ if away && random.percent(25) => PHONE,
                _ if away => HOTEL,
                Some(home) if at_home => home,
                _ => *random.pick(&OFFICE),
            };
            for _ in 0..random.between(1, 2) {
                let time = day + 7 * HOUR + random.between(0, 9 * HOUR);
                a_spell(stage, random, cast, person, &script, time, address);
            }
        }
    }
}

/// The midnight of a weekday among the days of the month from `first` to `last`.
pub fn a_weekday(stage: &Stage, random: &mut Random, first: i64, last: i64) -> i64 {
    loop {
        let day = stage.period.start + random.between(first, last) * DAY;
        if is_weekday(day) && is_weekday(day + DAY) {
            return day;
        }
    }
}

fn a_spell(
    stage: &mut Stage,
    random: &mut Random,
    cast: &Cast,
    person: &Person,
    script: &Script,
    time: i64,
    address: &str,
) {
    let mistyped = random.percent(1);
    let who = sign_in(stage, random, cast, person, time, address, mistyped);
    let region = if random.percent(15) { EUROPE } else { HOME };
    let in_console = random.percent(75);
    let (caller, prefix) = if in_console {
        (Caller { channel: Channel::Console, agent: person.browser.to_owned(), ..who }, "page ")
    } else {
        let agent = format!(
            "aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/{} md/arch#arm64 lang/python#3.13.7 \
             md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/prompt#off",
            person.system
        );
        (who.with(&agent), "shell ")
    };
    let pages = script.names(prefix);
    let mut time = time + 30;
    for _ in 0..random.between(1, 4) {
        let page: &&str = random.pick_skewed(&pages);
        if page.ends_with("for administrators") && !person.administrator {
            continue;
        }
        let play = Play { region, gaps: &[("user", person.name)], pace: (0, 2) };
        time = play.steps(stage, random, time, &caller, script.steps(page));
        time += random.between(20, 400);
    }
}

/// The portal, its answer, the role's session. Returns whoever works with it.
pub fn sign_in(
    stage: &mut Stage,
    random: &mut Random,
    cast: &Cast,
    person: &Person,
    time: i64,
    address: &str,
    mistyped: bool,
) -> Caller {
    let portal = Caller {
        identity: identity::identity_center_user(ACCOUNT, STORE, &person.user_id),
        arn: String::new(),
        address: address.to_owned(),
        agent: person.browser.to_owned(),
        channel: Channel::Console,
    };
    if mistyped {
        verify(stage, random, &portal, time - 25, "PASSWORD", "Failure");
    }
    verify(stage, random, &portal, time - 12, "PASSWORD", "Success");
    verify(stage, random, &portal, time - 6, "TOTP", "Success");
    let call = Call::read("sso", "Federate").event_type("AwsServiceEvent");
    stage.add(random, time - 1, &portal, call);

    let role = if person.administrator { &cast.administrators } else { &cast.engineers };
    let key = random.unique_id("ASIA", ACCOUNT);
    let kind = SessionKind::Plain;
    let request = SessionRequest { role, session: person.name, region: HOME, kind };
    let by = Caller {
        identity: identity::saml_user(STORE, person.name),
        arn: String::new(),
        address: address.to_owned(),
        agent: "aws-internal/3 aws-sdk-java/1.12.788".to_owned(),
        channel: Channel::Client,
    };
    let call = Call::read("sts", "AssumeRoleWithSAML")
        .request(|o| {
            o.text("roleArn", &role.arn())
                .text("roleSessionName", person.name)
                .text(
                    "principalArn",
                    &format!("arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_5e1f0c7a_DO_NOT_DELETE"),
                )
                .number("durationSeconds", 3600);
        })
        .response(|o| granted(o, &request, &key, time))
        .resource("AWS::IAM::Role", &role.arn());
    stage.add(random, time, &by, call);

    let session = Session { role, name: person.name, key: &key, since: time, kind };
    let at_the_door = Caller {
        identity: identity::session_signing_in(&session),
        arn: role.session_arn(person.name),
        ..portal
    };
    stage.add(random, time + 2, &at_the_door, console_login("Success", false));
    Caller { identity: identity::session(&session), channel: Channel::Client, ..at_the_door }
}

/// Identity Center checks what somebody types.
fn verify(
    stage: &mut Stage,
    random: &mut Random,
    portal: &Caller,
    time: i64,
    what: &str,
    outcome: &str,
) {
    let mut call = Call::change("signin", "CredentialVerification")
        .event_type("AwsServiceEvent")
        .additional(|o| {
            o.text("AuthWorkflowID", "a4b1c5d2").text("CredentialType", what);
        });
    if outcome == "Failure" {
        call.error_message = "Failed authentication".to_owned();
    }
    stage.add(random, time, portal, call);
}

pub fn console_login(answer: &str, mfa: bool) -> Call {
    let call = Call::change("signin", "ConsoleLogin")
        .event_type("AwsConsoleSignIn")
        .response(|o| {
            o.text("ConsoleLogin", answer);
        })
        .additional(|o| {
            o.text("LoginTo", "https://console.aws.amazon.com/console/home")
                .text("MobileVersion", "No")
                .text("MFAUsed", if mfa { "Yes" } else { "No" });
        });
    match answer {
        "Failure" => Call { error_message: "Failed authentication".to_owned(), ..call },
        _ => call,
    }
}
