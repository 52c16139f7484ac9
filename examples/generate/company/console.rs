//! Twelve people with IAM users, who work in the console with a second factor.

use crate::calendar::{DAY, HOUR, is_weekday};
use crate::identity;
use crate::month::cast::OFFICE;
use crate::month::people::console_login;
use crate::month::script::{Play, Script};
use crate::random::Random;
use crate::record::ACCOUNT;
use crate::story::call::HOME;
use crate::story::cast::{Caller, Channel, User};
use crate::story::stage::Stage;

const NAMES: [&str; 12] =
    ["amir", "bea", "carla", "dora", "elif", "fay", "greta", "hugo", "ines", "jon", "kaia", "leo"];
const HOMES: [&str; 4] = ["198.18.40.17", "198.18.77.203", "198.18.91.4", "198.18.102.66"];
const BROWSERS: [&str; 2] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
     Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
];

pub fn play(stage: &mut Stage) {
    let random = &mut stage.random("console");
    let script = Script::parse(include_str!("../month/people.steps"));
    let users = NAMES.map(|name| User::new(random, name));
    for day in stage.period.days().filter(|&day| is_weekday(day)) {
        for (number, user) in users.iter().enumerate() {
            if random.percent(25) {
                continue;
            }
            let at_home = matches!((day / DAY) % 7, 1 | 5);
            let home = HOMES.get(number / 3).filter(|_| at_home && number % 3 == 0);
            let address = home.unwrap_or_else(|| random.pick(&OFFICE));
            for _ in 0..random.between(1, 2) {
                let time = day + 7 * HOUR + random.between(0, 9 * HOUR);
                works(stage, random, user, number, &script, address, time);
            }
        }
    }
}

fn works(
    stage: &mut Stage,
    random: &mut Random,
    user: &User,
    number: usize,
    script: &Script,
    address: &str,
    start: i64,
) {
    let at_the_door = Caller {
        identity: identity::user_signing_in(ACCOUNT, user.name, &user.id),
        arn: user.arn(),
        address: address.to_owned(),
        agent: BROWSERS[number % BROWSERS.len()].to_owned(),
        channel: Channel::Console,
    };
    if random.percent(3) {
        stage.add(random, start - 20, &at_the_door, console_login("Failure", false));
    }
    stage.add(random, start, &at_the_door, console_login("Success", true));
    let key = random.unique_id("ASIA", ACCOUNT);
    let identity = identity::user_in_console(ACCOUNT, user.name, &user.id, &key, start);
    let who = Caller { identity, ..at_the_door };
    let pages = script.names("page ");
    let mut time = start + 20;
    for _ in 0..random.between(1, 6) {
        let page: &&str = random.pick_skewed(&pages);
        if page.ends_with("for administrators") && number > 1 {
            continue;
        }
        let play = Play { region: HOME, gaps: &[("user", user.name)], pace: (0, 2) };
        time = play.steps(stage, random, time, &who, script.steps(page));
        time += random.between(20, 400);
    }
}
