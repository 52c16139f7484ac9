//! Thirty people who sign in through Identity Center, and operators whose sessions begin in another account.

use crate::calendar::{HOUR, is_weekday};
use crate::identity;
use crate::identity::SessionKind;
use crate::month::cast::{self, Cast, OFFICE, Person};
use crate::month::people;
use crate::month::script::{Play, Script};
use crate::random::Random;
use crate::story::call::HOME;
use crate::story::cast::{Caller, Channel};
use crate::story::session::{SessionRequest, assume};
use crate::story::stage::Stage;

/// Where the operators' sessions begin.
const HUB: &str = "444455556666";
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                       Chrome/142.0.0.0 Safari/537.36";
const CLI: &str = "aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/macos#25.0.0 md/arch#arm64 lang/python#3.13.7 \
                   md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/prompt#off";

const NAMES: [&str; 30] = [
    "ada@example.com",
    "amir@example.com",
    "anna@example.com",
    "bea@example.com",
    "ben@example.com",
    "carla@example.com",
    "chloe@example.com",
    "david@example.com",
    "dora@example.com",
    "elif@example.com",
    "emil@example.com",
    "eva@example.com",
    "farid@example.com",
    "fay@example.com",
    "greta@example.com",
    "hugo@example.com",
    "ines@example.com",
    "ivan@example.com",
    "jana@example.com",
    "jon@example.com",
    "kaia@example.com",
    "leo@example.com",
    "lina@example.com",
    "mara@example.com",
    "milo@example.com",
    "nora@example.com",
    "omar@example.com",
    "petra@example.com",
    "rosa@example.com",
    "tom@example.com",
];
/// Where some of them work from on two days of the week.
const HOMES: [&str; 6] = [
    "198.18.40.17",
    "198.18.77.203",
    "198.18.91.4",
    "198.18.102.66",
    "198.18.11.140",
    "198.18.54.9",
];

pub fn play(stage: &mut Stage) {
    let mut cast = Cast::new(stage.seed);
    let random = &mut stage.random("sign-on people");
    let systems = ["macos#25.0.0", "windows#11", "linux#6.17.1"];
    cast.people = (NAMES.iter().enumerate())
        .map(|(number, name)| Person {
            name,
            user_id: random.uuid(),
            administrator: number % 10 == 0,
            browser: BROWSER,
            system: systems[number % systems.len()],
            home: HOMES.get(number / 2).copied().filter(|_| number % 2 == 0),
        })
        .collect();
    people::play(stage, &cast);
    operators(stage);
}

/// People of the platform team take a role of this account from where they signed in.
fn operators(stage: &mut Stage) {
    let random = &mut stage.random("sign-on operators");
    let script = Script::parse(include_str!("../month/people.steps"));
    let roles = ["platform-operator", "network-auditor"].map(|name| cast::role(random, "", name));
    let ids = ["AROA4HUBPLATFORM00001", "AROA4HUBNETWORK000002"];
    let pages = script.names("shell ");
    for day in stage.period.days().filter(|&day| is_weekday(day)) {
        for _ in 0..random.between(4, 9) {
            let number = random.below(2) as usize;
            let name: &&str = random.pick(&NAMES[..6]);
            let by = Caller {
                identity: identity::other_account(HUB, &format!("{}:{name}", ids[number])),
                arn: format!("arn:aws:sts::{HUB}:assumed-role/AWSReservedSSO_Platform/{name}"),
                address: (*random.pick(&OFFICE)).to_owned(),
                agent: CLI.to_owned(),
                channel: Channel::Client,
            };
            let kind = SessionKind::Plain;
            let request =
                SessionRequest { role: &roles[number], session: name, region: HOME, kind };
            let time = day + 8 * HOUR + random.between(0, 8 * HOUR);
            let who = assume(stage, random, time, &by, &request);
            work(stage, random, &script, &pages, &who, time + 5);
        }
    }
}

fn work(
    stage: &mut Stage,
    random: &mut Random,
    script: &Script,
    pages: &[&str],
    who: &Caller,
    start: i64,
) {
    let mut time = start;
    for _ in 0..random.between(1, 4) {
        let page: &&str = random.pick_skewed(pages);
        let play = Play { region: HOME, gaps: &[("user", NAMES[0])], pace: (1, 4) };
        time = play.steps(stage, random, time, who, script.steps(page)) + random.between(10, 200);
    }
}
