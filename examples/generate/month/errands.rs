//! Tasks that happen once in the month: a new user, a key rotation, an attached policy, a terminated instance.

use super::cast::{Cast, OFFICE};
use super::keys::old_application;
use super::people::{a_weekday, console_login, sign_in};
use super::script::{Play, Script};
use crate::calendar::{DAY, HOUR, MINUTE};
use crate::identity;
use crate::random::Random;
use crate::record::ACCOUNT;
use crate::story::call::HOME;
use crate::story::cast::{Caller, Channel, User};
use crate::story::stage::Stage;

/// What others need to know of the errands.
pub struct Errands {
    /// When the old application got its new key.
    pub key_rotated: i64,
}

/// Errands of the administrators, each on a day of its own.
const ALONE: [&str; 7] = [
    "policy attached",
    "machine ended",
    "shell on a machine",
    "secret looked at",
    "partner let in",
    "snapshot before a change",
    "session of one's own",
];

pub fn play(stage: &mut Stage, cast: &Cast) -> Errands {
    let random = &mut stage.random("month errands");
    let script = Script::parse(include_str!("errands.steps"));
    for errand in ALONE {
        let time = a_weekday(stage, random, 1, 28) + 9 * HOUR + random.between(0, 6 * HOUR);
        run(stage, random, cast, &script, errand, time, &[]);
    }
    let joins = a_weekday(stage, random, 2, 24) + 9 * HOUR + random.between(0, 2 * HOUR);
    colleague(stage, random, cast, &script, joins);
    let key_rotated = a_weekday(stage, random, 2, 22) + 10 * HOUR + random.between(0, 4 * HOUR);
    key_exchanged(stage, random, cast, &script, key_rotated);
    Errands { key_rotated }
}

/// An administrator signs in at the office and does one thing in the console.
fn run(
    stage: &mut Stage,
    random: &mut Random,
    cast: &Cast,
    script: &Script,
    errand: &str,
    time: i64,
    gaps: &[(&str, &str)],
) {
    let person = &cast.people[random.below(3) as usize];
    let address: &&str = random.pick(&OFFICE);
    let who = sign_in(stage, random, cast, person, time, address, false);
    let in_console = Caller { channel: Channel::Console, ..who };
    let play = Play { region: HOME, gaps, pace: (2, 20) };
    play.steps(stage, random, time + 40, &in_console, script.steps(errand));
}

/// A user with a password and a key; the day after, the first sign-in, a password of one's own and a second
/// factor; later sign-ins with it.
fn colleague(stage: &mut Stage, random: &mut Random, cast: &Cast, script: &Script, time: i64) {
    let user = User::new(random, "erik");
    let gaps = [("id", user.id.as_str()), ("key", user.key.as_str())];
    run(stage, random, cast, script, "colleague joins", time, &gaps);

    let browser = cast.people[3].browser;
    let at_the_door = Caller {
        identity: identity::user_signing_in(ACCOUNT, user.name, &user.id),
        channel: Channel::Console,
        ..user.caller(OFFICE[0], browser)
    };
    let first = time + HOUR + random.between(0, 2 * HOUR);
    inside(stage, random, &user, &at_the_door, script, first, "first day");
    for day in [3, 5, 7] {
        let time = time + day * DAY;
        if day == 5 {
            let failed = console_login("Failure", true);
            stage.add(random, time - 20, &at_the_door, failed);
        }
        inside(stage, random, &user, &at_the_door, script, time, "later day");
    }
}

fn inside(
    stage: &mut Stage,
    random: &mut Random,
    user: &User,
    at_the_door: &Caller,
    script: &Script,
    time: i64,
    steps: &str,
) {
    // The second factor is set up on the first day.
    let mfa = steps != "first day";
    stage.add(random, time, at_the_door, console_login("Success", mfa));
    let key = random.unique_id("ASIA", ACCOUNT);
    let who = Caller {
        identity: identity::user_in_console(ACCOUNT, user.name, &user.id, &key, time),
        ..at_the_door.clone()
    };
    let play = Play { region: HOME, gaps: &[], pace: (3, 40) };
    play.steps(stage, random, time + 15, &who, script.steps(steps));
}

/// A new key for the old application, the old one switched off a day later and deleted after three.
fn key_exchanged(stage: &mut Stage, random: &mut Random, cast: &Cast, script: &Script, time: i64) {
    let (before, after) = old_application(stage);
    let gaps = [("old", before.key.as_str()), ("new", after.key.as_str())];
    for (days, errand) in [(0, "new key"), (1, "old key off"), (4, "old key deleted")] {
        let time = time + days * DAY + random.between(0, 30 * MINUTE);
        run(stage, random, cast, script, errand, time, &gaps);
    }
}
